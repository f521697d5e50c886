//! Texts and error numbers as Windows takes and gives them.

use std::{ffi::OsStr, io, os::windows::ffi::OsStrExt as _};

/// The text in UTF-16 with its closing zero.
pub fn wide(text: impl AsRef<OsStr>) -> Vec<u16> {
    text.as_ref().encode_wide().chain([0]).collect()
}

/// The error with this number; Windows has its numbers unsigned, the standard library signed.
#[must_use]
pub fn os_error(status: u32) -> io::Error {
    io::Error::from_raw_os_error(status.cast_signed())
}
