//! Incidents, as they are told.

use serde::{Deserialize, Serialize};

use super::{
    Grouper, Pattern,
    places::Places,
    table::{Held, RootId, Trouble},
};
use crate::diagnosis::{CandidateFault, Cause, Confidence, Culprit, Fault, Link, Side, State};

/// One fault and the links that it explains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// What is broken.
    pub subject: Fault,
    /// Failing when a link fails by it, latent while none does.
    pub state: State,
    /// On which side it lies.
    pub side: Side,
    /// Why.
    pub cause: Cause,
    /// How sure.
    pub confidence: Confidence,
    /// The exact thing that is wrong, in words.
    pub culprit: Culprit,
    /// Where it was seen: the DNS servers that hold a record, say.
    pub places: Vec<String>,
    /// The links that fail by it, in order.
    pub links: Vec<Link>,
    /// The links that it will break.
    pub latent: Vec<Link>,
    /// Those of both that another incident explains as well.
    pub shared: Vec<Link>,
    /// Who is hit and who is not.
    pub pattern: Pattern,
}

impl Grouper {
    /// What there is to say of an incident.
    pub(super) fn report(&self, root: RootId) -> Option<Incident> {
        let subject = self.roots.get(root)?.subject.clone();
        let members: Vec<&Held> =
            self.groups.get(&root)?.iter().filter_map(|id| self.links.get(*id)).collect();
        let in_state = |wanted: State| -> Vec<Link> {
            let of = members.iter().filter(|held| held.state == wanted);
            let mut links: Vec<Link> = of.filter_map(|held| self.places.link(held.ends)).collect();
            links.sort();
            links
        };
        let (links, latent) = (in_state(State::Failing), in_state(State::Latent));
        let mut shared: Vec<Link> = members
            .iter()
            .filter(|held| held.trouble.as_ref().is_some_and(|t| t.explained_by.len() > 1))
            .filter_map(|held| self.places.link(held.ends))
            .collect();
        shared.sort();
        let state = if links.is_empty() { State::Latent } else { State::Failing };
        let mut said: Vec<Said<'_>> = members
            .iter()
            .filter(|held| held.state == state)
            .filter_map(|held| Said::of(held, &subject))
            .collect();
        said.sort_by(|one, other| one.order(other, &self.places));
        let best = said.first()?;
        let mut places: Vec<String> =
            said.iter().flat_map(|said| said.root.places.iter().cloned()).collect();
        places.sort();
        places.dedup();
        let own = best.is_own();
        let pattern = Pattern::of(self, &members, state);
        Some(Incident {
            state,
            side: best.root.side,
            cause: best.root.cause,
            confidence: if own {
                best.trouble.confidence
            } else if members.len() > 1 {
                // That all who can fail do is what speaks for it, and no side has said so itself.
                Confidence::Likely
            } else {
                Confidence::Possible
            },
            culprit: best.trouble.culprit.clone().filter(|_| own).unwrap_or_else(|| Culprit {
                kind: subject.kind().to_owned(),
                name: subject.to_string(),
                value: pattern.words.clone(),
            }),
            places,
            links,
            latent,
            shared,
            pattern,
            subject,
        })
    }
}

/// What one link says of the fault.
struct Said<'a> {
    held: &'a Held,
    trouble: &'a Trouble,
    root: &'a CandidateFault,
}

impl<'a> Said<'a> {
    fn of(held: &'a Held, subject: &Fault) -> Option<Self> {
        let trouble = held.trouble.as_deref()?;
        let root = trouble.roots.iter().find(|root| root.fault == *subject)?;
        Some(Self { held, trouble, root })
    }

    /// Whether the link's own verdict says the same, and not only allows it.
    fn is_own(&self) -> bool {
        self.root.side == self.trouble.side && self.root.cause == self.trouble.cause
    }

    /// Who says so itself and most surely comes first; a cause that is named before one that is
    /// not; then the order of links.
    fn order(&self, other: &Self, places: &Places) -> std::cmp::Ordering {
        let key = |said: &Self| {
            let named = said.root.cause != Cause::Unknown;
            std::cmp::Reverse((named, said.is_own(), said.trouble.confidence))
        };
        let name = |said: &Self| said.held.ends;
        key(self)
            .cmp(&key(other))
            .then_with(|| places.order(name(self)).cmp(&places.order(name(other))))
    }
}
