//! The causes that the source's own state and the path to it rule out.

use std::net::IpAddr;

use epmesh_facts::{BootMode, MapAnswer, RpcFilter, ServiceState};
use epmesh_rpc::{Binding, names};

use super::super::super::{
    case::{Case, Owner, Reach, effective, has_no_way},
    cause::{Cause, Confidence, State},
    culprit::Culprit,
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
    // What comes and goes, and is there now, has been gone.
    let is_steady = !finding.culprit.as_deref().is_some_and(Culprit::is_flapping);
    if let (Some(service), Some(services)) = (case.service(), case.source_services)
        && service.state == ServiceState::Running
        && is_steady
    {
        let why =
            format!("{} reports that {} runs (at {})", case.source(), service.name, services.at);
        rule(Cause::ServiceNotStarted, why.clone());
        rule(Cause::ServiceDied, why);
    }
    on_the_way(case, name_sources, all);
    let mut rule = |cause, why| all.push(RuledOut { cause, why });
    if let (Some(map), Some(ports)) = (case.source_map, case.registered_ports())
        && !ports.is_empty()
        && is_steady
    {
        let ports: Vec<String> = ports.iter().map(ToString::to_string).collect();
        let why = format!(
            "{} itself lists {} on port {} (at {})",
            case.source(),
            names::label(case.interface()),
            ports.join(", "),
            map.at
        );
        rule(Cause::EndpointsUnregistered, why.clone());
        rule(Cause::RegistrationFailed, why);
    }
}

/// The causes that do not fit how far the destination got, at the first address to which the name leads that is not
/// another host's.
fn on_the_way(case: &Case<'_>, name_sources: &[NameSource<'_>], all: &mut Vec<RuledOut>) {
    let leads = effective(name_sources).map_or(&[][..], |name_source| name_source.addresses);
    // What another host answers rules nothing out on the way to the source.
    let is_other = |address: &IpAddr| matches!(case.owner(*address), Owner::Other(_));
    let leads: Vec<IpAddr> =
        leads.iter().map(|mapped| mapped.address).filter(|address| !is_other(address)).collect();
    let Some(address) = leads.first().copied() else { return };
    mapper(case, &leads, all);
    way(case, address, all);
    let mut rule = |cause, why| all.push(RuledOut { cause, why });
    match case.reach(address) {
        Reach::Reached(port) => {
            reached(case, address, port, leads.len() == 1, all);
        }
        Reach::NotRegistered(_) => {
            // KB 2089874 says that blocked ports never show as 1753, the article on domain joins
            // says that they do. The reason is therefore what was seen.
            let why = format!(
                "the endpoint mapper at {address} itself said \"not registered\" and named no port \
                 that could be blocked"
            );
            rule(Cause::DynamicPortBlocked, why);
        }
        Reach::PortUnreached(port, _) => {
            let why = format!(
                "the endpoint mapper at {address} named port {port}, so that the interface is registered; \
                 a client that reports 1753 all the same has used up its list of endpoints (location 500 \
                 or 761)"
            );
            // A port that the source does not have was not named by the source.
            if case.registered_ports().is_none_or(|own| own.contains(&port)) {
                rule(Cause::RegistrationFailed, why);
            }
        }
        Reach::PortBind(..) | Reach::Mapper(..) | Reach::Unreached(_) | Reach::NotSeen => {}
    }
}

/// What the endpoint mapper's answers rule out, where it answered at every address to which the name leads and to
/// which the destination has a way.
fn mapper(case: &Case<'_>, leads: &[IpAddr], all: &mut Vec<RuledOut>) {
    let destination = case.destination();
    let tried: Vec<(IpAddr, Reach<'_>)> = leads
        .iter()
        .map(|address| (*address, case.reach(*address)))
        .filter(|(address, reach)| !has_no_way(case, *address, reach))
        .collect();
    let is_silent = |reach: &Reach<'_>| matches!(reach, Reach::Unreached(_) | Reach::NotSeen);
    if tried.is_empty() || tried.iter().any(|(_, reach)| is_silent(reach)) {
        return;
    }
    let addresses: Vec<String> = tried.iter().map(|(address, _)| address.to_string()).collect();
    let addresses = addresses.join(", ");
    let why = format!("{destination} reaches port 135 at {addresses}");
    all.push(RuledOut { cause: Cause::EpmUnreachable, why });
    if !tried.iter().any(|(_, reach)| matches!(reach, Reach::Mapper(..))) {
        let why = format!("the endpoint mapper at {addresses} answers {destination}");
        all.push(RuledOut { cause: Cause::EpmAccessDenied, why });
    }
}

/// What a port that answers a bind rules out. Where the name leads to several addresses, others may be closed.
fn reached(case: &Case<'_>, address: IpAddr, port: u16, is_only: bool, all: &mut Vec<RuledOut>) {
    let (source, destination) = (case.source(), case.destination());
    let interface = names::label(case.interface());
    let mut rule = |cause, why| all.push(RuledOut { cause, why });
    // A bind that is refused for want of rights has arrived, and is not accepted.
    let asked = case.probe(address).into_iter().flat_map(|probe| &probe.interfaces);
    let asked = asked.filter(|asked| asked.interface.offers(case.interface()));
    let mut binds = asked.flat_map(|asked| &asked.ports).filter(|tried| tried.port == port);
    let is_bound = binds.any(|tried| tried.bind.as_ref().is_some_and(|bind| bind.outcome.is_ok()));
    if is_only {
        let how = if is_bound { "accepts the bind" } else { "answers the bind" };
        let why = format!("{destination} reaches port {port} at {address}, which {how}");
        rule(Cause::DynamicPortBlocked, why.clone());
        rule(Cause::HostFirewall, why);
    }
    rule(Cause::ServiceHangs, format!("what listens on port {port} at {address} answers"));
    // A filter may let the bind through and block calls.
    let filters = case.source_filters.filter(|filters| is_bound && filters.rpc_is_whole());
    let blocks = |filter: &RpcFilter| filter.blocks(case.interface().uuid);
    if let Some(rows) = filters.and_then(|filters| filters.rpc.value())
        && !rows.iter().any(blocks)
    {
        let why = format!(
            "port {port} at {address} accepts the bind to {interface}, and none of the RPC filters of {source} \
             ({}) blocks it",
            rows.len()
        );
        rule(Cause::RpcFiltered, why);
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
            rule(
                Cause::EndpointsUnregistered,
                "its service does not run, so that it is not the registration alone that is gone"
                    .to_owned(),
            );
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
}
