//! What stands in a report more than once. A failure that is said again counts once: the summary at the end of
//! `repadmin /showrepl`, the list behind the messages of `/syncall`.
//!
//! Machines that one part of a file names and another one knows by their GUID alone: `repadmin /syncall` writes
//! `GUID._msdcs.FOREST`, and a report above it the name beside the GUID.

use std::collections::HashMap;

use uuid::Uuid;

use super::{
    outcome::Outcome,
    told::{Party, Report, Told, Tool},
};

/// What two rows have alike that may tell of one failure.
#[derive(PartialEq, Eq, Hash)]
struct Failure {
    tool: Tool,
    destination: Option<Party>,
    source: Option<Party>,
    code: Option<i64>,
}

/// Gives the lines of a failure that is said again to the row that says it first.
pub(super) fn once(report: &mut Report) {
    let mut first: HashMap<Failure, Vec<usize>> = HashMap::new();
    let mut again: Vec<(usize, usize)> = Vec::new();
    for (at, told) in report.told.iter().enumerate() {
        let repeats = matches!(told.tool, Tool::Showrepl | Tool::Repadmin);
        if !repeats || told.outcome != Outcome::Failed {
            continue;
        }
        let bare = |party: &Option<Party>| {
            let party = party.as_ref()?;
            let name = party.name.as_ref().map(|name| name.to_lowercase());
            // A summary has no GUIDs, and a message of /syncall no names.
            let dsa_guid = party.dsa_guid.filter(|_| name.is_none());
            Some(Party { name, site: None, dsa_guid })
        };
        let key = Failure {
            tool: told.tool,
            destination: bare(&told.destination),
            source: bare(&told.source),
            code: told.code,
        };
        let held = first.entry(key).or_default();
        let named = told.source.is_some();
        let same = held.iter().copied().take(MAX_ALIKE).find(|place| {
            report.told.get(*place).is_some_and(|before| named && says_again(before, told))
        });
        match same {
            Some(place) => again.push((at, place)),
            None => held.push(at),
        }
    }
    for (at, place) in &again {
        let lines = report.told.get_mut(*at).map(|told| std::mem::take(&mut told.lines));
        if let Some(row) = report.told.get_mut(*place) {
            row.lines.extend(lines.unwrap_or_default());
            row.lines.sort_unstable();
            row.lines.dedup();
        }
    }
    let mut gone = again.into_iter().map(|(at, _)| at).peekable();
    let mut at = 0;
    report.told.retain(|_| {
        let held = gone.next_if_eq(&at).is_none();
        at += 1;
        held
    });
}

/// Says of a failed call of dcdiag that the same server passes its test further down: of a text that shows both, the
/// failure may be the older one.
pub(super) fn later(report: &mut Report) {
    let mut passed: HashMap<String, u32> = HashMap::new();
    for told in &report.told {
        let name = told.source.as_ref().and_then(|source| source.name.as_ref());
        let passes = told.tool == Tool::Dcdiag
            && told.outcome == Outcome::Succeeded
            && told.words.contains("Connectivity");
        if let (true, Some(name), Some(line)) = (passes, name, told.lines.first()) {
            passed.insert(name.to_lowercase(), *line);
        }
    }
    for told in &mut report.told {
        let call = told.tool == Tool::Dcdiag
            && told.outcome == Outcome::Failed
            && told.interface.is_some();
        let Some(name) = told.source.as_ref().and_then(|source| source.name.as_ref()) else {
            continue;
        };
        let below = passed.get(&name.to_lowercase()).filter(|line| told.lines.last() < Some(line));
        if let Some(line) = below.filter(|_| call && told.destination.is_none()) {
            told.words =
                format!("{}; below, {name} passes the test Connectivity (line {line})", told.words);
        }
    }
}

/// The most rows of one pair and error that are compared.
const MAX_ALIKE: usize = 32;

/// Whether a row tells nothing that one above has not told of the same pair and error.
fn says_again(before: &Told, told: &Told) -> bool {
    match told.tool {
        // A summary: its count or its time is one of the pair's.
        Tool::Showrepl => {
            told.naming_context.is_none()
                && told.when.is_none()
                && before.naming_context.is_some()
                && (told.failures == before.failures || told.last_success == before.last_success)
        }
        _ => told.words == before.words && told.naming_context == before.naming_context,
    }
}

/// Gives a machine its name where a row of the same report has it beside its GUID, and none another one.
pub(super) fn name(report: &mut Report) {
    let mut names: HashMap<Uuid, Option<Party>> = HashMap::new();
    for party in report.told.iter().flat_map(parties) {
        let (Some(guid), Some(name)) = (party.dsa_guid, &party.name) else { continue };
        let held = names.entry(guid).or_insert_with(|| Some(party.clone()));
        let same = held.as_ref().and_then(|held| held.name.as_ref());
        if same.is_some_and(|same| !same.eq_ignore_ascii_case(name)) {
            *held = None;
        }
    }
    if names.is_empty() {
        return;
    }
    for told in &mut report.told {
        for party in [&mut told.destination, &mut told.source].into_iter().flatten() {
            let known = party.dsa_guid.and_then(|guid| names.get(&guid)?.as_ref());
            if let Some(known) = known.filter(|_| party.name.is_none()) {
                party.clone_from(known);
            }
        }
    }
}

fn parties(told: &Told) -> impl Iterator<Item = &Party> {
    [&told.destination, &told.source].into_iter().flatten()
}
