//! Incidents that are not over, followed from one moment to the next.

use std::collections::{BTreeMap, BTreeSet};

use epmesh_common::{diagnosis::Fault, facts::Timestamp};

use super::{open::OpenIncident, truth::Truth};

/// The incidents that are not over.
#[derive(Default)]
pub(super) struct Watch {
    followed: BTreeMap<String, Followed>,
    /// Two open incidents of one subject, which are told once.
    doubled: Vec<Fault>,
}

struct Followed {
    subject: Fault,
    links: Vec<(usize, usize)>,
    /// The faults, by their numbers, of which the subject is what they broke.
    faults: BTreeSet<usize>,
    /// When the verdicts last said that its fault is there.
    present: Timestamp,
    /// When the first look was made that came in since at one of its links, while nothing was wrong with the link.
    well: Option<Timestamp>,
    /// What an operator knew who last said something of it.
    said: Option<Said>,
    /// Whether it has been told that it stays open.
    stays: bool,
}

/// What an operator knew.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) at: Timestamp,
    pub(super) subject: Fault,
}

/// What should not have been.
#[derive(Default)]
pub(super) struct Found {
    /// Incidents that went over to another subject, each with what it was and why it should not have.
    pub(super) taken: Vec<(OpenIncident, String)>,
    /// Subjects that have two open incidents.
    pub(super) doubled: Vec<Fault>,
}

impl Watch {
    /// Whether a link is that of an incident that is not over.
    pub(super) fn follows(&self, link: (usize, usize)) -> bool {
        self.followed.values().any(|it| it.links.contains(&link))
    }

    /// A look came in that was made at `at`, when nothing was wrong with the link.
    pub(super) fn seen_well(&mut self, link: (usize, usize), at: Timestamp) {
        for followed in self.followed.values_mut().filter(|it| it.links.contains(&link)) {
            followed.well.get_or_insert(at);
        }
    }

    /// An operator said something of an incident.
    pub(super) fn said(&mut self, id: &str, at: Timestamp) {
        if let Some(followed) = self.followed.get_mut(id) {
            followed.said = Some(Said { at, subject: followed.subject.clone() });
        }
    }

    /// What the operator knew who last said something of an incident.
    pub(super) fn known(&self, id: &str) -> Option<&Said> {
        self.followed.get(id)?.said.as_ref()
    }

    /// When the verdicts last said that the fault of an incident is there.
    pub(super) fn present(&self, id: &str) -> Option<Timestamp> {
        self.followed.get(id).map(|it| it.present)
    }

    /// Whether it was not yet told that an incident stays open.
    pub(super) fn is_first_to_stay(&mut self, id: &str) -> bool {
        self.followed.get_mut(id).is_some_and(|it| !std::mem::replace(&mut it.stays, true))
    }

    /// Takes in the incidents as they are now.
    pub(super) fn take_in(
        &mut self,
        incidents: &[OpenIncident],
        now: Timestamp,
        truth: &Truth<'_>,
    ) -> Found {
        let mut taken = Vec::new();
        self.followed.retain(|id, _| incidents.iter().any(|it| it.id == *id));
        for one in incidents {
            let new = || Followed {
                subject: one.subject.clone(),
                links: one.links.clone(),
                faults: BTreeSet::new(),
                present: now,
                well: None,
                said: None,
                stays: false,
            };
            let followed = self.followed.entry(one.id.clone()).or_insert_with(new);
            if followed.subject != one.subject {
                let before = &followed.subject;
                // A look of before is what is left of the same trouble: one after the other sees it end.
                let is_new = |well: Timestamp| {
                    one.links.iter().any(|link| truth.looked(*link).is_some_and(|at| at > well))
                };
                if followed.well.is_some_and(is_new) {
                    taken.push((one.clone(), format!("{before} was well")));
                } else if truth.are_gone(&followed.faults, &followed.links, &one.subject) {
                    taken.push((one.clone(), format!("{before} was gone")));
                }
                followed.subject = one.subject.clone();
                followed.faults.clear();
            }
            followed.faults.extend(truth.broke(one));
            if one.is_present {
                followed.present = now;
                followed.well = None;
                followed.links.clone_from(&one.links);
            }
        }
        let subjects = |subject: &Fault| {
            incidents.iter().filter(|it| it.is_open && it.subject == *subject).count()
        };
        let mut doubled: Vec<Fault> = incidents.iter().map(|it| it.subject.clone()).collect();
        doubled.retain(|subject| subjects(subject) > 1);
        doubled.sort();
        doubled.dedup();
        let before = std::mem::replace(&mut self.doubled, doubled.clone());
        doubled.retain(|subject| !before.contains(subject));
        Found { taken, doubled }
    }
}
