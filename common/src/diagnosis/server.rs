//! The destination got to the right server: what is wrong there, or on the way.

mod filtered;
mod pattern;
mod reason;
mod registration;

use std::net::IpAddr;

use epmesh_facts::{Failure, Platform, Service, ServiceRole, ServiceState, StartType};

use self::{filtered::denied, pattern::pattern, registration::lost};
pub(super) use self::{
    filtered::turned_away,
    reason::{RPC_SERVICES, breaks_at_restart, dynamic_used_up},
};
use super::{
    Cause, Confidence, Side,
    case::Case,
    finding::{Finding, connect_code, windows_code},
    path::Path,
    sight::missed,
};

/// The destination has not looked: what the source says of itself has to do.
pub(super) fn alone(case: &Case<'_>) -> Finding {
    if let Some(lost) = lost_since(case) {
        return lost.sure(Confidence::Likely);
    }
    let speaks = if case.source_host.is_some() || case.source_map.is_some() {
        "; the source says nothing of itself that would break it"
    } else {
        ", and anything fresh from the source"
    };
    Finding::unknown(format!("a fresh look of {} at {}{speaks}", case.destination(), case.source()))
}

/// The source itself says that it does not serve the interface, whatever anybody saw.
pub(super) fn does_not_serve(case: &Case<'_>) -> Option<Finding> {
    let stopped = case.service().is_some_and(|service| service.state == ServiceState::Stopped);
    let gone = || case.registered_ports().is_some_and(|ports| ports.is_empty());
    (stopped || gone()).then(|| lost(case, 1753))
}

/// The source itself says, later than the destination's look, that it does not serve the interface.
pub(super) fn lost_since(case: &Case<'_>) -> Option<Finding> {
    let looked = case.look.map(|look| look.at);
    let later = |at| looked.is_none_or(|looked| at > looked);
    let stopped = case.source_services.is_some_and(|services| later(services.at))
        && case.service().is_some_and(|service| service.state == ServiceState::Stopped);
    if stopped {
        // The endpoint mapper goes on answering where it is another service, and says so.
        let runs = |service: &Service| service.state == ServiceState::Running;
        let services = case.source_services.map(|services| &services.fact);
        let mapper = services.and_then(|all| all.with_role(ServiceRole::EndpointMapper));
        let error = if mapper.is_some_and(runs) { 1753 } else { 1722 };
        return Some(lost(case, error).sure(Confidence::Likely));
    }
    let gone = case.source_map.is_some_and(|map| later(map.at))
        && case.registered_ports().is_some_and(|ports| ports.is_empty());
    gone.then(|| lost(case, 1753).sure(Confidence::Likely))
}

/// The right server's endpoint mapper says "not registered".
pub(super) fn not_registered(case: &Case<'_>, address: IpAddr) -> Finding {
    match case.registered_ports() {
        Some(ports) if !ports.is_empty() => denied(case, address),
        Some(_) => lost(case, 1753),
        None if case.service().is_some() => {
            let finding = lost(case, 1753);
            let sure = finding.confidence.min(Confidence::Likely);
            finding.sure(sure)
        }
        None => {
            let sure = match case.owner(address) {
                super::owner::Owner::Source => Confidence::Likely,
                _ => Confidence::Possible,
            };
            Finding::failing(Cause::Unknown, Side::Source, 1753)
                .culprit(
                    "registration",
                    format!("{} at {address}", case.source()),
                    "not registered",
                )
                .sure(sure)
                .missing(format!(
                    "what {} says of its own services and endpoint map: an agent there tells \
                     whether the service stopped, died or never registered",
                    case.source()
                ))
        }
    }
}

/// Port 135 of the right server cannot be reached.
pub(super) fn unreached(case: &Case<'_>, address: IpAddr, failure: &Failure) -> Finding {
    let error = connect_code(failure);
    let services = case.source_services.map(|services| &services.fact);
    let stopped = |role| {
        let service = services.and_then(|all| all.with_role(role));
        service.filter(|service| service.state == ServiceState::Stopped)
    };
    let listens = case.source_listens(address, 135);
    let windows = case.source_platform() == Some(Platform::Windows);
    let mapper = stopped(ServiceRole::EndpointMapper);
    // On Samba one process is the endpoint mapper and serves the interface. On Windows nothing
    // starts without the endpoint mapper: that the directory does not run follows from it.
    let serves = mapper.is_some_and(|mapper| case.service() == Some(mapper)) && !windows;
    let directory = stopped(ServiceRole::Directory).is_some() && !(windows && mapper.is_some());
    if (directory || serves) && listens != Some(true) {
        return lost(case, error);
    }
    if let Some(mapper) = mapper {
        let disabled = matches!(mapper.start.value(), Some(StartType::Disabled));
        let how = if disabled { "disabled" } else { "not running" };
        // Only Windows has a table of defaults to be off.
        let cause = if windows { Cause::RpcServiceMisconfigured } else { Cause::NotError1753 };
        return Finding::failing(cause, Side::Source, error)
            .culprit(
                "endpoint-mapper",
                format!("{} on {}", mapper.name, case.source()),
                format!("{how}: nothing listens on {address} port 135"),
            )
            .sure(Confidence::Proven);
    }
    let name = format!("{address} port 135 ({})", case.source());
    if listens == Some(false) {
        return Finding::failing(Cause::EpmUnreachable, Side::Source, error)
            .culprit("port", name, format!("{failure}; nothing listens there"))
            .sure(Confidence::Proven);
    }
    let pattern = pattern(
        case,
        address,
        |path| matches!(path, Path::Unreached(_)),
        |path| !matches!(path, Path::Unreached(_) | Path::NotSeen),
    );
    let value = format!("{failure}; {}", pattern.words);
    if pattern.all_fail && listens == Some(true) && has_firewall(case) {
        return host_firewall(case, 135, &value, error);
    }
    Finding::failing(Cause::EpmUnreachable, pattern.side, error)
        .culprit("port", name, value)
        .sure(pattern.confidence(case, listens))
}

