//! The incidents that the verdicts come to, and how each link stands.

use std::collections::BTreeSet;

use epmesh_common::{
    diagnosis::{Fault, Link, State},
    incident::{Changes, Considered, Incident},
};
use serde::{Deserialize, Serialize};

use super::View;

/// How a link stands, for whoever waits for it to be well again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It works.
    Healthy,
    /// It fails, or is going to.
    Troubled,
    /// Nobody has a fresh word of it.
    Unknown,
    /// It is watched no longer: an agent or a domain controller is gone.
    Unwatched,
}

impl std::fmt::Display for Standing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Healthy => "healthy",
            Self::Troubled => "in trouble",
            Self::Unknown => "not seen",
            Self::Unwatched => "watched no longer",
        })
    }
}

/// How many links are watched, and of how many nothing is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// All that are watched.
    pub links: usize,
    /// Those that nobody has a fresh word of, or on which the evidence does not decide.
    pub unknown: usize,
}

impl View {
    /// How many links are watched, and how many of them have a verdict that says something.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let targets: usize = self.plans.values().map(|plan| plan.targets.len()).sum();
        let links = targets * self.settings.interfaces.len();
        let verdicts = self.verdicts.values();
        let known = verdicts.filter(|judged| judged.verdict.state != State::Unknown).count();
        Tally { links, unknown: links.saturating_sub(known) }
    }

    /// Works out what the verdicts since the last time come to. To be called when a batch of links
    /// has been judged.
    pub fn regroup(&mut self) {
        let Changes { opened, changed, closed } = self.grouper.regroup();
        let closed = closed.into_iter().map(|(subject, _)| subject);
        self.regrouped.extend(opened.into_iter().chain(changed).chain(closed));
    }

    /// Takes the subjects whose incidents were made, changed or ended since the last time, each with
    /// its incident if it has one.
    pub fn take_regrouped(&mut self) -> Vec<(Fault, Option<Incident>)> {
        let subjects: BTreeSet<Fault> = std::mem::take(&mut self.regrouped);
        let with_incident = |subject| {
            let incident = self.grouper.incident(&subject);
            (subject, incident)
        };
        subjects.into_iter().map(with_incident).collect()
    }

    /// Every incident of now, by subject.
    pub fn incidents(&mut self) -> Vec<Incident> {
        self.regroup();
        self.grouper.incidents()
    }

    /// The links in trouble that no incident explains.
    pub fn unexplained(&mut self) -> Vec<Link> {
        self.regroup();
        self.grouper.unexplained()
    }

    /// The subjects of the incidents that explain a link.
    #[must_use]
    pub fn explained_by(&self, link: &Link) -> Vec<Fault> {
        self.grouper.explained_by(link)
    }

    /// What else would explain the links of an incident, and why it is not that.
    #[must_use]
    pub fn considered(&self, subject: &Fault) -> Vec<Considered> {
        self.grouper.considered(subject)
    }

    /// How a link stands. One that has no verdict is unwatched only if it is sure that nobody is to
    /// look: after a start, or with a store that was lost, a plan may not be there yet.
    #[must_use]
    pub fn standing(&self, link: &Link) -> Standing {
        if let Some(judged) = self.verdicts.get(link) {
            return match judged.verdict.state {
                State::Healthy => Standing::Healthy,
                State::Failing | State::Latent => Standing::Troubled,
                State::Unknown => Standing::Unknown,
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
        if is_gone || !is_asked_for { Standing::Unwatched } else { Standing::Unknown }
    }
}
