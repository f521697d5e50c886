//! One incident, as it is kept.

use std::collections::BTreeSet;

use epmesh_common::{
    diagnosis::{Cause, Fault, Link, Side, State},
    facts::Timestamp,
    incident::Incident,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::packed::{Packed, pack, unpack};
use crate::store::{Key, KeyError, Space, record};

/// Entries of a timeline that are kept, besides the first.
const TIMELINE: usize = 100;

/// Times of reopening that are kept; more do not hold it down any longer.
const REOPENINGS: usize = 16;

/// Bytes of links' names that are stored with an incident, so that a record fits into one value.
const STORED_LINKS: usize = 40 * 1024;

/// Bytes of texts of its timeline that are stored: in Cyrillic or Chinese a hundred notes are more.
const STORED_TIMELINE: usize = 24 * 1024;

/// Places that are stored.
const STORED_PLACES: usize = 64;

/// Characters of a text of a record's own that are kept.
const TEXT: usize = 400;

/// Where an incident stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It was seen and has not stood long enough to be told.
    Pending,
    /// It is there.
    Open,
    /// It is over.
    Resolved,
}

/// Somebody looks after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// Who: the name in the operator's certificate.
    pub by: String,
    /// Since when.
    pub at: Timestamp,
    /// What they said.
    pub note: Option<String>,
}

/// Nothing is told of it for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// Who wanted it.
    pub by: String,
    /// Since when.
    pub at: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Why.
    pub why: String,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// What sort of thing.
    pub kind: EntryKind,
    /// What, in words.
    pub text: String,
    /// Who did it, where it was an operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// What can happen to an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryKind {
    /// It was told for the first time.
    Opened,
    /// Its state, cause, side or subject became another.
    Changed,
    /// It explains more links, or fewer.
    Links,
    /// Nobody can see some of its links any more.
    Unseen,
    /// Nothing seemed wrong any more, and then something was.
    CameBack,
    /// It is over.
    Resolved,
    /// It was over, and is there again.
    Reopened,
    /// An operator looks after it.
    Acknowledged,
    /// An operator silenced it.
    Silenced,
}

impl EntryKind {
    /// As it stands in JSON and on the screen.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Changed => "changed",
            Self::Links => "links",
            Self::Unseen => "unseen",
            Self::CameBack => "came-back",
            Self::Resolved => "resolved",
            Self::Reopened => "reopened",
            Self::Acknowledged => "acknowledged",
            Self::Silenced => "silenced",
        }
    }
}

/// What receivers were last told of an incident that is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Told {
    pub(super) at: Timestamp,
    pub(super) state: State,
    pub(super) side: Side,
    pub(super) cause: Cause,
    pub(super) subject: Fault,
}

impl Told {
    pub(super) fn of(what: &Incident, at: Timestamp) -> Self {
        Self {
            at,
            state: what.state,
            side: what.side,
            cause: what.cause,
            subject: what.subject.clone(),
        }
    }

    /// Whether an operator would want to know the difference.
    pub(super) fn says(&self, what: &Incident) -> bool {
        *self == Self::of(what, self.at)
    }
}

/// The links of an incident as they are stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct PackedLinks {
    links: Vec<Packed>,
    latent: Vec<Packed>,
    unseen: Vec<Packed>,
    shared: Vec<Packed>,
}

/// One incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Record {
    /// Its name: eight hexadecimal digits.
    pub id: String,
    /// Where it stands.
    pub status: Status,
    /// What was last known of it while it was there.
    pub what: Incident,
    /// How many links it made fail then, and how many it was going to; `what` may name fewer, as
    /// far as they fit into a stored record.
    pub failing: usize,
    /// See [`failing`](Self::failing).
    pub latent: usize,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// When it was opened, the last time.
    pub opened: Option<Timestamp>,
    /// When it was resolved, the last time.
    pub resolved: Option<Timestamp>,
    /// When it came back after it had been resolved, oldest first.
    pub reopenings: Vec<Timestamp>,
    /// Who looks after it.
    pub acknowledged: Option<Acknowledgement>,
    /// Who silenced it, until when.
    pub silence: Option<Silence>,
    /// What happened, oldest first.
    pub timeline: Vec<Entry>,
    /// How many entries after the first were left out of it.
    #[serde(default)]
    pub left_out: usize,
    /// What receivers were last told, unless they were told that it is over, or nothing.
    pub(super) told: Option<Told>,
    /// The links that it explained and that nobody can see now: they keep it open.
    pub unseen: BTreeSet<Link>,
    /// The links of all sorts, while it is stored; else none, and they stand where they belong.
    #[serde(default)]
    packed: PackedLinks,
    /// Whether it is there by the verdicts of now; never so after a start, until they say it.
    #[serde(skip)]
    pub(super) present: bool,
    /// Since when it is there, or is not.
    #[serde(skip)]
    pub(super) since: Option<Timestamp>,
    /// Whether it was seen to go since it was last there.
    #[serde(skip)]
    pub(super) went: bool,
    /// Since when receivers know something else of it.
    #[serde(skip)]
    pub(super) differs_since: Option<Timestamp>,
}

