//! The calls into Windows that a service needs: access control, the event log, the service's own
//! configuration. Everything that `windows-service` does not wrap.

#![expect(unsafe_code, reason = "these functions have no safe wrapper in windows-sys")]

pub(crate) mod access;
pub(super) mod eventlog;
pub(crate) mod folders;
pub(super) mod main;
pub(super) mod privileges;

use std::{ffi::OsStr, os::windows::ffi::OsStrExt as _};

/// The text in UTF-16 with its closing zero.
fn wide(text: impl AsRef<OsStr>) -> Vec<u16> {
    text.as_ref().encode_wide().chain([0]).collect()
}

/// The error with this number; Windows has its numbers unsigned, the standard library signed.
fn os_error(status: u32) -> std::io::Error {
    std::io::Error::from_raw_os_error(status.cast_signed())
}
