//! The event log.

use std::time::{Duration, Instant};

use windows_sys::Win32::{
    Foundation::{
        ERROR_EVT_CHANNEL_NOT_FOUND, ERROR_EVT_QUERY_RESULT_INVALID_POSITION, ERROR_NO_MORE_ITEMS,
        ERROR_NOT_FOUND, ERROR_TIMEOUT,
    },
    System::EventLog::{
        EVT_HANDLE, EvtClose, EvtCreateBookmark, EvtNext, EvtQuery, EvtQueryChannelPath,
        EvtQueryForwardDirection, EvtQueryReverseDirection, EvtRender, EvtRenderBookmark,
        EvtRenderEventXml, EvtSeek, EvtSeekRelativeToBookmark, EvtSeekRelativeToLast,
        EvtSeekStrict, EvtUpdateBookmark,
    },
};

use super::{
    audit,
    buffer::filled,
    error::{CallError, last_code},
    text::{from_wide, units, wide},
};
use crate::platform::windows::{
    event_log::{EventLog, Mark, Newest, Page},
    event_xml,
    watched_events::Query,
};

/// Events asked for at once.
const PAGE: usize = 16;
/// The most events that are read in one go; the mark leads to the rest.
const MAX_EVENTS: usize = 4096;
/// How long the service may take for a page, in milliseconds.
const PAGE_MS: u32 = 2000;
/// How long a query may take in all. The service goes on where it was when its time for a page was up.
const QUERY: Duration = Duration::from_secs(6);
/// The largest text of an event or a bookmark in bytes.
const MAX_TEXT: u32 = 1 << 20;
/// The XPath that selects every record.
const ALL: &str = "*";

/// The event logs of this host.
#[derive(Debug)]
pub(in super::super) struct Logs;

impl EventLog for Logs {
    type Error = CallError;

    fn newest(&mut self, log: &str) -> Result<Newest, CallError> {
        let Some(results) = Results::open(log, ALL, EvtQueryReverseDirection)? else {
            return Ok(Newest::NoSuchLog);
        };
        Ok(results.one()?.map_or(Newest::Nothing, Newest::Record))
    }

    fn before_newest(&mut self, log: &str, back: u64) -> Result<Option<Mark>, CallError> {
        let Some(results) = Results::open(log, ALL, EvtQueryForwardDirection)? else {
            return Ok(None);
        };
        let back = i64::try_from(back).unwrap_or(i64::MAX);
        // Past the first record it ends at the first: the seek is not strict.
        if !results.seek(back.saturating_neg(), None, EvtSeekRelativeToLast)? {
            return Ok(None);
        }
        results.one()
    }

    fn find(&mut self, log: &str, mark: &Mark) -> Result<Option<Mark>, CallError> {
        let Some(results) = Results::open(log, ALL, EvtQueryForwardDirection)? else {
            return Ok(None);
        };
        let bookmark = Bookmark::open(Some(&mark.bookmark))?;
        if !results.seek(0, Some(&bookmark), EvtSeekRelativeToBookmark | EvtSeekStrict)? {
            return Ok(None);
        }
        results.one()
    }

    fn from(&mut self, query: &Query, mark: &Mark) -> Result<Page, CallError> {
        let mut page = Page { done: true, ..Page::default() };
        let Some(results) = Results::open(query.log, &query.xpath, EvtQueryForwardDirection)?
        else {
            return Ok(page);
        };
        let bookmark = Bookmark::open(Some(&mark.bookmark))?;
        if !results.seek(0, Some(&bookmark), EvtSeekRelativeToBookmark)? {
            return Ok(page);
        }
        let began = Instant::now();
        let mut last = None;
        while page.events.len() < MAX_EVENTS && began.elapsed() < QUERY {
            match results.next(PAGE)? {
                Next::Events(events) => {
                    for event in events {
                        page.events.push(rendered(&event, EvtRenderEventXml)?);
                        last = Some(event);
                    }
                }
                Next::End => {
                    page.last = last.map(|event| marked(&event)).transpose()?;
                    return Ok(page);
                }
                Next::Late => {}
            }
        }
        page.last = last.map(|event| marked(&event)).transpose()?;
        page.done = false;
        Ok(page)
    }

    fn audits_rpc(&mut self) -> Result<bool, CallError> {
        audit::rpc_events()
    }
}

/// The records that a query selects.
struct Results(Handle);

/// The answer to the question for the next records.
enum Next {
    /// These.
    Events(Vec<Handle>),
    /// There are none.
    End,
    /// None was found in the time given: there may be some.
    Late,
}

