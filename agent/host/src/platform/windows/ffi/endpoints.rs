//! The endpoint map as this host's own endpoint mapper tells it without the network (ALPC).

use std::{ffi::c_void, ptr};

use epmesh_rpc::{Endpoint, InterfaceId};
use thiserror::Error;
use uuid::Uuid;
use windows_sys::{
    Win32::{
        Foundation::RPC_X_NO_MORE_ENTRIES,
        System::Rpc::{
            RPC_C_EP_ALL_ELTS, RPC_IF_ID, RPC_S_OK, RPC_STATUS, RpcBindingFree,
            RpcBindingToStringBindingW, RpcMgmtEpEltInqBegin, RpcMgmtEpEltInqDone,
            RpcMgmtEpEltInqNextW, RpcStringBindingParseW, RpcStringFreeW,
        },
    },
    core::{GUID, PWSTR},
};

use super::{error::CallError, text};
use crate::platform::windows::local_map::{self, Entry};

/// The most endpoints that are taken; a domain controller has some hundreds.
const MAX_ENDPOINTS: usize = 20_000;
/// The longest annotation (C706 appendix O, `ept_max_annotation_size`).
const MAX_ANNOTATION: usize = 64;
/// The longest text of a binding, and of a part of it, that is taken.
const MAX_TEXT: usize = 1024;

/// The map could not be read.
#[derive(Debug, Error)]
pub(in super::super) enum MapError {
    /// A call failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The map has more endpoints than are taken.
    #[error("the endpoint map has more than {MAX_ENDPOINTS} endpoints")]
    TooMany,
}

/// Reads the whole map, sorted. An entry that is not understood stays in it: see [`local_map`].
///
/// # Errors
/// Whatever kept it from being read to its end: a map that is cut short is no map.
pub(in super::super) fn local() -> Result<Vec<Endpoint>, MapError> {
    let inquiry = Inquiry::begin()?;
    let mut entries = Vec::new();
    while let Some(entry) = inquiry.next()? {
        if entries.len() >= MAX_ENDPOINTS {
            return Err(MapError::TooMany);
        }
        entries.push(entry);
    }
    let (endpoints, unread) = local_map::endpoints(entries);
    if unread > 0 {
        tracing::warn!(unread, "entries of the endpoint map could not be read");
    }
    Ok(endpoints)
}

fn check(call: &'static str, status: RPC_STATUS) -> Result<(), CallError> {
    if status == RPC_S_OK { Ok(()) } else { Err(CallError { call, code: status.cast_unsigned() }) }
}

/// An inquiry of the endpoint map under way.
struct Inquiry(*mut *mut c_void);

impl Drop for Inquiry {
    fn drop(&mut self) {
        // SAFETY: the context came from RpcMgmtEpEltInqBegin and is ended once, here.
        unsafe { RpcMgmtEpEltInqDone(&raw mut self.0) };
    }
}

impl Inquiry {
    fn begin() -> Result<Self, CallError> {
        let mut context = ptr::null_mut();
        // SAFETY: a null binding stands for this host; the interface and the object are not looked
        // at for RPC_C_EP_ALL_ELTS and may be null; `context` is valid for a write.
        let status = unsafe {
            RpcMgmtEpEltInqBegin(
                ptr::null(),
                RPC_C_EP_ALL_ELTS,
                ptr::null(),
                0,
                ptr::null(),
                &raw mut context,
            )
        };
        check("RpcMgmtEpEltInqBegin", status)?;
        Ok(Self(context))
    }

    /// The next entry; `None` after the last one.
    fn next(&self) -> Result<Option<Entry>, MapError> {
        let nil = GUID::from_u128(0);
        let mut interface = RPC_IF_ID { Uuid: nil, VersMajor: 0, VersMinor: 0 };
        let mut binding = BindingHandle(ptr::null_mut());
        let mut object = nil;
        let mut annotation = RpcText(ptr::null_mut());
        // SAFETY: the context is under way, and all four results are valid for writes. What they
        // hold afterwards is ours, and is freed by `BindingHandle` and `RpcText`.
        let status = unsafe {
            RpcMgmtEpEltInqNextW(
                self.0.cast_const().cast(),
                &raw mut interface,
                &raw mut binding.0,
                &raw mut object,
                &raw mut annotation.0,
            )
        };
        if status == RPC_X_NO_MORE_ENTRIES {
            return Ok(None);
        }
        check("RpcMgmtEpEltInqNext", status)?;
        let interface =
            InterfaceId::new(uuid(interface.Uuid), interface.VersMajor, interface.VersMinor);
        Ok(Some(Entry {
            interface,
            object: uuid(object),
            binding: binding.text().and_then(|text| text.parts()).ok(),
            annotation: annotation.text(MAX_ANNOTATION),
        }))
    }
}

