//! What to do about the path, firewalls, filters and ports, and errors that are not 1753.

use super::{
    super::{Cause, Side},
    remedy::Ground,
    service::restart,
};
use crate::facts::{Platform, RpcFilterAction};

pub(super) fn steps(g: &Ground<'_>) -> Vec<String> {
    let (dest, source, name, value) = (g.dest, g.source, g.name, g.value);
    match g.finding.cause {
        Cause::EpmUnreachable => vec![
            format!("from {dest}, {name} does not answer; this is 1722, not 1753: {value}"),
            match g.finding.side {
                Side::Source => format!(
                    "on {source}, see what listens and what filters: {}",
                    g.at_source(
                        "netstat -ano -p tcp | findstr :135; sc query RpcEptMapper; netsh advfirewall \
                         show allprofiles",
                        "ss -tlnp 'sport = 135'; systemctl status samba-ad-dc; nft list ruleset"
                    )
                ),
                _ => format!(
                    "see the firewalls and routes between {dest} and {source} for TCP 135: {}",
                    to_port(g, "135")
                ),
            },
        ],
        Cause::HostFirewall => vec![
            format!(
                "{value}; on {source}, see which profile is in force and what it lets in: {}",
                g.at_source("netsh advfirewall show currentprofile", "nft list ruleset")
            ),
            "allow what domain controllers need: netsh advfirewall firewall set rule group=\"Active \
             Directory Domain Services\" new enable=yes; other security products have rules of their \
             own"
                .to_owned(),
            format!("see that {source} is in the domain profile, not in the public one"),
        ],
        Cause::DynamicPortBlocked => vec![
            format!("see which firewall between {dest} and {source} drops it: {}", to_port(g, &port(g))),
            format!(
                "open the dynamic RPC range of {source} ({}) towards it, or pin the interface to one \
                 port and open that (KB 224196): {name}",
                dynamic_range(g)
            ),
        ],
        Cause::RpcFiltered => filtered(g),
        Cause::EpmAccessDenied => vec![
            format!(
                "{name}: {value}; see the policy on {source}: reg query \
                 \"HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows NT\\Rpc\""
            ),
            format!(
                "take {source} out of the policy \"Restrict Unauthenticated RPC clients\" \
                 (RestrictRemoteClients), or set it to None (0), then gpupdate; or have \
                 the clients authenticate, with EnableAuthEpResolution = 1 on {dest}"
            ),
            format!("restart {source}, which interrupts its clients: the policy counts from then on"),
        ],
        Cause::StaleEndpoint => vec![
            format!(
                "{name}: {value}; on {source}, see which process owns the port: {}",
                g.at_source("netstat -ano", "ss -tlnp")
            ),
            restart(g),
        ],
        Cause::PortExhaustion => exhausted(g),
        _ => other(g),
    }
}

/// How a port is tried by hand from the destination.
fn to_port(g: &Ground<'_>, port: &str) -> String {
    let source = g.source;
    super::remedy::command(
        g.case.destination_platform(),
        &format!("portqry -n {source} -p tcp -e {port}"),
        &format!("nc -vz {source} {port}"),
    )
}

/// The port in the culprit's name, `10.0.0.2 port 49667 (dc2)`.
fn port(g: &Ground<'_>) -> String {
    let after = g.name.split(" port ").nth(1).and_then(|rest| rest.split(' ').next());
    after.unwrap_or("135").to_owned()
}

/// The source's dynamic range, as it says itself.
fn dynamic_range(g: &Ground<'_>) -> String {
    let range = g.case.source_range();
    range.map_or("49152-65535 by default".to_owned(), |r| format!("{}-{}", r.first, r.last))
}

fn filtered(g: &Ground<'_>) -> Vec<String> {
    let (dest, source, name, value) = (g.dest, g.source, g.name, g.value);
    if g.finding.side == Side::Network {
        return vec![
            format!(
                "{source} lists the interface and has no filter that hides it: {name}: {value}"
            ),
            format!(
                "see what inspects RPC between {dest} and {source}: record both ends of one \
                 question on TCP 135 ({}) and see who answers",
                g.ask_mapper()
            ),
        ];
    }
    let filters = g.case.source_filters.and_then(|filters| filters.rpc.value());
    let key = filters.into_iter().flatten().find(|filter| {
        filter.action == RpcFilterAction::Block && name.contains(&filter.key.to_string())
    });
    let key = key.map_or("KEY".to_owned(), |filter| format!("{{{}}}", filter.key));
    vec![
        format!("{name}: {value}; on {source}, see its RPC filters: netsh rpc filter show filter"),
        format!(
            "find out who set it and why; then take out the one that hides the interface, which \
             removes the protection it was made for: netsh rpc filter delete filter filterkey={key}"
        ),
    ]
}

fn exhausted(g: &Ground<'_>) -> Vec<String> {
    let (host, platform) = if g.finding.side == Side::Destination {
        (g.dest, g.case.destination_platform())
    } else {
        (g.source, g.case.source_platform())
    };
    let holders = super::remedy::command(
        platform,
        "netstat -anob (netstat -ano | find /c \"TIME_WAIT\" counts those that are only waiting)",
        "ss -tanp (ss -tan state time-wait | wc -l counts those that are only waiting)",
    );
    let range = super::remedy::command(
        platform,
        "netsh int ipv4 show dynamicport tcp; the default is start=49152 num=16384",
        "sysctl net.ipv4.ip_local_port_range; the default is 32768 60999",
    );
    vec![
        format!("{}: {}; on {host}, see which program holds the ports: {holders}", g.name, g.value),
        format!(
            "end or mend that program, which ends what it does; widening the range only buys time \
             ({range})"
        ),
    ]
}

/// Something else than 1753, by what it is about.
fn other(g: &Ground<'_>) -> Vec<String> {
    let (dest, source, name, value) = (g.dest, g.source, g.name, g.value);
    let mut steps = vec![format!("this is error {}, not 1753: {name}: {value}", g.finding.error)];
    steps.push(match g.kind {
        "dns-server" => {
            let servers = g.case.dns_servers();
            let each: Vec<String> =
                servers.iter().map(|server| format!("nslookup {source} {server}")).collect();
            format!(
                "from {dest}, ask each server by hand: {}; see that UDP and TCP 53 get through and \
                 that the DNS service runs there",
                each.join("; ")
            )
        }
        "dns-record" => format!(
            "on {source}, register its addresses: {}",
            g.at_source("ipconfig /registerdns", "samba_dnsupdate --all-names")
        ),
        "endpoint-mapper" if g.case.source_platform() == Some(Platform::Windows) => format!(
            "on {source}, see what holds TCP 135: netstat -anob | findstr :135; RpcSs and RpcEptMapper \
             must run"
        ),
        "endpoint-mapper" => format!(
            "on {source}, see what holds TCP 135, and that the endpoint mapper runs: {}",
            g.at_source("netstat -anob", "ss -tlnp 'sport = 135'; systemctl status samba-ad-dc")
        ),
        _ => format!("on {source}, see which process answers there, and its log"),
    });
    steps
}
