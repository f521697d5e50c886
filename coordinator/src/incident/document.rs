//! Incidents as operators and receivers get them.

use epmesh_common::{
    diagnosis::{Cause, Confidence, Culprit, Fault, Link, Side, State},
    facts::{DnsName, Timestamp},
    incident::{Considered, Pattern},
    rpc::names,
};
use serde::{Deserialize, Serialize};

use super::{Acknowledgement, Entry, EntryKind, Record, Silence, Status};
use crate::fleet::{Fleet, Standing, Tally};

/// Links that are named in an event; the counts are of all.
const BRIEF: usize = 50;

/// Links of each sort that are named in an answer.
const WHOLE: usize = 20_000;

/// Places that are named in an event.
const PLACES: usize = 50;

/// Every incident, and what none of them explains.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentList {
    /// The incidents.
    pub incidents: Vec<IncidentRow>,
    /// Links that fail, or will, and that no incident explains: the first of them.
    pub unexplained: Vec<LinkName>,
    /// How many these are in all.
    #[serde(default)]
    pub unexplained_in_all: usize,
    /// How the links stand on which all this rests: who sees nothing finds nothing wrong.
    #[serde(default)]
    pub seen: Tally,
}

impl IncidentList {
    pub(super) fn new(incidents: Vec<IncidentRow>, unexplained: &[Link], seen: Tally) -> Self {
        let unexplained_in_all = unexplained.len();
        let unexplained = unexplained.iter().take(WHOLE).map(LinkName::from).collect();
        Self { incidents, unexplained, unexplained_in_all, seen }
    }
}

/// One incident in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentRow {
    /// Its name.
    pub id: String,
    /// `pending` until it has stood long enough to be told, `open`, `resolved`.
    pub status: Status,
    /// `failing`, or `latent` while nothing fails by it yet.
    pub state: State,
    /// On which side it lies.
    pub side: Side,
    /// Why.
    pub cause: Cause,
    /// How sure.
    pub confidence: Confidence,
    /// What is broken, in words.
    pub subject: String,
    /// How many links fail by it.
    pub failing: usize,
    /// How many it will break.
    pub latent: usize,
    /// How many of its links nobody can see now.
    pub unseen: usize,
    /// Who is hit and who is not.
    pub pattern: Pattern,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// When it was opened, the last time.
    pub opened: Option<Timestamp>,
    /// When it was resolved, the last time.
    pub resolved: Option<Timestamp>,
    /// How often it came back after it had been resolved.
    pub reopened: usize,
    /// Who looks after it.
    pub acknowledged: Option<Acknowledgement>,
    /// Who silenced it, while that holds.
    pub silenced: Option<Silence>,
}

impl IncidentRow {
    /// The row of a record.
    #[must_use]
    pub fn of(record: &Record, now: Timestamp) -> Self {
        let what = &record.what;
        Self {
            id: record.id.clone(),
            status: record.status,
            state: what.state,
            side: what.side,
            cause: what.cause,
            confidence: what.confidence,
            subject: what.subject.to_string(),
            failing: record.failing,
            latent: record.latent,
            unseen: record.unseen.len(),
            pattern: what.pattern.clone(),
            first_seen: record.first_seen,
            opened: record.opened,
            resolved: record.resolved.filter(|_| record.status == Status::Resolved),
            reopened: record.reopenings.len(),
            acknowledged: record.acknowledged.clone(),
            silenced: record.silence.clone().filter(|_| record.is_silenced(now)),
        }
    }

    /// Open before resolved, failing before latent, many links before few, then by age.
    pub(super) fn order(&self) -> impl Ord + use<> {
        let failing = self.state == State::Failing;
        let links = std::cmp::Reverse((failing, self.failing + self.latent));
        let over = self.status == Status::Resolved;
        // Of those that are over the last one is the first.
        let ended = std::cmp::Reverse(self.resolved);
        (over, ended, links, self.first_seen, self.subject.clone(), self.id.clone())
    }
}

