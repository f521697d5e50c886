//! Endpoint maps: what a host's own holds, and what is told of it over the network, by whatever answers on port 135.

use epmesh_common::{
    facts::{EndpointMap, Failure, MapView, Through},
    rpc::{Binding, Endpoint, ProtocolSequence, names},
};

use super::world::{Dc, Guise, LOOPBACK, Registered, World};

/// What listens does not have the interface (C706 12.6.4.4: provider rejection, abstract syntax not supported).
pub(super) const NO_SUCH_INTERFACE: Failure = Failure::BindRejected { result: 2, reason: 1 };

/// A row of the endpoint map.
fn row(interface: &str, sequence: ProtocolSequence, endpoint: &str) -> Option<Endpoint> {
    Some(Endpoint {
        interface: names::by_name(interface)?.id,
        object: None,
        binding: Binding { sequence, endpoint: endpoint.to_owned(), host: None },
        annotation: String::new(),
    })
}

/// What a host has whether or not its directory runs: what lsass, or Samba's other task, serves.
pub(super) fn rows_without_directory() -> Vec<Endpoint> {
    use ProtocolSequence::NcacnIpTcp;
    let all = [("epmapper", "135"), ("lsarpc", "49664"), ("samr", "49664")];
    all.into_iter().filter_map(|(name, port)| row(name, NcacnIpTcp, port)).collect()
}

/// The rows of the endpoint map of `dc`, with or without drsuapi over TCP.
fn rows(dc: &Dc, over_tcp: bool) -> Vec<Endpoint> {
    use ProtocolSequence::{NcacnIpTcp, NcacnNp, Ncalrpc};
    let mut all = rows_without_directory();
    if dc.directory.registered != Registered::Nothing {
        all.extend(row("drsuapi", NcacnNp, "\\pipe\\lsass"));
        all.extend(row("drsuapi", Ncalrpc, "NTDS_LPC"));
    }
    if over_tcp && dc.directory.registered == Registered::All {
        all.extend(row("drsuapi", NcacnIpTcp, &dc.directory.port.to_string()));
    }
    all.sort();
    all
}

/// The rows that the endpoint mapper of `dc` tells over TCP: to `from`, or to its own host.
pub(super) fn rows_over_tcp(world: &World, from: Option<usize>, dc: usize) -> Vec<Endpoint> {
    let mapper = &world.dcs[dc].mapper;
    let hides = mapper.hides || from.is_some_and(|from| mapper.hides_from.contains(&from));
    rows(&world.dcs[dc], !hides)
}

/// How the host's own look at its port 135 ends at one of its addresses.
fn own_look(world: &World, at: usize) -> Result<Vec<Endpoint>, Failure> {
    let dc = &world.dcs[at];
    match world.guise_on_host(at) {
        Some(guise) => guised(guise),
        None if !dc.mapper.runs => Err(Failure::Refused),
        None if dc.mapper.refuses => Err(Failure::AccessDenied(5)),
        None => Ok(rows_over_tcp(world, None, at)),
    }
}

pub(super) fn map(world: &World, at: usize) -> EndpointMap {
    let dc = &world.dcs[at];
    let local = if dc.mapper.runs {
        Ok(rows(dc, true))
    } else {
        Err(Failure::local("the endpoint mapper's local endpoint is not there"))
    };
    let mut views = vec![MapView { through: Through::Local, endpoints: local }];
    if let Some(own) = dc.own_addresses().first().copied() {
        let through = Through::Address(own);
        views.push(MapView { through, endpoints: own_look(world, at) });
    }
    // A proxy listens on the address that it forwards.
    let loopback = if dc.mapper.runs && !dc.mapper.refuses {
        Ok(rows_over_tcp(world, None, at))
    } else {
        own_look(world, at)
    };
    views.push(MapView { through: Through::Address(LOOPBACK), endpoints: loopback });
    EndpointMap { views }
}

/// The endpoint map that is read from what answers in the endpoint mapper's place.
pub(super) fn guised(guise: Guise) -> Result<Vec<Endpoint>, Failure> {
    match guise {
        Guise::Http => Err(not_rpc("bind to the endpoint mapper")),
        Guise::OtherRpc => Err(NO_SUCH_INTERFACE),
        Guise::Silent => Err(Failure::TimedOut),
        Guise::Member(_) => Ok(rows_without_directory()),
    }
}

/// A web server answers a bind with a line of text.
pub(super) fn not_rpc(stage: &str) -> Failure {
    Failure::Protocol(format!("{stage}: version is 72.84, expected 5.0"))
}
