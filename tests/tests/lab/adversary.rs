//! What stands between two domain controllers, or answers in place of one: healthy before, the right verdict
//! while it is there, healthy after.

mod table;

use std::time::{Duration, Instant};

use epmesh_common::diagnosis::{Cause, Confidence, State, Verdict};

use self::table::{ROWS, Row};
use crate::lab::Lab;

/// Until a verdict is sure enough to be one, and until all is well again.
const LIMIT: Duration = Duration::from_secs(60);

/// Plays all faults of the table, or those that are named. What is wrong is told at the end, all of it.
pub(crate) fn every_one_has_its_verdict(lab: &Lab, only: &[String]) {
    let mut wrong = Vec::new();
    for row in ROWS {
        if !only.is_empty() && !only.iter().any(|name| name == row.fault) {
            continue;
        }
        is_well(lab, &mut wrong, row, "before");
        lab.run(&["fault", row.fault]);
        for (destination, source) in row.broken {
            let verdict = sure(lab, destination, source);
            println!("{}: {destination} <- {source}: {}", row.fault, words(&verdict));
            if let Some(why) = why_wrong(row, &verdict) {
                let whole = serde_json::to_string_pretty(&verdict).unwrap_or_default();
                println!("{whole}");
                wrong.push(format!("{}: {}: {why}", row.fault, words(&verdict)));
            }
        }
        for (destination, source) in row.well {
            stays_well(lab, &mut wrong, row, destination, source);
        }
        lab.run(&["heal"]);
        is_well(lab, &mut wrong, row, "after");
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// The first verdict that claims a cause with more than "possible", or the last one in time.
fn sure(lab: &Lab, destination: &str, source: &str) -> Verdict {
    let begun = Instant::now();
    loop {
        let verdict = lab.diagnose(destination, source);
        let is_sure = verdict.cause != Cause::Unknown && verdict.confidence >= Confidence::Likely;
        if is_sure || begun.elapsed() > LIMIT {
            return verdict;
        }
    }
}

/// What of a verdict is not as the row says.
fn why_wrong(row: &Row, verdict: &Verdict) -> Option<String> {
    let named = culprit(verdict);
    let is_1753 = verdict.error.code == 1753;
    let checks = [
        (row.states.contains(&verdict.state), format!("the state is one of {:?}", row.states)),
        (row.causes.contains(&verdict.cause), format!("the cause is one of {:?}", row.causes)),
        (row.sides.contains(&verdict.side), format!("the side is one of {:?}", row.sides)),
        (verdict.confidence <= row.most, format!("at most {}", row.most)),
        (row.is_1753.is_none_or(|wanted| wanted == is_1753), "1753 or not".to_owned()),
        (
            row.holds.iter().all(|part| named.contains(part)),
            format!("the culprit holds {:?}", row.holds),
        ),
        (!verdict.remedy.is_empty(), "it says what to do".to_owned()),
    ];
    let missed: Vec<String> =
        checks.into_iter().filter(|(holds, _)| !holds).map(|(_, what)| what).collect();
    (!missed.is_empty()).then(|| format!("right would be: {}", missed.join("; ")))
}

/// All links are healthy in time.
fn is_well(lab: &Lab, wrong: &mut Vec<String>, row: &Row, when: &str) {
    for (destination, source) in [("dc1", "dc2"), ("dc3", "dc2"), ("dc1", "dc3")] {
        if let Some(verdict) = healthy_in_time(lab, destination, source) {
            wrong.push(format!("{}, {when}: {destination} <- {source}: {verdict}", row.fault));
        }
    }
}

/// A link that the fault leaves alone is never called anything else, but for connections that the lab itself
/// cuts when it switches a fault on: samba replicates over a new one ten seconds later.
fn stays_well(lab: &Lab, wrong: &mut Vec<String>, row: &Row, destination: &str, source: &str) {
    let first = lab.diagnose(destination, source);
    println!("{}: {destination} <- {source}: {}", row.fault, words(&first));
    let is_cut = first.cause == Cause::ReplicationRefused;
    let said = if is_cut || first.state == State::Healthy {
        healthy_in_time(lab, destination, source)
    } else {
        Some(words(&first))
    };
    if let Some(said) = said {
        wrong.push(format!("{}: {destination} <- {source} is well: {said}", row.fault));
    }
}

/// Nothing once it is healthy; what is said of it when the time is over.
fn healthy_in_time(lab: &Lab, destination: &str, source: &str) -> Option<String> {
    let begun = Instant::now();
    loop {
        let verdict = lab.diagnose(destination, source);
        if verdict.state == State::Healthy {
            return None;
        }
        if begun.elapsed() > LIMIT {
            return Some(words(&verdict));
        }
    }
}

fn culprit(verdict: &Verdict) -> String {
    verdict.culprit.as_ref().map_or_else(String::new, |named| named.text().to_string())
}

fn words(verdict: &Verdict) -> String {
    format!(
        "{} {} {} {} {}: {}",
        verdict.state,
        verdict.cause,
        verdict.side,
        verdict.confidence,
        verdict.error.code,
        culprit(verdict)
    )
}
