//! The cases that every rule is held against: the scenario suite, and each scenario with a part of its evidence taken
//! away, as when an agent is not there or could not read something.

use std::{collections::BTreeSet, sync::LazyLock};

use epmesh_common::diagnosis::{Evidence, diagnose};
use epmesh_common::facts::SectionKind;

use crate::judged::{JUDGED, Judged};

/// The suite, and what is left of each scenario without a part of its evidence.
static CASES: LazyLock<Vec<Judged>> = LazyLock::new(|| {
    let mut all = Vec::new();
    for case in &*JUDGED {
        all.push(case.clone());
        for (what, evidence) in reduced(&case.evidence) {
            let verdict = diagnose(&evidence, case.at);
            all.push(Judged {
                name: format!("{} without {what}", case.name),
                at: case.at,
                evidence,
                verdict,
            });
        }
    }
    all
});

/// The evidence without each of its parts.
fn reduced(whole: &Evidence) -> Vec<(String, Evidence)> {
    let mut all = Vec::new();
    let mut add = |what: String, change: &dyn Fn(&mut Evidence)| {
        let mut evidence = whole.clone();
        change(&mut evidence);
        if evidence != *whole {
            all.push((what, evidence));
        }
    };
    let destination = &whole.link.destination;
    for kind in SectionKind::ALL {
        add(format!("{kind} of the destination"), &|evidence| evidence.destination.remove(kind));
        add(format!("{kind} of the source"), &|evidence| evidence.source.remove(kind));
    }
    add("the destination's word".to_owned(), &|evidence| {
        SectionKind::ALL.into_iter().for_each(|kind| evidence.destination.remove(kind));
    });
    add("the source's word".to_owned(), &|evidence| {
        SectionKind::ALL.into_iter().for_each(|kind| evidence.source.remove(kind));
    });
    add("owners".to_owned(), &|evidence| evidence.owners.clear());
    add("registrations".to_owned(), &|evidence| evidence.registrations.clear());
    add("the destination's look".to_owned(), &|evidence| {
        evidence.observations.retain(|look| look.witness != *destination);
    });
    add("other witnesses".to_owned(), &|evidence| {
        evidence.observations.retain(|look| look.witness == *destination);
    });
    all
}

/// Checks a rule over every case. `check` gives what is wrong and counts what it looked at: a rule that meets nothing
/// checks nothing.
pub(crate) fn holds(least: usize, mut check: impl FnMut(&Judged, &mut usize) -> Vec<String>) {
    /// What one error of a kind tells, a hundred of them tell as well.
    const SHOWN: usize = 60;
    let mut met = 0;
    let mut wrong = Vec::new();
    for case in &*CASES {
        let found = check(case, &mut met);
        let scenario = case.name.split(" without ").next().unwrap_or_default();
        let said = |what| (scenario.to_owned(), format!("{}: {what}", case.name));
        wrong.extend(found.into_iter().map(said));
    }
    let mut told = BTreeSet::new();
    let is_new = |(scenario, _): &&(String, String)| told.insert(scenario.clone());
    let shown: Vec<String> =
        wrong.iter().filter(is_new).take(SHOWN).map(|(_, what)| what.clone()).collect();
    assert!(
        wrong.is_empty(),
        "{} wrong, of each scenario the first:\n{}",
        wrong.len(),
        shown.join("\n")
    );
    assert!(met >= least, "met {met} times only");
}
