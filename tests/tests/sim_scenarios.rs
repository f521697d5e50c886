//! Every scenario end to end: real agents on simulated domain controllers, a real coordinator.
#![cfg(test)]

use std::time::Instant;

use epmesh_common::diagnosis::{Cause, Confidence, State};
use epmesh_tests::sim::{Forest, Scenario};

/// One forest for all of them: each must heal completely for the next to be judged right.
#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_is_named_and_heals() {
    let mut forest = Forest::start(3).await.expect("the forest starts and is healthy");
    let mut wrong = Vec::new();
    for scenario in Scenario::ALL {
        let began = Instant::now();
        forest.fault(scenario).await.expect("it can be broken");
        let verdict = forest.broken(scenario).await.expect("there is a verdict");
        let found = (verdict.state, verdict.cause, verdict.side);
        let expected = (scenario.state(), scenario.cause(), scenario.side());
        println!("{scenario}: {found:?} {:?} in {:?}", verdict.confidence, began.elapsed());
        if found != expected {
            wrong.push(format!("{scenario}: {expected:?} expected, {verdict:#?}"));
        } else {
            assert!(verdict.culprit.is_some(), "{scenario} names no culprit");
            assert_ne!(verdict.confidence, Confidence::Possible, "{scenario}");
        }
        forest.heal().await.expect("it can be healed");
        let verdict = forest.healed().await.expect("there is a verdict");
        if (verdict.state, verdict.cause) != (State::Healthy, Cause::Healthy) {
            wrong.push(format!("{scenario} does not heal: {verdict:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    forest.all_healthy().await.expect("nothing is left of the faults");
    forest.stop().await.expect("everything ends without an error");
}
