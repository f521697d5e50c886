//! The portable demo as a user runs it.
#![cfg(test)]

use std::process::Command;

use epmesh_common::diagnosis::{Cause, Confidence, Side, State, Verdict};

fn demo(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_epmesh-demo")).args(arguments).output();
    let output = output.expect("the demo can be run");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn the_demo_breaks_a_forest_names_the_fault_and_sees_it_healed() {
    let (code, text) = demo(&["--output", "json"]);
    assert_eq!(code, Some(0), "{text}");
    let verdicts: Vec<Verdict> =
        text.lines().map(|line| serde_json::from_str(line).expect("a verdict")).collect();
    let [broken, healed] = verdicts.as_slice() else { panic!("two verdicts, not {text}") };
    let found = (broken.state, broken.cause, broken.side, broken.confidence, broken.error.code);
    let expected =
        (State::Failing, Cause::DnsAStale, Side::NameResolution, Confidence::Proven, 1753);
    assert_eq!(found, expected);
    let culprit = broken.culprit.as_ref().expect("a culprit is named").text();
    assert!(culprit.name.starts_with("A dc2.lab.test on DNS server 127."), "{}", culprit.name);
    assert!(culprit.value.contains("srv.lab.test"), "{}", culprit.value);
    assert_eq!((healed.state, healed.cause), (State::Healthy, Cause::Healthy));
}

#[test]
fn the_demo_lists_its_scenarios_and_refuses_unknown_ones() {
    let (code, text) = demo(&["--list"]);
    assert_eq!((code, text.lines().count()), (Some(0), 16));
    assert_eq!(demo(&["--scenario", "gremlins"]).0, Some(2));
    assert_eq!(demo(&["--dcs", "2"]).0, Some(2));
}
