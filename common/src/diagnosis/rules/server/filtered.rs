//! The source serves the interface, and something keeps the destination from it: an RPC filter, or what
//! answers in its place.

use std::net::IpAddr;

use epmesh_facts::{AddressProbe, Failure, PortProbe, Reading, RpcFilter, RpcFilterLayer};

use super::{
    super::{
        super::{
            case::{Case, Owner, Reach},
            cause::{Cause, Confidence, Side},
            culprit::{
                Culprit, FilterEffect, FilterName, PortAt, PortTrouble, RegistrationHolder,
                RegistrationTrouble,
            },
            evidence::Observed,
        },
        finding::Finding,
        missing::Missing,
    },
    pattern::{named, pattern},
};

/// The source lists the interface, and its endpoint mapper tells the destination that it is not registered.
pub(super) fn denied(case: &Case<'_>, address: IpAddr) -> Finding {
    let throughout = is_listed_throughout(case);
    if let Some(filter) = blocking(case, RpcFilterLayer::Resolution) {
        return Finding::failing(Cause::RpcFiltered, Side::Source, 1753)
            .blames(met(case, filter, address, FilterEffect::Resolution))
            .sure(if throughout { Confidence::Proven } else { Confidence::Likely });
    }
    let culprit = Culprit::Registration {
        holder: RegistrationHolder::At { dc: case.source().clone(), address },
        trouble: RegistrationTrouble::Withheld,
    };
    if !throughout {
        let (looked, listed) = (case.look.map(|l| l.at), case.source_map.map(|m| m.at));
        let missing = if listed > looked { Missing::NewerLook } else { Missing::NewerMap };
        let finding = Finding::failing(Cause::Unknown, Side::Source, 1753);
        return finding.blames(culprit).missing(missing);
    }
    let pattern = pattern(
        case,
        address,
        |reach| matches!(reach, Reach::NotRegistered(_)),
        |reach| matches!(reach, Reach::Reached(_) | Reach::PortUnreached(..) | Reach::PortBind(..)),
    );
    // No filter that fits, or a host that has none: something on the way answers in its place,
    // unless it answers everybody so.
    let may_be_its_own = may_block(case, RpcFilterLayer::Resolution).next().is_some();
    let none = case.source_filters.is_some_and(|filters| {
        filters.rpc_is_whole() || matches!(filters.rpc, Reading::Absent | Reading::NotApplicable)
    }) && !may_be_its_own;
    let on_the_way = none && !pattern.all_fail();
    let side = if on_the_way { Side::Network } else { Side::Source };
    let finding = Finding::failing(Cause::RpcFiltered, side, 1753).blames(culprit);
    // A host that did not say who it is may be another one with the same address.
    if case.is_named_at(address) {
        finding.sure(Confidence::Likely)
    } else {
        finding.missing(Missing::WhoAnswers(address))
    }
}

/// The source says nothing of its map, and its endpoint mapper names a port to others at the same address, while it
/// denies the interface to the destination.
pub(super) fn denied_to_one(case: &Case<'_>, address: IpAddr) -> Option<Finding> {
    let (since, until) = case.looked_over()?;
    let pattern = pattern(
        case,
        address,
        |reach| matches!(reach, Reach::NotRegistered(_)),
        |reach| matches!(reach, Reach::Reached(_) | Reach::PortUnreached(..) | Reach::PortBind(..)),
    );
    // What is registered may come and go: they have to have been told over the same time.
    let is_meanwhile = |other: &&Observed| {
        other.at >= since
            && other.since.unwrap_or(other.at) <= until
            && pattern.has_served(&other.witness)
    };
    case.others.iter().copied().find(|other| is_meanwhile(other))?;
    let finding = Finding::failing(Cause::RpcFiltered, Side::Network, 1753);
    let finding = finding.blames(Culprit::Registration {
        holder: RegistrationHolder::At { dc: case.source().clone(), address },
        trouble: RegistrationTrouble::WithheldFromOne(pattern.served()),
    });
    // A host that did not say who it is may be another one with the same address.
    Some(if case.is_named_at(address) {
        finding.sure(Confidence::Likely)
    } else {
        finding.missing(Missing::WhoAnswers(address))
    })
}

/// Whether the source listed the interface when the destination was denied it: at a moment between two looks
/// that were denied, or on both sides of the only one.
fn is_listed_throughout(case: &Case<'_>) -> bool {
    case.looked_over().is_some_and(|(since, until)| {
        let listed = case.source_map.is_some_and(|map| (since..=until).contains(&map.at));
        // The last stretch goes on for as long as the map still has it.
        let last = case.registrations().last().filter(|last| last.lost.is_none());
        let map = case.source_map.map(|map| map.at);
        let goes_on = last.is_some_and(|last| last.first <= until && map >= Some(since));
        let mut known = case.registrations();
        listed || goes_on || known.any(|known| known.first <= until && known.last >= since)
    })
}

