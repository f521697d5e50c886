//! The watched events since they are watched.

use std::{collections::BTreeMap, path::Path, sync::PoisonError};

use epmesh_common::facts::{Events, LoggedEvent, Reading, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    super::{
        super::file::{FileError, read_text},
        event_xml,
        ffi::events::{Read, read},
        watched_events::{is_watched, queries},
    },
    Here,
};
use crate::{
    clock::{Clock as _, SystemClock},
    files::write_private,
};

/// Where the watch is kept between two lives of the agent, in its state folder.
const FILE: &str = "events.json";
/// The most events that are kept: the latest.
const MAX_EVENTS: usize = 256;

/// What was seen so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Watch {
    /// From where on the logs are watched.
    since: Timestamp,
    /// Up to where each query was read: a bookmark of Windows, by the log and the query's place.
    bookmarks: BTreeMap<String, String>,
    /// The latest events, oldest first.
    events: Vec<LoggedEvent>,
}

impl Here {
    /// Reads on from where it last stopped, also across restarts of the agent. The first watch
    /// begins with the present life of the host: what a domain controller says when it starts is
    /// what matters most.
    pub(super) fn events(&self) -> Events {
        let path = self.settings.state_dir.join(FILE);
        let mut kept = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        let before = kept.clone();
        let watch = kept.get_or_insert_with(|| {
            load(&path).unwrap_or_else(|| Watch {
                since: self.started(),
                bookmarks: BTreeMap::new(),
                events: Vec::new(),
            })
        });
        let since = Reading::Value(watch.since);
        if let Err(why) = watch.go_on(SystemClock.now()) {
            return Events { since, list: Reading::Unreadable(why) };
        }
        let list = Reading::Value(watch.events.clone());
        if before.as_ref() != Some(&*watch) {
            save(&path, watch);
        }
        Events { since, list }
    }
}

impl Watch {
    /// Reads what has been added to the logs.
    fn go_on(&mut self, now: Timestamp) -> Result<(), String> {
        let ago = u64::try_from(self.since.until(now).as_millis()).unwrap_or(u64::MAX);
        let mut any = false;
        for (place, query) in queries(Some(ago)).into_iter().enumerate() {
            let key = format!("{}/{place}", query.log);
            let bookmark = self.bookmarks.get(&key).map(String::as_str);
            let read = read(query.log, &query.xpath, bookmark)
                .map_err(|error| format!("the log {:?}: {error}", query.log))?;
            let Read::Events(added, bookmark) = read else { continue };
            any = true;
            self.add(&added);
            if let Some(bookmark) = bookmark {
                self.bookmarks.insert(key, bookmark);
            }
        }
        if any { Ok(()) } else { Err("this host has none of the logs, not even System".to_owned()) }
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
                Err(error) => tracing::warn!(%error, "an event could not be read"),
            }
        }
        self.events.sort_by_key(|event| event.at);
        let extra = self.events.len().saturating_sub(MAX_EVENTS);
        self.events.drain(..extra);
    }
}

/// The watch of the agent's last life. One that cannot be read is begun anew, and `since` says so.
fn load(path: &Path) -> Option<Watch> {
    let text: Result<String, FileError> = read_text(path);
    match text {
        Ok(text) => match serde_json::from_str(&text) {
            Ok(watch) => Some(watch),
            Err(error) => {
                tracing::warn!(%error, path = %path.display(), "the watch of events begins anew");
                None
            }
        },
        Err(error) if error.is_absent() => None,
        Err(error) => {
            tracing::warn!(%error, "the watch of events begins anew");
            None
        }
    }
}

fn save(path: &Path, watch: &Watch) {
    let written = serde_json::to_vec(watch)
        .map_err(std::io::Error::from)
        .and_then(|bytes| write_private(path, &bytes));
    if let Err(error) = written {
        tracing::warn!(%error, path = %path.display(), "could not keep the watch of events");
    }
}
