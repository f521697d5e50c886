//! Incidents, as the grouper reports them.

use serde::{Deserialize, Serialize};

use super::{
    grouper::Grouper,
    link_entry::{FaultId, LinkEntry, Trouble},
    pattern::Pattern,
    places::Places,
};
use crate::diagnosis::{CandidateFault, Cause, Confidence, CulpritText, Fault, Link, Side, State};

/// One fault and the links that it explains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// What is broken.
    #[serde(rename = "subject")]
    pub fault: Fault,
    /// Failing when a link fails because of this fault, latent while none does.
    pub state: State,
    /// On which side the fault lies.
    pub side: Side,
    /// Why.
    pub cause: Cause,
    /// How sure.
    pub confidence: Confidence,
    /// The exact thing that is wrong, in words.
    pub culprit: CulpritText,
    /// Where the fault was seen: the DNS servers that hold a record, say.
    pub places: Vec<String>,
    /// The links that fail because of it, in order.
    pub links: Vec<Link>,
    /// The links that it will break.
    pub latent: Vec<Link>,
    /// The links of both sorts that another incident explains as well.
    pub shared: Vec<Link>,
    /// Who is hit and who is not.
    pub pattern: Pattern,
}

impl Grouper {
    /// The incidents, in the order of their faults. Regroups first.
    pub fn incidents(&mut self) -> Vec<Incident> {
        self.regroup();
        let mut found: Vec<Incident> =
            self.groups.keys().filter_map(|id| self.report(*id)).collect();
        found.sort_by(|one, other| one.fault.cmp(&other.fault));
        found
    }

    /// The incident of one fault, as of the last [`regroup`](Self::regroup).
    #[must_use]
    pub fn incident(&self, fault: &Fault) -> Option<Incident> {
        let id = *self.fault_ids.get(fault)?;
        self.groups.contains_key(&id).then(|| self.report(id)).flatten()
    }

    /// The link from whose verdict the incident of a fault has its cause, its side and its culprit, as of the
    /// last [`regroup`](Self::regroup).
    #[must_use]
    pub fn spokesman(&self, fault: &Fault) -> Option<Link> {
        let members = self.groups.get(self.fault_ids.get(fault)?)?;
        let members = members.iter().filter_map(|id| self.links.get(*id));
        let said = said(members.clone(), state_of(members), fault);
        let best = said.min_by(|one, other| one.order(other, &self.places))?;
        self.places.link(best.entry.ends)
    }

    fn report(&self, id: FaultId) -> Option<Incident> {
        let fault = self.faults.get(id)?.fault.clone();
        let members: Vec<&LinkEntry> =
            self.groups.get(&id)?.iter().filter_map(|link| self.links.get(*link)).collect();
        let in_state = |wanted: State| -> Vec<Link> {
            let of = members.iter().filter(|entry| entry.state == wanted);
            let mut links: Vec<Link> =
                of.filter_map(|entry| self.places.link(entry.ends)).collect();
            links.sort();
            links
        };
        let (links, latent) = (in_state(State::Failing), in_state(State::Latent));
        let mut shared: Vec<Link> = members
            .iter()
            .filter(|entry| entry.trouble.as_ref().is_some_and(|t| t.explained_by.len() > 1))
            .filter_map(|entry| self.places.link(entry.ends))
            .collect();
        shared.sort();
        let state = state_of(members.iter().copied());
        let mut said: Vec<Said<'_>> = said(members.iter().copied(), state, &fault).collect();
        said.sort_by(|one, other| one.order(other, &self.places));
        let best = said.first()?;
        let mut places: Vec<String> =
            said.iter().flat_map(|said| said.candidate.places.iter().cloned()).collect();
        places.sort();
        places.dedup();
        let own = best.is_own();
        let named = best.trouble.culprit.as_ref().filter(|_| own);
        let pattern = Pattern::of(self, &members, state);
        Some(Incident {
            state,
            side: best.candidate.side,
            cause: best.candidate.cause,
            confidence: if own {
                best.trouble.confidence
            } else if members.len() > 1 {
                // The only proof is that all links fail that can; neither side has named the fault.
                Confidence::Likely
            } else {
                Confidence::Possible
            },
            culprit: match named {
                Some(blamed) => blamed.text(),
                None => {
                    let words = pattern.words.clone();
                    CulpritText::new(fault.kind(), fault.to_string(), words)
                }
            },
            places,
            links,
            latent,
            shared,
            pattern,
            fault,
        })
    }
}

/// The state of an incident with these links: failing where one of them is.
fn state_of<'a>(mut members: impl Iterator<Item = &'a LinkEntry>) -> State {
    let is_failing = members.any(|entry| entry.state == State::Failing);
    if is_failing { State::Failing } else { State::Latent }
}

/// What the verdicts on the links in this state say of a fault.
fn said<'a>(
    members: impl Iterator<Item = &'a LinkEntry>,
    state: State,
    fault: &Fault,
) -> impl Iterator<Item = Said<'a>> {
    members
        .filter(move |entry| entry.state == state)
        .filter_map(move |entry| Said::of(entry, fault))
}

/// What the verdict on one link says of the fault.
struct Said<'a> {
    entry: &'a LinkEntry,
    trouble: &'a Trouble,
    candidate: &'a CandidateFault,
}

impl<'a> Said<'a> {
    fn of(entry: &'a LinkEntry, fault: &Fault) -> Option<Self> {
        let trouble = entry.trouble.as_deref()?;
        let candidate = trouble.candidates.iter().find(|candidate| candidate.fault == *fault)?;
        Some(Self { entry, trouble, candidate })
    }

    /// Whether the link's verdict names this very fault, and not only allows it.
    fn is_own(&self) -> bool {
        self.candidate.side == self.trouble.side && self.candidate.cause == self.trouble.cause
    }

    /// The order of links as spokesmen for the fault: a known cause before an unknown one, then those
    /// whose verdict names the fault, then the surest, then by name.
    fn order(&self, other: &Self, places: &Places) -> std::cmp::Ordering {
        let key = |said: &Self| {
            let named = said.candidate.cause != Cause::Unknown;
            std::cmp::Reverse((named, said.is_own(), said.trouble.confidence))
        };
        let name = |said: &Self| said.entry.ends;
        key(self)
            .cmp(&key(other))
            .then_with(|| places.order(name(self)).cmp(&places.order(name(other))))
    }
}
