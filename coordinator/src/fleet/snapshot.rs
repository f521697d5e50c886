//! The fleet at one moment, as incidents are made from it.

use std::{collections::BTreeSet, sync::RwLockReadGuard};

use epmesh_common::{
    diagnosis::{Fault, Link, Verdict},
    incident::{Alternative, Incident},
};

use super::{LinkCounts, LinkStatus, View};

/// Links of an incident that are tried as an example of it.
const TRIED: usize = 50;

/// The fleet at one moment. While a snapshot is held nothing in the fleet changes, so that all that
/// is read from it fits together.
#[derive(Debug)]
pub struct Snapshot<'f> {
    view: RwLockReadGuard<'f, View>,
    changed: BTreeSet<Fault>,
}

impl<'f> Snapshot<'f> {
    pub(super) const fn new(view: RwLockReadGuard<'f, View>, changed: BTreeSet<Fault>) -> Self {
        Self { view, changed }
    }

    /// The faults whose incidents opened, changed or ended since the snapshot before, each with its
    /// incident where it has one.
    #[must_use]
    pub fn changes(&self) -> Vec<(Fault, Option<Incident>)> {
        let faults = self.changed.iter();
        faults.map(|fault| (fault.clone(), self.view.incident(fault))).collect()
    }

    /// The status of a link.
    #[must_use]
    pub fn link_status(&self, link: &Link) -> LinkStatus {
        self.view.link_status(link)
    }

    /// Whether the verdict on a link allows that this fault is its trouble.
    #[must_use]
    pub fn allows(&self, link: &Link, fault: &Fault) -> bool {
        let verdict = self.view.verdict_on(link);
        verdict.is_some_and(|it| it.candidates.iter().any(|candidate| candidate.fault == *fault))
    }

    /// The number of links that are watched, and of those of which nothing is known.
    #[must_use]
    pub fn link_counts(&self) -> LinkCounts {
        self.view.link_counts()
    }

    /// The faults of the incidents that explain a link.
    #[must_use]
    pub fn explained_by(&self, link: &Link) -> Vec<Fault> {
        self.view.explained_by(link)
    }

    /// The links in trouble that no incident explains, in order.
    #[must_use]
    pub fn unexplained(&self) -> Vec<Link> {
        self.view.unexplained()
    }

    /// The other faults that would explain links of an incident.
    #[must_use]
    pub fn alternatives(&self, fault: &Fault) -> Vec<Alternative> {
        self.view.alternatives(fault)
    }

    /// The verdict on one link of an incident, as an example of it: on one whose verdict allows the incident's fault,
    /// and names the same cause and side if there is such a link. It was judged with proof and remedy, unless it
    /// became the example only since. `None` when the verdicts have moved on and no link is left that says so.
    #[must_use]
    pub fn example(&self, incident: &Incident) -> Option<&Verdict> {
        let chosen = self.view.examples.of(&incident.fault);
        let links = chosen.into_iter().chain(&incident.links).chain(&incident.latent).take(TRIED);
        let allows = |link| {
            let verdict = self.view.verdict_on(link)?;
            let is_blamed =
                verdict.candidates.iter().any(|candidate| candidate.fault == incident.fault);
            (is_blamed && verdict.state == incident.state).then_some(verdict)
        };
        let names =
            |verdict: &Verdict| (verdict.cause, verdict.side) == (incident.cause, incident.side);
        // The first of the best.
        links.filter_map(allows).min_by_key(|verdict| (!names(verdict), !verdict.has_words()))
    }
}
