//! The endpoint mapper: `ept_lookup`, `ept_map`, `ept_lookup_handle_free` ([C706] appendix O,
//! [MS-RPCE] 2.2.1.2), both sides of each.
//!
//! - `lookup`: one page of the endpoint map, asked for and answered
//! - `walk`: the whole endpoint map, page after page
//! - `map`: where one interface is
//! - `endpoint`: what an entry means
//!
//! [C706]: https://pubs.opengroup.org/onlinepubs/9629399/toc.htm
//! [MS-RPCE]: https://learn.microsoft.com/openspecs/windows_protocols/ms-rpce/290c38b1-92fe-4229-91e6-4fc376610c15

mod endpoint;
mod lookup;
mod map;
mod walk;

use epmesh_codec::{ByteOrder, DecodeError, Reader, Writer};
use uuid::uuid;

pub use super::ept_status::{EPT_S_CANT_PERFORM_OP, EPT_S_NOT_REGISTERED};
use super::{
    InterfaceId,
    ndr::{ContextHandle, STUB_PADDING},
};
pub use endpoint::{Endpoint, Entry};
pub use lookup::{Inquiry, LookupReply, LookupRequest, version_option};
pub use map::{MapReply, MapRequest, decode_map_response, map_request};
pub use walk::{Lookup, LookupEnd, LookupReport, Progress};

/// The endpoint mapper's own interface (C706 appendix O).
pub const EPMAPPER: InterfaceId =
    InterfaceId::new(uuid!("e1af8308-5d1f-11c9-91a4-08002b14a0fa"), 3, 0);

/// Its TCP port.
pub const TCP_PORT: u16 = 135;

/// Operation numbers (C706 appendix O).
pub mod opnum {
    /// `ept_lookup`.
    pub const LOOKUP: u16 = 2;
    /// `ept_map`.
    pub const MAP: u16 = 3;
    /// `ept_lookup_handle_free`.
    pub const LOOKUP_HANDLE_FREE: u16 = 4;
}

/// The stub of `ept_lookup_handle_free` (C706 appendix O), which ends a walk early:
/// [`opnum::LOOKUP_HANDLE_FREE`].
#[must_use]
pub fn handle_free_request(handle: &ContextHandle) -> Vec<u8> {
    let mut out = Writer::new(ByteOrder::Little);
    handle.encode(&mut out);
    out.into_bytes()
}

/// The handle to free, on the server's side.
///
/// # Errors
///
/// When the stub is not exactly one context handle.
pub fn decode_handle_free_request(
    stub: &[u8],
    order: ByteOrder,
) -> Result<ContextHandle, DecodeError> {
    let mut reader = Reader::new(stub, order);
    let handle = ContextHandle::decode(&mut reader)?;
    reader.finish("ept_lookup_handle_free request", STUB_PADDING)?;
    Ok(handle)
}

/// The stub of the answer to `ept_lookup_handle_free`: the null handle and a status.
#[must_use]
pub fn handle_free_response(status: u32) -> Vec<u8> {
    let mut out = Writer::new(ByteOrder::Little);
    ContextHandle::NULL.encode(&mut out);
    out.u32(status);
    out.into_bytes()
}

/// Handle and status of the answer to `ept_lookup_handle_free`.
///
/// # Errors
///
/// When the stub is not exactly a context handle and a status.
pub fn decode_handle_free_response(
    stub: &[u8],
    order: ByteOrder,
) -> Result<(ContextHandle, u32), DecodeError> {
    let mut reader = Reader::new(stub, order);
    let handle = ContextHandle::decode(&mut reader)?;
    let status = reader.u32("status")?;
    reader.finish("ept_lookup_handle_free response", STUB_PADDING)?;
    Ok((handle, status))
}
