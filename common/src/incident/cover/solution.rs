//! Candidates, and how good a set of them is.

use std::cmp::Ordering;

/// A candidate: the elements that it covers, in ascending order, and its rank. Of two equal ones that of
/// smaller rank is preferred.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Candidate {
    pub(in super::super) covers: Vec<usize>,
    pub(in super::super) rank: u8,
}

/// A set of candidates that covers everything, and how good it is. Few candidates are better than many;
/// then those that cover much (what fails for everybody is one fault, not many), those of small rank,
/// and one that covers very much before several that cover something each. The order of the
/// candidates decides last, because it is that of names: domain controllers with other names must have
/// the same faults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Solution {
    pub(super) chosen: Vec<usize>,
    covers: usize,
    rank: u32,
    /// The squares of what each covers, and of its rank.
    uneven: (usize, u32),
}

impl Solution {
    pub(super) fn with(&self, index: usize, candidate: &Candidate) -> Self {
        let mut chosen = self.chosen.clone();
        let at = chosen.partition_point(|known| *known < index);
        chosen.insert(at, index);
        Self {
            chosen,
            covers: self.covers + candidate.covers.len(),
            rank: self.rank + u32::from(candidate.rank),
            uneven: (
                self.uneven.0 + candidate.covers.len().pow(2),
                self.uneven.1 + u32::from(candidate.rank).pow(2),
            ),
        }
    }

    pub(super) fn order(&self, other: &Self) -> Ordering {
        (self.chosen.len().cmp(&other.chosen.len()))
            .then(other.covers.cmp(&self.covers))
            .then(self.rank.cmp(&other.rank))
            .then(other.uneven.cmp(&self.uneven))
            .then_with(|| self.chosen.cmp(&other.chosen))
    }
}
