//! The rule for an answer of the endpoint mapper that is not what the source holds: the answer is altered on
//! the way, or another machine answers.

use std::net::IpAddr;

use epmesh_facts::{AddressProbe, DnsName, Failure, MapAnswer};
use epmesh_rpc::{Binding, epm::TCP_PORT};

use super::{
    super::{
        super::{
            case::{Case, Owner, Reach, reach},
            cause::{Cause, Confidence, Side},
            culprit::{Culprit, PortAt, RightPorts},
        },
        finding::Finding,
        missing::Missing,
    },
    pattern::named,
};

/// The finding where the port that the destination is told, and gets nowhere with, is in no map of the source,
/// or is not what others are told at the same address.
pub(super) fn altered(
    case: &Case<'_>,
    address: IpAddr,
    port: u16,
    failure: &Failure,
    error: i64,
) -> Option<Finding> {
    let right = match case.registered_ports() {
        Some(ports) if ports.is_empty() || ports.contains(&port) => return None,
        Some(_) if !is_of_one_moment(case) => {
            let finding = Finding::failing(Cause::Unknown, Side::None, error);
            return Some(finding.missing(Missing::MapAfterLook));
        }
        Some(ports) => RightPorts::OwnMap(ports),
        None => told_to_others(case, address, port)?,
    };
    let is_named = case.is_named_at(address);
    let culprit = Culprit::AlteredAnswer {
        at: PortAt { address, port, dc: case.source().clone() },
        right,
        failure: failure.clone(),
        is_named,
    };
    // Two machines with one address look the same from here.
    let sure = if is_named { Confidence::Likely } else { Confidence::Possible };
    Some(Finding::failing(Cause::AnswerAltered, Side::Network, error).blames(culprit).sure(sure))
}

/// The finding where another host answers port 135 at the source's address: a port is forwarded, or balanced, on
/// the way or on the source itself.
pub(super) fn other_mapper(case: &Case<'_>, address: IpAddr) -> Option<Finding> {
    let host = case.other_mapper(address)?.to_owned();
    let at = PortAt { address, port: TCP_PORT, dc: case.source().clone() };
    let finding = Finding::failing(Cause::AnswerAltered, Side::Network, 1753);
    Some(finding.blames(Culprit::OtherMapper { at, host }).sure(Confidence::Likely))
}

/// Whether the source's own map and the destination's look speak of one process of the source's: the map was
/// read between two looks that were told the same, or nothing was started anew in between.
fn is_of_one_moment(case: &Case<'_>) -> bool {
    let (Some(map), Some((since, until))) = (case.source_map, case.looked_over()) else {
        return false;
    };
    let between = (since..=until).contains(&map.at);
    // The map and the looks are of the life of the process that is known: what is older was left out.
    let is_known = case.process().is_some();
    let said = case.source_services.map(|services| services.at);
    between || (is_known && (map.at > until || said >= Some(since)))
}

/// What others are told at the same address, over the same time, and get through with.
fn told_to_others(case: &Case<'_>, address: IpAddr, port: u16) -> Option<RightPorts> {
    let (since, until) = case.looked_over()?;
    let foreign = case.source_addresses().is_some_and(|owned| !owned.contains(&address));
    let wanted = case.interface();
    let mut right: Vec<u16> = Vec::new();
    let mut from: Vec<&DnsName> = Vec::new();
    for other in &case.others {
        let first = other.since.unwrap_or(other.at);
        // A service that was started anew in between has another port.
        if other.at < since || first > until {
            continue;
        }
        let there = other.seen.addresses.iter().filter(|probe| probe.address == address);
        for probe in there {
            let is_source = !foreign || case.answerer(probe) == Some(Owner::Source);
            let ports = ports(probe, case);
            if is_source
                && !ports.contains(&port)
                && matches!(reach(Some(probe), wanted), Reach::Reached(_))
            {
                right = ports;
                from.push(&other.witness);
            }
        }
    }
    (!from.is_empty()).then(|| RightPorts::Others(right, named(from.into_iter())))
}

/// The ports that a witness is told.
fn ports(probe: &AddressProbe, case: &Case<'_>) -> Vec<u16> {
    let asked = probe.interfaces.iter().find(|asked| asked.interface.offers(case.interface()));
    match asked.map(|asked| &asked.answer) {
        Some(MapAnswer::Endpoints(bindings)) => bindings.iter().filter_map(Binding::port).collect(),
        _ => Vec::new(),
    }
}