impl record::Record for Record {
    const VERSION: u32 = 1;
}

impl Record {
    /// An incident that is seen for the first time.
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
            timeline: Vec::new(),
            left_out: 0,
            told: None,
            unseen: BTreeSet::new(),
            packed: PackedLinks::default(),
            present: true,
            since: Some(now),
            went: false,
            differs_since: None,
        }
    }

    /// Eight digits that follow from what it is and when it began; `salt` for the next eight,
    /// should these be taken.
    pub(super) fn id_of(subject: &Fault, at: Timestamp, salt: u32) -> String {
        let text = format!("{subject:?} {} {salt}", at.as_millis());
        let hash = Sha256::digest(text.as_bytes());
        hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Where it is stored.
    pub(super) fn key(&self) -> Result<Key, KeyError> {
        Key::new(Space::Alerts, ["incident", &self.id])
    }

    /// Whether nothing is to be told of it at `now`.
    #[must_use]
    pub fn is_silenced(&self, now: Timestamp) -> bool {
        self.silence.as_ref().is_some_and(|silence| silence.until > now)
    }

    /// Every link that it explains, failing or latent.
    pub(super) fn links(&self) -> impl Iterator<Item = &Link> {
        self.what.links.iter().chain(&self.what.latent)
    }

    /// Notes what happened. Of entries on the number of links that follow each other the last is
    /// kept; of all, the first and the last hundred.
    pub(super) fn note(&mut self, at: Timestamp, kind: EntryKind, text: &str) {
        self.enter(Entry { at, kind, text: shortened(text, TEXT), by: None });
    }

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

    /// The same, as much of it as fits into one stored value.
    pub(super) fn stored(&self) -> Self {
        let mut stored = self.clone();
        let room = STORED_LINKS;
        let (links, room) = pack(&std::mem::take(&mut stored.what.links), room);
        let (latent, room) = pack(&std::mem::take(&mut stored.what.latent), room);
        let is_named: BTreeSet<&Link> = self.links().collect();
        stored.unseen.retain(|link| !is_named.contains(link));
        let unseen: Vec<Link> = std::mem::take(&mut stored.unseen).into_iter().collect();
        let (unseen, room) = pack(&unseen, room);
        let (shared, _) = pack(&std::mem::take(&mut stored.what.shared), room);
        stored.packed = PackedLinks { links, latent, unseen, shared };
        stored.shorten_timeline();
        stored.what.places.truncate(STORED_PLACES);
        stored.what.culprit.value = shortened(&stored.what.culprit.value, TEXT);
        stored.what.pattern.words = shortened(&stored.what.pattern.words, TEXT);
        stored
    }

    /// Leaves out what came after the first entry, until the rest fits into a stored value.
    fn shorten_timeline(&mut self) {
        let mut left = STORED_TIMELINE;
        let entries = self.timeline.iter().skip(1).rev();
        let kept = entries.take_while(|entry| {
            // Written down, a letter may be up to six bytes long.
            let by = entry.by.as_deref().unwrap_or_default();
            let bytes: usize = [entry.text.as_str(), by].into_iter().flat_map(written).sum();
            left = left.saturating_sub(bytes + 100);
            left > 0
        });
        let kept = kept.count();
        let excess = self.timeline.len().saturating_sub(1 + kept);
        if excess > 0 {
            self.timeline.drain(1..=excess);
        }
        self.left_out = self.left_out.saturating_add(excess);
    }

    /// What a record becomes when it is read: nothing is known of now, and all its links are to be
    /// seen again before it is over.
    pub(super) fn restored(mut self) -> Self {
        let PackedLinks { links, latent, unseen, shared } = std::mem::take(&mut self.packed);
        self.what.links.extend(unpack(links));
        self.what.latent.extend(unpack(latent));
        self.what.shared.extend(unpack(shared));
        self.unseen.extend(unpack(unseen));
        if self.status == Status::Open {
            let links: Vec<Link> = self.links().cloned().collect();
            self.unseen.extend(links);
        }
        self
    }
}

/// How many bytes the letters of a text take in JSON.
fn written(text: &str) -> impl Iterator<Item = usize> {
    text.chars().map(|c| match c {
        '"' | '\\' => 2,
        c if c.is_control() => 6,
        c => c.len_utf8(),
    })
}

/// As much of a text as is kept.
pub(super) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
