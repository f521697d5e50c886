//! All incidents, and which of them a fault belongs to.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Bound,
    time::Duration,
};

use epmesh_common::{
    diagnosis::{Fault, Link},
    facts::Timestamp,
    incident::Incident,
};

use super::{Damping, Record, Status};
use crate::fleet::Snapshot;

/// The resolved incidents that are kept.
const KEPT: usize = 1_000;

/// How long they are kept.
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3600);

/// An incident and its place in the store.
#[derive(Clone, Debug)]
pub(super) struct StoredIncident {
    pub(super) record: Record,
    /// The revision of the stored record; `None` while there is none.
    pub(super) revision: Option<u64>,
    /// Since when the record differs from the stored one.
    pub(super) dirty_since: Option<Timestamp>,
    /// Since when a step of it waits for the words of its example.
    pub(super) wordless_since: Option<Timestamp>,
}

impl StoredIncident {
    fn new(record: Record, revision: Option<u64>) -> Self {
        Self { record, revision, dirty_since: None, wordless_since: None }
    }

    /// What is so has to be known after a start that follows at once.
    fn is_written_at_once(&mut self) {
        self.dirty_since = Some(Timestamp::default());
    }
}

/// Every incident that is kept.
#[derive(Debug, Default)]
pub(super) struct IncidentBook {
    pub(super) incidents: BTreeMap<String, StoredIncident>,
    /// The latest incident of each fault.
    by_fault: HashMap<Fault, String>,
    /// The time of the last turn.
    last: Option<Timestamp>,
}

impl IncidentBook {
    /// Puts a record from the store back.
    pub(super) fn restore(&mut self, record: Record, revision: u64) {
        let record = record.restored();
        let known = self.by_fault.get(&record.what.fault).and_then(|id| self.incidents.get(id));
        // An open incident may have taken the fault over from a later one that was over.
        let order = |record: &Record| (record.status != Status::Resolved, record.first_seen);
        if known.is_none_or(|known| order(&known.record) <= order(&record)) {
            self.by_fault.insert(record.what.fault.clone(), record.id.clone());
        }
        let stored = StoredIncident::new(record, Some(revision));
        self.incidents.insert(stored.record.id.clone(), stored);
    }

    /// Notes the time. Where it is earlier than before, the clock was put back; then no incident waits
    /// until the clock is again where it was.
    pub(super) fn clock(&mut self, now: Timestamp) {
        let is_start = self.last.is_none();
        if self.last.is_none_or(|last| now < last) {
            for stored in self.incidents.values_mut() {
                stored.record.not_after(now);
                if is_start {
                    stored.record.wait_anew(now);
                }
                stored.dirty_since = stored.dirty_since.map(|since| since.min(now));
            }
        }
        self.last = Some(now);
    }

    /// Takes in what regrouping changed: the incident of each fault, or none.
    pub(super) fn absorb(&mut self, snapshot: &Snapshot<'_>, now: Timestamp, damping: &Damping) {
        let status = |link: &Link| snapshot.link_status(link);
        let (there, gone): (Vec<_>, Vec<_>) =
            snapshot.changes().into_iter().partition(|(_, incident)| incident.is_some());
        for (fault, _) in gone {
            if let Some(stored) =
                self.by_fault.get(&fault).and_then(|id| self.incidents.get_mut(id))
            {
                stored.record.see(None, now, status);
                stored.dirty_since.get_or_insert(now);
                if stored.record.seen_well {
                    stored.is_written_at_once();
                }
            }
        }
        for incident in there.into_iter().filter_map(|(_, incident)| incident) {
            let id = self.incident_of(&incident, snapshot, now, damping);
            if let Some(stored) = self.incidents.get_mut(&id) {
                stored.record.see(Some(incident), now, status);
                stored.dirty_since.get_or_insert(now);
            }
        }
    }

