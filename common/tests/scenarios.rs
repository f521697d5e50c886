//! The scenario suite: every file under `tests/scenarios` is a test, named by its path.
//!
//! `cargo test -p epmesh-common --test scenarios dns-a-stale/secondary-only` runs one of them.

#![allow(clippy::expect_used, clippy::panic, reason = "a test panics where it is wrong")]

mod suite;

use epmesh_common::diagnosis::diagnose;
use libtest_mimic::{Arguments, Failed, Trial};

fn main() {
    let awaited = suite::awaited();
    let trials = suite::files().into_iter().map(|file| {
        let is_awaited = awaited.contains(&file.name);
        Trial::test(file.name.clone(), move || gets_its_verdict(&file, is_awaited))
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

/// The engine says what the scenario expects; of one in `awaited.txt` it does not yet.
fn gets_its_verdict(file: &suite::File, is_awaited: bool) -> Result<(), Failed> {
    let scenario = file.read()?;
    let verdict = diagnose(&scenario.evidence(), scenario.at());
    let differences = scenario.differences(&verdict);
    match (differences.is_empty(), is_awaited) {
        (false, false) => Err(format!("{}:\n{}", scenario.title, differences.join("\n")).into()),
        (true, true) => Err("as expected by now; take it off awaited.txt".into()),
        _ => Ok(()),
    }
}
