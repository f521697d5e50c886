//! Rules that hold over the scenario suite as a whole. Each scenario by itself is a test of `scenarios`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test panics where it is wrong"
)]

mod suite;

use std::collections::{BTreeMap, BTreeSet};

use epmesh_common::{
    diagnosis::{Cause, Confidence, Evidence, State, diagnose},
    facts::SectionKind,
};
use epmesh_scenario::Scenario;

/// How many scenarios must give each cause.
const WAYS: usize = 3;

/// Microsoft's articles disagree on these, and they are never the cause alone: a note on the host and
/// among what a verdict rules out, with both texts, and no verdict of their own.
const NEVER_ALONE: [Cause; 2] = [Cause::StaticPortInsideRange, Cause::StaticPortOutsideRange];

/// Every scenario of the suite.
fn suite() -> Vec<(String, Scenario)> {
    let mut wrong = Vec::new();
    let mut all = Vec::new();
    for file in suite::files() {
        match file.read() {
            Ok(scenario) => all.push((file.name, scenario)),
            Err(problems) => wrong.push(problems),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    all
}

#[test]
fn awaited_names_scenarios_that_exist() {
    let names: BTreeSet<String> = suite::files().into_iter().map(|file| file.name).collect();
    let awaited = suite::awaited();
    let unknown: Vec<&String> = awaited.difference(&names).collect();
    assert!(unknown.is_empty(), "awaited.txt names what is not there: {unknown:?}");
}

#[test]
fn the_same_facts_give_the_same_verdict() {
    for (name, scenario) in suite() {
        let first = diagnose(&scenario.evidence(), scenario.at());
        let again = diagnose(&scenario.evidence(), scenario.at());
        assert_eq!(first, again, "{name}");
        let mut turned = scenario.evidence();
        turned.observations.reverse();
        let turned = diagnose(&turned, scenario.at());
        assert_eq!((turned.state, turned.cause), (first.state, first.cause), "{name}, reversed");
    }
}

/// What every remedy keeps to: the commands are the same in a command prompt and in PowerShell, where `sc`
/// is Set-Content and braces are code; what deletes a record that may be right comes after the question
/// whether it is; the last step looks again.
#[test]
fn every_remedy_can_be_followed_step_by_step() {
    let mut wrong = Vec::new();
    let mut deletions = 0;
    for (name, scenario) in suite() {
        let verdict = diagnose(&scenario.evidence(), scenario.at());
        if !matches!(verdict.state, State::Failing | State::Latent) {
            continue;
        }
        let (before, last) = verdict.remedy.split_at(verdict.remedy.len().saturating_sub(1));
        if !last.iter().any(|step| step.starts_with("then check: epmesh diagnose ")) {
            wrong.push(format!("{name}: the last step does not look again: {last:?}"));
        }
        let mut is_asked = verdict.confidence == Confidence::Proven;
        for step in before {
            is_asked |= step.contains("make sure") || step.contains("unless it leads to");
            let deletes = step.contains("/RecordDelete") || step.contains("dns delete");
            deletions += usize::from(deletes);
            // A further fault that is told without "unless" is proven by itself.
            let is_sure = step.starts_with("also wrong: ");
            if deletes && !is_asked && !is_sure {
                wrong.push(format!("{name}: nobody asked whether it is right: {step}"));
            }
            let words: Vec<&str> = step.split([' ', '(']).collect();
            if words.contains(&"sc") || step.contains(['{', '}']) {
                wrong.push(format!("{name}: means something else in PowerShell: {step}"));
            }
        }
    }
    assert!(deletions > 10, "{deletions}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a look on demand asks both ends for is what the verdict is made of: nothing else changes any, and
/// each section changes one.
#[test]
fn a_look_asks_for_all_that_a_verdict_is_made_of() {
    let suite = suite();
    let destination = |evidence: &mut Evidence, kind| evidence.destination.remove(kind);
    let source = |evidence: &mut Evidence, kind| evidence.source.remove(kind);
    type Take<'a> = &'a dyn Fn(&mut Evidence, SectionKind);
    let ends: [(&str, Take<'_>, &[SectionKind]); 2] = [
        ("destination", &destination, &Evidence::OF_DESTINATION),
        ("source", &source, &Evidence::OF_SOURCE),
    ];
    let mut wrong = Vec::new();
    for (end, take, asked) in ends {
        for kind in SectionKind::ALL {
            let changed = suite.iter().find(|(_, scenario)| {
                let mut evidence = scenario.evidence();
                let whole = diagnose(&evidence, scenario.at());
                take(&mut evidence, kind);
                diagnose(&evidence, scenario.at()) != whole
            });
            match changed {
                Some((name, _)) if !asked.contains(&kind) => {
                    wrong.push(format!(
                        "{kind} of the {end} is not asked for; {name} depends on it"
                    ));
                }
                None if asked.contains(&kind) => {
                    wrong.push(format!(
                        "{kind} of the {end} is asked for, and no verdict depends on it"
                    ));
                }
                _ => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each cause is given at least three times, and at least once nearly.
#[test]
fn every_cause_has_three_scenarios_and_a_near_miss() {
    let all = suite();
    let mut given: BTreeMap<Cause, usize> = BTreeMap::new();
    let mut missed: BTreeMap<Cause, usize> = BTreeMap::new();
    for (_, scenario) in &all {
        if let Some(cause) = scenario.expect.cause {
            *given.entry(cause).or_default() += 1;
        }
        for cause in scenario.expect.ruled_out.iter().filter(|cause| NEVER_ALONE.contains(cause)) {
            *given.entry(*cause).or_default() += 1;
        }
        for cause in &scenario.expect.not {
            *missed.entry(*cause).or_default() += 1;
        }
    }
    let mut wrong = Vec::new();
    for cause in Cause::ALL {
        let (given, missed) =
            (given.get(cause).copied().unwrap_or(0), missed.get(cause).copied().unwrap_or(0));
        if given < WAYS {
            wrong.push(format!("{cause}: given by {given} scenarios, {WAYS} are wanted"));
        }
        if missed == 0 {
            wrong.push(format!("{cause}: no near miss (`not = [\"{cause}\"]`)"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A folder is called by the cause that is in question there.
#[test]
fn every_folder_is_called_by_a_cause_that_its_scenarios_are_about() {
    for (name, scenario) in suite() {
        let folder = name.split('/').next().unwrap_or_default();
        let given = scenario.expect.cause.map(|cause| cause.to_string());
        let not = scenario.expect.not.iter().map(ToString::to_string);
        let out = scenario.expect.ruled_out.iter().map(ToString::to_string);
        let about: Vec<String> = given.into_iter().chain(not).chain(out).collect();
        assert!(about.iter().any(|cause| cause == folder), "{name}: {about:?}");
    }
}
