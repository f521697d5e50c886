//! The smallest set of candidates that covers everything, of which none claims more than it has to.
//!
//! Set cover is hard in general and easy here: most links have few roots and most roots fall to a
//! better one at once. What is left after that is searched to the end, within a bound; past the
//! bound the best found stands.

use std::cmp::Ordering;

/// Elements that are looked at, over all partial solutions, before the best so far is taken.
const MOST_LOOKS: usize = 100_000;

/// Elements that are searched to the end; with more the greedy solution stands.
const MOST_ELEMENTS: usize = 2_048;

/// A candidate: what it covers, in ascending order, and how much it is preferred among equals.
#[derive(Clone, Debug, Default)]
pub(super) struct Candidate {
    pub(super) covers: Vec<usize>,
    pub(super) rank: u8,
}

/// A way to cover everything, and how good it is: few candidates, that cover much (what fails for
/// everybody who tries is one thing, not many), of small rank, one that covers very much before
/// several that cover something each, the first in order. The order is that of names, and decides
/// last: domain controllers with other names are to have the same faults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Solution {
    chosen: Vec<usize>,
    covers: usize,
    rank: u32,
    /// The squares of what each covers, and of its rank.
    uneven: (usize, u32),
}

impl Solution {
    fn with(&self, index: usize, candidate: &Candidate) -> Self {
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

    fn order(&self, other: &Self) -> Ordering {
        (self.chosen.len().cmp(&other.chosen.len()))
            .then(other.covers.cmp(&self.covers))
            .then(self.rank.cmp(&other.rank))
            .then(other.uneven.cmp(&self.uneven))
            .then_with(|| self.chosen.cmp(&other.chosen))
    }
}

/// The best set of candidates that covers all `elements` that any candidate covers; indices in
/// ascending order. What one of them covers is no ground for a larger one beside it.
pub(super) fn cover(elements: usize, candidates: &[Candidate]) -> Vec<usize> {
    let mut problem = Problem::new(elements, candidates);
    problem.reduce();
    let mut chosen = problem.fewest();
    problem.tighten(&mut chosen);
    chosen.sort_unstable();
    chosen
}

struct Problem<'a> {
    candidates: &'a [Candidate],
    /// The candidates of each element that are still in.
    of: Vec<Vec<usize>>,
    open: Vec<bool>,
    alive: Vec<bool>,
    chosen: Vec<usize>,
}

impl<'a> Problem<'a> {
    fn new(elements: usize, candidates: &'a [Candidate]) -> Self {
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

    fn covers(&self, candidate: usize) -> &'a [usize] {
        self.candidates.get(candidate).map_or(&[], |candidate| &candidate.covers)
    }

