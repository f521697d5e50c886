//! The causes that were considered and left, each with the fact that speaks against it.

use std::net::IpAddr;

use super::{
    super::{
        Cause, RuledOut, State,
        case::{Case, Owner, Path, path},
        finding::Finding,
        misled::alias_name,
        naming::{Alias, View, effective},
    },
    interface_name,
};
use crate::facts::{ServiceState, Source};

/// The causes that were considered and left, each with the fact that speaks against it.
pub(in super::super) fn ruled_out(
    case: &Case<'_>,
    views: &[View],
    finding: &Finding,
) -> Vec<RuledOut> {
    if finding.state == State::Unknown {
        return Vec::new();
    }
    let mut all = Vec::new();
    names_ruled_out(case, views, &mut all);
    server_ruled_out(case, views, &mut all);
    all.retain(|out: &RuledOut| out.cause != finding.cause);
    all
}

fn names_ruled_out(case: &Case<'_>, views: &[View], all: &mut Vec<RuledOut>) {
    let mut rule = |cause, why| all.push(RuledOut { cause, why });
    let hosts = views.iter().find(|view| view.source == Source::Hosts);
    if let Some(hosts) = hosts {
        if hosts.addresses.is_empty() {
            let why = format!("{} on {} maps neither name", case.hosts_path(), case.destination());
            rule(Cause::HostsFileOverride, why);
        } else if hosts.wrong(case).next().is_none() {
            rule(Cause::HostsFileOverride, "its line gives an address of the source".to_owned());
        }
    }
    let dns = || views.iter().filter(|view| matches!(view.source, Source::Dns(_)));
    if dns().next().is_some() {
        if dns().all(|view| matches!(view.alias, Alias::Target(_))) {
            let why = format!("every DNS server has {}", alias_name(case));
            rule(Cause::DnsCnameMissing, why);
        }
        if dns().all(|view| matches!(&view.alias, Alias::Target(target) if target == case.source()))
        {
            let why = format!("on every DNS server the CNAME names {}", case.source());
            rule(Cause::DnsCnameWrong, why);
        }
        let right = |view: &View| {
            !view.addresses.is_empty()
                && view.name == *case.source()
                && view.addresses.iter().all(|(address, _)| case.owner(*address) == Owner::Source)
        };
        if dns().all(right) {
            let why = format!("every DNS server gives only addresses of {}", case.source());
            rule(Cause::DnsAStale, why);
        }
    }
    let effective: Vec<IpAddr> =
        effective(views).map_or(Vec::new(), |view| view.addresses.iter().map(|a| a.0).collect());
    let source_answers = |address: &&IpAddr| case.owner(**address) == Owner::Source;
    if let Some(address) = effective.iter().find(source_answers) {
        let why = format!("{address}, where the name leads, is {}", case.source());
        rule(Cause::WrongServerIdentity, why);
    }
}

fn server_ruled_out(case: &Case<'_>, views: &[View], all: &mut Vec<RuledOut>) {
    let mut rule = |cause, why| all.push(RuledOut { cause, why });
    if let (Some(service), Some(services)) = (case.service(), case.source_services)
        && service.state == ServiceState::Running
    {
        let why = format!("{} says that {} runs ({})", case.source(), service.name, services.at);
        rule(Cause::ServiceNotStarted, why.clone());
        rule(Cause::ServiceDied, why);
    }
    if let Some(ports) = case.registered_ports().filter(|ports| !ports.is_empty()) {
        let ports: Vec<String> = ports.iter().map(ToString::to_string).collect();
        let why = format!(
            "{} itself lists {} on port {}",
            case.source(),
            interface_name(case.interface()),
            ports.join(", ")
        );
        rule(Cause::EndpointsUnregistered, why.clone());
        rule(Cause::RegistrationFailed, why);
    }
    let leads = effective(views).and_then(|view| view.addresses.first());
    let Some(&(address, _)) = leads else { return };
    match path(case.probe(address), case.interface()) {
        Path::Reached(port) => {
            rule(Cause::EpmUnreachable, format!("port 135 at {address} answers"));
            rule(Cause::DynamicPortBlocked, format!("port {port} at {address} answers"));
        }
        Path::NotRegistered(_) => {
            rule(Cause::EpmUnreachable, format!("port 135 at {address} answers"));
            let why =
                format!("the endpoint mapper at {address} named no port that could be blocked");
            rule(Cause::DynamicPortBlocked, why);
        }
        Path::PortUnreached(..) | Path::PortBind(..) | Path::Mapper(..) => {
            rule(Cause::EpmUnreachable, format!("port 135 at {address} answers"));
        }
        Path::Unreached(_) | Path::NotSeen => {}
    }
}
