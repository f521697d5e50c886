//! One address: the way to the interfaces, who answers, and the well-known ports.

use std::net::IpAddr;

use epmesh_common::{
    facts::{AddressProbe, Failure, MapAnswer, MapView, Stage, Through},
    rpc::{Binding, InterfaceId, ProtocolSequence},
};

use super::{budget::Budget, identity, mapper, net, ports, together::all, well_known};

/// Ports looked at for one interface.
const MAX_PORTS: usize = 8;

/// What is asked of an address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'w> {
    /// The interfaces to ask for.
    pub(super) interfaces: &'w [InterfaceId],
    /// Whether to read the whole endpoint map.
    pub(super) whole_map: bool,
    /// Whether to try the well-known ports.
    pub(super) well_known: bool,
}

/// Everything about one address.
pub(super) async fn probe(
    budget: &Budget<'_>,
    address: IpAddr,
    wanted: Wanted<'_>,
) -> AddressProbe {
    if let Some(why) = net::unusable(address) {
        return nothing(address, Stage::failed(Failure::Local(why.to_owned()), 0));
    }
    let ports = async {
        if wanted.well_known { well_known::probe(budget, address).await } else { Vec::new() }
    };
    let (mut probe, identity, ports) =
        tokio::join!(path(budget, address, wanted), identity::ask(budget, address), ports);
    (probe.identity, probe.well_known) = (identity, ports);
    probe
}

const fn nothing(address: IpAddr, connect: Stage) -> AddressProbe {
    AddressProbe {
        address,
        local: None,
        connect,
        bind: None,
        interfaces: Vec::new(),
        map: None,
        identity: Vec::new(),
        well_known: Vec::new(),
    }
}

async fn path(budget: &Budget<'_>, address: IpAddr, wanted: Wanted<'_>) -> AddressProbe {
    let (opened, mapper) = mapper::reach(budget, address).await;
    let failure = opened.failure();
    let local = opened.local.or_else(|| net::local_towards(address));
    let mut probe = AddressProbe { local, bind: opened.bind, ..nothing(address, opened.connect) };
    let view = |endpoints| MapView { through: Through::Address(address), endpoints };
    let Some(mut mapper) = mapper else {
        let failure = failure.unwrap_or(Failure::TimedOut);
        probe.map = wanted.whole_map.then(|| view(Err(failure)));
        return probe;
    };
    for &interface in wanted.interfaces {
        probe.interfaces.push(mapper.ask(interface).await);
    }
    let walk = async {
        // Taken by value: the connection is closed when the walk ends.
        let mut mapper = mapper;
        if wanted.whole_map { Some(view(mapper.walk().await)) } else { None }
    };
    let ports = by_port(&probe);
    let asked = ports.iter().map(|(port, asked)| {
        let interfaces = asked.iter().filter_map(|at| Some(probe.interfaces.get(*at)?.interface));
        ports::probe(budget, address, *port, interfaces.collect())
    });
    let (map, found) = tokio::join!(walk, all(asked));
    probe.map = map;
    for ((_, asked), found) in ports.iter().zip(found) {
        for (at, port) in asked.iter().zip(found) {
            if let Some(interface) = probe.interfaces.get_mut(*at) {
                interface.ports.push(port);
            }
        }
    }
    probe
}

/// Each port that the endpoint mapper named, with the places of the interfaces it named it for, in
/// the order of their first mention.
fn by_port(probe: &AddressProbe) -> Vec<(u16, Vec<usize>)> {
    let mut all: Vec<(u16, Vec<usize>)> = Vec::new();
    for (at, interface) in probe.interfaces.iter().enumerate() {
        for port in ports_of(&interface.answer) {
            match all.iter_mut().find(|(known, _)| *known == port) {
                Some((_, asked)) => asked.push(at),
                None => all.push((port, vec![at])),
            }
        }
    }
    all
}

/// Each TCP port of an answer, once. The host in the binding is not looked at: the question is
/// whether the interface is reached at the address that was asked.
fn ports_of(answer: &MapAnswer) -> Vec<u16> {
    let MapAnswer::Endpoints(bindings) = answer else { return Vec::new() };
    let mut ports = Vec::new();
    let tcp = |binding: &&Binding| binding.sequence == ProtocolSequence::NcacnIpTcp;
    for port in bindings.iter().filter(tcp).filter_map(Binding::port) {
        if !ports.contains(&port) && ports.len() < MAX_PORTS {
            ports.push(port);
        }
    }
    ports
}
