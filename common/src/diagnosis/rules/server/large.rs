//! Small answers of the source arrive, and one of several packets does not.

use std::net::IpAddr;

use epmesh_facts::MapView;
use epmesh_rpc::epm::TCP_PORT;

use super::{
    super::{
        super::{
            case::{Attempt, Case},
            cause::{Cause, Confidence, Side},
            culprit::{Culprit, PortAt},
            evidence::Observed,
        },
        finding::Finding,
    },
    pattern::named,
};

/// `RPC_S_CALL_CANCELLED`: what a destination reports that has waited in vain for the answer of a source, for the
/// five minutes of `RPC Replication Timeout`.
const CANCELLED: i64 = 1818;

/// The finding where the interface is reached, and the source's whole endpoint map does not arrive, while one entry of
/// it does. An answer of replication is as large as what has changed.
pub(in super::super) fn large_packets(case: &Case<'_>, address: IpAddr) -> Option<Finding> {
    let probed = case.look?.seen.index().probes().iter().find(|probed| probed.address == address);
    if !probed?.loses_large {
        return None;
    }
    let failure = case.probe(address)?.large_lost()?.clone();
    let arrives = |map: &MapView| map.endpoints.is_ok();
    let is_served = |other: &&&Observed| {
        let mut there = other.seen.addresses.iter().filter(|probe| probe.address == address);
        there.any(|probe| probe.map.as_ref().is_some_and(arrives))
    };
    let mut served = case.others.iter().filter(is_served).map(|other| &other.witness).peekable();
    let served = served.peek().is_some().then(|| named(served));
    let at = PortAt { address, port: TCP_PORT, dc: case.source().clone() };
    // Both sides: the source answers, to itself or to others.
    let is_answered = served.is_some() || case.own_map().is_some();
    let finding = Finding::failing(Cause::LargePacketsLost, Side::Network, CANCELLED)
        .blames(Culprit::LargeAnswer { at, failure, served })
        .sure(if is_answered { Confidence::Likely } else { Confidence::Possible });
    // Most answers of other interfaces are small, and so is that of replication while nothing changes.
    let fails = case.is_replication() && !has_replicated(case);
    Some(if fails { finding } else { finding.latent() })
}

/// Whether the destination says that it has replicated from the source since large answers are lost.
fn has_replicated(case: &Case<'_>) -> bool {
    let Some((since, _)) = case.looked_over() else { return false };
    let mut attempts = case.attempts().peekable();
    let succeeded = |attempt: &Attempt<'_>| {
        attempt.error == 0 && attempt.success.max(attempt.tried) >= Some(since)
    };
    attempts.peek().is_some() && attempts.all(|attempt| succeeded(&attempt))
}