impl Results {
    /// None where there is no such log.
    fn open(log: &str, xpath: &str, direction: u32) -> Result<Option<Self>, CallError> {
        // ERROR_INVALID_PARAMETER
        let text = |text: &str| wide(text).map_err(|_| CallError { call: "EvtQuery", code: 87 });
        let (path, query) = (text(log)?, text(xpath)?);
        // SAFETY: both texts end with a zero; no session stands for this host.
        let raw =
            unsafe { EvtQuery(0, path.as_ptr(), query.as_ptr(), EvtQueryChannelPath | direction) };
        match handle("EvtQuery", raw) {
            Ok(results) => Ok(Some(Self(results))),
            Err(error) if error.code == ERROR_EVT_CHANNEL_NOT_FOUND => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Moves to a record; false where there is none.
    fn seek(&self, by: i64, from: Option<&Bookmark>, flags: u32) -> Result<bool, CallError> {
        let bookmark = from.map_or(0, |bookmark| bookmark.0.0);
        // SAFETY: the results are open; the bookmark is open, or 0, which stands for none.
        if unsafe { EvtSeek(self.0.0, by, bookmark, 0, flags) } != 0 {
            return Ok(true);
        }
        match last_code() {
            ERROR_NOT_FOUND | ERROR_NO_MORE_ITEMS | ERROR_EVT_QUERY_RESULT_INVALID_POSITION => {
                Ok(false)
            }
            code => Err(CallError { call: "EvtSeek", code }),
        }
    }

    /// The next records, at most [`PAGE`].
    fn next(&self, most: usize) -> Result<Next, CallError> {
        let mut page: [EVT_HANDLE; PAGE] = [0; PAGE];
        let room = u32::try_from(most.min(PAGE)).unwrap_or(0);
        let mut count = 0;
        // SAFETY: the results are open, `page` has at least `room` places, and both outputs are valid
        // for writes.
        let done =
            unsafe { EvtNext(self.0.0, room, page.as_mut_ptr(), PAGE_MS, 0, &raw mut count) };
        if done == 0 {
            return match last_code() {
                ERROR_NO_MORE_ITEMS => Ok(Next::End),
                ERROR_TIMEOUT => Ok(Next::Late),
                code => Err(CallError { call: "EvtNext", code }),
            };
        }
        let count = usize::try_from(count).unwrap_or(0);
        let events = page.into_iter().take(count).filter(|raw| *raw != 0).map(Handle);
        let events: Vec<Handle> = events.collect();
        Ok(if events.is_empty() { Next::End } else { Next::Events(events) })
    }

    /// The next record; none at the end.
    fn one(&self) -> Result<Option<Mark>, CallError> {
        match self.next(1)? {
            Next::End => Ok(None),
            Next::Late => Err(CallError { call: "EvtNext", code: ERROR_TIMEOUT }),
            Next::Events(events) => events.first().map(marked).transpose(),
        }
    }
}

/// The mark of a record.
fn marked(event: &Handle) -> Result<Mark, CallError> {
    // ERROR_INVALID_DATA
    let odd = |_| CallError { call: "EvtRender", code: 13 };
    let told = event_xml::parse(&rendered(event, EvtRenderEventXml)?).map_err(odd)?;
    let bookmark = Bookmark::open(None)?;
    // SAFETY: both handles are open.
    if unsafe { EvtUpdateBookmark(bookmark.0.0, event.0) } == 0 {
        return Err(CallError { call: "EvtUpdateBookmark", code: last_code() });
    }
    let bookmark = rendered(&bookmark.0, EvtRenderBookmark)?;
    Ok(Mark { bookmark, record: told.record, at: told.at })
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
    use crate::platform::windows::watched_events::queries;

    #[test]
    fn a_log_that_is_not_there_is_no_empty_log() {
        let newest = Logs.newest("Epmesh-No-Such-Log");
        assert!(matches!(newest, Ok(Newest::NoSuchLog) | Err(_)), "{newest:?}");
    }

    /// Every Windows has the log System, and it is never empty. Wine has a stub in the place of the query.
    #[test]
    fn a_mark_leads_to_its_record() {
        let Ok(Newest::Record(newest)) = Logs.newest("System") else { return };
        assert_eq!(Logs.find("System", &newest), Ok(Some(newest.clone())));
        let before = Logs.before_newest("System", 1).expect("it can be read");
        assert!(before.is_some_and(|before| before.record <= newest.record), "{newest:?}");
        let query = queries().into_iter().find(|query| query.log == "System").expect("a query");
        let page = Logs.from(&query, &newest).expect("it can be read");
        assert!(page.done && page.events.len() <= 1, "{page:?}");
    }

    #[test]
    fn the_audit_policy_is_read_or_not_and_never_made_up() {
        if let Err(error) = Logs.audits_rpc() {
            assert_ne!(error.code, 0);
        }
    }
}