    /// The incident of this fault, if the fault is there, or the incident is not over, or was resolved lately.
    fn known(&self, fault: &Fault, now: Timestamp, damping: &Damping) -> Option<&Record> {
        let record = self.of(fault)?;
        let lately = || record.resolved.is_some_and(|at| at.until(now) < damping.reopen_within);
        (record.present || record.status != Status::Resolved || lately()).then_some(record)
    }

    /// The incident that a fault belongs to: its own; else one that has lost its own fault and was told
    /// already; else its own that is over; else a new one.
    fn incident_of(
        &mut self,
        incident: &Incident,
        snapshot: &Snapshot<'_>,
        now: Timestamp,
        damping: &Damping,
    ) -> String {
        let known = self.known(&incident.fault, now, damping);
        // One whose fault has come back is still over until it is reopened, and keeps its fault all the same.
        if let Some(known) = known.filter(|it| it.present || it.status != Status::Resolved) {
            return known.id.clone();
        }
        let heir = self.heir(incident, snapshot);
        let heir = heir.filter(|heir| known.is_none() || heir.status == Status::Open);
        match (heir.map(|heir| heir.id.clone()), known) {
            (Some(heir), _) => {
                self.rename(&heir, incident, now);
                heir
            }
            (None, Some(known)) => known.id.clone(),
            (None, None) => self.begin(incident, now),
        }
    }

    /// An incident that has lost its fault, and of whose links this fault explains half or more: it is
    /// the same trouble, understood better. None whose trouble was seen to be well on a link: what
    /// comes then is another one. None that falls apart, so that links stay which this fault does not explain
    /// and the old one would. An incident most of whose links cannot be seen has lost nothing
    /// yet: after a start the links of a fault come in one after the other.
    fn heir(&self, incident: &Incident, snapshot: &Snapshot<'_>) -> Option<&Record> {
        let explained: BTreeSet<&Link> = incident.links.iter().chain(&incident.latent).collect();
        let lost = |record: &&Record| {
            record.status != Status::Resolved && !record.present && !record.seen_well
        };
        let records = self.incidents.values().map(|stored| &stored.record);
        records
            .filter(lost)
            .filter_map(|record| {
                let before = &record.what;
                let (common, rest): (Vec<&Link>, Vec<&Link>) =
                    record.links().partition(|link| explained.contains(link));
                let half = !common.is_empty() && common.len() >= rest.len();
                let is_seen = record.unseen.len() * 2 < common.len() + rest.len();
                let allows = |link: &&Link| snapshot.allows(link, &before.fault);
                // The verdicts still allow the old fault, or it was said for want of something better.
                let is_same = || {
                    before.fault.may_turn_out_to_be(&incident.fault, incident.cause)
                        || common.iter().any(allows)
                };
                let is_heir = half && is_seen && is_same() && !rest.iter().any(allows);
                is_heir.then_some((common.len(), std::cmp::Reverse(record.first_seen), record))
            })
            .max_by_key(|(common, oldest, _)| (*common, *oldest))
            .map(|(_, _, record)| record)
    }

    /// Gives an incident another fault.
    fn rename(&mut self, id: &str, incident: &Incident, now: Timestamp) {
        let Some(stored) = self.incidents.get_mut(id) else { return };
        let before = &stored.record.what.fault;
        if self.by_fault.get(before).is_some_and(|known| known == id) {
            self.by_fault.remove(before);
        }
        stored.record.becomes(&incident.fault, incident.cause, now);
        self.by_fault.insert(incident.fault.clone(), id.to_owned());
    }

    fn begin(&mut self, incident: &Incident, now: Timestamp) -> String {
        let mut salt = 0;
        let mut id = Record::id_of(&incident.fault, now, salt);
        while self.incidents.contains_key(&id) {
            salt += 1;
            id = Record::id_of(&incident.fault, now, salt);
        }
        let record = Record::new(id.clone(), incident.clone(), now);
        self.by_fault.insert(incident.fault.clone(), id.clone());
        self.incidents.insert(id.clone(), StoredIncident::new(record, None));
        id
    }

