//! The look at one address: the way to the interfaces, who answers, and the well-known ports.

use std::net::IpAddr;

use epmesh_common::{
    facts::{AddressProbe, DnsName, Failure, MapAnswer, MapView, PortProbe, Stage, Through},
    rpc::{Binding, InterfaceId, ProtocolSequence},
    wire::limits,
};
use futures_util::future::join_all;

use super::{
    identity,
    mapper::{self, Walked},
    ports, well_known,
};
use crate::probe::{limits::budget::Budget, net};

/// Addresses looked at for one peer.
const MAX_ADDRESSES: usize = 64;
/// Ports looked at for one interface.
const MAX_PORTS: usize = 8;

/// The questions to an address.
#[derive(Clone, Copy, Debug)]
pub(in crate::probe) struct Wanted<'w> {
    /// The name of the host that is expected there, where one is.
    pub(in crate::probe) peer: Option<&'w DnsName>,
    /// The interfaces to ask for.
    pub(in crate::probe) interfaces: &'w [InterfaceId],
    /// Whether to read the whole endpoint map.
    pub(in crate::probe) whole_map: bool,
    /// Whether to try the well-known ports.
    pub(in crate::probe) well_known: bool,
}

/// The looks at each of `addresses`, in their order. Of those beyond the first [`MAX_ADDRESSES`] it is only
/// said that they were not tried.
pub(in crate::probe) async fn probe_all(
    budget: &Budget<'_>,
    addresses: &[IpAddr],
    wanted: Wanted<'_>,
) -> Vec<AddressProbe> {
    let (looked_at, left_out) =
        addresses.split_at_checked(MAX_ADDRESSES).unwrap_or((addresses, &[]));
    let mut probes =
        join_all(looked_at.iter().map(|&address| probe(budget, address, wanted))).await;
    probes.extend(left_out.iter().map(|&address| {
        let why = format!("the agent looks at the first {MAX_ADDRESSES} addresses of a peer");
        AddressProbe::connected(address, Stage::failed(Failure::local(why), 0))
    }));
    probes
}

async fn probe(budget: &Budget<'_>, address: IpAddr, wanted: Wanted<'_>) -> AddressProbe {
    if let Some(why) = net::unusable(address) {
        return AddressProbe::connected(address, Stage::failed(Failure::local(why), 0));
    }
    let ports = async {
        if wanted.well_known { well_known::probe(budget, address).await } else { Vec::new() }
    };
    let who = identity::ask(budget, address, wanted.peer);
    let (mut probe, who, ports) = tokio::join!(path(budget, address, wanted), who, ports);
    let (is_open, gets_through) = (probe.connect.outcome.is_ok(), probe.gets_through());
    probe.identity = who.complete(budget, address, is_open, gets_through).await;
    probe.well_known = ports;
    probe
}

async fn path(budget: &Budget<'_>, address: IpAddr, wanted: Wanted<'_>) -> AddressProbe {
    let (opened, mapper) = mapper::reach(budget, address).await;
    let (failure, code) = (opened.failure(), opened.code());
    let local = opened.local.or_else(|| net::local_towards(address));
    let mut probe = AddressProbe {
        local,
        bind: opened.bind,
        ..AddressProbe::connected(address, opened.connect)
    };
    let view = |endpoints| MapView { through: Through::Address(address), endpoints };
    let Some(mut mapper) = mapper else {
        let failure = failure.unwrap_or(Failure::TimedOut);
        probe.map = wanted.whole_map.then(|| view(Err(failure)));
        probe.map_code = code.filter(|_| wanted.whole_map);
        return probe;
    };
    for &interface in wanted.interfaces {
        probe.interfaces.push(mapper.ask(interface).await);
    }
    let walk = async {
        // Taken by value: the connection is closed when the walk ends.
        let mut mapper = mapper;
        if wanted.whole_map { Some(mapper.walk().await) } else { None }
    };
    let (ports, left_out) = by_port(&probe);
    let asked = ports.iter().map(|(port, asked)| {
        let interfaces = asked.iter().filter_map(|at| Some(probe.interfaces.get(*at)?.interface));
        ports::probe(budget, address, *port, interfaces.collect())
    });
    let (map, found) = tokio::join!(walk, join_all(asked));
    if let Some(Walked { endpoints, code, took_ms, one_entry }) = map {
        (probe.map, probe.map_code, probe.map_took_ms) = (Some(view(endpoints)), code, took_ms);
        probe.one_entry = one_entry;
    }
    let mut tell = |at: usize, port| {
        if let Some(interface) = probe.interfaces.get_mut(at) {
            interface.ports.push(port);
        }
    };
    for ((_, asked), found) in ports.iter().zip(found) {
        asked.iter().zip(found).for_each(|(&at, port)| tell(at, port));
    }
    for (port, at) in left_out {
        let why = format!("the agent tries the first {MAX_PORTS} ports of an interface");
        let connect = Stage::failed(Failure::local(why), 0);
        tell(at, PortProbe { port, connect, bind: None, altered: false });
    }
    probe
}

/// A port, and the places of the interfaces that it was named for.
type Named = (u16, Vec<usize>);

/// Each port that the endpoint mapper named, with the interfaces it named it for, in the order of
/// their first mention; and each port beyond those that are tried, with the one interface.
fn by_port(probe: &AddressProbe) -> (Vec<Named>, Vec<(u16, usize)>) {
    let (mut tried, mut left_out): (Vec<Named>, Vec<(u16, usize)>) = Default::default();
    for (at, interface) in probe.interfaces.iter().enumerate() {
        for (count, port) in ports_of(&interface.answer).into_iter().enumerate() {
            if count >= MAX_PORTS {
                left_out.push((port, at));
                continue;
            }
            match tried.iter_mut().find(|(known, _)| *known == port) {
                Some((_, asked)) => asked.push(at),
                None => tried.push((port, vec![at])),
            }
        }
    }
    (tried, left_out)
}

/// Each TCP port of an answer, once. The host in the binding is not looked at: the question is
/// whether the interface is reached at the address that was asked. No more than can be told.
fn ports_of(answer: &MapAnswer) -> Vec<u16> {
    let MapAnswer::Endpoints(bindings) = answer else { return Vec::new() };
    let mut ports = Vec::new();
    let tcp = |binding: &&Binding| binding.sequence == ProtocolSequence::NcacnIpTcp;
    for port in bindings.iter().filter(tcp).filter_map(Binding::port) {
        if !ports.contains(&port) && ports.len() < limits::PORTS {
            ports.push(port);
        }
    }
    ports
}
