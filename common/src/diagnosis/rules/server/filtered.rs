//! The source serves the interface, and something keeps the destination from it: an RPC filter, or what
//! answers in its place.

use std::net::IpAddr;

use epmesh_facts::{Failure, PortProbe, Reading, RpcFilter, RpcFilterLayer};

use super::{
    super::{
        super::{
            case::{Case, Reach},
            cause::{Cause, Confidence, Side},
            culprit::{Culprit, FilterEffect, FilterName, RegistrationHolder, RegistrationTrouble},
        },
        finding::Finding,
        missing::Missing,
    },
    pattern::pattern,
};

/// The source lists the interface, and its endpoint mapper denies it to the destination.
pub(super) fn denied(case: &Case<'_>, address: IpAddr) -> Finding {
    let throughout = is_listed_throughout(case);
    if let Some(filter) = blocking(case, RpcFilterLayer::Resolution) {
        return Finding::failing(Cause::RpcFiltered, Side::Source, 1753)
            .blames(met(case, filter, address, FilterEffect::Resolution))
            .sure(if throughout { Confidence::Proven } else { Confidence::Likely });
    }
    let culprit = Culprit::Registration {
        holder: RegistrationHolder::At { dc: case.source().clone(), address },
        trouble: RegistrationTrouble::Denied,
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
    let none = case.source_filters.is_some_and(|filters| {
        filters.rpc_is_whole() || matches!(filters.rpc, Reading::Absent | Reading::NotApplicable)
    });
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

/// The filter of the source, at this layer, that may block the interface.
pub(super) fn blocking<'a>(case: &Case<'a>, layer: RpcFilterLayer) -> Option<&'a RpcFilter> {
    let filters = case.source_filters?.rpc.value()?;
    filters.iter().find(|filter| filter.layer == layer && filter.blocks(case.interface().uuid))
}

/// The port was reached, and the bind turned away as one without credentials may be. Where an RPC
/// filter of the source blocks calls of the interface, credentials do not help.
pub(in super::super) fn turned_away(case: &Case<'_>, address: IpAddr) -> Option<Finding> {
    let filter = blocking(case, RpcFilterLayer::Calls)?;
    let probe = case.probe(address)?;
    let asked = probe.interfaces.iter().find(|asked| asked.interface.offers(case.interface()))?;
    let denied = |port: &PortProbe| {
        let bind = port.bind.as_ref().map(|bind| &bind.outcome);
        matches!(bind, Some(Err(Failure::AccessDenied(_))))
    };
    let port = asked.ports.iter().find(|port| denied(port))?;
    if asked.ports.iter().any(|port| port.bind.as_ref().is_some_and(|bind| bind.outcome.is_ok())) {
        return None;
    }
    Some(
        Finding::failing(Cause::RpcFiltered, Side::Source, 5)
            .blames(met(case, filter, address, FilterEffect::Calls(port.port)))
            // The filter may have conditions that are not told, and a caller with credentials get by.
            .sure(Confidence::Likely),
    )
}
