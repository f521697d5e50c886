//! The problem of covering links by faults, and the steps that make it smaller.

use super::solution::Candidate;

/// The candidates and elements that are left to decide on.
pub(super) struct Problem<'a> {
    pub(super) candidates: &'a [Candidate],
    /// The candidates that cover each element, alive or not.
    pub(super) of: Vec<Vec<usize>>,
    /// Whether each element is still to be covered.
    open: Vec<bool>,
    /// Whether each candidate may still be chosen.
    alive: Vec<bool>,
    /// The candidates that had no alternative.
    pub(super) chosen: Vec<usize>,
}

impl<'a> Problem<'a> {
    pub(super) fn new(elements: usize, candidates: &'a [Candidate]) -> Self {
        let mut of = vec![Vec::new(); elements];
        for (index, candidate) in candidates.iter().enumerate() {
            for element in &candidate.covers {
                if let Some(list) = of.get_mut(*element) {
                    list.push(index);
                }
            }
        }
        let open = of.iter().map(|list: &Vec<usize>| !list.is_empty()).collect();
        Self { candidates, of, open, alive: vec![true; candidates.len()], chosen: Vec::new() }
    }

    fn is_open(&self, element: usize) -> bool {
        self.open.get(element).copied().unwrap_or(false)
    }

    fn is_alive(&self, candidate: usize) -> bool {
        self.alive.get(candidate).copied().unwrap_or(false)
    }

    pub(super) fn covers(&self, candidate: usize) -> &'a [usize] {
        self.candidates.get(candidate).map_or(&[], |candidate| &candidate.covers)
    }

    /// The elements that a candidate covers and that are still open.
    fn left(&self, candidate: usize) -> impl Iterator<Item = usize> + '_ {
        self.covers(candidate).iter().copied().filter(|element| self.is_open(*element))
    }

    pub(super) fn choices(&self, element: usize) -> impl Iterator<Item = usize> + '_ {
        let all = self.of.get(element).map_or(&[][..], Vec::as_slice);
        all.iter().copied().filter(|candidate| self.is_alive(*candidate))
    }

    /// Chooses candidates that have no alternative, and drops those that another one replaces at no loss,
    /// until there are no more of either. Neither step loses the best solution.
    pub(super) fn reduce(&mut self) {
        let mut pending: Vec<usize> = (0..self.candidates.len()).collect();
        while !pending.is_empty() {
            for candidate in std::mem::take(&mut pending) {
                if self.is_alive(candidate)
                    && self.is_beaten(candidate)
                    && let Some(alive) = self.alive.get_mut(candidate)
                {
                    *alive = false;
                }
            }
            for element in 0..self.of.len() {
                if !self.is_open(element) {
                    continue;
                }
                let mut choices = self.choices(element);
                if let (Some(only), None) = (choices.next(), choices.next()) {
                    drop(choices);
                    self.take(only, &mut pending);
                }
            }
            pending.sort_unstable();
            pending.dedup();
        }
    }

    /// Chooses a candidate. Others have less left to cover then, and may now be beaten.
    fn take(&mut self, candidate: usize, smaller: &mut Vec<usize>) {
        self.chosen.push(candidate);
        let covered: Vec<usize> = self.left(candidate).collect();
        for element in covered {
            smaller.extend(self.choices(element).filter(|other| *other != candidate));
            if let Some(open) = self.open.get_mut(element) {
                *open = false;
            }
        }
        if let Some(alive) = self.alive.get_mut(candidate) {
            *alive = false;
        }
    }

    /// Whether another candidate covers all that this one still does and is no worse.
    fn is_beaten(&self, candidate: usize) -> bool {
        let fewest =
            self.left(candidate).min_by_key(|element| self.of.get(*element).map_or(0, Vec::len));
        let Some(element) = fewest else { return true };
        self.choices(element).any(|other| {
            other != candidate
                && self.is_no_worse(other, candidate)
                && self
                    .left(candidate)
                    .all(|needed| self.covers(other).binary_search(&needed).is_ok())
        })
    }

    pub(super) fn is_no_worse(&self, one: usize, other: usize) -> bool {
        let key = |index: usize| {
            let rank = self.candidates.get(index).map_or(u8::MAX, |candidate| candidate.rank);
            (std::cmp::Reverse(self.covers(index).len()), rank, index)
        };
        key(one) <= key(other)
    }

    /// The open elements, in parts that have no candidate in common.
    pub(super) fn parts(&self) -> Vec<Vec<usize>> {
        let mut seen = vec![false; self.of.len()];
        let mut parts = Vec::new();
        for start in 0..self.of.len() {
            if !self.is_open(start) || seen.get(start).copied().unwrap_or(true) {
                continue;
            }
            let (mut part, mut queue) = (Vec::new(), vec![start]);
            while let Some(element) = queue.pop() {
                match seen.get_mut(element) {
                    Some(seen) if !*seen => *seen = true,
                    _ => continue,
                }
                part.push(element);
                queue.extend(self.choices(element).flat_map(|candidate| self.left(candidate)));
            }
            // In the order of the candidates that could cover them: the numbers of elements mean nothing,
            // and a search that reaches its bound must still end in the same place.
            part.sort_by(|one, other| self.choices(*one).cmp(self.choices(*other)));
            parts.push(part);
        }
        parts
    }
}
