//! The search for the best solution, within a bound.

use std::cmp::Ordering;

use super::{problem::Problem, solution::Solution};

/// Elements that are looked at, over all partial solutions, before the best so far is taken.
const MOST_LOOKS: usize = 100_000;

/// The most elements that are searched completely; with more the greedy solution is taken.
const MOST_ELEMENTS: usize = 2_048;

/// The fewest candidates that cover everything, of a problem that was reduced.
pub(super) fn fewest(problem: &Problem<'_>) -> Vec<usize> {
    let mut chosen = problem.chosen.clone();
    for part in problem.parts() {
        chosen.extend(solve(problem, &part));
    }
    chosen.sort_unstable();
    chosen
}

fn solve(problem: &Problem<'_>, part: &[usize]) -> Vec<usize> {
    let greedy = greedy(problem, part);
    if part.len() > MOST_ELEMENTS {
        return greedy.chosen;
    }
    let mut search = Search { problem, best: greedy, looks: 0 };
    search.go(part, &Solution::default());
    search.best.chosen
}

/// The solution that always takes the candidate that covers most of the rest.
fn greedy(problem: &Problem<'_>, part: &[usize]) -> Solution {
    let mut rest = part.to_vec();
    let mut solution = Solution::default();
    let mut among: Vec<usize> = part.iter().flat_map(|element| problem.choices(*element)).collect();
    among.sort_unstable();
    among.dedup();
    while !rest.is_empty() {
        let gain = |candidate: &usize| {
            let covered = problem.covers(*candidate);
            rest.iter().filter(|element| covered.binary_search(element).is_ok()).count()
        };
        let best = among.iter().copied().max_by(|one, other| {
            gain(one).cmp(&gain(other)).then_with(|| {
                if problem.is_no_worse(*one, *other) { Ordering::Greater } else { Ordering::Less }
            })
        });
        let Some((best, candidate)) =
            best.and_then(|best| Some((best, problem.candidates.get(best)?)))
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

    /// The least number of candidates that the rest needs: as many as it has elements without a candidate in
    /// common.
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
