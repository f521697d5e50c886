//! The Windows event log: registering a source, and writing into it.

use std::{io, ptr};

use windows_sys::Win32::{
    Foundation::{ERROR_FILE_NOT_FOUND, ERROR_SUCCESS, WIN32_ERROR},
    System::{
        EventLog::{
            DeregisterEventSource, EVENTLOG_ERROR_TYPE, EVENTLOG_INFORMATION_TYPE,
            EVENTLOG_WARNING_TYPE, RegisterEventSourceW, ReportEventW,
        },
        Registry::{HKEY_LOCAL_MACHINE, REG_DWORD, REG_EXPAND_SZ, RegDeleteTreeW, RegSetKeyValueW},
    },
};

use super::super::text::{os_error, wide};

/// The longest text of one event; the event log itself takes at most 31,839 characters.
const LONGEST: usize = 8_000;

/// The severity of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Something happened as it should.
    Information,
    /// Something is not as it should be, and the service goes on.
    Warning,
    /// The service cannot do its work.
    Error,
}

/// Makes `source` known to the application log. Its events have one text each, and
/// `EventCreate.exe`, a part of every Windows, has the template for that (ids 1 to 1000): so no
/// message file of ours has to be there when an event is read.
///
/// # Errors
/// What the system says.
pub fn register(source: &str) -> io::Result<()> {
    let key = wide(key_of(source));
    let file = wide(r"%SystemRoot%\System32\EventCreate.exe");
    let bytes: Vec<u8> = file.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    set(&key, "EventMessageFile", REG_EXPAND_SZ, &bytes)?;
    let types = EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE;
    set(&key, "TypesSupported", REG_DWORD, &u32::from(types).to_le_bytes())
}

/// Takes `source` out of the registry; it is no error when it is not there.
///
/// # Errors
/// What the system says.
pub fn unregister(source: &str) -> io::Result<()> {
    let key = wide(key_of(source));
    // SAFETY: the key is a predefined one that is always open; the name ends with a zero and
    // outlives the call.
    let status = unsafe { RegDeleteTreeW(HKEY_LOCAL_MACHINE, key.as_ptr()) };
    if status == ERROR_FILE_NOT_FOUND { Ok(()) } else { checked(status) }
}

/// Writes one event.
///
/// # Errors
/// What the system says.
pub fn report(source: &str, severity: Severity, id: u32, text: &str) -> io::Result<()> {
    let name = wide(source);
    // SAFETY: the name ends with a zero and outlives the call; no server means this computer.
    let log = unsafe { RegisterEventSourceW(ptr::null(), name.as_ptr()) };
    if log.is_null() {
        return Err(io::Error::last_os_error());
    }
    let kind = match severity {
        Severity::Information => EVENTLOG_INFORMATION_TYPE,
        Severity::Warning => EVENTLOG_WARNING_TYPE,
        Severity::Error => EVENTLOG_ERROR_TYPE,
    };
    // A zero within would end the text early.
    let text = wide(text.replace('\0', " ").chars().take(LONGEST).collect::<String>());
    let strings = [text.as_ptr()];
    // SAFETY: the handle was opened just now; `strings` holds the one pointer that the count
    // says, to a text with a closing zero; both outlive the call; no user and no raw data.
    let done = unsafe {
        ReportEventW(log, kind, 0, id, ptr::null_mut(), 1, 0, strings.as_ptr(), ptr::null())
    };
    let outcome = if done == 0 { Err(io::Error::last_os_error()) } else { Ok(()) };
    // SAFETY: the handle is open and is not used after this.
    unsafe { DeregisterEventSource(log) };
    outcome
}

fn key_of(source: &str) -> String {
    format!(r"SYSTEM\CurrentControlSet\Services\EventLog\Application\{source}")
}

fn set(key: &[u16], name: &str, kind: u32, data: &[u8]) -> io::Result<()> {
    let name = wide(name);
    let length = u32::try_from(data.len()).map_err(io::Error::other)?;
    // SAFETY: the key is a predefined one that is always open; both names end with a zero;
    // `data` has as many bytes as `length` says; all outlive the call.
    let status = unsafe {
        RegSetKeyValueW(
            HKEY_LOCAL_MACHINE,
            key.as_ptr(),
            name.as_ptr(),
            kind,
            data.as_ptr().cast(),
            length,
        )
    };
    checked(status)
}

fn checked(status: WIN32_ERROR) -> io::Result<()> {
    if status == ERROR_SUCCESS { Ok(()) } else { Err(os_error(status)) }
}
