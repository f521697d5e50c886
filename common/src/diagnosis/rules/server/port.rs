//! The port that the endpoint mapper named: it cannot be reached, or does not take the bind.

use std::net::IpAddr;

use epmesh_facts::{Failure, Platform};

use super::{
    super::{
        super::{
            case::{Case, Reach, connect_code, windows_code},
            cause::{Cause, Confidence, Side},
            culprit::{Culprit, PortAt, PortTrouble},
            observation_index::missed,
        },
        finding::Finding,
    },
    altered::altered,
    hangs::never_answers,
    pattern::{Pattern, pattern},
};

/// The endpoint mapper answered; the port it named cannot be reached.
pub(in super::super) fn port_unreached(
    case: &Case<'_>,
    address: IpAddr,
    port: u16,
    failure: &Failure,
) -> Finding {
    let error = connect_code(failure);
    let listens = case.source_listens(address, port);
    let at = PortAt { address, port, dc: case.source().clone() };
    if let Some(finding) = altered(case, address, port, failure, error) {
        return finding;
    }
    if listens == Some(false) {
        return Finding::failing(Cause::StaleEndpoint, Side::Source, error)
            .blames(Culprit::Port { at, trouble: PortTrouble::NamedAndClosed })
            .sure(Confidence::Proven);
    }
    let pattern = pattern(
        case,
        address,
        |reach| matches!(reach, Reach::PortUnreached(..)),
        |reach| matches!(reach, Reach::Reached(_)),
    );
    if let Some(finding) = host_firewall(&at, case, failure, &pattern, listens) {
        return finding;
    }
    let sure = pattern.confidence(case, listens);
    let trouble = PortTrouble::Unreached(failure.clone(), pattern.witnesses(case, failure));
    let missing = pattern.missing(address);
    let finding = Finding::failing(Cause::DynamicPortBlocked, pattern.side(case, failure), error)
        .blames(Culprit::Port { at, trouble })
        .sure(sure);
    Finding { missing, ..finding }
}

/// The finding on the source's own firewall: the source listens, its firewall is on, and nobody gets through
/// at any of its addresses, a neighbour neither.
pub(super) fn host_firewall(
    at: &PortAt,
    case: &Case<'_>,
    failure: &Failure,
    pattern: &Pattern<'_>,
    listens: Option<bool>,
) -> Option<Finding> {
    let profiles = case.source_filters.and_then(|filters| filters.profiles.value());
    let is_on = || profiles.into_iter().flatten().any(|profile| profile.enabled);
    if !(pattern.is_at_host(case, failure) && listens == Some(true) && is_on()) {
        return None;
    }
    let culprit = Culprit::Firewall {
        at: at.clone(),
        failure: failure.clone(),
        witnesses: pattern.witnesses(case, failure),
    };
    let finding = Finding::failing(Cause::HostFirewall, Side::Source, connect_code(failure));
    Some(finding.blames(culprit).sure(Confidence::Likely))
}

/// Something listens on the port that the endpoint mapper named, and does not take the bind.
pub(in super::super) fn port_bind(
    case: &Case<'_>,
    address: IpAddr,
    port: u16,
    failure: &Failure,
) -> Finding {
    let error = windows_code(failure);
    if let Some(finding) = altered(case, address, port, failure, error) {
        return finding;
    }
    if let Some(hangs) = never_answers(case, address, port, failure, false) {
        return hangs;
    }
    let at = PortAt { address, port, dc: case.source().clone() };
    // The interface is not known there: rejected at the bind, or by a fault (nca_unk_if).
    let not_there = matches!(
        failure,
        Failure::BindRejected { result: 2, reason: 1 } | Failure::Fault(0x1C01_0003)
    );
    let pattern = pattern(
        case,
        address,
        |reach| matches!(reach, Reach::PortBind(..)),
        |reach| matches!(reach, Reach::Reached(_)),
    );
    let cut = || PortTrouble::BindCut(failure.clone(), pattern.served());
    if !not_there && pattern.is_served() {
        return Finding::failing(Cause::RpcFiltered, Side::Network, error)
            .blames(Culprit::Port { at, trouble: cut() })
            .sure(Confidence::Likely);
    }
    if !not_there {
        let trouble = PortTrouble::BindFailed(failure.clone());
        return Finding::failing(Cause::NotError1753, Side::Source, error)
            .blames(Culprit::Port { at, trouble })
            .sure(Confidence::Likely);
    }
    let listeners = case.source_ports.and_then(|ports| ports.fact.listeners.value());
    // A process that listens on both versions of IP has two sockets.
    let mut pids = listeners.into_iter().flatten().filter(|l| l.port == port).map(|l| l.pid);
    let first = pids.next().flatten().filter(|first| pids.all(|pid| pid == Some(*first)));
    let (trouble, sure) = match (first, case.process()) {
        (Some(listener), Some(process)) if is_other(case, listener, process.pid) => {
            let trouble = PortTrouble::OtherProcess { listener, service: process.pid };
            (trouble, Confidence::Proven)
        }
        // What is there for others is not gone from the source.
        _ if pattern.is_served() => {
            return Finding::failing(Cause::AnswerAltered, Side::Network, error)
                .blames(Culprit::Port { at, trouble: cut() })
                .sure(Confidence::Likely);
        }
        _ => (PortTrouble::OtherInterface, Confidence::Likely),
    };
    Finding::failing(Cause::StaleEndpoint, Side::Source, error)
        .blames(Culprit::Port { at, trouble })
        .sure(sure)
}

/// Whether a process that listens is another one than the service's. Samba serves an interface from a worker of the
/// service, which has a number of its own: there it has to be another service's.
fn is_other(case: &Case<'_>, listener: u32, service: u32) -> bool {
    let services = case.source_services.and_then(|services| services.fact.list.value());
    let mut processes = services.into_iter().flatten().filter_map(|one| one.process.value());
    listener != service
        && (case.source_platform() == Some(Platform::Windows)
            || processes.any(|process| process.pid == listener))
}

/// The interface was reached, and not on every port that the endpoint mapper named.
pub(in super::super) fn one_port(case: &Case<'_>, address: IpAddr) -> Option<Finding> {
    if !case.look?.seen.index().misses_port(address, case.interface()) {
        return None;
    }
    let probe = case.probe(address)?;
    let asked = probe.interfaces.iter().find(|asked| asked.interface.offers(case.interface()))?;
    let port = asked.ports.iter().find(|port| missed(port))?;
    let Err(failure) = &port.connect.outcome else { return None };
    let count = asked.ports.iter().filter(|port| missed(port)).count();
    let finding = port_unreached(case, address, port.port, failure);
    // A port that is perhaps no more, beside one that serves, is no trouble.
    if finding.cause == Cause::Unknown {
        return None;
    }
    Some(finding.share(count, asked.ports.len(), "ports").latent())
}
