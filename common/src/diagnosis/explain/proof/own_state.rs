//! Proof from the source's own facts: its services, its listeners, its own endpoint map.

use epmesh_facts::{Process, ServiceRole, ServiceState, StartType};
use epmesh_rpc::names;

use super::{
    super::super::{case::Case, cause::Step, evidence::Registration, verdict::EvidenceItem},
    item::item,
};

/// At most so many registrations are quoted, the last.
const STRETCHES: usize = 5;

/// The column of the source: its services, its listeners, its own endpoint map.
pub(super) fn own_state(case: &Case<'_>, items: &mut Vec<EvidenceItem>) {
    let source = case.source();
    if let Some(services) = case.source_services {
        let roles =
            [ServiceRole::Directory, ServiceRole::EndpointMapper, ServiceRole::DirectoryRpc];
        let mut named: Vec<&str> = Vec::new();
        let by_role = roles.into_iter().filter_map(|role| services.fact.with_role(role));
        let list = services.fact.list.value().into_iter().flatten();
        let paused = list.filter(|service| service.state == ServiceState::Paused);
        // First the one that serves the interface, which need not be the directory; a pause is told of any.
        for service in case.service().into_iter().chain(by_role).chain(paused) {
            if named.contains(&service.name.as_str()) {
                continue;
            }
            named.push(&service.name);
            let state = match service.state {
                ServiceState::Running => "runs",
                ServiceState::Starting => "is starting",
                ServiceState::Stopping => "is stopping",
                ServiceState::Stopped => "does not run",
                ServiceState::Pausing => "is about to pause",
                ServiceState::Paused => "is paused",
                ServiceState::Resuming => "is coming back from a pause",
            };
            let process = service.process.value();
            let running = process.map(|process| started(case, process));
            let ended = || service.exit_code.value().map(|code| format!("exit code {code}"));
            let raw = running.or_else(ended);
            let start = match service.start.value() {
                Some(StartType::Disabled) => ", and is disabled",
                _ => "",
            };
            items.push(item(
                Step::Ask,
                source,
                services.at,
                format!("its service {} {state}{start}", service.name),
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
        let name = names::label(case.interface());
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
                ("its own endpoint map could not be read".to_owned(), why)
            }
        };
        items.push(item(Step::Ask, source, map.at, fact, raw));
    }
    registrations(case, items);
}

/// A process of the source, with its start on the coordinator's clock, as all other times are.
fn started(case: &Case<'_>, process: &Process) -> String {
    format!("pid {}, started {}", process.pid, case.on_our_clock(process.started))
}

/// The last stretches over which the source's own map had the interface; where there is none in this life
/// of the host, the last of those before.
fn registrations(case: &Case<'_>, items: &mut Vec<EvidenceItem>) {
    let held = |known: &Registration| {
        let raw = known.process.as_ref().map(|process| started(case, process));
        (known.first, known.last, raw)
    };
    let mut known: Vec<_> = case.registrations().map(held).collect();
    let mut life = "since the host was last started";
    if known.is_empty() {
        let of_interface = |known: &&Registration| known.interface.offers(case.interface());
        known = case.evidence.registrations.iter().filter(of_interface).map(held).collect();
        known.drain(..known.len().saturating_sub(1));
        life = "before the host was last started";
    }
    for (first, last, raw) in known.split_off(known.len().saturating_sub(STRETCHES)) {
        let fact = format!("its endpoint map listed the interface from {first} to {last}, {life}");
        items.push(item(Step::Ask, case.source(), last, fact, raw));
    }
}
