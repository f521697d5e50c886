//! The next steps of the incidents, worked out from one snapshot of the fleet.

use std::{collections::BTreeSet, time::Duration};

use epmesh_common::{
    diagnosis::{Fault, Verdict},
    facts::Timestamp,
};

use super::{
    Damping, EventKind, IncidentDocument, Record, Status,
    book::{IncidentBook, StoredIncident},
    event::event,
};
use crate::{alert::Event, fleet::Snapshot};

/// How much later a change that makes no alert is stored.
const STORE_AFTER: Duration = Duration::from_secs(10);

/// How long a step waits for the words of its example, which are made as soon as the link is the example.
const PATIENCE: Duration = Duration::from_secs(10);

/// Links of a resolved incident for which it is asked what explains them now.
const ASKED: usize = 50;

/// A step of one incident. It counts once it has been written down.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) next: StoredIncident,
    pub(super) telling: Option<Telling>,
}

/// The words to receivers that go with a step.
#[derive(Debug)]
pub(super) struct Telling {
    pub(super) kind: EventKind,
    /// The verdict on a link of the incident, from the snapshot that the incident is from.
    example: Option<Verdict>,
}

impl Telling {
    fn new(kind: EventKind, record: &Record, snapshot: &Snapshot<'_>) -> Self {
        let example = match kind {
            EventKind::Resolved => None,
            EventKind::Opened | EventKind::Changed | EventKind::Reopened => {
                snapshot.example(&record.what).cloned()
            }
        };
        Self { kind, example }
    }

    /// Whether its verdict was judged without proof and remedy: the link became the example only just now.
    fn lacks_words(&self) -> bool {
        self.example.as_ref().is_some_and(|verdict| !verdict.has_words())
    }

    /// The event, with the verdict of the snapshot.
    pub(super) fn event(
        &self,
        record: &Record,
        now: Timestamp,
    ) -> Result<Event, serde_json::Error> {
        event(self.kind, IncidentDocument::brief(record, now), self.example.clone(), now)
    }
}

impl IncidentBook {
    /// Takes in the fleet as it is now.
    pub(super) fn take_in(&mut self, snapshot: &Snapshot<'_>, now: Timestamp, damping: &Damping) {
        // What can be seen again comes first: which incident a fault belongs to depends on it.
        self.recheck(snapshot);
        self.absorb(snapshot, now, damping);
    }

    /// The steps that these incidents are to take. What need not be written down is done at once.
    pub(super) fn steps(
        &mut self,
        ids: &[String],
        snapshot: &Snapshot<'_>,
        now: Timestamp,
        damping: &Damping,
    ) -> Vec<Step> {
        ids.iter().filter_map(|id| self.step(id, snapshot, now, damping)).collect()
    }

    fn step(
        &mut self,
        id: &str,
        snapshot: &Snapshot<'_>,
        now: Timestamp,
        damping: &Damping,
    ) -> Option<Step> {
        let before = self.incidents.get(id)?;
        if before.record.is_forgotten(now, damping) && before.revision.is_none() {
            self.remove(id);
            return None;
        }
        if before.record.waits(now, damping, || self.may_be_known(&before.record, snapshot)) {
            return None;
        }
        let mut next = StoredIncident { wordless_since: None, ..before.clone() };
        let elsewhere = |record: &Record| self.elsewhere(record, snapshot);
        let kind = next.record.advance(now, damping, elsewhere);
        let turned = next.record.status != before.record.status;
        let is_old = |since: Timestamp| since.until(now) >= STORE_AFTER;
        if next.record.status == Status::Pending {
            next.dirty_since = None;
        } else if kind.is_some() || turned || next.dirty_since.is_some_and(is_old) {
            let telling = kind.map(|kind| Telling::new(kind, &next.record, snapshot));
            let lacks_words = telling.as_ref().is_some_and(Telling::lacks_words);
            let is_put_off = lacks_words && self.may_be_put_off(id, now);
            return (!is_put_off).then_some(Step { next, telling });
        }
        self.put(next);
        None
    }

    /// Whether the step of an incident may still wait for the words of its example. It stays due.
    fn may_be_put_off(&mut self, id: &str, now: Timestamp) -> bool {
        self.incidents.get_mut(id).is_some_and(|stored| {
            let since = *stored.wordless_since.get_or_insert(now);
            since.apart(now) < PATIENCE
        })
    }

    /// The incidents that now explain the links of one whose fault is gone.
    fn elsewhere(&self, record: &Record, snapshot: &Snapshot<'_>) -> Option<String> {
        let links = record.links().take(ASKED);
        let faults: BTreeSet<Fault> = links.flat_map(|link| snapshot.explained_by(link)).collect();
        let names: Vec<String> = faults
            .iter()
            .filter_map(|fault| self.of(fault))
            .filter(|other| other.id != record.id)
            .map(|other| format!("{} ({})", other.id, other.what.fault))
            .collect();
        let names = names.join(", ");
        (!names.is_empty()).then(|| format!("its links are now explained by {names}"))
    }
}
