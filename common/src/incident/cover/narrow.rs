//! Replacing candidates by smaller ones that do as well.

use super::problem::Problem;

/// Replaces each chosen candidate by the smallest one that covers what no other chosen one does. Those
/// that share most with others come first.
pub(super) fn narrow(problem: &Problem<'_>, chosen: &mut [usize]) {
    let mut covered = vec![0_usize; problem.of.len()];
    let count = |covered: &mut Vec<usize>, candidate: usize, one: fn(usize) -> usize| {
        for element in problem.covers(candidate) {
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
        problem.covers(candidate).iter().filter(times).count()
    };
    // Of two that share as much, the one that is farther from the links gives way; names decide last.
    chosen.sort_by_key(|index| {
        let candidate = problem.candidates.get(*index);
        let claims = candidate.map(|candidate| (candidate.rank, candidate.covers.len()));
        (std::cmp::Reverse((shared(&covered, *index), claims)), *index)
    });
    for candidate in chosen {
        let alone = |element: &usize| covered.get(*element) == Some(&1);
        let alone: Vec<usize> = problem.covers(*candidate).iter().copied().filter(alone).collect();
        let Some(first) = alone.first().filter(|_| shared(&covered, *candidate) > 0) else {
            continue;
        };
        let does = |other: &usize| {
            alone.iter().all(|needed| problem.covers(*other).binary_search(needed).is_ok())
        };
        let all = problem.of.get(*first).into_iter().flatten().copied().filter(does);
        let smallest = all.min_by_key(|other| {
            let rank = problem.candidates.get(*other).map(|candidate| candidate.rank);
            (problem.covers(*other).len(), rank, *other)
        });
        if let Some(smallest) = smallest
            && problem.covers(smallest).len() < problem.covers(*candidate).len()
        {
            count(&mut covered, *candidate, |times| times.saturating_sub(1));
            count(&mut covered, smallest, |times| times + 1);
            *candidate = smallest;
        }
    }
}
