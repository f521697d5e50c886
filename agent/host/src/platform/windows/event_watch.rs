//! Watching the event logs: each by itself, and on from where it was last read.

use std::collections::BTreeMap;

use epmesh_facts::{Events, LoggedEvent, Reading, Reason, Timestamp, WatchedLog};
use serde::{Deserialize, Serialize};

use super::{
    event_xml,
    watched_events::{Query, is_watched, queries},
};

/// The most events that are kept: the latest.
const MAX_EVENTS: usize = 256;

/// The result of reading a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// There is no such log on this host.
    NoSuchLog,
    /// The events after the bookmark, oldest first, as XML; and the new bookmark, where there was
    /// one or is one now.
    Events(Vec<String>, Option<String>),
}

/// The events seen so far, and how far each log was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Watch {
    /// From where on the logs are watched.
    since: Timestamp,
    /// Up to where each query was read: a bookmark of Windows, by the log and the query's place.
    bookmarks: BTreeMap<String, String>,
    /// The latest events, oldest first.
    events: Vec<LoggedEvent>,
    /// How many were logged since then beyond those.
    #[serde(default)]
    left_out: u32,
}

impl Watch {
    /// A watch that has seen nothing yet, of what was logged from `since` on.
    #[must_use]
    pub const fn from(since: Timestamp) -> Self {
        Self { since, bookmarks: BTreeMap::new(), events: Vec::new(), left_out: 0 }
    }

    /// Reads what has been added to the logs, with `read`, and says what is known of them all. A log
    /// that cannot be read is named with the reason, keeps its bookmark, and keeps nobody from the
    /// others.
    pub fn go_on<E: Into<Reason>>(
        &mut self,
        now: Timestamp,
        mut read: impl FnMut(&Query, Option<&str>) -> Result<Read, E>,
    ) -> Events {
        let ago = u64::try_from(self.since.until(now).as_millis()).unwrap_or(u64::MAX);
        let mut logs: Vec<WatchedLog> = Vec::new();
        for (place, query) in queries(Some(ago)).into_iter().enumerate() {
            let key = format!("{}/{place}", query.log);
            let since = match read(&query, self.bookmarks.get(&key).map(String::as_str)) {
                Ok(Read::Events(added, bookmark)) => {
                    self.add(&added);
                    if let Some(bookmark) = bookmark {
                        self.bookmarks.insert(key, bookmark);
                    }
                    Reading::Value(self.since)
                }
                Ok(Read::NoSuchLog) => Reading::Absent,
                Err(error) => {
                    let why = error.into();
                    let words = format!("the log {:?}: {why}", query.log);
                    Reading::Unreadable(Reason { words, ..why }.cut())
                }
            };
            match logs.iter_mut().find(|log| log.log == query.log) {
                None => logs.push(WatchedLog { log: query.log.to_owned(), since }),
                // A log that fails one of its questions was not read.
                Some(log) if log.since.value().is_some() => log.since = since,
                Some(_) => {}
            }
        }
        let (list, left_out) = match nothing(&logs) {
            Some(why) => (Reading::Unreadable(why.clone()), Reading::Unreadable(why)),
            None => (Reading::Value(self.events.clone()), Reading::Value(self.left_out)),
        };
        Events { since: Reading::Value(self.since), list, logs: Reading::Value(logs), left_out }
    }

