//! Proof from a look: what a witness saw at an address of the source.

use epmesh_facts::{AddressProbe, InterfaceProbe, MapAnswer, Stage, Transport, WellKnownPort};
use epmesh_identity::Identity;
use epmesh_rpc::names;

use super::{
    super::super::{
        case::{Case, Reach, reach},
        cause::Step,
        evidence::Observed,
        verdict::EvidenceItem,
    },
    item::item,
};

pub(super) fn address(
    case: &Case<'_>,
    look: &Observed,
    probe: &AddressProbe,
    items: &mut Vec<EvidenceItem>,
) {
    let at = probe.address;
    items.push(reached(look, probe));
    items.extend(bound(look, probe));
    items.extend(asked(case, look, probe));
    for interface in &probe.interfaces {
        ports(look, probe, interface, items);
    }
    items.extend(listed(look, probe).filter(|_| probe.large_lost().is_some()));
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

/// The word of another witness on the address: of the stages behind the answer only where it got no further, or
/// the destination did not.
pub(super) fn witnessed(
    case: &Case<'_>,
    other: &Observed,
    probe: &AddressProbe,
    items: &mut Vec<EvidenceItem>,
) {
    items.push(reached(other, probe));
    items.extend(bound(other, probe));
    items.extend(asked(case, other, probe));
    let wanted = case.interface();
    let is_telling =
        |reach: &Reach<'_>| matches!(reach, Reach::PortUnreached(..) | Reach::PortBind(..));
    let there = case.reach(probe.address);
    let is_denied = case.look.is_some_and(|look| look.seen.index().denies(probe.address, wanted));
    if is_denied || is_telling(&there) || is_telling(&reach(Some(probe), wanted)) {
        let asked = probe.interfaces.iter().find(|asked| asked.interface.offers(wanted));
        if let Some(interface) = asked {
            ports(other, probe, interface, items);
        }
    }
    let is_lost = case.probe(probe.address).is_some_and(|own| own.large_lost().is_some());
    items.extend(listed(other, probe).filter(|_| is_lost));
}

/// The bind to the endpoint mapper, where it failed.
fn bound(look: &Observed, probe: &AddressProbe) -> Option<EvidenceItem> {
    let failure = probe.bind.as_ref()?.outcome.as_ref().err()?;
    let fact = format!("bind to the endpoint mapper at {}: {failure}", probe.address);
    Some(item(Step::Ask, &look.witness, look.at, fact, None))
}

/// The ports that were named for an interface.
fn ports(
    look: &Observed,
    probe: &AddressProbe,
    interface: &InterfaceProbe,
    items: &mut Vec<EvidenceItem>,
) {
    let at = probe.address;
    for port in &interface.ports {
        let words = stage_words(&port.connect);
        let fact = format!("TCP to port {} at {at}: {words}", port.port);
        items.push(item(Step::ReachPort, &look.witness, look.at, fact, None));
        if let Some(bind) = &port.bind {
            let name = names::label(interface.interface);
            let words = match &bind.outcome {
                Ok(()) => "accepted".to_owned(),
                Err(failure) => failure.to_string(),
            };
            let fact = format!("bind to {name} on port {} at {at}: {words}", port.port);
            items.push(item(Step::Bind, &look.witness, look.at, fact, None));
        }
    }
}

/// The whole endpoint map as it arrived there, and one entry of it where it did not.
fn listed(look: &Observed, probe: &AddressProbe) -> Option<EvidenceItem> {
    let words = match &probe.map.as_ref()?.endpoints {
        Ok(rows) => format!("{} entries", rows.len()),
        Err(failure) => failure.to_string(),
    };
    let one = probe.one_entry.as_ref().map_or(String::new(), |stage| {
        let words =
            stage.outcome.as_ref().map_or_else(ToString::to_string, |()| "arrived".to_owned());
        format!("; one entry of it: {words}")
    });
    let fact = format!("its whole endpoint map at {}: {words}{one}", probe.address);
    Some(item(Step::Ask, &look.witness, look.at, fact, None))
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
        "well-known ports at {}: answered: {}; did not answer: {}",
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
    let name = names::label(wanted);
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
        .unwrap_or_else(|| "a host that gives no name".to_owned())
}
