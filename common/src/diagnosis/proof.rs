//! The proof: every fact that bears on the verdict, in the order of the seven steps, with its
//! witness, its time and the code behind it.

mod address;
mod names;

use self::{
    address::{address, asked, reached},
    names::resolve,
};
use super::{EvidenceItem, Step, case::Case, words::interface_name};
use crate::facts::{DnsName, ServiceRole, ServiceState, Timestamp};

/// At most so many other witnesses are quoted.
const WITNESSES: usize = 5;

/// Everything seen, step by step.
pub(super) fn proof(case: &Case<'_>) -> Vec<EvidenceItem> {
    let mut items = Vec::new();
    know(case, &mut items);
    resolve(case, &mut items);
    own_state(case, &mut items);
    if let Some(look) = case.look {
        for probe in &look.seen.addresses {
            address(case, look, probe, &mut items);
        }
    }
    for other in case.others.iter().take(WITNESSES) {
        for probe in &other.seen.addresses {
            items.push(reached(other, probe));
            items.extend(asked(case, other, probe));
        }
    }
    // The sort is stable: within a step, things stay in the order in which they were seen.
    items.sort_by_key(|item| item.step);
    items
}

fn item(
    step: Step,
    witness: &DnsName,
    at: Timestamp,
    fact: String,
    raw: Option<String>,
) -> EvidenceItem {
    EvidenceItem { step, witness: witness.clone(), fact, at, raw }
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

/// The column of the source: its services, its listeners, its own endpoint map.
fn own_state(case: &Case<'_>, items: &mut Vec<EvidenceItem>) {
    let source = case.source();
    if let Some(services) = case.source_services {
        let shown =
            [ServiceRole::Directory, ServiceRole::EndpointMapper, ServiceRole::DirectoryRpc];
        let mut named: Vec<&str> = Vec::new();
        for service in shown.into_iter().filter_map(|role| services.fact.with_role(role)) {
            if named.contains(&service.name.as_str()) {
                continue;
            }
            named.push(&service.name);
            let state = match service.state {
                ServiceState::Running => "runs",
                ServiceState::Starting => "is starting",
                ServiceState::Stopping => "is stopping",
                ServiceState::Stopped => "does not run",
            };
            let process = service.process.value();
            let raw = process.map(|p| format!("pid {}, started {}", p.pid, p.started));
            items.push(item(
                Step::Ask,
                source,
                services.at,
                format!("its service {} {state}", service.name),
                raw,
            ));
        }
    }
    if let (Some(ports), Some(host)) = (case.source_ports, case.source_host) {
        for owned in host.fact.addresses.value().into_iter().flatten() {
            if let Some(listens) = ports.fact.listens(owned.address, 135) {
                let what = if listens { "it listens" } else { "nothing listens" };
                let fact = format!("{what} on {} port 135", owned.address);
                items.push(item(Step::Reach, source, ports.at, fact, None));
            }
        }
    }
    if let Some(map) = case.source_map {
        let name = interface_name(case.interface());
        let (fact, raw) = match case.registered_ports() {
            Some(ports) if ports.is_empty() => {
                (format!("its own endpoint map does not list {name} on ncacn_ip_tcp"), None)
            }
            Some(ports) => {
                let ports: Vec<String> = ports.iter().map(ToString::to_string).collect();
                let raw = format!("port {}", ports.join(", "));
                (format!("its own endpoint map lists {name} on ncacn_ip_tcp"), Some(raw))
            }
            None => {
                let why = map.fact.views.iter().find_map(|view| view.endpoints.as_ref().err());
                let why = why.map(ToString::to_string);
                ("its own endpoint map could not be seen".to_owned(), why)
            }
        };
        items.push(item(Step::Ask, source, map.at, fact, raw));
    }
    if let Some(last) = case.registrations().last() {
        let raw = last.process.map(|p| format!("pid {}, started {}", p.pid, p.started));
        let fact = format!("last seen to list it, in this life of the host, at {}", last.last);
        items.push(item(Step::Ask, source, last.last, fact, raw));
    }
}
