//! DCE/RPC, connection-oriented (C706 chapter 12, MS-RPCE), as far as asking an endpoint mapper
//! needs it.

mod endpoint;
mod interface;

pub use endpoint::{Binding, Endpoint, ProtocolSequence};
pub use interface::{InterfaceId, ParseInterfaceError};
