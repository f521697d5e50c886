//! All incidents, and which of them a fault is.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use epmesh_common::{
    diagnosis::{Fault, Link},
    facts::Timestamp,
    incident::Incident,
};

use super::{Damping, EntryKind, Record, Status};
use crate::fleet::Standing;

/// Resolved incidents that are kept.
const KEPT: usize = 1_000;

/// For how long they are.
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3600);

/// A record and its place in the store.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) record: Record,
    /// The revision that it is stored with; `None` while it is not.
    pub(super) revision: Option<u64>,
    /// Since when more is known of it than is stored.
    pub(super) dirty_since: Option<Timestamp>,
}

/// Every incident that is kept.
#[derive(Debug, Default)]
pub(super) struct Life {
    pub(super) held: BTreeMap<String, Held>,
    /// The latest incident of each subject.
    by_subject: HashMap<Fault, String>,
    /// When something was last taken in or done.
    last: Option<Timestamp>,
}

impl Life {
    /// Puts a stored record back.
    pub(super) fn restore(&mut self, record: Record, revision: u64) {
        let record = record.restored();
        let known = self.by_subject.get(&record.what.subject).and_then(|id| self.held.get(id));
        // One that is open may have taken the subject over from a later one that was over.
        let order = |record: &Record| (record.status != Status::Resolved, record.first_seen);
        if known.is_none_or(|known| order(&known.record) <= order(&record)) {
            self.by_subject.insert(record.what.subject.clone(), record.id.clone());
        }
        let held = Held { revision: Some(revision), dirty_since: None, record };
        self.held.insert(held.record.id.clone(), held);
    }

    /// Notes what time it is. Where that is earlier than before, a clock was put back: nothing waits
    /// for it to come to where it was.
    pub(super) fn clock(&mut self, now: Timestamp) {
        let is_start = self.last.is_none();
        if self.last.is_none_or(|last| now < last) {
            for held in self.held.values_mut() {
                held.record.not_after(now);
                if is_start {
                    held.record.wait_anew(now);
                }
                held.dirty_since = held.dirty_since.map(|since| since.min(now));
            }
        }
        self.last = Some(now);
    }

    /// Takes in what regrouping changed: the incident of each subject, or none.
    pub(super) fn absorb(
        &mut self,
        seen: Vec<(Fault, Option<Incident>)>,
        now: Timestamp,
        damping: &Damping,
        standing: &dyn Fn(&Link) -> Standing,
    ) {
        let (there, gone): (Vec<_>, Vec<_>) =
            seen.into_iter().partition(|(_, incident)| incident.is_some());
        for (subject, _) in gone {
            if let Some(held) = self.by_subject.get(&subject).and_then(|id| self.held.get_mut(id)) {
                held.record.see(None, now, standing);
                held.dirty_since.get_or_insert(now);
            }
        }
        for incident in there.into_iter().filter_map(|(_, incident)| incident) {
            let id = self.which(&incident, now, damping);
            if let Some(held) = self.held.get_mut(&id) {
                held.record.see(Some(incident), now, standing);
                held.dirty_since.get_or_insert(now);
            }
        }
    }

    /// The incident that this subject has, or had until lately.
    fn known(&self, subject: &Fault, now: Timestamp, damping: &Damping) -> Option<String> {
        let id = self.by_subject.get(subject)?;
        let record = &self.held.get(id)?.record;
        let lately = record.resolved.is_some_and(|at| at.until(now) < damping.reopen_within);
        (record.status != Status::Resolved || lately).then(|| id.clone())
    }

    /// The incident that a fault is: the one that has its subject; else one that has lost its own,
    /// before one that is over and had it, if it has been told already; else a new one.
    fn which(&mut self, incident: &Incident, now: Timestamp, damping: &Damping) -> String {
        let status = |id: &str| self.held.get(id).map(|held| held.record.status);
        let known = self.known(&incident.subject, now, damping);
        let is_over = known.as_deref().and_then(status) == Some(Status::Resolved);
        if let Some(known) = known.as_ref().filter(|_| !is_over) {
            return known.clone();
        }
        let heir = self.heir(incident);
        let is_told = heir.as_deref().and_then(status) == Some(Status::Open);
        match (known, heir) {
            (Some(known), Some(_)) if !is_told => known,
            (Some(known), None) => known,
            (_, Some(heir)) => {
                self.rename(&heir, incident, now);
                heir
            }
            (None, None) => self.begin(incident, now),
        }
    }

