//! Watching the event logs: each by itself, from its end, and on from where it was last read.
//!
//! No round costs more for a log that is long. The first time a log is looked through from
//! [`LOOK_BACK`] records before its end; from then on from the newest record of the round before, whether or
//! not an event was selected.

use std::collections::BTreeMap;

use epmesh_facts::{Events, LoggedEvent, Reading, Reason, ReasonKind, Timestamp, WatchedLog};
use serde::{Deserialize, Serialize};

use super::{
    event_log::{EventLog, Mark, Newest},
    event_xml,
    watched_events::{Query, SECURITY, is_watched, queries},
};

/// The most events that are kept: the latest.
const MAX_EVENTS: usize = 256;

/// The most records that are looked through to select events: more than a busy Security log of 1,000 events
/// a second grows by between two rounds, and a small part of one of some gigabytes.
pub const LOOK_BACK: u64 = 100_000;

/// How often the service may need too long for the same records before they are passed over.
const PATIENCE: u32 = 3;

/// The events seen so far, and how far each log was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Watch {
    /// From where on the logs are watched.
    since: Timestamp,
    /// How far each query was read. Earlier versions kept bookmarks of selected events alone, which are
    /// not taken over.
    #[serde(default)]
    progress: BTreeMap<String, Progress>,
    /// The latest events, oldest first.
    events: Vec<LoggedEvent>,
    /// How many were logged since then beyond those.
    #[serde(default)]
    left_out: u32,
}

/// How far a query was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Progress {
    /// The last record that was looked at.
    mark: Option<Mark>,
    /// From where on every record was looked at, where that is later than the watch began.
    since: Option<Timestamp>,
    /// How often in succession the service needed too long and gave nothing.
    late: u32,
}

impl Watch {
    /// A watch that has seen nothing yet, of what was logged from `since` on.
    #[must_use]
    pub const fn from(since: Timestamp) -> Self {
        Self { since, progress: BTreeMap::new(), events: Vec::new(), left_out: 0 }
    }

    /// Reads what has been added to the logs, and says what is known of them all. A log that cannot be
    /// read is named with the reason, keeps its place, and keeps nobody from the others.
    pub fn go_on<L: EventLog>(&mut self, read: &mut L) -> Events {
        let mut logs: Vec<WatchedLog> = Vec::new();
        let mut newest: BTreeMap<&str, Result<Newest, Reason>> = BTreeMap::new();
        for query in queries() {
            let newest =
                newest.entry(query.log).or_insert_with(|| newest_of(query.log, read)).clone();
            let since = match newest.and_then(|newest| self.ask(&query, newest, read)) {
                Ok(since) => since,
                Err(why) => {
                    let words = format!("the log {:?}: {why}", query.log);
                    Reading::Unreadable(Reason { words, ..why }.cut())
                }
            };
            match logs.iter_mut().find(|log| log.log == query.log) {
                None => logs.push(WatchedLog { log: query.log.to_owned(), since }),
                // A log that fails one of its questions was not read; else the later beginning counts.
                Some(log) => match (log.since.value(), since.value()) {
                    (Some(before), Some(now)) if now <= before => {}
                    (Some(_), _) => log.since = since,
                    (None, _) => {}
                },
            }
        }
        let (list, left_out) = match nothing(&logs) {
            Some(why) => (Reading::Unreadable(why.clone()), Reading::Unreadable(why)),
            None => (Reading::Value(self.events.clone()), Reading::Value(self.left_out)),
        };
        Events { since: Reading::Value(self.since), list, logs: Reading::Value(logs), left_out }
    }

