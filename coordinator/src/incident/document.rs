//! Incidents in the form in which operators and receivers get them.

use epmesh_common::{
    diagnosis::{Cause, Confidence, CulpritText, Fault, Link, Side, State},
    facts::{DnsName, Timestamp},
    incident::{Alternative, Pattern},
    rpc::names,
};
use serde::{Deserialize, Serialize};

use super::{Acknowledgement, Entry, EntryKind, Record, Silence, Status};
use crate::fleet::{LinkCounts, LinkStatus, View};

/// The most links that are named in an event; the counts are of all.
const BRIEF: usize = 50;

/// The most links of each sort that are named in an answer.
const WHOLE: usize = 20_000;

/// The most places that are named in an event.
const PLACES: usize = 50;

/// Every incident, and the links that none of them explains.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentList {
    /// The incidents.
    pub incidents: Vec<IncidentRow>,
    /// The first of the links that fail, or will, and that no incident explains.
    pub unexplained: Vec<LinkName>,
    /// How many such links there are in all.
    #[serde(default)]
    pub unexplained_in_all: usize,
    /// How many links this rests on: where nothing is seen, nothing is found wrong.
    #[serde(default)]
    pub seen: LinkCounts,
}

impl IncidentList {
    pub(super) fn new(incidents: Vec<IncidentRow>, unexplained: &[Link], seen: LinkCounts) -> Self {
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
    /// `pending` until it has lasted long enough to be opened, then `open`, then `resolved`.
    pub status: Status,
    /// `failing`, or `latent` while nothing fails because of it yet.
    pub state: State,
    /// On which side the fault lies.
    pub side: Side,
    /// Why.
    pub cause: Cause,
    /// How sure.
    pub confidence: Confidence,
    /// What is broken, in words.
    pub subject: String,
    /// How many links fail because of it.
    pub failing: usize,
    /// How many links it will break.
    pub latent: usize,
    /// On how many of its links there is no fresh evidence now.
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
    /// The operator who takes care of it.
    pub acknowledged: Option<Acknowledgement>,
    /// The operator who silenced it, while the silence lasts.
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
            subject: what.fault.to_string(),
            failing: record.failing,
            latent: record.latent,
            unseen: record.unseen.len(),
            pattern: what.pattern.clone(),
            first_seen: record.first_seen,
            opened: record.opened,
            resolved: record.resolved.filter(|_| record.status == Status::Resolved),
            reopened: record.reopenings.len(),
            acknowledged: record.acknowledgement().cloned(),
            silenced: record.silence.clone().filter(|_| record.is_silenced(now)),
        }
    }

    /// Open before resolved, failing before latent, many links before few, then by age.
    pub(super) fn order(&self) -> impl Ord + use<> {
        let failing = self.state == State::Failing;
        let links = std::cmp::Reverse((failing, self.failing + self.latent));
        let over = self.status == Status::Resolved;
        // Of those that are over, the last one comes first.
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
    /// The status of the link now, where that is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<LinkStatus>,
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

/// One incident with all its details.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentDocument {
    /// The row that a list shows.
    #[serde(flatten)]
    pub row: IncidentRow,
    /// What is broken.
    #[serde(rename = "root")]
    pub fault: Fault,
    /// The exact thing that is wrong.
    pub culprit: CulpritText,
    /// Where the fault was seen: the DNS servers that hold a record, say.
    pub places: Vec<String>,
    /// The links that it explains.
    pub links: Group,
    /// The other faults that would explain some of its links, and why each is not held to be the one.
    #[serde(default, rename = "considered", skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Alternative>,
    /// What happened, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timeline: Vec<Entry>,
    /// How many entries after the first were left out of the timeline.
    #[serde(default)]
    pub left_out: usize,
    /// Why the incident is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// The links of an incident; lists may be cut, the counts are in the row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The links that fail because of it.
    pub failing: Vec<LinkName>,
    /// The links that it will break.
    pub latent: Vec<LinkName>,
    /// The links on which there is no fresh evidence now.
    pub unseen: Vec<LinkName>,
    /// The links of the first two lists that another incident explains as well.
    pub shared: Vec<LinkName>,
}

impl Group {
    /// The number of links that the longest of the lists names.
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
    /// The document that a receiver is sent: without timeline, and with the first links.
    #[must_use]
    pub(super) fn brief(record: &Record, now: Timestamp) -> Self {
        let mut document = Self::of(record, now, BRIEF);
        document.places.truncate(PLACES);
        document
    }

    /// The document that an operator gets who asks for this incident.
    #[must_use]
    pub(super) fn whole(record: &Record, view: &View, now: Timestamp) -> Self {
        let mut document = Self::of(record, now, WHOLE);
        document.timeline.clone_from(&record.timeline);
        document.left_out = record.left_out;
        if record.present {
            document.alternatives = view.alternatives(&record.what.fault);
        } else {
            // Each of its links may have another status by now.
            let add_status = |names: &mut Vec<LinkName>, links: &[Link]| {
                for (name, link) in names.iter_mut().zip(links) {
                    name.standing = Some(view.link_status(link));
                }
            };
            add_status(&mut document.links.failing, &record.what.links);
            add_status(&mut document.links.latent, &record.what.latent);
        }
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
            fault: what.fault.clone(),
            culprit: what.culprit.clone(),
            places: what.places.clone(),
            links: Group {
                failing: named(&what.links),
                latent: named(&what.latent),
                unseen: record.unseen.iter().take(most).map(LinkName::from).collect(),
                shared: named(&what.shared),
            },
            alternatives: Vec::new(),
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
