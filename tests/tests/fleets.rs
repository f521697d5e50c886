//! Random fleets with faults of known truth: what the engine makes of them, and that telling the
//! same fleet in another way changes no verdict. `tests/campaign fleets` plays ten thousand.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test panics where it is wrong"
)]

use epmesh_common::diagnosis::{Cause, Confidence, Side, State};
use epmesh_tests::fleets::{MissKind, Naming, Played, Score, Variant, play, score};

/// Small, so that it takes seconds without optimisation.
const SMALL: Variant = Variant {
    naming: Naming::Plain,
    other_order: false,
    added: 0,
    later_ms: 0,
    clocks_mirrored: false,
    repeated: false,
    faults: None,
    kind: None,
    most: Some(7),
};

/// The fleets that are told in two ways.
const SEEDS: std::ops::Range<u64> = 1000..1006;

type Said = (State, Cause, Side, Confidence);

fn said(played: &Played) -> Vec<((usize, usize), Said)> {
    let all = played.last.iter();
    all.map(|(link, it)| (*link, (it.state, it.cause, it.side, it.confidence))).collect()
}

/// Tells the fleets in another way, which has to be another one, and compares what is said.
fn told_otherwise(variant: Variant, is_other: impl Fn(&Played, &Played) -> bool) {
    let (mut compared, mut others) = (0, 0);
    for seed in SEEDS {
        let (one, other) = (play(seed, SMALL), play(seed, variant));
        others += usize::from(is_other(&one, &other));
        let (one, other) = (said(&one), said(&other));
        assert_eq!(one, other, "seed {seed}, {variant:?}");
        compared += one.iter().filter(|(_, said)| said.0 != State::Healthy).count();
    }
    assert!(compared > 0, "no fleet had a finding to compare");
    assert!(others > 0, "{variant:?} tells every fleet in the same way");
}

#[test]
fn other_names_change_no_verdict() {
    told_otherwise(Variant { naming: Naming::Other, ..SMALL }, |one, other| {
        one.world.dcs[0].name != other.world.dcs[0].name
    });
}

#[test]
fn the_order_of_reports_changes_no_verdict() {
    told_otherwise(Variant { other_order: true, ..SMALL }, |one, other| one.order != other.order);
}

#[test]
fn another_time_of_day_changes_no_verdict() {
    let later_ms = 86_400_000 * 45 + 12_345;
    told_otherwise(Variant { later_ms, ..SMALL }, |one, other| one.now < other.now);
}

#[test]
fn other_clocks_of_the_agents_change_no_verdict() {
    let ahead =
        |played: &Played| -> Vec<i64> { played.world.dcs.iter().map(|dc| dc.ahead_ms).collect() };
    told_otherwise(Variant { clocks_mirrored: true, ..SMALL }, |one, other| {
        ahead(one) != ahead(other)
    });
}

#[test]
fn a_report_that_comes_twice_changes_no_verdict() {
    told_otherwise(Variant { repeated: true, ..SMALL }, |one, other| {
        one.order.len() < other.order.len()
    });
}

/// One more witness may make a verdict surer and place it better; it does not make it another, and
/// what was proven stays.
#[test]
fn healthy_domain_controllers_more_change_no_verdict() {
    for seed in SEEDS {
        let (one, other) = (play(seed, SMALL), play(seed, Variant { added: 2, ..SMALL }));
        let other: std::collections::BTreeMap<_, _> = said(&other).into_iter().collect();
        for (link, before) in said(&one) {
            let after = other[&link];
            assert_eq!((before.0, before.1), (after.0, after.1), "seed {seed}, link {link:?}");
            if before.3 == Confidence::Proven {
                assert_eq!(before, after, "seed {seed}, link {link:?}");
            }
        }
    }
}

/// What the generator itself is worth: faults are put in, and mostly such that evidence decides.
#[test]
fn faults_are_put_in_and_can_be_decided() {
    let total = total(0..16);
    assert!(total.faults > 8 && total.decidable * 2 > total.faults, "{total:?}");
    assert!(total.right > 0 && total.healthy_fleets > 0, "{total:?}");
}

#[test]
fn causes_are_named_and_nothing_is_proven_that_is_not_so() {
    let total = total(0..200);
    let forgiven =
        |kind| matches!(kind, MissKind::NotNamed | MissKind::WrongCulprit | MissKind::NotCounted);
    let unforgivable: Vec<_> =
        total.misses.iter().filter(|miss| !forgiven(miss.kind)).take(5).collect();
    assert!(unforgivable.is_empty(), "{unforgivable:#?}");
    assert!(total.right * 100 >= total.decidable * 99, "{:#?}", total.misses);
    assert!(total.counted * 1000 >= total.fleets * 995, "{:#?}", total.misses);
}

/// On all cores.
fn total(seeds: std::ops::Range<u64>) -> Score {
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let seeds: Vec<u64> = seeds.collect();
    let part = |seeds: &[u64]| {
        let mut total = Score::default();
        seeds.iter().for_each(|seed| total.add(score(*seed, &play(*seed, SMALL))));
        total
    };
    std::thread::scope(|scope| {
        let parts = seeds.chunks(seeds.len().div_ceil(threads).max(1));
        let parts: Vec<_> = parts.map(|seeds| scope.spawn(move || part(seeds))).collect();
        let mut total = Score::default();
        for part in parts {
            total.add(part.join().expect("a fleet is played to its end"));
        }
        total
    })
}
