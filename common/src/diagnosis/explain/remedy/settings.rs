//! Remedies for settings with which a service cannot register.

use epmesh_facts::StaticPortOwner;

use super::{
    super::super::{
        cause::{Cause, Side, State},
        culprit::{Culprit, Obstacle, PortsTrouble},
    },
    context::RemedyContext,
    ports::pinned,
    service::restart,
};

const INTERNET: &str = r"HKLM\SOFTWARE\Microsoft\Rpc\Internet";

/// Where the dynamic range is kept before Windows Server 2008.
const TCPIP: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters";

pub(super) fn steps(g: &RemedyContext<'_>) -> Vec<String> {
    let (source, name, value) = (g.source, &g.name, &g.value);
    let host = if g.finding.side == Side::Destination { g.dest } else { source };
    let whole = if g.finding.state == State::Latent {
        format!(
            "nothing has to be restarted: what runs on {host} registered before, and the RPC runtime reads the \
             setting at the next restart"
        )
    } else {
        format!(
            "restart {host}, which interrupts its clients: the RPC runtime reads the setting only then \
             (shutdown /r /t 0)"
        )
    };
    match g.finding.cause {
        Cause::ClientProtocolsMissing => client_protocols(g, whole),
        Cause::RpcInternetPortsInvalid => vec![
            format!(
                "on {source}, look at the value: reg query {INTERNET}; {value}; one bad entry makes the \
                 whole value invalid (KB 154596)"
            ),
            take_away(),
            whole,
            list_anew(g),
        ],
        Cause::RpcBindLinkageInvalid => vec![
            format!(
                "{name}: {value}; on {source}, save the key: reg export \
                 HKLM\\SYSTEM\\CurrentControlSet\\Services\\Rpc\\Linkage linkage.reg"
            ),
            "delete the empty value, so that RPC binds to all interfaces: reg delete \
             HKLM\\SYSTEM\\CurrentControlSet\\Services\\Rpc\\Linkage /v Bind"
                .to_owned(),
            whole,
        ],
        Cause::PortRangeExhausted | Cause::PortRangeConstrained => range(g, whole),
        Cause::StaticPortConflict => static_port(g),
        _ => vec![format!(
            "Microsoft's articles disagree: KB 2089874 wants the port inside the dynamic range, KB 154596 \
             outside; check that firewalls let it through and nothing else takes it: {name}"
        )],
    }
}

/// The step that takes the list of ports away: without it, servers take their ports from the dynamic range.
fn take_away() -> String {
    format!(
        "save the key (reg export {INTERNET} rpc-internet.reg), then take it away, so that servers take their \
         ports from the whole dynamic range: reg delete {INTERNET}"
    )
}

/// The step that makes a list anew. It has no command: which ports are free, nobody but the administrator knows.
fn list_anew(g: &RemedyContext<'_>) -> String {
    format!(
        "only if servers of {0} have to keep to some ports, and once this works, make a new list by KB 154596 in the \
         registry editor: one port or two with a dash a line and no blanks, at least 100 ports that nothing else \
         uses, and the same ports in the firewalls; it counts from the next restart of {0}",
        g.source
    )
}

/// The values that both of Microsoft's lists have, each with its command. What is there is asked about
/// before it is overwritten.
fn client_protocols(g: &RemedyContext<'_>, whole: String) -> Vec<String> {
    let value = &g.value;
    let key = r"HKLM\SOFTWARE\Microsoft\Rpc\ClientProtocols";
    let (host, rpc) = if g.finding.side == Side::Destination {
        (g.dest, g.case.destination_rpc())
    } else {
        (g.source, g.case.source_rpc)
    };
    let held = rpc.and_then(|rpc| rpc.client_protocols.value());
    let lacks = |name: &&str| {
        *name == "ncacn_ip_tcp"
            || !held.into_iter().flatten().any(|value| value.name.eq_ignore_ascii_case(name))
    };
    let names = ["ncacn_ip_tcp", "ncacn_np", "ncacn_http", "ncacn_ip_udp"];
    let each = names.iter().filter(|name| lacks(name));
    let each = each.map(|name| format!("reg add {key} /v {name} /t REG_SZ /d rpcrt4.dll"));
    vec![
        format!(
            "{value}; on {host}, compare the key with that of a healthy domain controller: reg \
                 query {key}"
        ),
        format!(
            "save the key above it (reg export HKLM\\SOFTWARE\\Microsoft\\Rpc rpc.reg), then set the values that KB \
             2089874 lists and that are missing: {}; reg asks before it overwrites a value that exists",
            each.collect::<Vec<_>>().join("; ")
        ),
        whole,
        "find the script or policy that removed it, or it will be gone again".to_owned(),
    ]
}

