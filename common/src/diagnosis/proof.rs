//! The proof: every fact that bears on the verdict, in the order of the seven steps, with its
//! witness, its time and the code behind it.

use super::{EvidenceItem, Observed, Step, case::Case, words::interface_name};
use crate::{
    facts::{
        AddressProbe, Answer, DnsName, Lookup, MapAnswer, Record, RecordData, RecordType,
        ServiceRole, ServiceState, Source, Stage, Timestamp, Transport, WellKnownPort,
    },
    identity::Identity,
};

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

fn resolve(case: &Case<'_>, items: &mut Vec<EvidenceItem>) {
    if let Some(look) = case.look {
        for lookup in &look.seen.lookups {
            // The lack of an IPv6 address is the ordinary case and proves nothing.
            let silent_v6 = lookup.question.kind == RecordType::Aaaa
                && matches!(lookup.answer, Answer::NoData | Answer::NoSuchName);
            if !silent_v6 {
                items.push(item(
                    Step::Resolve,
                    &look.witness,
                    look.at,
                    lookup_words(case, lookup),
                    lookup_raw(lookup),
                ));
            }
        }
    }
    if let (Some(host), Some(owned)) = (case.source_host, case.source_addresses()) {
        let list: Vec<String> = owned.iter().map(ToString::to_string).collect();
        let fact = "the addresses it owns".to_owned();
        items.push(item(Step::Resolve, case.source(), host.at, fact, Some(list.join(", "))));
    }
}

fn lookup_words(case: &Case<'_>, lookup: &Lookup) -> String {
    let name = &lookup.question.name;
    let kind = lookup.question.kind;
    let source = match lookup.source {
        Source::Dns(server) => format!("DNS server {}", case.server_name(server)),
        Source::Hosts => case.hosts_path().to_owned(),
        Source::Wins(server) => format!("WINS server {}", case.server_name(server)),
        Source::System | Source::Lmhosts | Source::Cache => lookup.source.to_string(),
    };
    let answer = match &lookup.answer {
        Answer::Records(records) => {
            let data: Vec<String> = records.iter().map(record_words).collect();
            data.join(", ")
        }
        Answer::NoSuchName => "no such name".to_owned(),
        Answer::NoData => "no record of this type".to_owned(),
        Answer::Refused => "refused to answer".to_owned(),
        Answer::ServerFailure => "server failure".to_owned(),
        Answer::OtherCode(code) => format!("response code {code}"),
        Answer::TimedOut => "no answer in time".to_owned(),
        Answer::Unreachable(why) => format!("could not be reached: {why}"),
        Answer::Malformed(why) => format!("answer not understood: {why}"),
        Answer::NotAsked(why) => format!("could not be asked: {why}"),
    };
    format!("{source}: {kind} {name}: {answer}")
}

fn record_words(record: &Record) -> String {
    let data = match &record.data {
        RecordData::Address(address) => address.to_string(),
        RecordData::Alias(target) => target.to_string(),
    };
    record.line.map_or_else(|| data.clone(), |line| format!("{data} (line {line})"))
}

