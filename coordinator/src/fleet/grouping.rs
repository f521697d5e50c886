//! The incidents that follow from the verdicts, and the status of each link.

use std::collections::BTreeSet;

use epmesh_common::{
    diagnosis::{Fault, Link, State},
    incident::{Alternative, Changes, Incident},
};
use serde::{Deserialize, Serialize};

use super::View;

/// The status of a link, for those who wait until it works again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkStatus {
    /// The link works.
    Healthy,
    /// The link fails, or is going to.
    Troubled,
    /// There is no fresh evidence on the link, or it does not decide.
    Unknown,
    /// The link is no longer watched: an agent or a domain controller is gone.
    Unwatched,
}

impl std::fmt::Display for LinkStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Healthy => "healthy",
            Self::Troubled => "in trouble",
            Self::Unknown => "not seen",
            Self::Unwatched => "no longer watched",
        })
    }
}

/// The number of links that are watched, and of those that have no verdict that says anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkCounts {
    /// The links that are watched.
    pub links: usize,
    /// The links without fresh evidence, or on which the evidence does not decide.
    pub unknown: usize,
}

impl View {
    /// The number of links that are watched, and of those that have a verdict that says something.
    #[must_use]
    pub fn link_counts(&self) -> LinkCounts {
        let targets: usize = self.plans.values().map(|plan| plan.targets.len()).sum();
        let links = targets * self.settings.interfaces.len();
        let verdicts = self.verdicts.values();
        let known = verdicts.filter(|judged| judged.verdict.state != State::Unknown).count();
        LinkCounts { links, unknown: links.saturating_sub(known) }
    }

    /// Works out the incidents that follow from the verdicts since the last time. To be called when a
    /// batch of links has been judged.
    pub fn regroup(&mut self) {
        let Changes { opened, changed, closed } = self.grouper.regroup();
        let closed = closed.into_iter().map(|(fault, _)| fault);
        let touched: Vec<Fault> = opened.into_iter().chain(changed).chain(closed).collect();
        self.choose_examples(&touched);
        self.regrouped.extend(touched);
    }

    /// Chooses the example of each of these incidents anew, and has it judged with proof and remedy where it was
    /// judged without.
    fn choose_examples(&mut self, faults: &[Fault]) {
        for fault in faults {
            let link = self.grouper.spokesman(fault);
            let is_wordless = |link: &&Link| {
                let verdict = self.verdict_on(link);
                verdict.is_some_and(|verdict| !verdict.has_words())
            };
            self.dirty.extend(link.as_ref().filter(is_wordless).cloned());
            self.examples.set(fault, link);
        }
    }

    /// Takes the faults whose incidents opened, changed or ended since the last time.
    pub(super) fn take_regrouped(&mut self) -> BTreeSet<Fault> {
        std::mem::take(&mut self.regrouped)
    }

    /// Every incident, by fault. Regroups first.
    pub fn incidents(&mut self) -> Vec<Incident> {
        self.regroup();
        self.grouper.incidents()
    }

    /// The incident of a fault, as of the last [`View::regroup`].
    pub(super) fn incident(&self, fault: &Fault) -> Option<Incident> {
        self.grouper.incident(fault)
    }

    /// The links in trouble that no incident explains, as of the last [`View::regroup`].
    #[must_use]
    pub fn unexplained(&self) -> Vec<Link> {
        self.grouper.unexplained()
    }

    /// The faults of the incidents that explain a link.
    #[must_use]
    pub fn explained_by(&self, link: &Link) -> Vec<Fault> {
        self.grouper.explained_by(link)
    }

    /// The other faults that would explain links of an incident, and why each is not held to be the one.
    #[must_use]
    pub fn alternatives(&self, fault: &Fault) -> Vec<Alternative> {
        self.grouper.alternatives(fault)
    }

    /// The status of a link. A link without a verdict is unwatched only if it is certain that no agent
    /// has to look at it: after a start, or with a store that was lost, there may be no plan yet.
    #[must_use]
    pub fn link_status(&self, link: &Link) -> LinkStatus {
        if let Some(judged) = self.verdicts.get(link) {
            return match judged.verdict.state {
                State::Healthy => LinkStatus::Healthy,
                State::Failing | State::Latent => LinkStatus::Troubled,
                State::Unknown => LinkStatus::Unknown,
            };
        }
        let destination = self.dcs.get(&link.destination).filter(|dc| dc.enrolled);
        let is_gone = match destination {
            None => true,
            Some(dc) => {
                dc.facts.directory.is_some()
                    && self.plans.contains_key(&link.destination)
                    && !self.is_watched(&link.destination, &link.source)
            }
        };
        let is_asked_for = self.settings.interfaces.contains(&link.interface);
        if is_gone || !is_asked_for { LinkStatus::Unwatched } else { LinkStatus::Unknown }
    }
}
