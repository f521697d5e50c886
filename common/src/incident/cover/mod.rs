//! The smallest set of candidates that covers everything, none of which claims more than it has to.
//!
//! Set cover is hard in general and easy here: most links have few candidates, and most of these lose to a
//! better one at once. What is left after that is searched completely, within a bound; past the
//! bound the best solution found so far is taken.

mod narrow;
mod problem;
mod search;
mod solution;
#[cfg(test)]
mod tests;

pub(super) use self::solution::Candidate;
use self::{narrow::narrow, problem::Problem, search::fewest};

/// The best set of candidates that covers all `elements` that any candidate covers; indices in
/// ascending order. An element that one of them covers does not justify a larger one beside it.
pub(super) fn cover(elements: usize, candidates: &[Candidate]) -> Vec<usize> {
    let mut problem = Problem::new(elements, candidates);
    problem.reduce();
    let mut chosen = fewest(&problem);
    narrow(&problem, &mut chosen);
    chosen.sort_unstable();
    chosen
}