/// A link by names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkName {
    /// The destination DC.
    pub destination: DnsName,
    /// The source DC.
    pub source: DnsName,
    /// The interface: its name where it has one.
    pub interface: String,
    /// How it stands now, where that is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
}

impl From<&Link> for LinkName {
    fn from(link: &Link) -> Self {
        Self {
            destination: link.destination.clone(),
            source: link.source.clone(),
            interface: names::label(link.interface).into_owned(),
            standing: None,
        }
    }
}

/// One incident, all of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentDocument {
    /// What a list shows.
    #[serde(flatten)]
    pub row: IncidentRow,
    /// What is broken.
    pub root: Fault,
    /// The exact thing that is wrong.
    pub culprit: Culprit,
    /// Where it was seen: the DNS servers that hold a record, say.
    pub places: Vec<String>,
    /// The links that it explains.
    pub links: Group,
    /// What else would explain some of its links, and why it is not that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub considered: Vec<Considered>,
    /// What happened, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timeline: Vec<Entry>,
    /// How many entries after the first were left out.
    #[serde(default)]
    pub left_out: usize,
    /// Why it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// The links of an incident; lists may be cut, the counts are in the row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Those that fail by it.
    pub failing: Vec<LinkName>,
    /// Those that it will break.
    pub latent: Vec<LinkName>,
    /// Those that nobody can see now.
    pub unseen: Vec<LinkName>,
    /// Those of the first two that another incident explains as well.
    pub shared: Vec<LinkName>,
}

impl Group {
    /// How many links the longest of the lists names.
    #[must_use]
    pub fn longest(&self) -> usize {
        let lists = [&self.failing, &self.latent, &self.unseen, &self.shared];
        lists.into_iter().map(Vec::len).max().unwrap_or(0)
    }

    /// Leaves so many links in each list.
    pub fn truncate(&mut self, most: usize) {
        for list in [&mut self.failing, &mut self.latent, &mut self.unseen, &mut self.shared] {
            list.truncate(most);
        }
    }
}

impl IncidentDocument {
    /// What a receiver is told: no timeline, and the first links.
    #[must_use]
    pub(super) fn brief(record: &Record, now: Timestamp) -> Self {
        let mut document = Self::of(record, now, BRIEF);
        document.places.truncate(PLACES);
        document
    }

    /// What an operator gets who asks for this one.
    #[must_use]
    pub(super) fn whole(record: &Record, fleet: &Fleet, now: Timestamp) -> Self {
        let mut document = Self::of(record, now, WHOLE);
        document.timeline.clone_from(&record.timeline);
        document.left_out = record.left_out;
        fleet.with(|view| {
            if record.present {
                document.considered = view.considered(&record.what.subject);
            } else {
                // Its links may have gone different ways since.
                let stand = |links: &mut Vec<LinkName>, of: &[Link]| {
                    for (name, link) in links.iter_mut().zip(of) {
                        name.standing = Some(view.standing(link));
                    }
                };
                stand(&mut document.links.failing, &record.what.links);
                stand(&mut document.links.latent, &record.what.latent);
            }
        });
        document
    }

    fn of(record: &Record, now: Timestamp, most: usize) -> Self {
        let what = &record.what;
        let named = |links: &[Link]| links.iter().take(most).map(LinkName::from).collect();
        let mut entries = record.timeline.iter().rev();
        let over = match record.status {
            Status::Resolved => entries.find(|entry| entry.kind == EntryKind::Resolved),
            Status::Pending | Status::Open => None,
        };
        Self {
            row: IncidentRow::of(record, now),
            root: what.subject.clone(),
            culprit: what.culprit.clone(),
            places: what.places.clone(),
            links: Group {
                failing: named(&what.links),
                latent: named(&what.latent),
                unseen: record.unseen.iter().take(most).map(LinkName::from).collect(),
                shared: named(&what.shared),
            },
            considered: Vec::new(),
            timeline: Vec::new(),
            left_out: 0,
            why: over.map(|entry| entry.text.clone()),
        }
    }

    /// Whether anything is wrong.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.row.status != Status::Resolved
    }
}