    /// What a candidate covers that is not covered yet.
    fn left(&self, candidate: usize) -> impl Iterator<Item = usize> + '_ {
        self.covers(candidate).iter().copied().filter(|element| self.is_open(*element))
    }

    fn choices(&self, element: usize) -> impl Iterator<Item = usize> + '_ {
        let all = self.of.get(element).map_or(&[][..], Vec::as_slice);
        all.iter().copied().filter(|candidate| self.is_alive(*candidate))
    }

    /// Takes what has no alternative and drops what another candidate does at least as well, until
    /// neither is left. Neither step loses the best solution.
    fn reduce(&mut self) {
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

    /// Chooses a candidate; what it covers makes others smaller, and these may now be beaten.
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

    fn is_no_worse(&self, one: usize, other: usize) -> bool {
        let key = |index: usize| {
            let rank = self.candidates.get(index).map_or(u8::MAX, |candidate| candidate.rank);
            (std::cmp::Reverse(self.covers(index).len()), rank, index)
        };
        key(one) <= key(other)
    }

    /// What is open, in parts that have no candidate in common.
    fn parts(&self) -> Vec<Vec<usize>> {
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
            // By what could cover them: elements have numbers in no order that means anything, and a
            // search that is cut off is to end in the same place all the same.
            part.sort_by(|one, other| self.choices(*one).cmp(self.choices(*other)));
            parts.push(part);
        }
        parts
    }

    /// The fewest, once reduced.
    fn fewest(&self) -> Vec<usize> {
        let mut chosen = self.chosen.clone();
        for part in self.parts() {
            chosen.extend(self.solve(&part));
        }
        chosen.sort_unstable();
        chosen
    }

    /// Puts in the place of each the smallest that does for what none of the others covers; of those that
    /// share most with others first.
    fn tighten(&self, chosen: &mut [usize]) {
        let mut covered = vec![0_usize; self.of.len()];
        let count = |covered: &mut Vec<usize>, candidate: usize, one: fn(usize) -> usize| {
            for element in self.covers(candidate) {
                if let Some(times) = covered.get_mut(*element) {
                    *times = one(*times);
                }
            }
        };
        for candidate in chosen.iter() {
            count(&mut covered, *candidate, |times| times + 1);
        }
        let shared = |covered: &[usize], candidate: usize| {
            let times = |element: &&usize| covered.get(**element).is_some_and(|times| *times > 1);
            self.covers(candidate).iter().filter(times).count()
        };
        // Of two that share as much the one gives way that is farther from the links, and only then
        // does it come to names.
        chosen.sort_by_key(|index| {
            let candidate = self.candidates.get(*index);
            let claims = candidate.map(|candidate| (candidate.rank, candidate.covers.len()));
            (std::cmp::Reverse((shared(&covered, *index), claims)), *index)
        });
        for candidate in chosen {
            let alone = |element: &usize| covered.get(*element) == Some(&1);
            let alone: Vec<usize> = self.covers(*candidate).iter().copied().filter(alone).collect();
            let Some(first) = alone.first().filter(|_| shared(&covered, *candidate) > 0) else {
                continue;
            };
            let does = |other: &usize| {
                alone.iter().all(|needed| self.covers(*other).binary_search(needed).is_ok())
            };
            let all = self.of.get(*first).into_iter().flatten().copied().filter(does);
            let smallest = all.min_by_key(|other| {
                let rank = self.candidates.get(*other).map(|candidate| candidate.rank);
                (self.covers(*other).len(), rank, *other)
            });
            if let Some(smallest) = smallest
                && self.covers(smallest).len() < self.covers(*candidate).len()
            {
                count(&mut covered, *candidate, |times| times.saturating_sub(1));
                count(&mut covered, smallest, |times| times + 1);
                *candidate = smallest;
            }
        }
    }

    fn solve(&self, part: &[usize]) -> Vec<usize> {
        let greedy = self.greedy(part);
        if part.len() > MOST_ELEMENTS {
            return greedy.chosen;
        }
        let mut search = Search { problem: self, best: greedy, looks: 0 };
        search.go(part, &Solution::default());
        search.best.chosen
    }

    /// Always what covers most of the rest.
    fn greedy(&self, part: &[usize]) -> Solution {
        let mut rest = part.to_vec();
        let mut solution = Solution::default();
        let mut among: Vec<usize> =
            part.iter().flat_map(|element| self.choices(*element)).collect();
        among.sort_unstable();
        among.dedup();
        while !rest.is_empty() {
            let gain = |candidate: &usize| {
                let covered = self.covers(*candidate);
                rest.iter().filter(|element| covered.binary_search(element).is_ok()).count()
            };
            let best = among.iter().copied().max_by(|one, other| {
                gain(one).cmp(&gain(other)).then_with(|| {
                    if self.is_no_worse(*one, *other) { Ordering::Greater } else { Ordering::Less }
                })
            });
            let Some((best, candidate)) =
                best.and_then(|best| Some((best, self.candidates.get(best)?)))
            else {
                break;
            };
            let before = rest.len();
            rest.retain(|element| candidate.covers.binary_search(element).is_err());
            if rest.len() == before {
                break;
            }
            solution = solution.with(best, candidate);
        }
        solution
    }
}

struct Search<'a> {
    problem: &'a Problem<'a>,
    best: Solution,
    looks: usize,
}

impl Search<'_> {
    fn go(&mut self, rest: &[usize], so_far: &Solution) {
        self.looks += rest.len() + 1;
        if self.looks > MOST_LOOKS {
            return;
        }
        // The element with the fewest candidates: one of them has to be in.
        let problem = self.problem;
        let next = rest.iter().copied().min_by_key(|element| problem.choices(*element).count());
        let Some(next) = next else {
            if so_far.order(&self.best) == Ordering::Less {
                self.best = so_far.clone();
            }
            return;
        };
        if so_far.chosen.len() + self.least(rest) > self.best.chosen.len() {
            return;
        }
        let mut choices: Vec<(usize, Vec<usize>)> = problem
            .choices(next)
            .map(|candidate| {
                let covered = problem.covers(candidate);
                let left = rest.iter().copied();
                (candidate, left.filter(|other| covered.binary_search(other).is_err()).collect())
            })
            .collect();
        choices.sort_by_key(|(candidate, left): &(usize, Vec<usize>)| (left.len(), *candidate));
        for (candidate, left) in choices {
            if let Some(found) = problem.candidates.get(candidate) {
                self.go(&left, &so_far.with(candidate, found));
            }
        }
    }

    /// How many candidates the rest needs at least: elements that no candidate has in common.
    fn least(&self, rest: &[usize]) -> usize {
        let mut used: Vec<usize> = Vec::new();
        let mut least = 0;
        for element in rest {
            if self.problem.choices(*element).all(|candidate| !used.contains(&candidate)) {
                used.extend(self.problem.choices(*element));
                least += 1;
            }
        }
        least
    }
}

#[cfg(test)]
mod tests;
