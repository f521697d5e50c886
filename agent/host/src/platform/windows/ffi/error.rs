//! A call that failed.

use std::io;

use epmesh_facts::{Reason, ReasonKind};
use epmesh_rpc::windows_error;
use thiserror::Error;
use windows_sys::Win32::Foundation::ERROR_GEN_FAILURE;

/// A call into Windows failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{call} failed: {} (os error {code})", windows_error::symbol(i64::from(*code)).unwrap_or("no name known"))]
pub(in super::super) struct CallError {
    /// The function.
    pub(in super::super) call: &'static str,
    /// The number that it gave.
    pub(in super::super) code: u32,
}

impl From<CallError> for Reason {
    fn from(error: CallError) -> Self {
        Self::of_kind(ReasonKind::System(error.code.cast_signed()), error.to_string())
    }
}

/// The error with this number; Windows has its numbers unsigned, the standard library signed.
pub(super) fn os_error(code: u32) -> io::Error {
    io::Error::from_raw_os_error(code.cast_signed())
}

/// The number of the error that a call just left behind.
pub(super) fn last_code() -> u32 {
    // A call that failed without a number must not be taken for one that succeeded.
    match io::Error::last_os_error().raw_os_error() {
        Some(code) if code != 0 => code.cast_unsigned(),
        _ => ERROR_GEN_FAILURE,
    }
}
