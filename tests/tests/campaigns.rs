//! Campaigns in small: the benchmarks run to their end, so that they are there when somebody wants their figures.

#![allow(clippy::expect_used, reason = "a test that cannot run a program is a failed test")]

use std::process::Command;

/// The output of a program that ends well.
fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().expect("the program runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// `tests/campaign speed` has ten thousand domain controllers; this has fifty-one.
#[test]
fn speed_measures_judging_and_grouping() {
    let arguments = ["--forests", "1", "--links", "10", "--deaths", "1"];
    let printed = output(env!("CARGO_BIN_EXE_epmesh-speed"), &arguments);
    for part in ["51 domain controllers, 2550 links", "links from scratch", "a report that touches"]
    {
        assert!(printed.contains(part), "{part:?} is not in\n{printed}");
    }
}

/// `tests/campaign sweep` has a thousand peers.
#[test]
#[cfg(target_os = "linux")]
fn a_sweep_sees_every_peer_whole() {
    let printed = output(env!("CARGO_BIN_EXE_epmesh-sweep"), &["sweep", "3"]);
    assert!(printed.contains("3, 3 of them seen whole"), "{printed}");
}
