//! What is so, beside what the incidents say: the faults that stand, those that went, and the looks that came in.

use std::collections::BTreeSet;

use epmesh_common::{diagnosis::Fault as Subject, facts::Timestamp};

use super::{
    super::{fault::Fault, played::Played},
    land::Land,
    open::OpenIncident,
    subject::fits,
    trouble::Trouble,
};

/// What is so.
pub(super) struct Truth<'a> {
    pub(super) land: &'a Land,
    pub(super) played: &'a Played,
    /// Faults that went, and when.
    pub(super) gone: &'a [(Trouble, Timestamp)],
}

impl<'a> Truth<'a> {
    /// When the last look at a link was made that came in.
    pub(super) fn looked(&self, link: (usize, usize)) -> Option<Timestamp> {
        self.played.looks.get(&link)?.last().copied()
    }

    /// The faults that stand, and broke what an incident is about on one of its links.
    pub(super) fn fitting(&self, one: &OpenIncident) -> Vec<&'a Trouble> {
        let healthy = self.land.healthy();
        let is_of = move |it: &&Trouble| {
            let touches = |link: &(usize, usize)| it.fault.touches(healthy, link.0, link.1);
            one.links.iter().any(touches) && fits(healthy, &it.fault, &one.subject)
        };
        self.land.troubles.iter().filter(is_of).collect()
    }

    /// The numbers of the faults that stand, and broke what an incident is about.
    pub(super) fn broke(&self, one: &OpenIncident) -> BTreeSet<usize> {
        self.fitting(one).into_iter().map(|it| it.number).collect()
    }

    /// The faults that an incident is of: those that broke what it is about; where none did, those that show on its
    /// links, apart from what an agent states wrongly.
    pub(super) fn of(&self, one: &OpenIncident) -> Vec<&'a Trouble> {
        let fitting = self.fitting(one);
        if !fitting.is_empty() {
            return fitting;
        }
        let shows = |it: &&Trouble| {
            let mut links = one.links.iter();
            links.any(|link| !self.played.is_lie(*link) && self.played.shows(&it.fault, *link))
        };
        self.land.troubles.iter().filter(shows).collect()
    }

    /// Whether an incident of these faults, on these links, that goes over to a subject takes it from others: they are
    /// gone, a look since then came in, and the subject is nothing that they broke. Two ways cut to the same host, with no
    /// healthy look between, are told apart by nothing that a destination sees.
    pub(super) fn are_gone(
        &self,
        faults: &BTreeSet<usize>,
        links: &[(usize, usize)],
        subject: &Subject,
    ) -> bool {
        let is_cut_now = |of: &Fault| {
            let mut standing = self.land.troubles.iter().map(|it| &it.fault);
            of.kind.is_cut() && standing.any(|it| it.kind.is_cut() && it.source == of.source)
        };
        let is_gone = |number: &usize| {
            let gone = self.gone.iter().find(|(it, _)| it.number == *number);
            gone.is_some_and(|(it, at)| {
                !fits(self.land.healthy(), &it.fault, subject)
                    && !is_cut_now(&it.fault)
                    && links.iter().any(|link| self.looked(*link).is_some_and(|seen| seen > *at))
            })
        };
        !faults.is_empty() && faults.iter().all(is_gone)
    }
}
