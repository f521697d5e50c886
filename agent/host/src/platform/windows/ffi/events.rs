//! The event log.

use windows_sys::Win32::{
    Foundation::{ERROR_EVT_CHANNEL_NOT_FOUND, ERROR_NO_MORE_ITEMS, ERROR_NOT_FOUND},
    System::EventLog::{
        EVT_HANDLE, EvtClose, EvtCreateBookmark, EvtNext, EvtQuery, EvtQueryChannelPath,
        EvtQueryForwardDirection, EvtRender, EvtRenderBookmark, EvtRenderEventXml, EvtSeek,
        EvtSeekRelativeToBookmark, EvtUpdateBookmark,
    },
};

use super::{
    buffer::filled,
    error::{CallError, last_code},
    text::{from_wide, units, wide},
};
use crate::platform::windows::event_watch::Read;

/// Events asked for at once.
const PAGE: usize = 16;
/// The most events that are read in one go; the bookmark leads to the rest.
const MAX_EVENTS: usize = 4096;
/// How long the service may take for a page, in milliseconds.
const PAGE_MS: u32 = 2000;
/// The largest text of an event or a bookmark in bytes.
const MAX_TEXT: u32 = 1 << 20;

/// Reads the events of `log` that `xpath` selects, those after `bookmark` where there is one.
///
/// # Errors
/// When the log cannot be read.
pub(in super::super) fn read(
    log: &str,
    xpath: &str,
    bookmark: Option<&str>,
) -> Result<Read, CallError> {
    // ERROR_INVALID_PARAMETER
    let text = |text: &str| wide(text).map_err(|_| CallError { call: "EvtQuery", code: 87 });
    let (path, query) = (text(log)?, text(xpath)?);
    // SAFETY: both texts end with a zero; no session stands for this host.
    let raw = unsafe {
        EvtQuery(0, path.as_ptr(), query.as_ptr(), EvtQueryChannelPath | EvtQueryForwardDirection)
    };
    let results = match handle("EvtQuery", raw) {
        Ok(results) => results,
        Err(error) if error.code == ERROR_EVT_CHANNEL_NOT_FOUND => return Ok(Read::NoSuchLog),
        Err(error) => return Err(error),
    };
    let marked = Bookmark::open(bookmark)?;
    if bookmark.is_some() {
        // SAFETY: both handles are open.
        let done = unsafe { EvtSeek(results.0, 1, marked.0.0, 0, EvtSeekRelativeToBookmark) };
        if done == 0 {
            match last_code() {
                // Nothing lies behind it.
                ERROR_NOT_FOUND | ERROR_NO_MORE_ITEMS => {
                    return Ok(Read::Events(Vec::new(), bookmark.map(str::to_owned)));
                }
                code => return Err(CallError { call: "EvtSeek", code }),
            }
        }
    }
    let mut events = Vec::new();
    while events.len() < MAX_EVENTS {
        let page = next(&results)?;
        if page.is_empty() {
            break;
        }
        for event in page {
            events.push(rendered(&event, EvtRenderEventXml)?);
            // SAFETY: both handles are open.
            if unsafe { EvtUpdateBookmark(marked.0.0, event.0) } == 0 {
                return Err(CallError { call: "EvtUpdateBookmark", code: last_code() });
            }
        }
    }
    let after = if events.is_empty() {
        bookmark.map(str::to_owned)
    } else {
        Some(rendered(&marked.0, EvtRenderBookmark)?)
    };
    Ok(Read::Events(events, after))
}

/// A handle of the event log.
struct Handle(EVT_HANDLE);

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the handle came from this interface and is closed once, here.
        unsafe { EvtClose(self.0) };
    }
}

fn handle(call: &'static str, raw: EVT_HANDLE) -> Result<Handle, CallError> {
    if raw == 0 { Err(CallError { call, code: last_code() }) } else { Ok(Handle(raw)) }
}

/// A place in a log.
struct Bookmark(Handle);

impl Bookmark {
    fn open(xml: Option<&str>) -> Result<Self, CallError> {
        const CALL: &str = "EvtCreateBookmark";
        let xml = xml.map(wide).transpose().map_err(|_| CallError { call: CALL, code: 87 })?;
        let at = xml.as_ref().map_or(std::ptr::null(), Vec::as_ptr);
        // SAFETY: null stands for no place yet; else the text ends with a zero.
        Ok(Self(handle(CALL, unsafe { EvtCreateBookmark(at) })?))
    }
}

/// The next events; none at the end.
fn next(results: &Handle) -> Result<Vec<Handle>, CallError> {
    let mut page: [EVT_HANDLE; PAGE] = [0; PAGE];
    let mut count = 0;
    // SAFETY: the handle is open, `page` has as many places as is said, and both results are valid
    // for writes.
    let done = unsafe {
        EvtNext(
            results.0,
            u32::try_from(PAGE).unwrap_or(0),
            page.as_mut_ptr(),
            PAGE_MS,
            0,
            &raw mut count,
        )
    };
    if done == 0 {
        return match last_code() {
            ERROR_NO_MORE_ITEMS => Ok(Vec::new()),
            code => Err(CallError { call: "EvtNext", code }),
        };
    }
    let count = usize::try_from(count).unwrap_or(0);
    Ok(page.into_iter().take(count).filter(|raw| *raw != 0).map(Handle).collect())
}

/// An event or a bookmark as XML.
fn rendered(what: &Handle, flags: u32) -> Result<String, CallError> {
    let mut used = 0;
    let buffer = filled(4096, MAX_TEXT, |into, length| {
        let mut properties = 0;
        let room = *length;
        // SAFETY: the handle is open, `into` is valid for writes of `room` bytes, and both counts
        // are valid for writes.
        let done = unsafe {
            EvtRender(0, what.0, flags, room, into.cast(), &raw mut used, &raw mut properties)
        };
        *length = used;
        if done == 0 { last_code() } else { 0 }
    });
    let buffer = buffer.map_err(|error| CallError {
        call: "EvtRender",
        code: error.raw_os_error().map_or(0, i32::cast_unsigned),
    })?;
    let bytes = usize::try_from(used).ok().and_then(|used| buffer.bytes().get(..used));
    Ok(from_wide(&units(bytes.unwrap_or_default())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_is_not_there_is_no_empty_log() {
        let read = read("Epmesh-No-Such-Log", "*", None);
        assert!(!matches!(read, Ok(Read::Events(..))), "{read:?}");
    }
}
