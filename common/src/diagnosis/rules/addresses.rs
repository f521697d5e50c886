//! Rules on the addresses of the right server, or of one that nobody claims: how far the
//! destination gets there.

use std::net::IpAddr;

use epmesh_facts::Failure;

use super::{
    super::{
        case::{Case, Owner, Reach, effective, full, goes_on, has_no_way},
        cause::{Cause, Confidence, Side, State},
        culprit::Culprit,
        name_source::{MappedAddress, NameSource},
    },
    finding::Finding,
    missing::Missing,
    server,
};

/// The finding on how far the destination gets at the addresses of the right server, or of one that nobody
/// claims.
pub(super) fn right_server(case: &Case<'_>, addresses: &[MappedAddress]) -> Finding {
    let reaches: Vec<(IpAddr, Reach<'_>)> =
        addresses.iter().map(|mapped| (mapped.address, case.reach(mapped.address))).collect();
    let reached = reaches.iter().find(|(_, reach)| matches!(reach, Reach::Reached(_)));
    let no_way = |(address, reach): &(IpAddr, Reach<'_>)| has_no_way(case, *address, reach);
    let is_broken = |entry: &&(IpAddr, Reach<'_>)| {
        let unused = reached.is_some() && no_way(entry);
        !unused && !matches!(entry.1, Reach::Reached(_) | Reach::NotSeen)
    };
    // The one from which a client does not go on decides, wherever it stands in the list.
    let stops = |entry: &&(IpAddr, Reach<'_>)| is_broken(entry) && !goes_on(&entry.1);
    let broken = reaches
        .iter()
        .find(stops)
        .or_else(|| reaches.iter().find(|entry| is_broken(entry) && !no_way(entry)))
        .or_else(|| reaches.iter().find(is_broken));
    let stopped_at = broken.filter(|entry| !goes_on(&entry.1));
    if let (Some((address, _)), None) = (reached, stopped_at) {
        // It gets through, and an address that is silent only costs time: not where the source has said
        // otherwise since, or turned it away there.
        if let Some(finding) =
            server::lost_since(case).or_else(|| server::turned_away(case, *address))
        {
            return finding;
        }
    }
    let share = |finding: Finding| {
        let count = reaches.iter().filter(is_broken).count();
        let tried = reaches.iter().filter(|entry| !no_way(entry)).count();
        finding.share(count, tried, "addresses")
    };
    match (reached, broken) {
        (Some((address, _)), None) => server::one_port(case, *address)
            .or_else(|| server::large_packets(case, *address))
            .unwrap_or_else(|| {
                // Both sides: the destination got through, and the source says that it is the source.
                let both = case.owner(*address) == Owner::Source && case.source_host.is_some();
                let owned = addresses.iter().all(|mapped| is_owned(case, mapped.address));
                Finding::healthy(if both && owned {
                    Confidence::Proven
                } else {
                    Confidence::Likely
                })
            }),
        (Some(_), Some((address, reach))) => {
            let finding = share(finding_for(case, *address, reach));
            if goes_on(reach) { finding.latent() } else { finding }
        }
        (None, Some((address, reach))) => finding_for(case, *address, reach),
        (None, None) => unseen(case),
    }
}

/// The finding at the source's own addresses, to which a name that leads elsewhere does not bring the
/// destination: it looked there as well.
pub(in crate::diagnosis) fn behind_wrong_name(
    case: &Case<'_>,
    name_sources: &[NameSource<'_>],
    finding: &Finding,
) -> Option<Finding> {
    let of_names = finding.side == Side::NameResolution && finding.state == State::Failing;
    let used = effective(name_sources).filter(|_| of_names)?.addresses;
    let is_source = |address: IpAddr| case.owner(address) == Owner::Source;
    if used.iter().any(|mapped| is_source(mapped.address)) {
        return None;
    }
    let tried = case.look?.seen.index().probes().iter().map(|probed| probed.address);
    let own = tried.filter(|address| is_source(*address));
    let own: Vec<MappedAddress> =
        own.map(|address| MappedAddress { address, line: None }).collect();
    let there = right_server(case, &own);
    (!own.is_empty() && there.state == State::Failing).then_some(there)
}

/// Whether no host that is only told to be the source, a copy of it say, answers at an address: the source
/// says that it owns it. One that the source does not own leads to it behind address translation, or to a
/// machine with its name and its GUID, which from outside is the same.
fn is_owned(case: &Case<'_>, address: IpAddr) -> bool {
    case.owns(address) || case.reach(address) == Reach::NotSeen
}

/// The finding where nothing could be tried: for lack of ports, or for a reason that says nothing.
fn unseen(case: &Case<'_>) -> Finding {
    let tried = case.look.into_iter().flat_map(|look| &look.seen.addresses);
    let mut own = tried.filter_map(|probe| match &probe.connect.outcome {
        Err(Failure::Local(why)) => Some(why),
        _ => None,
    });
    let full = case.destination_port_use.and_then(full);
    if let (Some(why), Some((first, last))) = (own.next(), full) {
        let (dc, failed) = (case.destination().clone(), Some(why.words.clone()));
        return Finding::failing(Cause::PortExhaustion, Side::Destination, 1722)
            .blames(Culprit::DynamicPorts { dc, first, last, failed })
            .sure(Confidence::Likely);
    }
    Finding::unknown(Missing::LookAtAddresses)
}

/// The finding on how far the destination got at one address.
fn finding_for(case: &Case<'_>, address: IpAddr, reach: &Reach<'_>) -> Finding {
    match reach {
        Reach::NotRegistered(_) => server::not_registered(case, address),
        Reach::Unreached(failure) => server::unreached(case, address, failure),
        Reach::PortUnreached(port, failure) => {
            server::port_unreached(case, address, *port, failure)
        }
        Reach::PortBind(port, failure) => server::port_bind(case, address, *port, failure),
        Reach::Mapper(stage, failure) => server::mapper(case, address, *stage, failure),
        Reach::Reached(_) | Reach::NotSeen => Finding::healthy(Confidence::Possible),
    }
}
