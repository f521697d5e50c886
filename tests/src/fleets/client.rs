//! What a real client lives through on a link: the calls of a destination DC, played in the world.
//! The judge of whether a link works, and no part of the engine.

use std::net::IpAddr;

use epmesh_common::facts::{DnsName, Platform};

use super::{
    look::resolved,
    own::netbios,
    world::{Behind, Way, Who, World},
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
    if client.stale_settings.iter().any(|(of, _)| *of == source) {
        return Stands::Fails;
    }
    let tried: Vec<bool> = addresses(world, destination, source)
        .into_iter()
        // A host without IPv6 does not try IPv6.
        .filter(|address| client.address_like(*address).is_some())
        .map(|address| reaches(world, destination, source, address))
        .collect();
    let arrived = tried.iter().filter(|arrived| **arrived).count();
    match (arrived, tried.len()) {
        (0, _) => Stands::Fails,
        (some, all) if some == all && server.up => Stands::Works,
        _ => Stands::Partly,
    }
}

/// Where the names lead: the alias, and on Windows the host's name where that fails (events 2087
/// and 2088), and where DNS has no address for it either, its NetBIOS name.
fn addresses(world: &World, destination: usize, source: usize) -> Vec<IpAddr> {
    let (client, server) = (&world.dcs[destination], &world.dcs[source]);
    let ask = |name: &DnsName| resolved(world, destination, name).unwrap_or_default();
    let found = ask(&server.alias());
    if !found.is_empty() || client.platform != Platform::Windows {
        return found;
    }
    let found = ask(&server.name);
    if found.is_empty() { by_netbios(world, destination, source) } else { found }
}

/// Where the NetBIOS name leads: lines of LMHOSTS that are loaded beforehand, WINS, the other lines.
fn by_netbios(world: &World, destination: usize, source: usize) -> Vec<IpAddr> {
    let names = &world.dcs[destination].names;
    let named = netbios(&world.dcs[source]);
    let lines = |preload: bool| {
        let lines = names.lmhosts.iter().filter(move |line| line.preload == preload);
        lines.filter(|line| line.name.eq_ignore_ascii_case(&named)).map(|line| line.address)
    };
    let wins = names.wins.iter().flat_map(|wins| &wins.holds);
    let wins = wins.filter(|(held, _)| held.eq_ignore_ascii_case(&named));
    let found = lines(true).chain(wins.map(|(_, address)| *address)).chain(lines(false));
    found.take(1).collect()
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
        && server.mapper.runs
        && !server.mapper.refuses
        && server.tells()
        && !world.inspected(from, source)
        && arrives(server.directory.port)
        && server.directory.behind == Behind::Itself
}