fn met(case: &Case<'_>, filter: &RpcFilter, address: IpAddr, effect: FilterEffect) -> Culprit {
    Culprit::RpcFilter {
        filter: FilterName { name: filter.name.clone(), key: filter.key },
        dc: case.source().clone(),
        address,
        effect,
    }
}

/// The filters of the source, at this layer, that may block the interface, and are not decided before by one that
/// permits it to everybody. Whether one with conditions acts on a caller, its conditions decide, whose values are not
/// told.
fn may_block<'a>(
    case: &Case<'a>,
    layer: RpcFilterLayer,
) -> impl Iterator<Item = &'a RpcFilter> + use<'a> {
    let wanted = case.interface().uuid;
    let filters = case.source_filters.and_then(|filters| filters.rpc.value());
    let rows = filters.map(Vec::as_slice).unwrap_or_default();
    let rows = rows.iter().filter(move |filter| filter.layer == layer);
    let permits: Vec<&RpcFilter> =
        rows.clone().filter(|filter| filter.permits(wanted) && filter.is_plain()).collect();
    let is_outweighed =
        move |filter: &RpcFilter| permits.iter().any(|permit| permit.decides_before(filter));
    rows.filter(move |filter| filter.blocks(wanted) && !is_outweighed(filter))
}

/// The filter of the source, at this layer, that blocks the interface for every caller: its conditions are nothing but
/// the interface and the protocol sequence, and none beside it permits the interface to anybody.
pub(super) fn blocking<'a>(case: &Case<'a>, layer: RpcFilterLayer) -> Option<&'a RpcFilter> {
    let wanted = case.interface().uuid;
    let filters = case.source_filters?.rpc.value()?;
    if filters.iter().any(|filter| filter.layer == layer && filter.permits(wanted)) {
        return None;
    }
    may_block(case, layer).find(|filter| filter.is_plain())
}

/// The port was reached, and the bind turned away as one without credentials may be. Where an RPC
/// filter of the source blocks calls of the interface, credentials do not help; nor where others without any
/// are accepted.
pub(in super::super) fn turned_away(case: &Case<'_>, address: IpAddr) -> Option<Finding> {
    if !case.look?.seen.index().denies(address, case.interface()) {
        return None;
    }
    let probe = case.probe(address)?;
    let asked = probe.interfaces.iter().find(|asked| asked.interface.offers(case.interface()))?;
    let denied = |port: &PortProbe| match port.bind.as_ref().map(|bind| &bind.outcome) {
        Some(Err(failure @ Failure::AccessDenied(_))) => Some((port.port, failure.clone())),
        _ => None,
    };
    let (port, failure) = asked.ports.iter().find_map(denied)?;
    if is_accepted(probe, case) {
        return None;
    }
    let Some(filter) = blocking(case, RpcFilterLayer::Calls) else {
        return denied_alone(case, address, port, failure);
    };
    Some(
        Finding::failing(Cause::RpcFiltered, Side::Source, 5)
            .blames(met(case, filter, address, FilterEffect::Calls(port)))
            // Whether a filter acts at the bind or at the call alone is not written anywhere.
            .sure(Confidence::Likely),
    )
}

/// Whether the bind was accepted on one of the ports that were named, without credentials.
fn is_accepted(probe: &AddressProbe, case: &Case<'_>) -> bool {
    let asked = probe.interfaces.iter().find(|asked| asked.interface.offers(case.interface()));
    let ports = asked.into_iter().flat_map(|asked| &asked.ports);
    ports.filter_map(|port| port.bind.as_ref()).any(|bind| bind.outcome.is_ok())
}

/// The finding where the bind is denied to the destination, and accepted from others at the same address.
fn denied_alone(case: &Case<'_>, address: IpAddr, port: u16, failure: Failure) -> Option<Finding> {
    let since = case.against_since().or(case.look.map(|look| look.at));
    let foreign = case.source_addresses().is_some_and(|owned| !owned.contains(&address));
    let is_served = |other: &&&Observed| {
        let mut there = other.seen.addresses.iter().filter(|probe| probe.address == address);
        since.is_none_or(|since| other.at >= since)
            && there.any(|probe| {
                let is_source = !foreign || case.answerer(probe) == Some(Owner::Source);
                is_source && is_accepted(probe, case)
            })
    };
    let mut served = case.others.iter().filter(is_served).map(|other| &other.witness).peekable();
    served.peek()?;
    let at = PortAt { address, port, dc: case.source().clone() };
    let trouble = PortTrouble::BindCut(failure, named(served));
    Some(
        Finding::failing(Cause::RpcFiltered, Side::Source, 5)
            .blames(Culprit::Port { at, trouble })
            .sure(Confidence::Likely),
    )
}
