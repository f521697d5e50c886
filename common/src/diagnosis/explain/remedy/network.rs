//! Remedies for the path, firewalls, filters and ports, and for errors that are not 1753.

use epmesh_facts::Platform;
use epmesh_rpc::epm::TCP_PORT;

use super::{
    super::super::{
        cause::{Cause, Side, State},
        culprit::{Culprit, PortTrouble},
    },
    commands::command,
    context::RemedyContext,
    filters, other_error,
    ports::{is_handed_out, open, port, to_port},
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
        Cause::RpcFiltered => filters::steps(g),
        Cause::EpmAccessDenied => access_denied(g),
        Cause::StaleEndpoint => stale_endpoint(g),
        Cause::PortExhaustion => exhausted(g),
        _ => other_error::steps(g),
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
            "keep the rules as they are now ({}), then allow what domain controllers need, which opens these ports \
             to the whole profile: {}; other security products have rules of their own",
            g.at_source(
                r"netsh advfirewall export C:\firewall-before.wfw",
                "nft list ruleset > ruleset.before"
            ),
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
    if g.source_platform() == Some(Platform::Samba) {
        return vec![
            format!("{name}: {value}"),
            format!(
                "on {source}, see who is let in: testparm -sv, `hosts allow`, `hosts deny` and `allow \
                 dcerpc auth level connect`; and the log of samba"
            ),
        ];
    }
    let mut steps = vec![
        format!("{name}: {value}; see the policy on {source}: reg query {POLICY}"),
        format!(
            "take {source} out of the policy \"Restrict Unauthenticated RPC clients\" (gpresult /h \
             gp.html shows which one sets RestrictRemoteClients), or set it to None there, then \
             gpupdate; or have the clients authenticate, on {dest}, after saving the key (reg export {POLICY} \
             rpc-policy.reg): reg add {POLICY} /v EnableAuthEpResolution /t REG_DWORD /d 1"
        ),
    ];
    // What runs now was started without it.
    steps.push(if g.finding.state == State::Latent {
        format!("nothing has to be restarted: {source} reads the policy when it starts, and is not yet refusing")
    } else {
        format!(
            "restart {source}, which interrupts its clients: the policy takes effect then (with \
             EnableAuthEpResolution, restart {dest} instead)"
        )
    });
    steps
}

fn exhausted(g: &RemedyContext<'_>) -> Vec<String> {
    let (host, platform) = if g.finding.side == Side::Destination {
        (g.dest, g.destination_platform())
    } else {
        (g.source, g.source_platform())
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
            "repair that program, or stop it and with it the work that it does; widening the range only buys time \
             ({range})"
        ),
    ]
}
