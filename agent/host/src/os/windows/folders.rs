//! The folders in which Windows keeps things.

use std::{ffi::OsString, io, os::windows::ffi::OsStringExt as _, path::PathBuf, ptr};

use windows_sys::Win32::{
    System::Com::CoTaskMemFree,
    UI::Shell::{FOLDERID_ProgramData, KF_FLAG_DEFAULT, SHGetKnownFolderPath},
};

/// The longest path that Windows has, in UTF-16 units.
const LONGEST: usize = 32_768;

/// The folder for the data of programs, the same for all users. Asked of Windows and not of the
/// environment: a service's environment can differ from that of who installed it, and both must
/// find the same files.
///
/// # Errors
/// What the system says.
pub fn program_data() -> io::Result<PathBuf> {
    let mut text = ptr::null_mut();
    let flags = KF_FLAG_DEFAULT.cast_unsigned();
    // SAFETY: the id is a constant; no token means the caller's own; `text` is valid for writes.
    let status = unsafe {
        SHGetKnownFolderPath(&FOLDERID_ProgramData, flags, ptr::null_mut(), &raw mut text)
    };
    let found = if status < 0 || text.is_null() {
        Err(io::Error::other(format!("SHGetKnownFolderPath gave {status:#010x}")))
    } else {
        // SAFETY: the call succeeded: `text` is a text with a closing zero; it is read up to that
        // and no further.
        let length = (0..LONGEST).take_while(|at| unsafe { *text.add(*at) } != 0).count();
        // SAFETY: the units before the closing zero, as counted just now.
        let units = unsafe { std::slice::from_raw_parts(text, length) };
        Ok(OsString::from_wide(units).into())
    };
    // SAFETY: to be freed so whether the call succeeded or not; not used after this.
    unsafe { CoTaskMemFree(text.cast_const().cast()) };
    found
}
