//! A real client on a link, and what it lives through: the judge of whether it works, and no part of the
//! engine.

use std::net::IpAddr;

use epmesh_common::facts::{DnsName, Platform};

pub use super::windows_client::Stands;
use super::{
    look::resolved,
    own::netbios,
    windows_client::lives,
    world::{Behind, Dc, Way, Who, World},
};

/// How the link from `source` to `destination` stands. Where the documents leave it open, some attempts get
/// there.
#[must_use]
pub fn stands(world: &World, destination: usize, source: usize) -> Stands {
    let stands = lives(world, destination, source).stands().unwrap_or(Stands::Partly);
    // The way is open, and what is asked for is refused.
    let refused = world.dcs[destination].takes_no_changes.or(world.dcs[source].sends_no_changes);
    match stands {
        Stands::Works if refused.is_some() => Stands::Fails,
        // What changes seldom is told in a few bytes.
        Stands::Works if world.loses_large(destination, source).is_some() => Stands::Partly,
        stands => stands,
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
        && world.bind_cut(from, source).is_none()
        && server.directory.behind == Behind::Itself
}
