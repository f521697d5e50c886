//! The fleet at one moment, as incidents are made from it.

use std::{collections::BTreeSet, sync::RwLockReadGuard};

use epmesh_common::{
    diagnosis::{Blamed, Evidence, Fault, Link, Verdict, diagnose},
    facts::Timestamp,
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

    /// One link of an incident, as an example of it: one whose verdict allows the incident's fault,
    /// and names the same cause and side if there is such a link. `None` when the verdicts have moved
    /// on and no link is left that says so.
    #[must_use]
    pub fn example(&self, incident: &Incident, now: Timestamp) -> Option<Example> {
        let links = incident.links.iter().chain(&incident.latent).take(TRIED);
        let allows = |link| {
            let verdict = self.view.verdict_on(link)?;
            let is_blamed =
                verdict.candidates.iter().any(|candidate| candidate.fault == incident.fault);
            (is_blamed && verdict.state == incident.state).then_some((link, verdict))
        };
        let mut links = links.filter_map(allows).peekable();
        let first = links.peek().copied()?;
        let names = |(_, verdict): &(&Link, &Verdict)| {
            (verdict.cause, verdict.side) == (incident.cause, incident.side)
        };
        let (link, given) = links.find(names).unwrap_or(first);
        let evidence = self.view.evidence(link, now);
        Some(Example { given: given.clone(), evidence, at: now })
    }
}

/// The verdict on a link, and the evidence on it from the same moment.
#[derive(Clone, Debug)]
pub struct Example {
    given: Verdict,
    evidence: Evidence,
    at: Timestamp,
}

impl Example {
    /// The verdict, with proof and remedy. A report may have brought newer evidence on which the link
    /// was not judged yet. Where that would give another verdict, this is still the one on which the
    /// incident rests, and it comes without proof and remedy.
    #[must_use]
    pub fn verdict(self) -> Verdict {
        let full = diagnose(&self.evidence, self.at);
        if says_the_same(&self.given, &full) { full } else { self.given }
    }
}

fn says_the_same(one: &Verdict, other: &Verdict) -> bool {
    let culprit = |verdict: &Verdict| {
        let culprit = verdict.culprit.as_ref().map(Blamed::text);
        culprit.map(|culprit| (culprit.kind, culprit.name))
    };
    let decision = |verdict: &Verdict| {
        (verdict.state, verdict.cause, verdict.side, verdict.confidence, culprit(verdict))
    };
    decision(one) == decision(other) && one.candidates == other.candidates
}
