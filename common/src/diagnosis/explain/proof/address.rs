//! What a witness saw at an address of the source.

use epmesh_facts::{AddressProbe, MapAnswer, Stage, Transport, WellKnownPort};
use epmesh_identity::Identity;
use epmesh_rpc::names;

use super::{
    super::super::{case::Case, cause::Step, evidence::Observed, verdict::EvidenceItem},
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
        "well-known ports at {}: answered: {}; did not answer: {}",
        probe.address,
        all(true),
        all(false),
    );
    Some(item(Step::Reach, &look.witness, look.at, fact, None))
}

pub(super) fn reached(look: &Observed, probe: &AddressProbe) -> EvidenceItem {
    let fact = format!("TCP to port 135 at {}: {}", probe.address, stage_words(&probe.connect));
    item(Step::Reach, &look.witness, look.at, fact, None)
}

pub(super) fn asked(
    case: &Case<'_>,
    look: &Observed,
    probe: &AddressProbe,
) -> Option<EvidenceItem> {
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
