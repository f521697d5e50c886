//! Processes of this host.

use std::{io, os::windows::io::AsRawHandle as _, process::Child, time::Duration};

use windows_sys::{
    Wdk::System::SystemInformation::{NtQuerySystemInformation, SystemProcessInformation},
    Win32::{
        Foundation::{
            ERROR_INSUFFICIENT_BUFFER, ERROR_SUCCESS, RtlNtStatusToDosError,
            STATUS_INFO_LENGTH_MISMATCH, STATUS_SUCCESS, WAIT_OBJECT_0, WAIT_TIMEOUT,
        },
        System::Threading::WaitForSingleObject,
    },
};

use super::buffer::filled;
use crate::platform::windows::processes::{self, Processes};

/// The first size of the list of processes, and the largest that is taken. A domain controller has some hundreds of
/// processes of some kilobytes each, with their threads.
const FIRST: u32 = 512 << 10;
const MOST: u32 = 64 << 20;

/// All processes of this host, by one call, which takes no right.
///
/// # Errors
/// When the system does not tell.
pub(in super::super) fn all() -> io::Result<Processes> {
    let mut base = 0;
    let list = filled(FIRST, MOST, |into, length| {
        let room = *length;
        base = into.addr();
        // SAFETY: `into` is valid for writes of `room` bytes, aligned for every structure, and the length for a write.
        let status = unsafe {
            NtQuerySystemInformation(SystemProcessInformation, into.cast(), room, length)
        };
        match status {
            STATUS_SUCCESS => ERROR_SUCCESS,
            STATUS_INFO_LENGTH_MISMATCH => ERROR_INSUFFICIENT_BUFFER,
            // SAFETY: the call takes a number.
            status => unsafe { RtlNtStatusToDosError(status) },
        }
    })?;
    let base = u64::try_from(base).unwrap_or(u64::MAX);
    processes::parse(list.bytes(), base).map_err(io::Error::other)
}

/// Waits until a program has ended, or for `most`; whether it has ended.
///
/// # Errors
/// When the system cannot wait for it.
pub(in super::super) fn ended(child: &Child, most: Duration) -> io::Result<bool> {
    let most = u32::try_from(most.as_millis()).unwrap_or(u32::MAX - 1);
    // SAFETY: `child` keeps its handle open for the whole call.
    match unsafe { WaitForSingleObject(child.as_raw_handle(), most) } {
        WAIT_OBJECT_0 => Ok(true),
        WAIT_TIMEOUT => Ok(false),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{SystemTime, UNIX_EPOCH};

    use super::*;

    #[test]
    fn this_process_is_seen() {
        let all = all().expect("the list of processes");
        let own = all.get(&std::process::id()).expect("this process");
        let program = std::env::current_exe().expect("its file");
        let name = program.file_name().and_then(|name| name.to_str()).expect("a name");
        assert_eq!(own.program, name);
        let started = own.started.expect("its start");
        let started = Duration::from_millis(started.as_millis());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        assert!(started <= now && !started.is_zero(), "{started:?} {now:?}");
        // Ids are multiples of four.
        assert!(!all.contains_key(&(u32::MAX - 2)));
    }
}