    /// Asks one query, and says from where on its log is watched.
    fn ask<L: EventLog>(
        &mut self,
        query: &Query,
        newest: Newest,
        read: &mut L,
    ) -> Result<Reading<Timestamp>, Reason> {
        let key = query.key();
        let mut progress = self.progress.get(&key).cloned().unwrap_or_default();
        let newest = match newest {
            Newest::NoSuchLog => return Ok(Reading::Absent),
            Newest::NotWritten => return Ok(Reading::NotApplicable),
            Newest::Nothing => return Ok(Reading::Value(self.watched_since(&progress))),
            Newest::Record(newest) => newest,
        };
        if progress.mark.as_ref() == Some(&newest) {
            return Ok(Reading::Value(self.watched_since(&progress)));
        }
        let (from, seen) = match known(query.log, &newest, progress.mark.as_ref(), read)? {
            Some(mark) => (mark.clone(), Some(mark.record)),
            None => {
                let from = read.before_newest(query.log, LOOK_BACK).map_err(Into::into)?;
                // Cleared between two calls.
                let Some(from) = from else {
                    return Ok(Reading::Value(self.watched_since(&progress)));
                };
                progress = Progress { mark: None, since: Some(from.at), late: progress.late };
                (from, None)
            }
        };
        let page = read.from(query, &from).map_err(Into::into)?;
        self.add(&page.events, seen);
        if page.done {
            progress.late = 0;
            progress.mark = match page.last {
                // Written after the newest was asked for.
                Some(last) if last.record > newest.record => Some(last),
                _ => Some(newest),
            };
        } else if page.last.as_ref().is_some_and(|last| seen.is_none_or(|seen| last.record > seen))
        {
            progress.late = 0;
            progress.mark = page.last;
        } else {
            progress.late = progress.late.saturating_add(1);
            if progress.late >= PATIENCE {
                progress = Progress { since: Some(newest.at), mark: Some(newest), late: 0 };
            }
        }
        let since = self.watched_since(&progress);
        self.progress.insert(key, progress);
        if page.done {
            return Ok(Reading::Value(since));
        }
        Err(Reason::of_kind(
            ReasonKind::NoAnswer,
            "the event log service has not looked through it yet; what it has found so far is told",
        ))
    }

    /// From where on the log of a query is watched.
    fn watched_since(&self, progress: &Progress) -> Timestamp {
        progress.since.map_or(self.since, |since| since.max(self.since))
    }

    /// Takes events in, those after the record `seen`.
    fn add(&mut self, added: &[String], seen: Option<u64>) {
        for xml in added {
            match event_xml::parse(xml) {
                Ok(event) if is_watched(&event.log, &event.provider, event.id) => {
                    let known = seen.is_some_and(|seen| event.record <= seen);
                    // A log that is looked through anew gives again what it gave.
                    if !known && event.at >= self.since && !self.events.contains(&event) {
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

/// The newest record of a log. Security is not asked where Windows writes nothing there that is watched.
fn newest_of<L: EventLog>(log: &str, read: &mut L) -> Result<Newest, Reason> {
    if log == SECURITY && !read.audits_rpc().map_err(|error| audit_unseen(&error.into()))? {
        return Ok(Newest::NotWritten);
    }
    read.newest(log).map_err(Into::into)
}

fn audit_unseen(why: &Reason) -> Reason {
    let words = format!("whether the audit policy has \"RPC Events\" on could not be read: {why}");
    Reason::of_kind(why.kind, words)
}

/// The mark, where the log still has its record and not too many have come since. After a log was cleared
/// a mark can stand behind its end, or lead to another record with the same number.
fn known<'m, L: EventLog>(
    log: &str,
    newest: &Mark,
    mark: Option<&'m Mark>,
    read: &mut L,
) -> Result<Option<&'m Mark>, Reason> {
    let Some(mark) = mark else { return Ok(None) };
    if newest.record.checked_sub(mark.record).is_none_or(|more| more > LOOK_BACK) {
        return Ok(None);
    }
    let found = read.find(log, mark).map_err(Into::into)?;
    let same = found.is_some_and(|found| (found.record, found.at) == (mark.record, mark.at));
    Ok(same.then_some(mark))
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
mod tests;
