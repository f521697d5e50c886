//! The service control manager.

use std::{io, ptr};

use windows_sys::Win32::{
    Foundation::ERROR_SERVICE_DOES_NOT_EXIST,
    System::Services::{
        CloseServiceHandle, OpenSCManagerW, OpenServiceW, QUERY_SERVICE_CONFIGW,
        QueryServiceConfig2W, QueryServiceConfigW, QueryServiceStatusEx, SC_HANDLE,
        SC_MANAGER_CONNECT, SC_STATUS_PROCESS_INFO, SERVICE_CONFIG_DELAYED_AUTO_START_INFO,
        SERVICE_DELAYED_AUTO_START_INFO, SERVICE_QUERY_CONFIG, SERVICE_QUERY_STATUS,
        SERVICE_STATUS_PROCESS,
    },
};

use super::{
    buffer::{Buffer, Plain, filled},
    error::last_code,
    text::wide,
};

/// The largest configuration of a service (Microsoft: "QueryServiceConfigW", 8 KiB).
const MAX_CONFIG: u32 = 8 << 10;

// SAFETY: numbers and raw pointers.
unsafe impl Plain for QUERY_SERVICE_CONFIGW {}
// SAFETY: numbers.
unsafe impl Plain for SERVICE_STATUS_PROCESS {}
// SAFETY: a number.
unsafe impl Plain for SERVICE_DELAYED_AUTO_START_INFO {}

/// A handle of the service control manager.
struct Handle(SC_HANDLE);

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the handle came from OpenSCManagerW or OpenServiceW and is closed once, here.
        unsafe { CloseServiceHandle(self.0) };
    }
}

fn handle(raw: SC_HANDLE) -> io::Result<Handle> {
    if raw.is_null() { Err(io::Error::last_os_error()) } else { Ok(Handle(raw)) }
}

/// The connection to the service control manager.
pub(in super::super) struct Manager(Handle);

/// A service that is there.
pub(in super::super) struct Service {
    handle: Handle,
}

/// The state of a service now. The numbers are Windows's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Status {
    /// `SERVICE_RUNNING` …
    pub(in super::super) state: u32,
    /// Its process; 0 while it has none.
    pub(in super::super) pid: u32,
    /// The exit code of its last run; `ERROR_SERVICE_SPECIFIC_ERROR` when the next one counts.
    pub(in super::super) exit_code: u32,
    /// The exit code that is the service's own.
    pub(in super::super) specific_exit_code: u32,
}

/// The configuration of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Config {
    /// `SERVICE_AUTO_START` …
    pub(in super::super) start: u32,
    /// The account, as it is written there.
    pub(in super::super) account: String,
    /// The services and, with a `+` in front, the groups that it needs.
    pub(in super::super) dependencies: Vec<String>,
}

impl Manager {
    /// Connects to the service control manager of this host.
    ///
    /// # Errors
    /// When it refuses.
    pub(in super::super) fn connect() -> io::Result<Self> {
        // SAFETY: null stands for this host and for the active database.
        let raw = unsafe { OpenSCManagerW(ptr::null(), ptr::null(), SC_MANAGER_CONNECT) };
        Ok(Self(handle(raw)?))
    }

    /// The service `name`; `None` when there is none.
    ///
    /// # Errors
    /// When it may not be asked for its state; that its configuration may not be read shows later.
    pub(in super::super) fn service(&self, name: &str) -> io::Result<Option<Service>> {
        let both = self.open(name, SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG);
        let opened = match both {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                self.open(name, SERVICE_QUERY_STATUS)
            }
            other => other,
        };
        match opened {
            Ok(handle) => Ok(Some(Service { handle })),
            Err(error)
                if error.raw_os_error() == Some(ERROR_SERVICE_DOES_NOT_EXIST.cast_signed()) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn open(&self, name: &str, access: u32) -> io::Result<Handle> {
        let name = wide(name)?;
        // SAFETY: the manager's handle is open, and `name` ends with a zero.
        handle(unsafe { OpenServiceW(self.0.0, name.as_ptr(), access) })
    }
}

impl Service {
    /// The state of the service now.
    ///
    /// # Errors
    /// When the service control manager does not tell.
    pub(in super::super) fn status(&self) -> io::Result<Status> {
        let status: SERVICE_STATUS_PROCESS = queried(256, |into, length, needed| {
            // SAFETY: the handle is open, `into` is valid for writes of `length` bytes, and `needed`
            // for one.
            unsafe {
                QueryServiceStatusEx(self.handle.0, SC_STATUS_PROCESS_INFO, into, length, needed)
            }
        })?;
        Ok(Status {
            state: status.dwCurrentState,
            pid: status.dwProcessId,
            exit_code: status.dwWin32ExitCode,
            specific_exit_code: status.dwServiceSpecificExitCode,
        })
    }

    /// The configuration of the service.
    ///
    /// # Errors
    /// When the service control manager does not tell.
    pub(in super::super) fn config(&self) -> io::Result<Config> {
        let buffer = filled(1024, MAX_CONFIG, |into, length| {
            // SAFETY: the handle is open, and `into` is valid for writes of `length` bytes.
            let done = unsafe {
                QueryServiceConfigW(self.handle.0, into.cast(), *length, &raw mut *length)
            };
            if done == 0 { last_code() } else { 0 }
        })?;
        let config: QUERY_SERVICE_CONFIGW = buffer.read(0).ok_or_else(truncated)?;
        Ok(Config {
            start: config.dwStartType,
            account: buffer.text_at(config.lpServiceStartName).unwrap_or_default(),
            dependencies: buffer.texts_at(config.lpDependencies).unwrap_or_default(),
        })
    }

    /// Whether its automatic start comes after that of the services without a delay. It is kept
    /// for other start types too, where it means nothing.
    ///
    /// # Errors
    /// When the service control manager does not tell.
    pub(in super::super) fn delayed(&self) -> io::Result<bool> {
        let info: SERVICE_DELAYED_AUTO_START_INFO = queried(64, |into, length, needed| {
            let what = SERVICE_CONFIG_DELAYED_AUTO_START_INFO;
            // SAFETY: the handle is open, `into` is valid for writes of `length` bytes, and `needed`
            // for one.
            unsafe { QueryServiceConfig2W(self.handle.0, what, into, length, needed) }
        })?;
        Ok(info.fDelayedAutostart != 0)
    }
}

/// The structure of a size of its own that a call puts into a buffer of `length` bytes. The call gets the
/// buffer, its length and where it says what it would need, and gives 0 when it fails.
fn queried<T: Plain>(
    length: u32,
    call: impl FnOnce(*mut u8, u32, *mut u32) -> i32,
) -> io::Result<T> {
    let mut buffer = Buffer::new(length);
    let mut needed = 0;
    if call(buffer.as_mut_ptr(), buffer.length(), &raw mut needed) == 0 {
        return Err(io::Error::last_os_error());
    }
    buffer.read(0).ok_or_else(truncated)
}

fn truncated() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the service manager's answer is cut short")
}
