//! Remedies, ruled-out causes, and the names that verdicts use.

use std::net::IpAddr;

use super::{
    Cause, RuledOut, State, WindowsError,
    case::{Case, Owner, Path, path},
    finding::Finding,
    misled::alias_name,
    naming::{Alias, View, effective},
};
use crate::{
    facts::{ServiceState, Source},
    rpc::InterfaceId,
};

/// The name of an interface, or its UUID and version.
pub(super) fn interface_name(interface: InterfaceId) -> String {
    interface.to_string()
}

/// The symbolic name of a Windows error.
pub(super) fn windows_error(code: i64) -> WindowsError {
    let name = match code {
        0 => "ERROR_SUCCESS",
        5 => "ERROR_ACCESS_DENIED",
        1717 => "RPC_S_UNKNOWN_IF",
        1722 => "RPC_S_SERVER_UNAVAILABLE",
        1723 => "RPC_S_SERVER_TOO_BUSY",
        1726 => "RPC_S_CALL_FAILED",
        1727 => "RPC_S_CALL_FAILED_DNE",
        1728 => "RPC_S_PROTOCOL_ERROR",
        1730 => "RPC_S_UNSUPPORTED_TRANS_SYN",
        1745 => "RPC_S_PROCNUM_OUT_OF_RANGE",
        1747 => "RPC_S_UNKNOWN_AUTHN_SERVICE",
        1752 => "EPT_S_CANT_PERFORM_OP",
        1753 => "EPT_S_NOT_REGISTERED",
        1825 => "RPC_S_SEC_PKG_ERROR",
        8524 => "ERROR_DS_DNS_LOOKUP_FAILURE",
        -2_146_893_022 => "SEC_E_WRONG_PRINCIPAL",
        _ => "",
    };
    WindowsError { code, name: name.to_owned() }
}

/// What to do, in order; the last step says what to check afterwards.
pub(super) fn remedy(case: &Case<'_>, finding: &Finding) -> Vec<String> {
    let (dest, source) = (case.destination(), case.source());
    let culprit = finding.culprit.as_ref();
    let name = culprit.map_or("", |culprit| culprit.name.as_str());
    let mut steps = match finding.cause {
        Cause::Healthy => return Vec::new(),
        Cause::Unknown => {
            return finding
                .missing
                .iter()
                .map(|what| format!("needed to decide: {what}"))
                .collect();
        }
        Cause::ServiceNotStarted => vec![
            format!(
                "log on to {source} and see why {name} was not started since the boot: start type, boot mode (DSRM), event log"
            ),
            format!("set its start type back to the default and start it on {source}"),
        ],
        Cause::ServiceDied => vec![
            format!(
                "log on to {source}: {name} ended; look for its last words in the event log or its log file"
            ),
            format!(
                "start it again on {source}; on Windows, where it is part of lsass, restart {source}"
            ),
        ],
        Cause::EndpointsUnregistered => vec![
            format!(
                "on {source} the process still runs and its registration is gone: something removed it from the endpoint map"
            ),
            format!(
                "restart the service on {source} so that it registers again; on Windows, where it is part of lsass, restart {source}"
            ),
        ],
        Cause::RegistrationFailed => vec![
            format!(
                "on {source}, compare the RPC port range (Rpc\\Internet, netsh int ipv4 show dynamicport tcp), ClientProtocols and the service's own configuration with a healthy domain controller"
            ),
            format!(
                "after mending it, restart the service on {source}; on Windows, where it is part of lsass, restart {source}"
            ),
        ],
        Cause::HostsFileOverride => vec![
            format!("on {dest}, remove the line {name}; it is the only change needed"),
            format!("on {dest}, clear the resolver's cache (Windows: ipconfig /flushdns)"),
        ],
        Cause::DnsAStale | Cause::DnsADuplicate => vec![
            format!(
                "delete the wrong record: {name}, value {}",
                culprit.map_or("", |c| c.value.as_str())
            ),
            format!(
                "register the right one from {source} (Windows: ipconfig /registerdns; Samba: samba_dnsupdate), and look into scavenging on the zone"
            ),
            format!("on {dest}, clear the resolver's cache (Windows: ipconfig /flushdns)"),
        ],
        Cause::DnsCnameWrong => vec![
            format!("correct the record to name {source}: {name}"),
            format!("on {dest}, clear the resolver's cache (Windows: ipconfig /flushdns)"),
        ],
        Cause::DnsCnameMissing => vec![format!(
            "register it again from {source} (Windows: restart Netlogon or nltest /dsregdns; Samba: samba_dnsupdate --all-names): {name}"
        )],
        Cause::WrongServerIdentity => vec![
            format!(
                "another server answers in the place of {source}; correct {name}, value {}",
                culprit.map_or("", |c| c.value.as_str())
            ),
            format!(
                "on {dest}, clear the resolver's cache (Windows: ipconfig /flushdns) and its Kerberos tickets (klist purge)"
            ),
        ],
        Cause::NtdsSettingsStale => vec![
            format!(
                "compare the creation times of the NTDS Settings objects (repadmin /showobjmeta) with the last promotion of {source}"
            ),
            format!(
                "let {dest} replicate the configuration naming context from a domain controller that knows the new object; only then remove the old one (metadata cleanup: this deletes, make sure which one it is)"
            ),
        ],
        Cause::EpmUnreachable => vec![
            format!("from {dest}, {name} does not answer; this is 1722, not 1753"),
            format!(
                "look at the host firewall of {source} first when every witness fails, at the firewalls and routes between when only some do"
            ),
        ],
        Cause::DynamicPortBlocked => vec![format!(
            "open the dynamic RPC range (49152-65535 by default) towards {source}, or pin the interface to one port and open that (KB 224196): {name}"
        )],
        Cause::StaleEndpoint => vec![
            format!("on {source}, see which process owns the port: {name}"),
            format!(
                "restart the service that should be registered there; on Windows, where it is part of lsass, restart {source}"
            ),
        ],
        Cause::EpmAccessDenied => vec![format!(
            "on {source}, set the policy \"Restrict Unauthenticated RPC clients\" (RestrictRemoteClients) to a value other than 2, or let all clients authenticate (EnableAuthEpResolution)"
        )],
        Cause::NotError1753 => vec![format!(
            "this is error {}, not 1753: {name}: {}",
            finding.error,
            culprit.map_or("", |c| c.value.as_str())
        )],
    };
    steps.extend(finding.missing.iter().map(|what| format!("needed to say more: {what}")));
    steps.push(format!("then check: epmesh diagnose {dest} {source} --now"));
    steps
}

/// The causes that were considered and left, each with the fact that speaks against it.
pub(super) fn ruled_out(case: &Case<'_>, views: &[View], finding: &Finding) -> Vec<RuledOut> {
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
