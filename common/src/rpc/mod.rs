//! DCE/RPC, connection-oriented (C706 chapter 12, MS-RPCE), as far as asking an endpoint mapper
//! needs it.

mod interface;

pub use interface::{InterfaceId, ParseInterfaceError};
