//! The scenario suite against the model of a Windows destination: the error that a verdict names is one that
//! comes of what the destination meets, and so is the one that a file expects. The model is the fleets' own and
//! knows nothing of the engine.

#![allow(clippy::expect_used, clippy::panic, reason = "a test panics where it is wrong")]

use std::{fs, path::Path};

use epmesh_common::diagnosis::{State, diagnose};
use epmesh_fleets::windows_client::{Difference, OfEvidence, differs, lived, scene};
use epmesh_scenario::Scenario;

/// Every file of the suite, by its path within it.
fn files() -> Vec<(String, String)> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let folder = std::env::var_os("EPMESH_SCENARIOS").map_or(own, Into::into);
    let mut found = Vec::new();
    let mut folders = vec![folder.clone()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("it can be listed") {
            let path = entry.expect("it can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "toml") {
                let name = path.strip_prefix(&folder).expect("it is below").display().to_string();
                found.push((name, fs::read_to_string(&path).expect("it can be read")));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn errors_are_those_that_a_windows_destination_reports() {
    let (mut compared, mut open, mut wrong) = (0, 0, Vec::new());
    for (name, text) in files() {
        let scenario = match Scenario::parse(&name, &text) {
            Ok(scenario) => scenario,
            Err(problems) => panic!("{name}: {problems}"),
        };
        let evidence = scenario.evidence();
        let verdict = diagnose(&evidence, scenario.at());
        let Some(around) = OfEvidence::new(&evidence, scenario.at()) else {
            open += 1;
            continue;
        };
        let lived = lived(&around);
        match differs(&lived, &verdict) {
            None => open += 1,
            Some(difference) => {
                compared += 1;
                if let Some(Difference::Error(said) | Difference::State(said)) = difference {
                    wrong.push(format!("{name}: {said}"));
                }
            }
        }
        let wanted =
            scenario.expect.error.filter(|_| scenario.expect.state == Some(State::Failing));
        let codes = lived.codes();
        if let Some(wanted) =
            wanted.filter(|code| lived.stands().is_some() && !codes.contains(code))
            && !lived.is_untried()
        {
            wrong.push(format!("{name}: expects {wanted}; model: {lived}"));
        }
    }
    println!("{compared} compared, {open} open");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn random_scenes_are_told_as_a_windows_destination_lives_through_them() {
    let count = std::env::var("EPMESH_SCENES").ok().and_then(|count| count.parse().ok());
    let (mut compared, mut open, mut refused, mut wrong) = (0, 0, 0, Vec::new());
    for seed in 0..count.unwrap_or(4000) {
        let text = scene(seed);
        // What a platform does not have, the form refuses.
        let Ok(scenario) = Scenario::parse("scene", &text) else {
            refused += 1;
            continue;
        };
        let evidence = scenario.evidence();
        let Some(around) = OfEvidence::new(&evidence, scenario.at()) else { continue };
        let verdict = diagnose(&evidence, scenario.at());
        match differs(&lived(&around), &verdict) {
            None => open += 1,
            Some(None) => compared += 1,
            Some(Some(Difference::Error(said) | Difference::State(said))) => {
                compared += 1;
                wrong.push(format!("{said}\n{text}"));
            }
        }
    }
    println!("{compared} compared, {open} open, {refused} refused, {} differ", wrong.len());
    assert!(compared > (open + refused) * 2, "most scenes cannot be compared");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
