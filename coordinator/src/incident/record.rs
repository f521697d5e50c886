//! The record of an incident.

use std::collections::BTreeSet;

use epmesh_common::{
    diagnosis::{Fault, Link},
    facts::Timestamp,
    incident::Incident,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Entry, EntryKind, covers::holds, packed::PackedLinks, told::Told};
use crate::store::{Key, KeyError, Space, record};

/// The entries of a timeline that are kept, besides the first.
const TIMELINE: usize = 100;

/// The times of reopening that are kept; more would not hold an incident down any longer.
const REOPENINGS: usize = 16;

/// The most characters of a text in a record.
pub(super) const TEXT: usize = 400;

/// The stage of an incident in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// The fault was seen, and has not lasted long enough for the incident to be opened.
    Pending,
    /// The incident is open.
    Open,
    /// The incident is over.
    Resolved,
}

/// An operator takes care of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// The name in the operator's certificate.
    pub by: String,
    /// Since when.
    pub at: Timestamp,
    /// What the operator said.
    pub note: Option<String>,
}

/// Nothing is told of an incident for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// The name in the operator's certificate.
    pub by: String,
    /// Since when.
    pub at: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Why.
    pub why: String,
}

/// The record of one incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Record {
    /// Its name: eight hexadecimal digits.
    pub id: String,
    /// How far it is in its life.
    pub status: Status,
    /// The fault and its links, as they last were while the fault was there.
    pub what: Incident,
    /// How many links failed because of it then. `what` may name fewer: only so many fit into a
    /// stored record.
    pub failing: usize,
    /// How many links it was going to break then.
    pub latent: usize,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// When it was opened, the last time.
    pub opened: Option<Timestamp>,
    /// When it was resolved, the last time.
    pub resolved: Option<Timestamp>,
    /// When it came back after it had been resolved, oldest first.
    pub reopenings: Vec<Timestamp>,
    /// The operator who takes care of it.
    pub acknowledged: Option<Acknowledgement>,
    /// The operator who silenced it, and until when.
    pub silence: Option<Silence>,
    /// The fault that the operator spoke of who takes care of it: it holds for no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) acknowledged_for: Option<Fault>,
    /// The fault that the operator spoke of who silenced it, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) silenced_for: Option<Fault>,
    /// What happened, oldest first.
    pub timeline: Vec<Entry>,
    /// How many entries after the first were left out of the timeline.
    #[serde(default)]
    pub left_out: usize,
    /// What receivers were last told; `None` when that was nothing, or that it is over.
    pub(super) told: Option<Told>,
    /// The links that it explained and on which there is no fresh evidence now: they keep it open.
    pub unseen: BTreeSet<Link>,
    /// The links of all sorts, in a stored record; empty otherwise.
    #[serde(default)]
    pub(super) packed: PackedLinks,
    /// Whether the present verdicts say that the fault is there. After a start they say nothing yet.
    #[serde(skip)]
    pub(super) present: bool,
    /// Since when the fault is there, or is not.
    #[serde(skip)]
    pub(super) since: Option<Timestamp>,
    /// Whether the fault was seen to go since it was last there.
    #[serde(skip)]
    pub(super) went: bool,
    /// Whether one of its links was seen to work since the fault was last there. No other fault takes it over then, not
    /// after a start either.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) seen_well: bool,
    /// The links that were still in trouble when it lost them, and that nothing else has explained since. One that
    /// is not seen any more is unseen.
    #[serde(skip)]
    pub(super) left_in_trouble: BTreeSet<Link>,
    /// Since when receivers know something different of it.
    #[serde(skip)]
    pub(super) differs_since: Option<Timestamp>,
}

impl record::Record for Record {
    const VERSION: u32 = 1;
}

impl Record {
    /// A new incident.
    pub(super) fn new(id: String, what: Incident, now: Timestamp) -> Self {
        Self {
            id,
            status: Status::Pending,
            failing: what.links.len(),
            latent: what.latent.len(),
            what,
            first_seen: now,
            opened: None,
            resolved: None,
            reopenings: Vec::new(),
            acknowledged: None,
            silence: None,
            acknowledged_for: None,
            silenced_for: None,
            timeline: Vec::new(),
            left_out: 0,
            told: None,
            unseen: BTreeSet::new(),
            packed: PackedLinks::default(),
            present: true,
            since: Some(now),
            went: false,
            seen_well: false,
            left_in_trouble: BTreeSet::new(),
            differs_since: None,
        }
    }

    /// Eight digits that follow from the fault and the time of the beginning. Another `salt` gives
    /// others, in case these are taken.
    pub(super) fn id_of(fault: &Fault, at: Timestamp, salt: u32) -> String {
        let text = format!("{fault:?} {} {salt}", at.as_millis());
        let hash = Sha256::digest(text.as_bytes());
        hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The key under which it is stored.
    pub(super) fn key(&self) -> Result<Key, KeyError> {
        Key::new(Space::Alerts, ["incident", &self.id])
    }

    /// The acknowledgement, where it was for the fault that this is now.
    pub(super) fn acknowledgement(&self) -> Option<&Acknowledgement> {
        self.acknowledged.as_ref().filter(|_| self.is_of(self.acknowledged_for.as_ref()))
    }

    /// Whether it is silenced at `now`: a silence for another fault than this one does not hold.
    #[must_use]
    pub fn is_silenced(&self, now: Timestamp) -> bool {
        self.silence.as_ref().is_some_and(|silence| silence.until > now)
            && self.is_of(self.silenced_for.as_ref())
    }

    /// Whether what an operator said of `fault` holds.
    fn is_of(&self, fault: Option<&Fault>) -> bool {
        holds(fault, &self.what.fault, self.what.cause)
    }

    /// The links that it explains, failing or latent.
    pub(super) fn links(&self) -> impl Iterator<Item = &Link> {
        self.what.links.iter().chain(&self.what.latent)
    }

    /// Adds an entry to the timeline; see [`enter`](Self::enter).
    pub(super) fn note(&mut self, at: Timestamp, kind: EntryKind, text: &str) {
        self.enter(Entry { at, kind, text: shortened(text, TEXT), by: None });
    }

    /// Adds an entry to the timeline. Of entries on the number of links that follow each other only the
    /// last is kept; of all entries the first and the last hundred.
    pub(super) fn enter(&mut self, entry: Entry) {
        if matches!(entry.kind, EntryKind::Links | EntryKind::Unseen)
            && self.timeline.last().is_some_and(|last| last.kind == entry.kind)
        {
            self.timeline.pop();
        }
        self.timeline.push(entry);
        if self.timeline.len() > TIMELINE {
            self.timeline.remove(1);
            self.left_out = self.left_out.saturating_add(1);
        }
    }

    pub(super) fn came_back(&mut self, at: Timestamp) {
        self.reopenings.push(at);
        if self.reopenings.len() > REOPENINGS {
            self.reopenings.remove(0);
        }
    }
}

/// The first `most` characters of a text.
pub(super) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