    /// Whether a fault may belong to a known incident, an open one that has lost its fault: it is on a link of
    /// that one, which has links that nobody has seen again yet, or may turn out to be this; or a link of
    /// its own allows the lost fault. The fault inferred from a part of the links need not be that of
    /// all: after a start they come in one after the other, and so do they when a domain controller is
    /// reached again.
    pub(super) fn may_be_known(&self, record: &Record, snapshot: &Snapshot<'_>) -> bool {
        let others = self.incidents.values().map(|stored| &stored.record);
        let mut lost = others.filter(|other| other.status == Status::Open && !other.present);
        lost.any(|other| {
            let (before, found) = (&other.what, &record.what);
            let is_common = |link: &Link| {
                [&before.links, &before.latent].into_iter().any(|of| of.binary_search(link).is_ok())
            };
            let may_be_this = || before.fault.may_turn_out_to_be(&found.fault, found.cause);
            (record.links().any(is_common) && (!other.unseen.is_empty() || may_be_this()))
                || record.links().any(|link| snapshot.allows(link, &before.fault))
        })
    }

    /// Looks again at the links of incidents whose fault is not there: which of them can be seen, and
    /// whether one is well.
    pub(super) fn recheck(&mut self, snapshot: &Snapshot<'_>) {
        let status = |link: &Link| snapshot.link_status(link);
        let records = || self.incidents.values().map(|stored| &stored.record);
        let open: BTreeSet<Fault> = if records().any(|record| !record.left_in_trouble.is_empty()) {
            let open = records().filter(|record| record.present && record.status == Status::Open);
            open.map(|record| record.what.fault.clone()).collect()
        } else {
            BTreeSet::new()
        };
        let is_explained =
            |link: &Link| snapshot.explained_by(link).iter().any(|fault| open.contains(fault));
        for stored in self.incidents.values_mut() {
            let record = &mut stored.record;
            if !record.unseen.is_empty() {
                record.keep_unseen(status);
            }
            if record.status != Status::Resolved && !record.left_in_trouble.is_empty() {
                record.follow_trouble(status, is_explained);
            }
            if record.status != Status::Resolved && !record.present && !record.seen_well {
                record.look_for_well(status);
                if record.seen_well {
                    stored.is_written_at_once();
                }
            }
        }
    }

    /// The incidents for which something may be due, in the order of their ids; the first `most` after
    /// `after`.
    pub(super) fn due(&self, after: Option<&str>, most: usize) -> Vec<String> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rest = self.incidents.range::<str, _>((from, Bound::Unbounded));
        let due = rest.filter(|(_, it)| it.dirty_since.is_some() || it.record.is_due());
        due.map(|(id, _)| id.clone()).take(most).collect()
    }

    /// The latest incident of a fault.
    pub(super) fn of(&self, fault: &Fault) -> Option<&Record> {
        self.by_fault.get(fault).and_then(|id| self.incidents.get(id)).map(|stored| &stored.record)
    }

    /// Puts an incident in the place of what it was before.
    pub(super) fn put(&mut self, stored: StoredIncident) {
        self.incidents.insert(stored.record.id.clone(), stored);
    }

    /// Forgets an incident.
    pub(super) fn remove(&mut self, id: &str) {
        if let Some(stored) = self.incidents.remove(id)
            && self.by_fault.get(&stored.record.what.fault).is_some_and(|known| known == id)
        {
            self.by_fault.remove(&stored.record.what.fault);
        }
    }

    /// The resolved incidents that are to be forgotten: those that are too old, and the oldest ones where
    /// there are too many.
    pub(super) fn outdated(&self, now: Timestamp) -> Vec<String> {
        let over = |stored: &&StoredIncident| {
            stored.record.status == Status::Resolved && !stored.record.is_due()
        };
        let mut resolved: Vec<(Timestamp, &str)> = self
            .incidents
            .values()
            .filter(over)
            .map(|stored| (stored.record.resolved.unwrap_or_default(), stored.record.id.as_str()))
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
