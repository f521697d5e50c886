//! Random fleets with faults of known truth: what the engine makes of them, and that telling the
//! same fleet in another way changes no verdict. `tests/campaign fleets` plays ten thousand.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test panics where it is wrong"
)]

use std::{collections::BTreeMap, sync::OnceLock};

use epmesh_common::diagnosis::{Cause, Confidence, Side, State};
use epmesh_fleets::{
    MissKind, Naming, Played, Score, Variant, drawn, fault::Fault, kind::Kind, on_threads, play,
    score, situation::Situation,
};

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

/// Smaller still: these are told in seven ways.
const TINY: Variant = Variant { most: Some(4), ..SMALL };

/// The fleets that are told in two ways: one with each kind of fault, and some as the dice say.
fn fleets() -> Vec<(u64, Variant)> {
    let with = |kind| {
        let variant = Variant { kind: Some(kind), faults: Some(1), ..TINY };
        let seed = (1000..).find(|seed| !drawn(*seed, variant).1.is_empty());
        (seed.expect("some fleet has a place for it"), variant)
    };
    let random = (2000..2004).map(|seed| (seed, TINY));
    Kind::ALL.into_iter().map(with).chain(random).collect()
}

/// What is said of each link, and the sort of culprit that is named.
type Said = (State, Cause, Side, Confidence, Option<String>);
type AllSaid = Vec<((usize, usize), Said)>;

fn said(played: &Played) -> AllSaid {
    let all = played.last.iter().map(|(link, it)| {
        let culprit = it.culprit.as_ref().map(|culprit| culprit.text().kind);
        (*link, (it.state, it.cause, it.side, it.confidence, culprit))
    });
    all.collect()
}

/// Each of the fleets as it is told first, with what is said of it: played once for all tests.
fn told() -> &'static [(u64, Variant, Played, AllSaid)] {
    static TOLD: OnceLock<Vec<(u64, Variant, Played, AllSaid)>> = OnceLock::new();
    TOLD.get_or_init(|| {
        let each = |(seed, variant)| {
            let played = play(seed, variant);
            let said = said(&played);
            (seed, variant, played, said)
        };
        fleets().into_iter().map(each).collect()
    })
}

/// Tells the fleets in another way, which has to be another one, and compares what is said.
fn told_otherwise(
    otherwise: impl Fn(Variant) -> Variant,
    is_other: impl Fn(&Played, &Played) -> bool,
) {
    let (mut compared, mut others) = (0, 0);
    for (seed, variant, one, before) in told() {
        let variant = otherwise(*variant);
        let other = play(*seed, variant);
        others += usize::from(is_other(one, &other));
        // Who reads a whole endpoint map is chosen by name, and nobody else can see that long packets are lost.
        let is_seen = |link: &(usize, usize)| {
            let loses = one.world.loses_large(link.0, link.1).is_some();
            !loses || one.whole.contains(link) == other.whole.contains(link)
        };
        let seen = |all: &AllSaid| -> AllSaid {
            all.iter().filter(|(link, _)| is_seen(link)).cloned().collect()
        };
        assert_eq!(seen(before), seen(&said(&other)), "seed {seed}, {variant:?}");
        compared += before.iter().filter(|(_, said)| said.0 != State::Healthy).count();
    }
    assert!(compared > told().len(), "the fleets have no findings to compare");
    // Of few agents hardly two reports come at the same time.
    assert!(others * 8 > told().len(), "only {others} of the fleets are told in another way");
}

#[test]
fn other_names_change_no_verdict() {
    told_otherwise(
        |it| Variant { naming: Naming::Other, ..it },
        |one, other| one.world.dcs[0].name != other.world.dcs[0].name,
    );
}

#[test]
fn the_order_of_reports_changes_no_verdict() {
    told_otherwise(|it| Variant { other_order: true, ..it }, |one, other| one.order != other.order);
}

#[test]
fn another_time_of_day_changes_no_verdict() {
    let later_ms = 86_400_000 * 45 + 12_345;
    told_otherwise(|it| Variant { later_ms, ..it }, |one, other| one.now < other.now);
}

#[test]
fn other_clocks_of_the_agents_change_no_verdict() {
    let ahead =
        |played: &Played| -> Vec<i64> { played.world.dcs.iter().map(|dc| dc.ahead_ms).collect() };
    told_otherwise(
        |it| Variant { clocks_mirrored: true, ..it },
        |one, other| ahead(one) != ahead(other),
    );
}

#[test]
fn a_report_that_comes_twice_changes_no_verdict() {
    told_otherwise(
        |it| Variant { repeated: true, ..it },
        |one, other| one.order.len() < other.order.len(),
    );
}

