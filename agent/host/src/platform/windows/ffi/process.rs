//! Processes of this host.

use std::{io, os::windows::io::AsRawHandle as _, process::Child, time::Duration};

use epmesh_facts::Timestamp;
use windows_sys::Win32::{
    Foundation::{CloseHandle, FILETIME, HANDLE, WAIT_OBJECT_0, WAIT_TIMEOUT},
    System::Threading::{
        GetProcessTimes, OpenProcess, PROCESS_NAME_WIN32, PROCESS_QUERY_LIMITED_INFORMATION,
        QueryFullProcessImageNameW, WaitForSingleObject,
    },
};

use super::text::from_wide;

/// A process that can be asked about itself.
pub(in super::super) struct Process(HANDLE);

impl Drop for Process {
    fn drop(&mut self) {
        // SAFETY: the handle came from OpenProcess and is closed once, here.
        unsafe { CloseHandle(self.0) };
    }
}

impl Process {
    /// The process `pid`.
    ///
    /// # Errors
    /// When there is none, or it may not be asked.
    pub(in super::super) fn open(pid: u32) -> io::Result<Self> {
        // SAFETY: the call takes numbers alone.
        let handle = unsafe { OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, pid) };
        if handle.is_null() { Err(io::Error::last_os_error()) } else { Ok(Self(handle)) }
    }

    /// The time at which the process started.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(in super::super) fn started(&self) -> io::Result<Timestamp> {
        let zero = FILETIME { dwLowDateTime: 0, dwHighDateTime: 0 };
        let (mut created, mut exited, mut kernel, mut user) = (zero, zero, zero, zero);
        // SAFETY: the handle is open and all four times are valid for writes.
        let done = unsafe {
            GetProcessTimes(
                self.0,
                &raw mut created,
                &raw mut exited,
                &raw mut kernel,
                &raw mut user,
            )
        };
        if done == 0 {
            return Err(io::Error::last_os_error());
        }
        Timestamp::from_filetime(ticks(created))
            .ok_or_else(|| io::Error::other("it has no time of creation"))
    }

    /// The file name of its program: `lsass.exe`.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(in super::super) fn program(&self) -> io::Result<String> {
        // The longest path that the system has.
        let mut path = vec![0_u16; 32_768];
        let mut length: u32 = 32_768;
        // SAFETY: the handle is open, `path` holds as many units as `length` says, and both are
        // valid for writes.
        let done = unsafe {
            QueryFullProcessImageNameW(
                self.0,
                PROCESS_NAME_WIN32,
                path.as_mut_ptr(),
                &raw mut length,
            )
        };
        if done == 0 {
            return Err(io::Error::last_os_error());
        }
        let path = from_wide(&path);
        Ok(path.rsplit('\\').next().unwrap_or(&path).to_owned())
    }
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

/// The hundreds of nanoseconds since 1601 that a `FILETIME` counts.
const fn ticks(time: FILETIME) -> u64 {
    ((time.dwHighDateTime as u64) << 32) | time.dwLowDateTime as u64
}

#[cfg(test)]
mod tests {
    use std::time::{SystemTime, UNIX_EPOCH};

    use super::*;

    #[test]
    fn this_process_is_seen() {
        let own = Process::open(std::process::id()).expect("this process");
        let program = std::env::current_exe().expect("its file");
        let name = program.file_name().and_then(|name| name.to_str()).expect("a name");
        assert_eq!(own.program().expect("its program"), name);
        let started = Duration::from_millis(own.started().expect("its start").as_millis());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        assert!(started <= now && !started.is_zero(), "{started:?} {now:?}");
    }

    #[test]
    fn a_process_that_is_not_there_is_an_error() {
        // Ids are multiples of four.
        assert!(Process::open(u32::MAX - 2).is_err());
        assert_eq!(Timestamp::from_filetime(0), None);
        let epoch = Timestamp::from_filetime(116_444_736_000_000_000);
        assert_eq!(epoch, Some(Timestamp::from_millis(0)));
    }
}
