//! Machines that one part of a file names and another one knows by their GUID alone: `repadmin /syncall` writes
//! `GUID._msdcs.FOREST`, and a report above it the name beside the GUID.

use std::collections::HashMap;

use uuid::Uuid;

use super::told::{Party, Report, Told};

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
