//! What to do about the path, firewalls, filters and ports, and errors that are not 1753.

use epmesh_facts::{Failure, Platform, RecordType, RpcFilter};
use epmesh_rpc::epm::TCP_PORT;

use super::{
    super::super::{
        cause::{Cause, Side},
        culprit::{Culprit, Obstacle, PortTrouble},
    },
    commands::command,
    context::RemedyContext,
    hangs::silent_port,
    ports::{is_handed_out, open, port, to_port},
    records,
    service::restart,
    static_port,
};

pub(super) fn steps(g: &RemedyContext<'_>) -> Vec<String> {
    let (dest, source, name, value) = (g.dest, g.source, &g.name, &g.value);
    match g.finding.cause {
        Cause::EpmUnreachable => vec![
            format!("from {dest}, {name} does not answer; {}: {value}", silence(g)),
            match g.finding.side {
                Side::Source => format!(
                    "on {source}, see what listens and what filters: {}",
                    g.at_source(
                        "netstat -ano | findstr :135; sc.exe query RpcEptMapper; netsh advfirewall show \
                         allprofiles",
                        "ss -tlnp 'sport = 135'; systemctl status samba-ad-dc; nft list ruleset"
                    )
                ),
                _ => format!(
                    "check the firewalls and routes between {dest} and {source} for TCP 135: {}",
                    to_port(g)
                ),
            },
        ],
        Cause::HostFirewall => host_firewall(g),
        Cause::DynamicPortBlocked => {
            let mut steps = vec![format!(
                "find the firewall between {dest} and {source} that drops the connection ({name}): {}",
                to_port(g)
            )];
            steps.extend(static_port::steps(g).unwrap_or_else(|| vec![open(g)]));
            steps
        }
        Cause::RpcFiltered => filtered(g),
        Cause::EpmAccessDenied => access_denied(g),
        Cause::StaleEndpoint => stale_endpoint(g),
        Cause::PortExhaustion => exhausted(g),
        _ => other(g),
    }
}

/// The error that a client reports when it does not get through to port 135.
fn silence(g: &RemedyContext<'_>) -> String {
    match g.finding.error {
        1753 => {
            "the error 1753 comes from the next address to which the name leads, which is wrong"
                .to_owned()
        }
        error => format!("the error is {error}, not 1753"),
    }
}

fn stale_endpoint(g: &RemedyContext<'_>) -> Vec<String> {
    let (source, name, value, port) = (g.source, &g.name, &g.value, port(g));
    let mut steps = vec![format!(
        "{name}: {value}; on {source}, see which process owns the port: {}",
        g.at_source(
            &format!("netstat -ano | findstr :{port}"),
            &format!("ss -tlnp 'sport = {port}'")
        )
    )];
    if let Some(Culprit::Port { trouble: PortTrouble::OtherProcess { listener, .. }, .. }) =
        g.culprit
    {
        steps.push(format!(
            "give the program of process {listener} another port, or the service: while it holds {port}, a \
             restart of the service does not help"
        ));
    }
    steps.push(restart(g));
    steps
}

fn host_firewall(g: &RemedyContext<'_>) -> Vec<String> {
    let (source, name, value, number) = (g.source, &g.name, &g.value, port(g));
    let by_hand = number != TCP_PORT && !is_handed_out(g, number);
    let rule = if by_hand {
        format!(
            "netsh advfirewall firewall add rule name=\"RPC static port {number}\" dir=in action=allow \
             protocol=TCP localport={number} profile=domain (the rules of the group Active Directory \
             Domain Services let in port 135 and dynamic ports alone)"
        )
    } else {
        "netsh advfirewall firewall set rule group=\"Active Directory Domain Services\" new enable=yes \
         (the group's name is in the language of Windows)"
            .to_owned()
    };
    vec![
        format!(
            "{name}: {value}; on {source}, see which profile is in force and what it lets in: {}",
            g.at_source("netsh advfirewall show currentprofile", "nft list ruleset")
        ),
        format!(
            "allow what domain controllers need, which opens these ports to the whole profile: {}; other \
             security \
             products have rules of their own",
            g.at_source(&rule, &format!("TCP {number} in its rules"))
        ),
        format!(
            "check that {source} is in the domain profile, not in the public one: in PowerShell, \
             Get-NetConnectionProfile"
        ),
    ]
}

fn access_denied(g: &RemedyContext<'_>) -> Vec<String> {
    const POLICY: &str = r#""HKLM\SOFTWARE\Policies\Microsoft\Windows NT\Rpc""#;
    let (dest, source, name, value) = (g.dest, g.source, &g.name, &g.value);
    if g.case.source_platform() == Some(Platform::Samba) {
        return vec![
            format!("{name}: {value}"),
            format!(
                "on {source}, see who is let in: testparm -sv, `hosts allow`, `hosts deny` and `allow \
                 dcerpc auth level connect`; and the log of samba"
            ),
        ];
    }
    vec![
        format!("{name}: {value}; see the policy on {source}: reg query {POLICY}"),
        format!(
            "take {source} out of the policy \"Restrict Unauthenticated RPC clients\" (gpresult /h \
             gp.html shows which one sets RestrictRemoteClients), or set it to None there, then \
             gpupdate; or have the clients authenticate, on {dest}: reg add {POLICY} /v \
             EnableAuthEpResolution /t REG_DWORD /d 1"
        ),
        format!(
            "restart {source}, which interrupts its clients: the policy takes effect then (with \
             EnableAuthEpResolution, restart {dest} instead)"
        ),
    ]
}

