//! Remedies for what stands on the way: it cuts in, alters answers, or loses what is large.

use epmesh_facts::Platform;

use super::{
    super::super::{
        cause::{Cause, Side},
        culprit::{Culprit, PortTrouble, RegistrationTrouble},
    },
    commands::command,
    context::RemedyContext,
    ports::port,
};

/// The steps where others get through at the same address, or what arrives is not what the source holds; `None` where
/// that is not known.
pub(super) fn steps(g: &RemedyContext<'_>) -> Option<Vec<String>> {
    let is_contrast = match g.culprit? {
        Culprit::MapperAnswer { served, .. } => served.is_some(),
        Culprit::Port { trouble: PortTrouble::BindCut(..), .. }
        | Culprit::Registration { trouble: RegistrationTrouble::WithheldFromOne(_), .. }
        | Culprit::AlteredAnswer { .. }
        | Culprit::OtherMapper { .. }
        | Culprit::LargeAnswer { .. } => true,
        _ => false,
    };
    let steps = match g.finding.cause {
        Cause::LargePacketsLost => large_packets(g),
        _ if matches!(g.culprit, Some(Culprit::OtherMapper { .. })) => forwarded(g),
        Cause::AnswerAltered => altered(g),
        _ => cut_in(g),
    };
    is_contrast.then_some(steps)
}

fn cut_in(g: &RemedyContext<'_>) -> Vec<String> {
    let (dest, source, name, value) = (g.dest, g.source, &g.name, &g.value);
    let windows = g.source_platform() != Some(Platform::Samba);
    let own = if windows {
        "netsh rpc filter show filter; netsh advfirewall consec show rule name=all; security software that \
         inspects RPC"
    } else {
        "nft list ruleset; testparm -sv (hosts allow, hosts deny)"
    };
    let mut steps = vec![format!(
        "{name}: {value}; {source} serves, and {dest} is kept from it (the error is {})",
        g.finding.error
    )];
    let capture = format!(
        "find what inspects RPC between {dest} and {source} (a firewall's DCE/RPC helper, an intrusion \
         prevention system, a proxy): capture TCP {} at both ends while the endpoint mapper is asked ({}), \
         and see where it is cut",
        port(g),
        g.ask_mapper()
    );
    let filters = format!("on {source}, see what keeps {dest} out and lets others in: {own}");
    if g.finding.side == Side::Source {
        steps.extend([filters, capture]);
    } else {
        steps.extend([capture, format!("where {source} itself sends that: {filters}")]);
    }
    steps
}

fn altered(g: &RemedyContext<'_>) -> Vec<String> {
    let (dest, source, name, value) = (g.dest, g.source, &g.name, &g.value);
    vec![
        format!("{name}: {value}; there is nothing to repair on {source}: what it holds is right"),
        format!(
            "capture TCP 135 at both ends while the endpoint mapper is asked ({}): where {source} sends its \
             own port and {dest} receives another one, exempt domain controllers from the RPC inspection \
             (DCE/RPC helper, MSRPC gateway, proxy) of what is between them",
            g.ask_mapper()
        ),
        format!(
            "where {source} is not asked at all, another machine answers: see whether the address is \
             translated on the way, and which hardware address answers for it in the network of {source}"
        ),
    ]
}

fn forwarded(g: &RemedyContext<'_>) -> Vec<String> {
    let (dest, source, name, value) = (g.dest, g.source, &g.name, &g.value);
    let own = command(
        g.source_platform(),
        "netsh interface portproxy show all",
        "nft list ruleset; iptables-save -t nat",
    );
    vec![
        format!("{name}: {value}; there is nothing to repair in the endpoint map of {source}"),
        format!("on {source}, see whether it forwards port 135 to another host: {own}"),
        format!(
            "on what lies between {dest} and {source}, see which rule forwards, balances or translates port \
             135 of that address (ask the map from a host beside {source}: {}), and take the address out of it",
            g.ask_mapper()
        ),
    ]
}

fn large_packets(g: &RemedyContext<'_>) -> Vec<String> {
    let (dest, source, name, value) = (g.dest, g.source, &g.name, &g.value);
    let at =
        g.culprit.and_then(Culprit::at_address).map_or(source.to_string(), |at| at.to_string());
    let ping = command(
        g.destination_platform(),
        &format!("ping -f -l 1472 {at}, then less than 1472"),
        &format!("ping -M do -s 1472 {at}, then less than 1472"),
    );
    vec![
        format!(
            "{name}: {value}; the small packets of the bind and of questions from {dest} pass, the large answers of \
             replication do not (error 1818 after minutes, or 1726)"
        ),
        format!("from {dest}, see how large a packet gets through in one piece: {ping}"),
        format!(
            "on the way between {dest} and {source} (tunnels, firewalls), let ICMP \"fragmentation needed\" \
             and fragments pass, or have the tunnel lower the TCP segment size (MSS) to what it carries; see \
             both directions"
        ),
    ]
}
