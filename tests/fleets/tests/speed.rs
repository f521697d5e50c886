//! `epmesh-speed` in small: it runs to its end, so that its figures are there when somebody wants them.

#![allow(clippy::expect_used, reason = "a test that cannot run a program is a failed test")]

use std::process::Command;

/// `tests/campaign speed` has ten thousand domain controllers; this has fifty-one.
#[test]
fn it_measures_judging_and_grouping() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_epmesh-speed"));
    program.args(["--forests", "1", "--links", "10", "--deaths", "1"]);
    let output = program.output().expect("the program runs");
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8(output.stdout).expect("text");
    for part in ["51 domain controllers, 2550 links", "links from scratch", "a report that touches"]
    {
        assert!(printed.contains(part), "{part:?} is not in\n{printed}");
    }
}