/// Whether the source's own firewall is on in some profile.
fn has_firewall(case: &Case<'_>) -> bool {
    let profiles = case.source_filters.and_then(|filters| filters.profiles.value());
    profiles.into_iter().flatten().any(|profile| profile.enabled)
}

/// The source listens, its firewall is on, and nobody gets through.
fn host_firewall(case: &Case<'_>, port: u16, value: &str, error: i64) -> Finding {
    Finding::failing(Cause::HostFirewall, Side::Source, error)
        .culprit(
            "firewall",
            format!("the firewall of {}", case.source()),
            format!("it is on, and the host listens on port {port}: {value}"),
        )
        .sure(Confidence::Likely)
}

/// The endpoint mapper answered; the port it named cannot be reached.
pub(super) fn port_unreached(
    case: &Case<'_>,
    address: IpAddr,
    port: u16,
    failure: &Failure,
) -> Finding {
    let error = connect_code(failure);
    let listens = case.source_listens(address, port);
    let name = format!("{address} port {port} ({})", case.source());
    if listens == Some(false) {
        return Finding::failing(Cause::StaleEndpoint, Side::Source, error)
            .culprit("port", name, "named by the endpoint map, nothing listens there")
            .sure(Confidence::Proven);
    }
    let pattern = pattern(
        case,
        address,
        |path| matches!(path, Path::PortUnreached(..)),
        |path| matches!(path, Path::Reached(_)),
    );
    let value = format!("{failure}; {}", pattern.words);
    if pattern.all_fail && listens == Some(true) && has_firewall(case) {
        return host_firewall(case, port, &value, error);
    }
    Finding::failing(Cause::DynamicPortBlocked, pattern.side, error)
        .culprit("port", name, value)
        .sure(pattern.confidence(case, listens))
}

/// Something listens on the port that the endpoint mapper named, and does not take the bind.
pub(super) fn port_bind(case: &Case<'_>, address: IpAddr, port: u16, failure: &Failure) -> Finding {
    let name = format!("{address} port {port} ({})", case.source());
    let error = windows_code(failure);
    // The interface is not known there: rejected at the bind, or by a fault (nca_unk_if).
    let not_there = matches!(
        failure,
        Failure::BindRejected { result: 2, reason: 1 } | Failure::Fault(0x1C01_0003)
    );
    if !not_there {
        return Finding::failing(Cause::NotError1753, Side::Source, error)
            .culprit("port", name, format!("bind to the interface: {failure}"))
            .sure(Confidence::Likely);
    }
    let finding = Finding::failing(Cause::StaleEndpoint, Side::Source, error);
    let listeners = case.source_ports.and_then(|ports| ports.fact.listeners.value());
    // One that listens on both versions of IP has two sockets.
    let mut pids = listeners.into_iter().flatten().filter(|l| l.port == port).map(|l| l.pid);
    let first = pids.next().flatten().filter(|first| pids.all(|pid| pid == Some(*first)));
    match (first, case.process()) {
        (Some(owner), Some(process)) if owner != process.pid => finding
            .culprit(
                "port",
                name,
                format!("process {owner} listens there, the service is process {}", process.pid),
            )
            .sure(Confidence::Proven),
        _ => finding
            .culprit("port", name, "what listens there does not offer the interface")
            .sure(Confidence::Likely),
    }
}

/// The interface was reached, and not on every port that the endpoint mapper named.
pub(super) fn one_port(case: &Case<'_>, address: IpAddr) -> Option<Finding> {
    if !case.look?.seen.sight().misses_port(address, case.interface()) {
        return None;
    }
    let probe = case.probe(address)?;
    let asked = probe.interfaces.iter().find(|asked| asked.interface.offers(case.interface()))?;
    let port = asked.ports.iter().find(|port| missed(port))?;
    let Err(failure) = &port.connect.outcome else { return None };
    let count = asked.ports.iter().filter(|port| missed(port)).count();
    let finding = port_unreached(case, address, port.port, failure);
    Some(finding.share(count, asked.ports.len(), "ports").latent())
}

/// Port 135 is open, and no endpoint mapper's answer comes from it.
pub(super) fn mapper(case: &Case<'_>, address: IpAddr, stage: &str, failure: &Failure) -> Finding {
    let name = format!("{address} port 135 ({})", case.source());
    let (cause, value) = match failure {
        Failure::AccessDenied(_) => {
            (Cause::EpmAccessDenied, format!("{failure} at the stage: {stage}"))
        }
        _ => (Cause::NotError1753, format!("{failure} at the stage: {stage}")),
    };
    let policy = case.source_rpc.and_then(|rpc| rpc.restrict_remote_clients.value());
    let refuses = cause == Cause::EpmAccessDenied && policy.is_some_and(|policy| *policy >= 1);
    let value = match policy {
        Some(policy) if refuses => format!("{value}; RestrictRemoteClients is {policy}"),
        _ => value,
    };
    Finding::failing(cause, Side::Source, windows_code(failure))
        .culprit("endpoint-mapper", name, value)
        .sure(if refuses { Confidence::Proven } else { Confidence::Likely })
}