    /// An incident that has just lost its own subject, and of whose links this one explains half or
    /// more: it is the same fault, understood better. One most of which cannot be seen has lost nothing
    /// yet: after a start the links of a fault come in one after the other.
    fn heir(&self, incident: &Incident) -> Option<String> {
        let explained: BTreeSet<&Link> = incident.links.iter().chain(&incident.latent).collect();
        let heir = |held: &&Held| held.record.status != Status::Resolved && !held.record.present;
        self.held
            .values()
            .filter(heir)
            .filter_map(|held| {
                let (mut all, mut common) = (0_usize, 0_usize);
                for link in held.record.links() {
                    all += 1;
                    common += usize::from(explained.contains(link));
                }
                let half = common > 0 && common * 2 >= all;
                let is_seen = held.record.unseen.len() * 2 < all;
                (half && is_seen).then_some((
                    common,
                    std::cmp::Reverse(held.record.first_seen),
                    held,
                ))
            })
            .max_by_key(|(common, oldest, _)| (*common, *oldest))
            .map(|(_, _, held)| held.record.id.clone())
    }

    /// Lets an incident go on under another subject.
    fn rename(&mut self, id: &str, incident: &Incident, now: Timestamp) {
        let Some(held) = self.held.get_mut(id) else { return };
        let before = &held.record.what.subject;
        if self.by_subject.get(before).is_some_and(|known| known == id) {
            self.by_subject.remove(before);
        }
        if held.record.status == Status::Open {
            let text = format!("not {before}: {}", incident.subject);
            held.record.note(now, EntryKind::Changed, &text);
        }
        // It has not been away: it had another name.
        held.record.went = false;
        self.by_subject.insert(incident.subject.clone(), id.to_owned());
    }

    fn begin(&mut self, incident: &Incident, now: Timestamp) -> String {
        let mut salt = 0;
        let mut id = Record::id_of(&incident.subject, now, salt);
        while self.held.contains_key(&id) {
            salt += 1;
            id = Record::id_of(&incident.subject, now, salt);
        }
        let record = Record::new(id.clone(), incident.clone(), now);
        self.by_subject.insert(incident.subject.clone(), id.clone());
        self.held.insert(id.clone(), Held { record, revision: None, dirty_since: None });
        id
    }

    /// Whether a fault may be one that is known already: it is on a link of an incident that is open
    /// and has links that nobody has seen again yet. What a part of them comes to is not what all do.
    pub(super) fn may_be_known(&self, record: &Record) -> bool {
        let is_out_of_sight = |held: &&Held| {
            let Record { status, present, unseen, .. } = &held.record;
            *status == Status::Open && !present && !unseen.is_empty()
        };
        let has = |held: &Held, link: &Link| {
            let what = &held.record.what;
            [&what.links, &what.latent].into_iter().any(|of| of.binary_search(link).is_ok())
        };
        let mut open = self.held.values().filter(is_out_of_sight);
        open.any(|held| record.links().any(|link| has(held, link)))
    }

    /// Looks again at the links that could not be seen.
    pub(super) fn settle(&mut self, standing: &dyn Fn(&Link) -> Standing) {
        for held in self.held.values_mut().filter(|held| !held.record.unseen.is_empty()) {
            held.record.settle(standing);
        }
    }

    /// The incidents for which something may be due.
    pub(super) fn due(&self) -> Vec<String> {
        let due =
            self.held.values().filter(|held| held.dirty_since.is_some() || held.record.is_due());
        due.map(|held| held.record.id.clone()).collect()
    }

    /// The incident of a subject.
    pub(super) fn of(&self, subject: &Fault) -> Option<&Record> {
        self.by_subject.get(subject).and_then(|id| self.held.get(id)).map(|held| &held.record)
    }

    /// Forgets an incident.
    pub(super) fn remove(&mut self, id: &str) {
        if let Some(held) = self.held.remove(id)
            && self.by_subject.get(&held.record.what.subject).is_some_and(|known| known == id)
        {
            self.by_subject.remove(&held.record.what.subject);
        }
    }

    /// Resolved incidents that are not kept any longer: the oldest, where there are too many.
    pub(super) fn outdated(&self, now: Timestamp) -> Vec<String> {
        let over = |held: &&Held| held.record.status == Status::Resolved && !held.record.is_due();
        let mut resolved: Vec<(Timestamp, &str)> = self
            .held
            .values()
            .filter(over)
            .map(|held| (held.record.resolved.unwrap_or_default(), held.record.id.as_str()))
            .collect();
        resolved.sort_unstable();
        let excess = resolved.len().saturating_sub(KEPT);
        let oldest = now.minus(KEPT_FOR);
        let outdated = resolved.iter().enumerate();
        outdated
            .filter(|(index, (at, _))| *index < excess || *at < oldest)
            .map(|(_, (_, id))| (*id).to_owned())
            .collect()
    }
}