    fn add(&mut self, added: &[String]) {
        for xml in added {
            match event_xml::parse(xml) {
                Ok(event) if is_watched(&event.log, &event.provider, event.id) => {
                    // A log that was cleared may lead the bookmark back.
                    if !self.events.contains(&event) {
                        self.events.push(event);
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    self.left_out = self.left_out.saturating_add(1);
                    tracing::warn!(%error, "an event could not be read");
                }
            }
        }
        self.events.sort_by_key(|event| event.at);
        let extra = self.events.len().saturating_sub(MAX_EVENTS);
        self.events.drain(..extra);
        let extra = u32::try_from(extra).unwrap_or(u32::MAX);
        self.left_out = self.left_out.saturating_add(extra);
    }
}

/// Why there is no list of events at all, where no log could be read.
fn nothing(logs: &[WatchedLog]) -> Option<Reason> {
    if logs.iter().any(|log| log.since.value().is_some()) {
        return None;
    }
    let first = logs.iter().find_map(|log| match &log.since {
        Reading::Unreadable(why) => Some(why.clone()),
        _ => None,
    });
    // Every Windows has the log System.
    Some(first.unwrap_or_else(|| "this host has none of the logs, not even System".into()))
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    /// An event of the log System that is watched.
    fn event(record: u64) -> String {
        format!(
            "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>\
             <Provider Name='NETLOGON'/><EventID Qualifiers='0'>5719</EventID>\
             <TimeCreated SystemTime='2026-07-03T12:00:0{record}.0000000Z'/>\
             <EventRecordID>{record}</EventRecordID><Channel>System</Channel></System>\
             <EventData><Data>CONTOSO</Data></EventData></Event>"
        )
    }

    fn state<'a>(events: &'a Events, log: &str) -> &'a Reading<Timestamp> {
        let logs = events.logs.value().expect("each log by itself");
        let mut found = logs.iter().filter(|one| one.log == log);
        let one = found.next().expect("it is watched");
        assert_eq!(found.next(), None, "each log once");
        &one.since
    }

    fn records(events: &Events) -> Option<Vec<u64>> {
        Some(events.list.value()?.iter().map(|event| event.record).collect())
    }

    #[test]
    fn a_log_that_cannot_be_read_is_named_and_the_others_go_on() {
        let (since, now) = (Timestamp::from_millis(1000), Timestamp::from_millis(61_000));
        let mut watch = Watch::from(since);
        let mut asked = Vec::new();
        let events = watch.go_on(now, |query, bookmark| {
            assert_eq!(bookmark, None);
            assert!(query.xpath.contains("<= 60000"), "{}", query.xpath);
            asked.push(query.log);
            match query.log {
                "Directory Service" => Err(io::Error::from_raw_os_error(5)),
                "Security" => Ok(Read::NoSuchLog),
                _ if query.xpath.contains("NETLOGON") => {
                    Ok(Read::Events(vec![event(1)], Some("after 1".to_owned())))
                }
                _ => Ok(Read::Events(Vec::new(), None)),
            }
        });
        assert_eq!(asked, ["Directory Service", "System", "System", "Security"]);
        assert!(matches!(state(&events, "Directory Service"), Reading::Unreadable(why)
            if why.contains("\"Directory Service\"") && why.contains("os error 5")));
        assert_eq!(state(&events, "System"), &Reading::Value(since));
        assert_eq!(state(&events, "Security"), &Reading::Absent);
        assert_eq!(records(&events), Some(vec![1]));

        // The next time the other way round: nothing that was read is lost, and the log that could
        // not be read before is read from the beginning of the watch.
        let events = watch.go_on(now, |query, bookmark| match query.log {
            "Directory Service" => {
                assert_eq!(bookmark, None);
                Ok(Read::Events(Vec::new(), None))
            }
            "System" if query.xpath.contains("NETLOGON") => {
                assert_eq!(bookmark, Some("after 1"));
                Ok(Read::Events(vec![event(2)], Some("after 2".to_owned())))
            }
            // One question of two that fails.
            "System" => Err(io::Error::from_raw_os_error(15_001)),
            _ => Ok(Read::NoSuchLog),
        });
        assert_eq!(state(&events, "Directory Service"), &Reading::Value(since));
        assert!(matches!(state(&events, "System"), Reading::Unreadable(_)));
        assert_eq!(records(&events), Some(vec![1, 2]));
    }

    #[test]
    fn how_many_events_the_list_does_not_hold_is_said() {
        let now = Timestamp::from_millis(1000);
        let mut watch = Watch::from(now);
        let mut next = 0;
        let mut go_on = |more: u64| {
            let events = watch.go_on(now, |query, _| {
                let mut xml = Vec::new();
                if query.xpath.contains("NETLOGON") {
                    let number = |record: u64| {
                        event(0).replace("RecordID>0<", &format!("RecordID>{record}<"))
                    };
                    xml.extend((next..next + more).map(number));
                    xml.push("<Event".to_owned());
                    next += more;
                }
                Ok::<_, io::Error>(Read::Events(xml, None))
            });
            let records = records(&events).expect("a list");
            (records.len(), records.last().copied(), events.left_out)
        };
        // One text in each go is none that can be read.
        assert_eq!(go_on(256), (256, Some(255), Reading::Value(1)));
        assert_eq!(go_on(300), (256, Some(555), Reading::Value(302)));
    }

    #[test]
    fn a_watch_kept_by_an_earlier_version_goes_on() {
        let kept = r#"{"since":"2026-07-03T12:00:00Z","bookmarks":{},"events":[]}"#;
        let watch: Watch = serde_json::from_str(kept).expect("it can be read");
        assert_eq!(watch.left_out, 0);
    }

    #[test]
    fn no_log_at_all_is_no_empty_list() {
        let now = Timestamp::from_millis(1000);
        let mut watch = Watch::from(now);
        let none = watch.go_on(now, |_, _| Ok::<_, io::Error>(Read::NoSuchLog));
        assert!(matches!(&none.list, Reading::Unreadable(why) if why.contains("not even System")));
        let refused = watch.go_on(now, |_, _| Err(io::Error::from_raw_os_error(5)));
        assert!(matches!(&refused.list, Reading::Unreadable(why)
            if why.contains("Directory Service") && why.contains("os error 5")));
        let quiet = watch.go_on(now, |_, _| Ok::<_, io::Error>(Read::Events(Vec::new(), None)));
        assert_eq!(records(&quiet), Some(Vec::new()));
    }
}