/// One more witness may make a verdict surer and place it better; it does not make it another, and
/// what was proven stays.
#[test]
fn healthy_domain_controllers_more_change_no_verdict() {
    for (seed, variant, one, before) in told() {
        let played = play(*seed, Variant { added: 2, ..*variant });
        let other: BTreeMap<_, _> = said(&played).into_iter().collect();
        for (link, before) in before {
            // One more may read the whole endpoint map in the place of another.
            let loses = one.world.loses_large(link.0, link.1).is_some();
            if loses && one.whole.contains(link) != played.whole.contains(link) {
                continue;
            }
            let after = &other[link];
            // Which of record and balancer is wrong is open: one more may be led to the source there.
            let resets = |it: &Fault| {
                it.kind == Kind::NameBalanced
                    && it.source == link.1
                    && it.is_reset_by_balancer(link.0)
            };
            if one.faults.iter().any(resets) && before.0 == after.0 {
                continue;
            }
            let kind = variant.kind;
            let shown = format!("seed {seed}, {kind:?}, link {link:?}");
            assert_eq!((before.0, before.1), (after.0, after.1), "{shown}");
            if before.3 == Confidence::Proven {
                assert_eq!(before, after, "{shown}");
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
fn two_faults_stand_on_one_source_and_hosts_behind_address_translation() {
    let fleets: Vec<_> = (0..200).map(|seed| drawn(seed, SMALL)).collect();
    let pairs = fleets.iter().filter(|(_, faults)| {
        faults
            .iter()
            .enumerate()
            .any(|(at, fault)| faults[..at].iter().any(|other| other.source == fault.source))
    });
    let translated =
        fleets.iter().filter(|(world, _)| world.dcs.iter().any(|dc| dc.inside.is_some()));
    let (pairs, translated) = (pairs.count(), translated.count());
    println!("of 200 fleets {pairs} with two faults on one source, {translated} with translation");
    assert!(pairs >= 3 && translated >= 3, "{pairs} and {translated}");
}

#[test]
fn causes_are_named_and_nothing_is_proven_that_is_not_so() {
    let total = short();
    let forgiven =
        |kind| matches!(kind, MissKind::NotNamed | MissKind::WrongCulprit | MissKind::NotCounted);
    let unforgivable: Vec<_> =
        total.misses.iter().filter(|miss| !forgiven(miss.kind)).take(5).collect();
    assert!(unforgivable.is_empty(), "{unforgivable:#?}");
    assert!(total.right * 100 >= total.decidable * 99, "{:#?}", total.misses);
    let is_decided = |score: &Score, kind| {
        score.kinds.get(&kind).is_some_and(|[_, decided, named]| *decided > 0 && named == decided)
    };
    // A rare kind that the dice left out is asked for.
    let is_so_alone = |kind| {
        let variant = Variant { kind: Some(kind), faults: Some(1), ..SMALL };
        (3000..3040).any(|seed| is_decided(&score(seed, &play(seed, variant)), kind))
    };
    let idle: Vec<_> = (Kind::ALL.into_iter())
        .filter(|kind| total.kinds.get(kind).is_none_or(|[_, decided, _]| *decided == 0))
        .filter(|kind| !is_so_alone(*kind))
        .collect();
    assert!(idle.is_empty(), "no evidence ever decides {idle:?}");
    assert!(total.counted * 1000 >= total.fleets * 995, "{:#?}", total.misses);
}

#[test]
fn each_situation_comes_up_and_is_decided() {
    // A rare one that the dice left out is asked for.
    let is_so_alone = |situation: Situation| {
        let kind = situation.comes_of();
        let variant = Variant { kind, faults: Some(1), ..SMALL };
        (4000..4300)
            .any(|seed| score(seed, &play(seed, variant)).situations.contains_key(&situation))
    };
    let never: Vec<_> = (Situation::ALL.into_iter())
        .filter(|it| !short().situations.contains_key(it) && !is_so_alone(*it))
        .collect();
    assert!(never.is_empty(), "nothing is ever decided in {never:?}");
}

/// The short form of the campaign, played once for all tests.
fn short() -> &'static Score {
    static SHORT: OnceLock<Score> = OnceLock::new();
    SHORT.get_or_init(|| total(0..200))
}

/// On all cores.
fn total(seeds: std::ops::Range<u64>) -> Score {
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let one = |total: &mut Score, seed| total.add(score(seed, &play(seed, SMALL)));
    on_threads(seeds, threads as u64, one, Score::add)
}
