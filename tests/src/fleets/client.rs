//! What a real client lives through on a link: the calls of a destination DC, played in the world.
//! The judge of whether a link works, and no part of the engine.

use std::net::IpAddr;

use epmesh_common::facts::{DnsName, Platform, ServiceState};

use super::{
    look::resolved,
    own::netbios,
    world::{Behind, Dc, Way, Who, World},
};

/// How a link stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// Every attempt gets there.
    Works,
    /// Some attempts get there.
    Partly,
    /// None does.
    Fails,
}

/// How the link from `source` to `destination` stands.
#[must_use]
pub fn stands(world: &World, destination: usize, source: usize) -> Stands {
    let (client, server) = (&world.dcs[destination], &world.dcs[source]);
    // A directory that does not run pulls from nobody.
    if client.up && client.directory.state != ServiceState::Running {
        return Stands::Fails;
    }
    // The way is open, and what is asked for is refused.
    if client.takes_no_changes.is_some() || server.sends_no_changes.is_some() {
        return Stands::Fails;
    }
    if client.stale_settings.iter().any(|(of, _)| *of == source) {
        return Stands::Fails;
    }
    let tried: Vec<bool> = addresses(world, destination, source)
        .into_iter()
        // A host without IPv6 does not try IPv6.
        .filter(|address| client.address_like(*address).is_some())
        .map(|address| reaches(world, destination, source, address))
        .collect();
    // What changes seldom is told in a few bytes.
    let loses = world.loses_large(destination, source).is_some();
    let arrived = tried.iter().filter(|arrived| **arrived).count();
    match (arrived, tried.len()) {
        (0, _) => Stands::Fails,
        (some, all) if some == all && server.up && !loses => Stands::Works,
        _ => Stands::Partly,
    }
}

/// Where the names lead: the alias, and on Windows the host's name where that fails, and then its
/// NetBIOS name (events 2087 and 2088).
pub(super) fn addresses(world: &World, destination: usize, source: usize) -> Vec<IpAddr> {
    let (client, server) = (&world.dcs[destination], &world.dcs[source]);
    let ask = |name: &DnsName| resolved(world, destination, name).unwrap_or_default();
    let mut found = ask(&server.alias());
    let falls_back = client.platform == Platform::Windows;
    if found.is_empty() && falls_back {
        found = ask(&server.name);
    }
    if found.is_empty() && falls_back {
        found = by_netbios(client, &netbios(server));
    }
    found
}

/// What NetBIOS has of a name: the lines of LMHOSTS that are loaded beforehand, then the WINS server,
/// then the other lines.
fn by_netbios(client: &Dc, name: &str) -> Vec<IpAddr> {
    let lines = |preload: bool| {
        let lines = client.names.lmhosts.iter();
        lines.filter(move |line| line.preload == preload && line.name == name).map(|it| it.address)
    };
    let held = client.names.wins.iter().flat_map(|wins| &wins.holds);
    let held = held.filter(|(held, _)| held == name).map(|(_, address)| *address);
    lines(true).chain(held).chain(lines(false)).take(1).collect()
}

/// Whether a call through `address` gets to the interface of `source`.
#[must_use]
pub fn reaches(world: &World, from: usize, source: usize, address: IpAddr) -> bool {
    let server = &world.dcs[source];
    if world.dcs[from].is_out_of_ports() {
        return false;
    }
    let arrives =
        |port| matches!(world.way(from, address, port), Way::Through(Who::Dc(dc)) if dc == source);
    arrives(135)
        && !server.frozen
        && server.mapper.runs
        && !server.mapper.refuses
        && world.guise(from, source).is_none()
        && world.told_port(from, source) == Some(server.directory.port)
        && arrives(server.directory.port)
        && server.directory.behind == Behind::Itself
}
