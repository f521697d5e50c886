//! Links and candidate faults, as the grouper keeps them.

use std::collections::BTreeSet;

use epmesh_facts::Timestamp;

use super::{
    compact_reach::{CompactReach, Ends},
    contradiction::Contradiction,
};
use crate::diagnosis::{Blamed, CandidateFault, Cause, Confidence, Fault, Side, State, Verdict};

/// The number of a link.
pub(super) type LinkId = u32;
/// The number of a fault.
pub(super) type FaultId = u32;

/// One link. A large fleet has half a million of them, nearly all in no trouble.
#[derive(Clone, Debug)]
pub(super) struct LinkEntry {
    pub(super) ends: Ends,
    pub(super) state: State,
    /// What the last look over it found to work.
    pub(super) reach: CompactReach,
    /// What is wrong with the link, while something is.
    pub(super) trouble: Option<Box<Trouble>>,
}

/// The trouble of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    /// When the trouble was first seen.
    pub(super) since: Timestamp,
    pub(super) cause: Cause,
    pub(super) side: Side,
    pub(super) confidence: Confidence,
    pub(super) culprit: Option<Blamed>,
    pub(super) candidates: Vec<CandidateFault>,
    /// The numbers of the candidates, in the same order.
    pub(super) ids: Vec<FaultId>,
    /// The faults of the incidents that explain it.
    pub(super) explained_by: Vec<FaultId>,
}

impl Trouble {
    pub(super) fn of(verdict: &Verdict, since: Timestamp) -> Option<Self> {
        is_trouble(verdict.state).then(|| Self {
            since,
            cause: verdict.cause,
            side: verdict.side,
            confidence: verdict.confidence,
            culprit: verdict.culprit.clone(),
            candidates: verdict.candidates.clone(),
            ids: Vec::new(),
            explained_by: Vec::new(),
        })
    }

    /// Whether `verdict` says that the same is wrong, whatever explains it.
    pub(super) fn is_same(&self, verdict: &Verdict, since: Timestamp) -> bool {
        is_trouble(verdict.state)
            && self.since == since
            && self.cause == verdict.cause
            && self.side == verdict.side
            && self.confidence == verdict.confidence
            && self.culprit == verdict.culprit
            && self.candidates == verdict.candidates
    }
}

fn is_trouble(state: State) -> bool {
    matches!(state, State::Failing | State::Latent)
}

impl LinkEntry {
    /// Whether `verdict` says the same of the link: the same trouble, or none.
    pub(super) fn is_same(&self, verdict: &Verdict, since: Timestamp) -> bool {
        self.state == verdict.state
            && match &self.trouble {
                None => !is_trouble(verdict.state),
                Some(trouble) => trouble.is_same(verdict, since),
            }
    }
}

/// A candidate: a fault that would explain the trouble of at least one link.
#[derive(Clone, Debug)]
pub(super) struct FaultEntry {
    pub(super) fault: Fault,
    /// The observations that contradict this fault.
    pub(super) contradictions: Box<[Contradiction]>,
    pub(super) links: BTreeSet<LinkId>,
    /// When the latest trouble of its links began. It may be later than that of any present link:
    /// a link that left does not lower it.
    pub(super) latest: Timestamp,
}
