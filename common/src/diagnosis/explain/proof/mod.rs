//! The proof: every fact that bears on the verdict, in the order of the seven steps, with its
//! witness, its time and the code behind it.

mod address;
mod item;
mod names;
mod origins;
mod own_state;
mod passwords;
mod replication;
mod settings;

use std::mem::discriminant;

use self::{
    address::{address, witnessed},
    item::item,
    names::resolve,
    origins::origins,
    own_state::own_state,
    passwords::passwords,
    replication::{own_directory, replication},
    settings::settings,
};
use super::super::{
    case::{Case, reach},
    cause::Step,
    evidence::Observed,
    verdict::EvidenceItem,
};

/// At most so many other witnesses are quoted.
const WITNESSES: usize = 5;

/// The proof: everything seen, step by step.
pub(in crate::diagnosis) fn proof(case: &Case<'_>) -> Vec<EvidenceItem> {
    let mut items = Vec::new();
    know(case, &mut items);
    resolve(case, &mut items);
    origins(case, &mut items);
    own_state(case, &mut items);
    settings(case, &mut items);
    own_directory(case, &mut items);
    replication(case, &mut items);
    passwords(case, &mut items);
    if let Some(look) = case.look {
        for probe in &look.seen.addresses {
            address(case, look, probe, &mut items);
        }
    }
    for other in quoted(case) {
        for probe in &other.seen.addresses {
            witnessed(case, other, probe, &mut items);
        }
    }
    // The sort is stable: within a step, things stay in the order in which they were seen.
    items.sort_by_key(|item| item.step);
    items
}

/// The other witnesses that are quoted: first one for each thing that was seen, so that those who disagree are all
/// there, then the rest.
fn quoted<'a>(case: &Case<'a>) -> Vec<&'a Observed> {
    let wanted = case.interface();
    let mut kinds = Vec::new();
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for other in case.others.iter().copied() {
        let probes = other.seen.addresses.iter();
        let kind: Vec<_> = probes.map(|probe| discriminant(&reach(Some(probe), wanted))).collect();
        if kinds.contains(&kind) {
            rest.push(other);
        } else {
            kinds.push(kind);
            first.push(other);
        }
    }
    first.extend(rest);
    first.truncate(WITNESSES);
    first
}

fn know(case: &Case<'_>, items: &mut Vec<EvidenceItem>) {
    if let (Some(known), Some(directory)) =
        (case.known_settings(), &case.evidence.destination.directory)
    {
        items.push(item(
            Step::Know,
            case.destination(),
            directory.at,
            format!("its directory holds an NTDS Settings object for {}", case.source()),
            Some(format!("objectGUID {}", known.dsa_guid)),
        ));
    }
    if let Some(host) = case.source_host
        && let Some(guid) = host.fact.dsa_guid.value()
    {
        let fact = "its own NTDS Settings objectGUID".to_owned();
        items.push(item(
            Step::Know,
            case.source(),
            host.at,
            fact,
            Some(format!("objectGUID {guid}")),
        ));
    }
}
