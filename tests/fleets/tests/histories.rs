//! Some hours of random fleets: faults that come, go and come again, what operators say, restarts of the
//! coordinator, agents that are away. `tests/campaign histories` plays a thousand days.

#![allow(clippy::expect_used, reason = "a test panics where it is wrong")]

use epmesh_fleets::history::{Outcome, Plot, play};

const HISTORIES: u64 = 3;
const HOURS: u64 = 5;

/// Plays histories beside each other, and expects that nothing is wrong in them.
fn played(seeds: std::ops::Range<u64>, plot: Plot) -> Outcome {
    let mut total = Outcome::default();
    std::thread::scope(|scope| {
        let played: Vec<_> =
            seeds.map(|seed| scope.spawn(move || play(seed, HOURS, plot, false))).collect();
        for one in played {
            total.add(one.join().expect("a history is played to its end"));
        }
    });
    let told: Vec<String> =
        total.violations.iter().map(|it| format!("{:?} {it}", it.wrong)).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
    total
}

#[test]
fn whatever_comes_and_goes_the_open_incidents_are_the_faults_that_stand() {
    let total = played(0..HISTORIES, Plot::Any);
    // What a history is worth: faults strike, evidence decides them, and it is quiet often enough.
    let Outcome { faults, decided, checks, restarts, words, events, .. } = total;
    println!("{faults} faults, {decided} decided, {checks} quiet moments");
    assert!(faults >= 10 && decided * 2 >= faults && checks > 60, "{total:?}");
    assert!(restarts > 0 && words > 0 && events > faults, "{total:?}");
}

/// What happened in the lab, and left an incident open for good.
#[test]
fn records_that_come_one_after_the_other_are_one_incident_each_and_all_end() {
    let Outcome { faults, decided, .. } = played(0..2, Plot::Records);
    // Some are gone before all have looked.
    assert!(faults >= 8 && decided * 3 >= faults, "{faults} faults, {decided} decided");
}