fn static_port(g: &RemedyContext<'_>) -> Vec<String> {
    let (source, name, value) = (g.source, &g.name, &g.value);
    let owner = match g.culprit {
        Some(Culprit::Obstacle { obstacle: Obstacle::StaticPort { owner, .. }, .. }) => *owner,
        _ => StaticPortOwner::Ntds,
    };
    let set = pinned(owner, source);
    let mut steps = vec![
        format!(
            "{name}: {value}; on {source}, see which process listens there: netstat -ano, then tasklist \
             /svc for \
             the process"
        ),
        format!(
            "set another static port (KB 224196), PORT in this command: {set}; and open that one in the \
             firewalls; or stop the program that holds the port, and with it the work that it does"
        ),
    ];
    steps.push(if g.finding.state == State::Latent {
        format!("nothing has to be restarted: {owner} takes the port at its next start")
    } else {
        restart(g)
    });
    steps
}

/// The ports of `Rpc\Internet` are not those that servers take, but those that they may not.
fn reserved(g: &RemedyContext<'_>, whole: String) -> Vec<String> {
    vec![
        format!("{}: {}; on {}, look at it: reg query {INTERNET}", g.name, g.value, g.source),
        format!(
            "{}; or, if servers were meant to take exactly these ports, set both values alike: reg add {INTERNET} /v \
             UseInternetPorts /t REG_SZ /d Y, and the same with PortsInternetAvailable (KB 154596)",
            take_away()
        ),
        whole,
    ]
}

fn range(g: &RemedyContext<'_>, whole: String) -> Vec<String> {
    if let Some(Culprit::Obstacle { obstacle: Obstacle::InternetPorts(trouble), .. }) = g.culprit
        && matches!(
            trouble,
            PortsTrouble::NoneLeft { .. } | PortsTrouble::Few { is_left: true, .. }
        )
    {
        return reserved(g, whole);
    }
    let (source, name, value) = (g.source, &g.name, &g.value);
    let is_listed =
        matches!(g.culprit, Some(Culprit::Obstacle { obstacle: Obstacle::InternetPorts(_), .. }));
    let early = g.source_is_early();
    let mut steps = vec![format!("{name}: {value}; on {source}, look at it: {}", {
        if is_listed {
            format!("reg query {INTERNET}")
        } else if early {
            format!("reg query {TCPIP} /v MaxUserPort; netstat -anob")
        } else {
            "netsh int ipv4 show dynamicport tcp; netsh int ipv6 show dynamicport tcp; netstat -anob"
                .to_owned()
        }
    })];
    if is_listed {
        steps.extend([take_away(), whole, list_anew(g)]);
        return steps;
    }
    if g.finding.cause == Cause::PortRangeExhausted {
        steps.push(format!("stop or repair the program on {source} that holds the ports"));
    }
    if early {
        steps.push(format!(
            "the default is 1025 to 5000; save the key (reg export {TCPIP} tcpip.reg), then reg delete {TCPIP} /v \
             MaxUserPort deletes the limit that was set; this takes effect at the next restart"
        ));
        steps.push(whole);
        return steps;
    }
    steps.push(
        "keep what that shows, then restore the default: netsh int ipv4 set dynamicport tcp start=49152 num=16384, and the same with \
         ipv6; this takes effect at once, and firewalls have to let the ports through"
            .to_owned(),
    );
    steps.push(if g.finding.state == State::Latent {
        "nothing has to be restarted: what is registered keeps its ports".to_owned()
    } else {
        restart(g)
    });
    steps
}
