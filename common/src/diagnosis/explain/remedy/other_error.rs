//! Remedies for another error than 1753, by its culprit.

use epmesh_facts::{Failure, Platform, RecordType};

use super::{
    super::super::culprit::{Culprit, NamePlace, PortTrouble},
    context::RemedyContext,
    foreign::{is_ours, take_out},
    hangs::silent_port,
    ports::port,
    records,
    registering::register_all,
};

pub(super) fn steps(g: &RemedyContext<'_>) -> Vec<String> {
    let (source, name, value) = (g.source, &g.name, &g.value);
    let mut steps = vec![format!("the error is {}, not 1753: {name}: {value}", g.finding.error)];
    let windows = g.source_platform() == Some(Platform::Windows);
    match g.culprit {
        Some(Culprit::SilentDnsServers(_)) => steps.push(ask_servers(g)),
        Some(Culprit::DnsRecord(_) | Culprit::NameWithoutAddress { .. }) => {
            steps.extend(no_address(g));
        }
        Some(Culprit::MapperService { .. } | Culprit::MapperAnswer { .. }) if windows => {
            steps.push(format!(
                "on {source}, see what holds TCP 135: netstat -ano | findstr :135; RpcSs and RpcEptMapper \
                 must run"
            ));
        }
        Some(Culprit::MapperService { .. } | Culprit::MapperAnswer { .. }) => steps.push(format!(
            "on {source}, see what holds TCP 135, and that the endpoint mapper runs: {}",
            g.at_source("netstat -anob", "ss -tlnp 'sport = 135'; systemctl status samba-ad-dc")
        )),
        Some(Culprit::Port { trouble: PortTrouble::BindFailed(Failure::TimedOut), .. }) => {
            steps.extend(silent_port(g));
        }
        _ => {
            let port = port(g);
            let how = g.at_source(
                &format!(
                    "netstat -ano | findstr :{port}, then tasklist /svc, which has the service of that process; \
                     and its log"
                ),
                &format!("ss -tlnp 'sport = {port}'; and the log of samba"),
            );
            steps.push(format!("on {source}, see which process has TCP {port}: {how}"));
        }
    }
    steps
}

/// The step that asks each DNS server by hand.
fn ask_servers(g: &RemedyContext<'_>) -> String {
    let (dest, source) = (g.dest, g.source);
    let servers = g.case.dns_servers();
    let each: Vec<String> =
        servers.iter().map(|server| format!("nslookup {source} {server}")).collect();
    format!(
        "from {dest}, ask each server by hand: {}; check that UDP and TCP 53 get through and that \
         the DNS service runs there",
        each.join("; ")
    )
}

/// The steps where a server has no address for the source: the server is not one to ask, or the records are gone.
fn no_address(g: &RemedyContext<'_>) -> Vec<String> {
    let foreign = match g.culprit {
        Some(Culprit::NameWithoutAddress { place: NamePlace::Dns(server), .. })
            if !is_ours(server) =>
        {
            Some(server.address.to_string())
        }
        _ => None,
    };
    let Some(server) = foreign else {
        let mut steps = register_all(g);
        steps.push(format!("ask each server: {}", records::lookups(g, RecordType::A)));
        return steps;
    };
    let mut steps = take_out(g.case, &server);
    steps.push(ask_servers(g));
    steps
}