fn lookup_raw(lookup: &Lookup) -> Option<String> {
    let is_dns = matches!(lookup.source, Source::Dns(_));
    let code = match &lookup.answer {
        Answer::Records(records) => {
            let ttl = records.iter().find_map(|record| record.ttl)?;
            return Some(if is_dns {
                format!("NOERROR, ttl {ttl} s")
            } else {
                format!("ttl {ttl} s")
            });
        }
        Answer::NoSuchName => "NXDOMAIN",
        Answer::NoData => "NOERROR, no data",
        Answer::Refused => "REFUSED",
        Answer::ServerFailure => "SERVFAIL",
        Answer::OtherCode(_)
        | Answer::TimedOut
        | Answer::Unreachable(_)
        | Answer::Malformed(_)
        | Answer::NotAsked(_) => return None,
    };
    is_dns.then(|| code.to_owned())
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

fn address(case: &Case<'_>, look: &Observed, probe: &AddressProbe, items: &mut Vec<EvidenceItem>) {
    let at = probe.address;
    items.push(reached(look, probe));
    if let Some(Stage { outcome: Err(failure), .. }) = &probe.bind {
        let fact = format!("bind to the endpoint mapper at {at}: {failure}");
        items.push(item(Step::Ask, &look.witness, look.at, fact, None));
    }
    items.extend(asked(case, look, probe));
    for interface in &probe.interfaces {
        for port in &interface.ports {
            let words = stage_words(&port.connect);
            let fact = format!("TCP to port {} at {at}: {words}", port.port);
            items.push(item(Step::ReachPort, &look.witness, look.at, fact, None));
            if let Some(bind) = &port.bind {
                let name = interface_name(interface.interface);
                let words = match &bind.outcome {
                    Ok(()) => "accepted".to_owned(),
                    Err(failure) => failure.to_string(),
                };
                let fact = format!("bind to {name} on port {} at {at}: {words}", port.port);
                items.push(item(Step::Bind, &look.witness, look.at, fact, None));
            }
        }
    }
    items.extend(well_known(look, probe));
    for answer in &probe.identity {
        let (fact, raw) = match &answer.outcome {
            Ok(who) => (
                format!("{} at {at} answers as {}", answer.method, identity_words(who)),
                who.dsa_guid.map(|guid| format!("DSA GUID {guid}")),
            ),
            Err(failure) => (format!("{} at {at}: {failure}", answer.method), None),
        };
        items.push(item(Step::Identity, &look.witness, look.at, fact, raw));
    }
}

/// The well-known ports in one line: those that answered, and each of the others with what came.
fn well_known(look: &Observed, probe: &AddressProbe) -> Option<EvidenceItem> {
    if probe.well_known.is_empty() {
        return None;
    }
    let label = |port: &WellKnownPort| {
        let transport = if port.transport == Transport::Tcp { "TCP" } else { "UDP" };
        match &port.stage.outcome {
            Ok(()) => format!("{transport} {}", port.port),
            Err(failure) => format!("{transport} {}: {failure}", port.port),
        }
    };
    let all = |open: bool| {
        let ports = probe.well_known.iter().filter(|port| port.stage.outcome.is_ok() == open);
        let ports: Vec<String> = ports.map(label).collect();
        if ports.is_empty() { "none".to_owned() } else { ports.join(", ") }
    };
    let fact = format!(
        "well-known ports at {}: answered: {}; not: {}",
        probe.address,
        all(true),
        all(false),
    );
    Some(item(Step::Reach, &look.witness, look.at, fact, None))
}

fn reached(look: &Observed, probe: &AddressProbe) -> EvidenceItem {
    let fact = format!("TCP to port 135 at {}: {}", probe.address, stage_words(&probe.connect));
    item(Step::Reach, &look.witness, look.at, fact, None)
}

fn asked(case: &Case<'_>, look: &Observed, probe: &AddressProbe) -> Option<EvidenceItem> {
    let wanted = case.interface();
    let asked = probe.interfaces.iter().find(|asked| asked.interface.offers(wanted))?;
    let name = interface_name(wanted);
    let at = probe.address;
    let (words, raw) = match &asked.answer {
        MapAnswer::Endpoints(bindings) => {
            let list: Vec<String> =
                bindings.iter().map(|b| format!("{}[{}]", b.sequence, b.endpoint)).collect();
            ("endpoints returned".to_owned(), Some(list.join(", ")))
        }
        MapAnswer::NotRegistered(status) => {
            ("not registered".to_owned(), Some(format!("{status:#010x}")))
        }
        MapAnswer::Failed(failure) => (failure.to_string(), None),
    };
    Some(item(
        Step::Ask,
        &look.witness,
        look.at,
        format!("ept_map for {name} at {at}: {words}"),
        raw,
    ))
}

fn stage_words(stage: &Stage) -> String {
    match &stage.outcome {
        Ok(()) => "connected".to_owned(),
        Err(failure) => failure.to_string(),
    }
}

fn identity_words(who: &Identity) -> String {
    who.dns_name
        .clone()
        .or_else(|| who.netbios_name.clone())
        .unwrap_or_else(|| "somebody without a name".to_owned())
}