/// A binding handle of the RPC runtime; null while there is none.
struct BindingHandle(*mut c_void);

impl Drop for BindingHandle {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: the handle came from RpcMgmtEpEltInqNextW and is freed once, here.
            unsafe { RpcBindingFree(&raw mut self.0) };
        }
    }
}

impl BindingHandle {
    fn text(&self) -> Result<RpcText, CallError> {
        let mut text = RpcText(ptr::null_mut());
        // SAFETY: the handle is live and `text` valid for a write; what it holds afterwards is ours.
        let status = unsafe { RpcBindingToStringBindingW(self.0, &raw mut text.0) };
        check("RpcBindingToStringBinding", status)?;
        Ok(text)
    }
}

/// A text that the RPC runtime made; null while there is none.
struct RpcText(PWSTR);

impl Drop for RpcText {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: the text came from the RPC runtime and is freed once, here.
            unsafe { RpcStringFreeW(&raw mut self.0) };
        }
    }
}

impl RpcText {
    fn text(&self, most: usize) -> String {
        // SAFETY: null, or a text of the RPC runtime, which ends with a zero.
        unsafe { text::at(self.0, most) }.unwrap_or_default()
    }

    /// Protocol sequence, host and endpoint of the text of a binding.
    fn parts(&self) -> Result<(String, String, String), CallError> {
        let mut sequence = RpcText(ptr::null_mut());
        let mut host = RpcText(ptr::null_mut());
        let mut endpoint = RpcText(ptr::null_mut());
        // SAFETY: the text ends with a zero; a null result is left out, the others are valid for
        // writes, and what they hold afterwards is ours.
        let status = unsafe {
            RpcStringBindingParseW(
                self.0,
                ptr::null_mut(),
                &raw mut sequence.0,
                &raw mut host.0,
                &raw mut endpoint.0,
                ptr::null_mut(),
            )
        };
        check("RpcStringBindingParse", status)?;
        Ok((sequence.text(MAX_TEXT), host.text(MAX_TEXT), endpoint.text(MAX_TEXT)))
    }
}

fn uuid(guid: GUID) -> Uuid {
    Uuid::from_fields(guid.data1, guid.data2, guid.data3, &guid.data4)
}

#[cfg(test)]
mod tests {
    use windows_sys::Win32::System::Rpc::RpcBindingFromStringBindingW;

    use super::*;

    /// Wine has a stub in the place of the inquiry; on Windows the endpoint mapper always lists
    /// itself. Neither may come out as an empty map.
    #[test]
    fn an_empty_map_is_never_read() {
        match local() {
            Ok(endpoints) => assert!(!endpoints.is_empty()),
            Err(MapError::Call(error)) => assert_ne!(error.code, 0),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn a_binding_is_taken_apart() {
        for (text, expected) in [
            ("ncacn_ip_tcp:dc1.lab.test[49664]", ("ncacn_ip_tcp", "dc1.lab.test", "49664")),
            (r"ncacn_np:\\\\DC1[\\pipe\\lsass]", ("ncacn_np", r"\\DC1", r"\pipe\lsass")),
            ("ncalrpc:[NTDS_LPC]", ("ncalrpc", "", "NTDS_LPC")),
        ] {
            let wide = text::wide(text).expect("no zero in it");
            let mut binding = BindingHandle(ptr::null_mut());
            // SAFETY: the text ends with a zero and the handle is valid for a write.
            let status = unsafe { RpcBindingFromStringBindingW(wide.as_ptr(), &raw mut binding.0) };
            assert_eq!(check("RpcBindingFromStringBinding", status), Ok(()), "{text}");
            let (sequence, host, endpoint) =
                binding.text().and_then(|text| text.parts()).expect("it can be taken apart");
            assert_eq!((sequence.as_str(), host.as_str(), endpoint.as_str()), expected);
        }
    }
}
