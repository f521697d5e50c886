//! The links and their roots, as numbers that are given out again once they are free.

use std::collections::BTreeSet;

use epmesh_facts::Timestamp;

use super::{
    key::Key,
    look::{Ends, Look},
};
use crate::diagnosis::{CandidateFault, Cause, Confidence, Culprit, Fault, Side, State, Verdict};

/// The number of a link.
pub(super) type LinkId = u32;
/// The number of a root.
pub(super) type RootId = u32;

/// A link that is held. A large fleet has half a million of them, nearly all in no trouble.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) ends: Ends,
    pub(super) state: State,
    pub(super) look: Look,
    /// What is wrong with it, while something is.
    pub(super) trouble: Option<Box<Trouble>>,
}

/// What is wrong with a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    /// When it was first seen.
    pub(super) since: Timestamp,
    pub(super) cause: Cause,
    pub(super) side: Side,
    pub(super) confidence: Confidence,
    pub(super) culprit: Option<Culprit>,
    pub(super) roots: Vec<CandidateFault>,
    /// The numbers of the roots, in the same order.
    pub(super) ids: Vec<RootId>,
    /// The roots of the incidents that explain it.
    pub(super) explained_by: Vec<RootId>,
}

impl Trouble {
    pub(super) fn of(verdict: &Verdict, since: Timestamp) -> Option<Self> {
        is_trouble(verdict.state).then(|| Self {
            since,
            cause: verdict.cause,
            side: verdict.side,
            confidence: verdict.confidence,
            culprit: verdict.culprit.clone(),
            roots: verdict.candidates.clone(),
            ids: Vec::new(),
            explained_by: Vec::new(),
        })
    }

    /// Whether the same is wrong by `verdict`, whatever explains it.
    pub(super) fn is_same(&self, verdict: &Verdict, since: Timestamp) -> bool {
        is_trouble(verdict.state)
            && self.since == since
            && self.cause == verdict.cause
            && self.side == verdict.side
            && self.confidence == verdict.confidence
            && self.culprit == verdict.culprit
            && self.roots == verdict.candidates
    }
}

fn is_trouble(state: State) -> bool {
    matches!(state, State::Failing | State::Latent)
}

impl Held {
    /// Whether the same is wrong with it by `verdict`, or just as little.
    pub(super) fn is_same(&self, verdict: &Verdict, since: Timestamp) -> bool {
        self.state == verdict.state
            && match &self.trouble {
                None => !is_trouble(verdict.state),
                Some(trouble) => trouble.is_same(verdict, since),
            }
    }
}

/// A root that at least one link has.
#[derive(Clone, Debug)]
pub(super) struct RootEntry {
    pub(super) subject: Fault,
    pub(super) against: Box<[Key]>,
    pub(super) links: BTreeSet<LinkId>,
    /// No link in it has been in trouble for less, or is none any more that was.
    pub(super) latest: Timestamp,
}

/// Values under numbers.
#[derive(Clone, Debug)]
pub(super) struct Slab<T> {
    items: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { items: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    pub(super) fn len(&self) -> usize {
        self.items.len() - self.free.len()
    }

    pub(super) fn reserve(&mut self, items: usize) {
        self.items.reserve(items.saturating_sub(self.free.len()));
    }

    pub(super) fn add(&mut self, item: T) -> u32 {
        if let Some(id) = self.free.pop() {
            if let Some(place) = self.items.get_mut(index(id)) {
                *place = Some(item);
            }
            return id;
        }
        // Memory is at its end long before numbers are.
        let id = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
        self.items.push(Some(item));
        id
    }

    pub(super) fn remove(&mut self, id: u32) -> Option<T> {
        let item = self.items.get_mut(index(id))?.take()?;
        self.free.push(id);
        Some(item)
    }

    pub(super) fn get(&self, id: u32) -> Option<&T> {
        self.items.get(index(id))?.as_ref()
    }

    pub(super) fn get_mut(&mut self, id: u32) -> Option<&mut T> {
        self.items.get_mut(index(id))?.as_mut()
    }
}

fn index(id: u32) -> usize {
    usize::try_from(id).unwrap_or(usize::MAX)
}
