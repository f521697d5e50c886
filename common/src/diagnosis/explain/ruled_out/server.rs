//! The causes that the source's own state and the path to it rule out.

use std::net::IpAddr;

use epmesh_facts::{BootMode, MapAnswer, ServiceState};
use epmesh_rpc::{Binding, names};

use super::super::super::{
    case::{Case, Owner, Reach, effective},
    cause::{Cause, Confidence, State},
    name_source::NameSource,
    rules::Finding,
    verdict::RuledOut,
};

/// The causes that do not fit what the source says of itself, or how far the destination got.
pub(super) fn server_ruled_out(
    case: &Case<'_>,
    name_sources: &[NameSource<'_>],
    finding: &Finding,
    all: &mut Vec<RuledOut>,
) {
    history(case, finding, all);
    host(case, all);
    let mut rule = |cause, why| all.push(RuledOut { cause, why });
    if let (Some(service), Some(services)) = (case.service(), case.source_services)
        && service.state == ServiceState::Running
    {
        let why =
            format!("{} reports that {} runs (at {})", case.source(), service.name, services.at);
        rule(Cause::ServiceNotStarted, why.clone());
        rule(Cause::ServiceDied, why);
    }
    if let Some(ports) = case.registered_ports().filter(|ports| !ports.is_empty()) {
        let ports: Vec<String> = ports.iter().map(ToString::to_string).collect();
        let why = format!(
            "{} itself lists {} on port {}",
            case.source(),
            names::label(case.interface()),
            ports.join(", ")
        );
        rule(Cause::EndpointsUnregistered, why.clone());
        rule(Cause::RegistrationFailed, why);
    }
    let leads = effective(name_sources).map_or(&[][..], |name_source| name_source.addresses);
    // What another host answers rules nothing out on the way to the source.
    let is_other = |address: IpAddr| matches!(case.owner(address), Owner::Other(_));
    let mut leads = leads.iter().map(|mapped| mapped.address);
    let Some(address) = leads.find(|address| !is_other(*address)) else { return };
    way(case, address, all);
    let mut rule = |cause, why| all.push(RuledOut { cause, why });
    match case.reach(address) {
        Reach::Reached(port) => {
            rule(Cause::EpmUnreachable, format!("port 135 at {address} answers"));
            rule(Cause::DynamicPortBlocked, format!("port {port} at {address} answers"));
            rule(Cause::EpmAccessDenied, format!("the endpoint mapper at {address} answered"));
            rule(Cause::ServiceHangs, format!("what listens on port {port} at {address} answered"));
        }
        Reach::NotRegistered(_) => {
            rule(Cause::EpmUnreachable, format!("port 135 at {address} answers"));
            // KB 2089874 says that blocked ports never show as 1753, the article on domain joins
            // says that they do. The reason is therefore what was seen.
            let why = format!(
                "the endpoint mapper at {address} itself said \"not registered\" and named no port \
                 that could be blocked"
            );
            rule(Cause::DynamicPortBlocked, why);
            rule(Cause::EpmAccessDenied, format!("the endpoint mapper at {address} answered"));
        }
        Reach::PortUnreached(port, _) => {
            rule(Cause::EpmUnreachable, format!("port 135 at {address} answers"));
            let why = format!(
                "the endpoint mapper at {address} named port {port}, so that the interface is registered; \
                 a client that reports 1753 all the same has used up its list of endpoints (location 500 \
                 or 761)"
            );
            rule(Cause::RegistrationFailed, why);
        }
        Reach::PortBind(..) | Reach::Mapper(..) => {
            rule(Cause::EpmUnreachable, format!("port 135 at {address} answers"));
        }
        Reach::Unreached(_) | Reach::NotSeen => {}
    }
}

/// What stands on the way and shows by what arrives, where that was seen.
fn way(case: &Case<'_>, address: IpAddr, all: &mut Vec<RuledOut>) {
    let (source, destination) = (case.source(), case.destination());
    let mut rule = |cause, why| all.push(RuledOut { cause, why });
    let Some(probe) = case.probe(address) else { return };
    let asked = probe.interfaces.iter().find(|asked| asked.interface.offers(case.interface()));
    if let Some(MapAnswer::Endpoints(bindings)) = asked.map(|asked| &asked.answer)
        && let Some(own) = case.registered_ports()
        && bindings.iter().filter_map(Binding::port).all(|port| own.contains(&port))
    {
        let why = format!("what {destination} is told is in the own endpoint map of {source}");
        rule(Cause::AnswerAltered, why);
    }
    if let Some(Ok(rows)) = probe.map.as_ref().map(|map| &map.endpoints) {
        let why = format!(
            "the whole endpoint map of {source} ({} entries) arrived at {destination}",
            rows.len()
        );
        rule(Cause::LargePacketsLost, why);
    }
}

/// The causes of a lost registration that do not fit when it was there.
fn history(case: &Case<'_>, finding: &Finding, all: &mut Vec<RuledOut>) {
    let source = case.source();
    let interface = names::label(case.interface());
    let mut rule = |cause, why| all.push(RuledOut { cause, why });
    // What comes and goes, and is there now, has been all of these.
    if finding.state == State::Latent {
        return;
    }
    let last = case.registrations().map(|known| known.last).max();
    match (finding.cause, last) {
        (Cause::ServiceDied, Some(last)) => {
            let why =
                format!("{source} listed {interface} until {last}, after it was last started");
            rule(Cause::ServiceNotStarted, why.clone());
            rule(Cause::RegistrationFailed, why);
            rule(
                Cause::EndpointsUnregistered,
                "its process ended with the registration".to_owned(),
            );
        }
        (Cause::EndpointsUnregistered, Some(last)) => {
            let why =
                format!("the process that runs now had the interface registered until {last}");
            rule(Cause::RegistrationFailed, why);
        }
        (Cause::ServiceNotStarted, None) => {
            let why = format!("{source} was not seen to list {interface} since it was started");
            rule(Cause::EndpointsUnregistered, why.clone());
            // Where nobody watched, it may have come and gone.
            if finding.confidence == Confidence::Proven {
                rule(Cause::ServiceDied, why);
            }
        }
        (Cause::RegistrationFailed, _) if finding.confidence == Confidence::Proven => {
            let why =
                format!("the process that runs was never seen to have {interface} registered");
            rule(Cause::EndpointsUnregistered, why);
        }
        _ => {}
    }
}

/// The causes that the host itself would show, and does not.
fn host(case: &Case<'_>, all: &mut Vec<RuledOut>) {
    let source = case.source();
    let mut rule = |cause, why| all.push(RuledOut { cause, why });
    if case.source_host.is_some_and(|host| host.fact.boot_mode.value() == Some(&BootMode::Normal)) {
        let why = format!("{source} was started in normal mode");
        rule(Cause::DirectoryServicesRestoreMode, why);
    }
    let profiles = case.source_filters.and_then(|filters| filters.profiles.value());
    if profiles.is_some_and(|all| !all.is_empty() && all.iter().all(|profile| !profile.enabled)) {
        rule(Cause::HostFirewall, format!("the firewall of {source} is off in every profile"));
    }
}
