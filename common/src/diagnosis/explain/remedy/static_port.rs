//! The static port that is set for the service behind a port that is blocked: whether it is in force, who has
//! it otherwise, and a value whose name is misspelt.

use epmesh_facts::{NearMiss, StaticPortOwner};
use epmesh_windows::{RpcPorts, rpc_ports};

use super::{
    context::RemedyContext,
    ports::{owner_of, port, range_words, ranges},
    service::restart,
};

/// The steps where the registry of the source has, or nearly has, a static port for the service, what to open
/// and what to mend; none where nothing is set.
pub(super) fn steps(g: &RemedyContext<'_>) -> Option<Vec<String>> {
    let service = g.case.service().map_or("NTDS", |service| &service.name);
    let owner = owner_of(service);
    let rpc = g.case.source_rpc?;
    let set = rpc.static_ports.iter().find(|row| row.owner == owner)?.port.value().copied();
    let Some(set) = set.and_then(|set| u16::try_from(set).ok()) else {
        return misspelt(g, owner).map(|miss| vec![correct(g, miss), or_open(g)]);
    };
    let (dest, source, blocked) = (g.dest, g.source, port(g));
    if set == blocked {
        return Some(vec![format!(
            "open TCP {set} of {source} for {dest}: it is the static port that is set for {owner}, and is in \
             force"
        )]);
    }
    if told(g).contains(&set) {
        return Some(vec![format!(
            "the endpoint mapper names the static port {set} of {owner} and beside it port {blocked}, which \
             the service has as well: a client takes either, so let both through; {}",
            or_open(g)
        )]);
    }
    Some(vec![in_force(g, owner, set), or_open(g)])
}

/// The ports that the endpoint mapper names for the interface, by the source's own map and to the destination.
fn told(g: &RemedyContext<'_>) -> Vec<u16> {
    let mut told = g.case.registered_ports().unwrap_or_default();
    let probes = g.case.look.into_iter().flat_map(|look| &look.seen.addresses);
    let asked = probes.flat_map(|probe| &probe.interfaces);
    let asked = asked.filter(|asked| asked.interface.offers(g.case.interface()));
    told.extend(asked.flat_map(|asked| &asked.ports).map(|port| port.port));
    told
}

/// The step that brings a static port into force that is set and not registered.
fn in_force(g: &RemedyContext<'_>, owner: StaticPortOwner, set: u16) -> String {
    let (source, blocked) = (g.source, port(g));
    let listeners = g.case.source_ports.and_then(|ports| ports.fact.listeners.value());
    let own = g.case.process().map(|process| process.pid);
    let mut there = listeners.into_iter().flatten().filter(|one| one.port == set);
    let holder = there.find_map(|one| one.pid.filter(|pid| *pid != 0 && Some(*pid) != own));
    let why = match holder {
        Some(pid) => format!(
            "process {pid} holds {set}, so that {owner} did not get it: see which it is (tasklist /svc /fi \
             \"PID eq {pid}\"), give that program another port, or {owner} one that is free, and open it"
        ),
        None => format!(
            "nothing is registered there, which it will be from the next start of the service, unless \
             another program takes {set} first (Netlogon 5809 in the System log for its own port)"
        ),
    };
    format!(
        "on {source}, the static port {set} is set for {owner} and the service is registered on {blocked} \
         instead: {why}; then {}",
        restart(g)
    )
}

fn misspelt<'a>(g: &RemedyContext<'a>, owner: StaticPortOwner) -> Option<&'a NearMiss> {
    let (key, value) = match owner {
        StaticPortOwner::Ntds => (r"\NTDS\", "TCP/IP Port"),
        StaticPortOwner::Netlogon => (r"\Netlogon\", "DCTcpipPort"),
        StaticPortOwner::Ntfrs => (r"\NTFRS\", "RPC TCP/IP Port Assignment"),
        StaticPortOwner::Dfsr => return None,
    };
    let misses = g.case.source_rpc?.near_misses.value()?;
    misses.iter().find(|miss| {
        let of_key = miss.key.to_ascii_lowercase().contains(&key.to_ascii_lowercase());
        of_key && miss.meant.eq_ignore_ascii_case(value)
    })
}

/// The step that gives a misspelt value its name.
fn correct(g: &RemedyContext<'_>, miss: &NearMiss) -> String {
    let NearMiss { key, name, meant, data } = miss;
    format!(
        "on {}, {key} has the value {name:?} ({data}), which nothing reads: its name is {meant:?}; if the \
         firewalls were opened for that port, save the key (reg export \"{key}\" parameters.reg), set the port by its \
         right name (reg add \"{key}\" /v \"{meant}\" /t REG_DWORD /d {data}) and delete the wrong one, then {}",
        g.source,
        restart(g)
    )
}

/// The other way: the ports that are in use now.
fn or_open(g: &RemedyContext<'_>) -> String {
    let ports = range_words(&ranges(g));
    let of = match g.case.source_rpc.map(rpc_ports) {
        Some(RpcPorts::Listed(_)) => "the ports of Rpc\\Internet",
        _ => "the dynamic RPC ports",
    };
    format!("or open {of} of {} ({ports}) for {}", g.source, g.dest)
}