fn filtered(g: &RemedyContext<'_>) -> Vec<String> {
    let (dest, source, name, value) = (g.dest, g.source, &g.name, &g.value);
    if g.finding.side == Side::Network {
        return vec![
            format!(
                "{source} lists the interface and has no filter that hides it: {name}: {value}"
            ),
            format!(
                "find what inspects RPC between {dest} and {source}: capture TCP 135 at both ends while \
                 the endpoint mapper is asked ({}), and see which host answers",
                g.ask_mapper()
            ),
        ];
    }
    if g.case.source_platform() == Some(Platform::Samba) {
        return vec![format!(
            "{name}: {value}; Samba has no RPC filters: see on {source} what answers on TCP 135: ss \
             -tlnp 'sport = 135', and its log"
        )];
    }
    let blocks = |filter: &RpcFilter| filter.blocks(g.case.interface().uuid);
    let rows = g.case.source_filters.filter(|filters| filters.rpc_is_whole());
    if rows.is_some_and(|all| !all.rpc.value().into_iter().flatten().any(blocks)) {
        return vec![format!(
            "{name}: {value}; no RPC filter of {source} does that (netsh rpc filter show filter): find \
             what else answers on its TCP 135, or in front of it for everybody: netstat -ano | findstr \
             :135 there, security software that inspects RPC, a load balancer or a proxy"
        )];
    }
    let filter = match g.culprit {
        Some(
            Culprit::RpcFilter { filter, .. }
            | Culprit::Obstacle { obstacle: Obstacle::Filter(filter), .. },
        ) => Some(filter),
        _ => None,
    };
    // Without braces: PowerShell would take them for its own.
    let key = filter.map_or("KEY".to_owned(), |filter| filter.key.to_string());
    let mut steps = vec![
        format!("{name}: {value}; on {source}, see its RPC filters: netsh rpc filter show filter"),
        format!(
            "find out who set the filter and why; then delete the one that blocks the interface, which \
             removes the protection that it was made for: netsh rpc filter delete filter filterkey={key}"
        ),
    ];
    // What was kept from registering does not try again by itself.
    if matches!(g.culprit, Some(Culprit::Obstacle { .. })) {
        steps.push(restart(g));
    }
    steps
}

fn exhausted(g: &RemedyContext<'_>) -> Vec<String> {
    let (host, platform) = if g.finding.side == Side::Destination {
        (g.dest, g.case.destination_platform())
    } else {
        (g.source, g.case.source_platform())
    };
    let holders = command(
        platform,
        "netstat -anob (netstat -ano | findstr TIME_WAIT has those that are only waiting)",
        "ss -tanp (ss -tan state time-wait | wc -l counts those that are only waiting)",
    );
    let early = g.finding.side != Side::Destination && g.source_is_early();
    let show = if early {
        "MaxUserPort in HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters; the default is 5000"
    } else {
        "netsh int ipv4 show dynamicport tcp; the default is start=49152 num=16384"
    };
    let range =
        command(platform, show, "sysctl net.ipv4.ip_local_port_range; the default is 32768 60999");
    vec![
        format!("{}: {}; on {host}, see which program holds the ports: {holders}", g.name, g.value),
        format!(
            "stop or repair that program, which ends what it does; widening the range only buys time \
             ({range})"
        ),
    ]
}

/// What to do about another error than 1753, by its culprit.
fn other(g: &RemedyContext<'_>) -> Vec<String> {
    let (dest, source, name, value) = (g.dest, g.source, &g.name, &g.value);
    let mut steps = vec![format!("the error is {}, not 1753: {name}: {value}", g.finding.error)];
    let windows = g.case.source_platform() == Some(Platform::Windows);
    steps.push(match g.culprit {
        Some(Culprit::SilentDnsServers(_)) => {
            let servers = g.case.dns_servers();
            let each: Vec<String> =
                servers.iter().map(|server| format!("nslookup {source} {server}")).collect();
            format!(
                "from {dest}, ask each server by hand: {}; check that UDP and TCP 53 get through and that \
                 the DNS service runs there",
                each.join("; ")
            )
        }
        Some(Culprit::DnsRecord(_) | Culprit::NameWithoutAddress { .. }) => format!(
            "on {source}, register its addresses: {}; then ask each server: {}",
            records::register_host(g),
            records::lookups(g, RecordType::A)
        ),
        Some(Culprit::MapperService { .. } | Culprit::MapperAnswer { .. }) if windows => format!(
            "on {source}, see what holds TCP 135: netstat -ano | findstr :135; RpcSs and RpcEptMapper \
             must run"
        ),
        Some(Culprit::MapperService { .. } | Culprit::MapperAnswer { .. }) => format!(
            "on {source}, see what holds TCP 135, and that the endpoint mapper runs: {}",
            g.at_source("netstat -anob", "ss -tlnp 'sport = 135'; systemctl status samba-ad-dc")
        ),
        Some(Culprit::Port { trouble: PortTrouble::BindFailed(Failure::TimedOut), .. }) => {
            steps.extend(silent_port(g));
            return steps;
        }
        _ => format!("on {source}, see which process answers there, and its log"),
    });
    steps
}
