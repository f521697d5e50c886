//! The base of the codecs of RPC, NTLM, LDAP and NetBIOS: a bounded reader and its writer, and what
//! can be wrong with bytes and with a value to be sent.
//!
//! Bytes from a peer are never trusted: every read is checked, nothing is allocated from a length
//! that a peer sent, and every error names field, offset and value.

mod byte_order;
mod error;
mod reader;
mod writer;

pub use byte_order::ByteOrder;
pub use error::{DecodeError, EncodeError};
pub use reader::Reader;
pub use writer::Writer;
