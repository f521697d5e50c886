//! What a real client lives through on a link: the judge of whether it works, and no part of the engine.

use std::net::IpAddr;

pub use super::windows_client::Stands;
use super::{
    windows_client::lives,
    world::{Behind, Way, Who, World},
};

/// How the link from `source` to `destination` stands. Where the documents leave it open, some attempts get
/// there.
#[must_use]
pub fn stands(world: &World, destination: usize, source: usize) -> Stands {
    lives(world, destination, source).stands().unwrap_or(Stands::Partly)
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
