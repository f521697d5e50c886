//! As good as trying everything, and the same whatever things are called.

use std::cmp::Ordering;

use super::{solution::Solution, *};

/// Small numbers without end, from a seed (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % most
    }
}

/// Every subset, and the best by the same order.
fn by_force(elements: usize, candidates: &[Candidate]) -> Vec<usize> {
    let all: Vec<usize> =
        (0..elements).filter(|e| candidates.iter().any(|c| c.covers.contains(e))).collect();
    let mut best: Option<Solution> = None;
    for subset in 0_u32..(1 << candidates.len()) {
        let mut solution = Solution::default();
        for (index, candidate) in candidates.iter().enumerate() {
            if subset & (1 << index) != 0 {
                solution = solution.with(index, candidate);
            }
        }
        let covered =
            |e: &usize| solution.chosen.iter().any(|index| candidates[*index].covers.contains(e));
        if all.iter().all(covered)
            && best.as_ref().is_none_or(|best| solution.order(best) == Ordering::Less)
        {
            best = Some(solution);
        }
    }
    best.expect("all of them cover everything").chosen
}

#[test]
fn as_good_as_trying_everything() {
    let mut numbers = Numbers(1753);
    for round in 0..600 {
        let elements = 1 + numbers.below(9) as usize;
        let candidates: Vec<Candidate> = (0..1 + numbers.below(11))
            .map(|_| {
                let density = 2 + numbers.below(4);
                let covers = (0..elements).filter(|_| numbers.below(density) == 0).collect();
                Candidate { covers, rank: numbers.below(4) as u8 }
            })
            .collect();
        let expected = by_force(elements, &candidates);
        let mut problem = Problem::new(elements, &candidates);
        problem.reduce();
        assert_eq!(fewest(&problem), expected, "round {round}: {candidates:?}");
        is_as_small_and_whole(&cover(elements, &candidates), &expected, &candidates);
    }
}

fn is_as_small_and_whole(tight: &[usize], fewest: &[usize], candidates: &[Candidate]) {
    assert_eq!(tight.len(), fewest.len(), "{candidates:?}");
    let all = |chosen: &[usize]| {
        let covers = chosen.iter().flat_map(|index| candidates[*index].covers.iter());
        covers.copied().collect::<std::collections::BTreeSet<usize>>()
    };
    assert_eq!(all(tight), all(fewest), "{candidates:?}");
    let claims = |chosen: &[usize]| -> usize {
        chosen.iter().map(|index| candidates[*index].covers.len()).sum()
    };
    assert!(claims(tight) <= claims(fewest), "{candidates:?}");
}

/// Candidates and elements in another order: as after domain controllers were given other names.
fn shuffled(numbers: &mut Numbers, elements: usize, candidates: &[Candidate]) -> Vec<Candidate> {
    let mut places: Vec<usize> = (0..elements).collect();
    for place in (1..elements).rev() {
        places.swap(place, numbers.below(place as u64 + 1) as usize);
    }
    let moved = |candidate: &Candidate| {
        let mut covers: Vec<usize> = candidate.covers.iter().map(|e| places[*e]).collect();
        covers.sort_unstable();
        Candidate { covers, rank: candidate.rank }
    };
    let mut other: Vec<Candidate> = candidates.iter().map(moved).collect();
    for place in (1..other.len()).rev() {
        other.swap(place, numbers.below(place as u64 + 1) as usize);
    }
    other
}

/// What is claimed in all, and by what sort of candidates.
fn claims(chosen: &[usize], candidates: &[Candidate]) -> Vec<(usize, u8)> {
    let claim = |index: &usize| (candidates[*index].covers.len(), candidates[*index].rank);
    let mut claims: Vec<(usize, u8)> = chosen.iter().map(claim).collect();
    claims.sort_unstable();
    claims
}

#[test]
fn other_names_give_as_many_that_claim_as_much() {
    let mut numbers = Numbers(2087);
    let (mut same, mut other) = (0, 0);
    for round in 0..3_000 {
        let elements = 2 + numbers.below(10) as usize;
        let candidates: Vec<Candidate> = (0..2 + numbers.below(12))
            .map(|_| {
                let density = 2 + numbers.below(4);
                let covers = (0..elements).filter(|_| numbers.below(density) == 0).collect();
                Candidate { covers, rank: numbers.below(4) as u8 }
            })
            .collect();
        let first = cover(elements, &candidates);
        let again = shuffled(&mut numbers, elements, &candidates);
        let second = cover(elements, &again);
        assert_eq!(first.len(), second.len(), "round {round}");
        let (one, two) = (claims(&first, &candidates), claims(&second, &again));
        *(if one == two { &mut same } else { &mut other }) += 1;
    }
    // What is left are sets that are as good by all that can be said of them without names.
    assert!(other * 50 < same, "{other} of {same}");
}

/// All links from one source fail, and one to it: that one is a way of its own, and not the way
/// in both directions, whose other one the source explains.
#[test]
fn what_another_explains_is_not_claimed() {
    let candidates = [
        Candidate { covers: vec![0, 1, 2, 3], rank: 14 },
        Candidate { covers: vec![3, 4], rank: 16 },
        Candidate { covers: vec![4], rank: 7 },
    ];
    assert_eq!(cover(5, &candidates), [0, 2]);
    // Where nothing else explains the other direction, it is the way in both.
    assert_eq!(cover(5, &candidates[1..]), [0]);
}

#[test]
fn four_hundred_links_of_one_service() {
    let mut candidates = vec![Candidate { covers: (0..400).collect(), rank: 0 }];
    candidates.extend((0..400).map(|e| Candidate { covers: vec![e], rank: 9 }));
    assert_eq!(cover(400, &candidates), [0]);
}

#[test]
fn a_large_tangle_is_covered_within_the_bound() {
    let mut numbers = Numbers(7);
    let elements = 300;
    let candidates: Vec<Candidate> = (0..200)
        .map(|_| Candidate {
            covers: (0..elements).filter(|_| numbers.below(20) == 0).collect(),
            rank: numbers.below(5) as u8,
        })
        .collect();
    let chosen = cover(elements, &candidates);
    let coverable = (0..elements).filter(|e| candidates.iter().any(|c| c.covers.contains(e)));
    for element in coverable {
        assert!(chosen.iter().any(|c| candidates[*c].covers.contains(&element)), "{element}");
    }
    assert_eq!(cover(elements, &candidates), chosen);
}
