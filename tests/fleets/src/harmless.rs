//! Oddities of a fleet that do no harm: filters that stop nothing that is needed, lines that are right.

use epmesh_common::facts::{
    DnsName, HostsLine, LmhostsLine, Platform, RpcFilter, RpcFilterAction, RpcFilterLayer,
};
use uuid::{Uuid, uuid};

use super::{
    dice::Dice,
    own::{drsuapi, netbios},
    world::{Block, LOOPBACK, PortSet, Refusal, Scope, Wins, World},
};

fn name(text: &str) -> DnsName {
    text.parse().expect("the builder's names are names")
}

/// RPC filters that keep nobody from drsuapi.
pub(super) fn filters(dice: &mut Dice, platform: Platform) -> Vec<RpcFilter> {
    let mut filters = Vec::new();
    if platform != Platform::Windows {
        return filters;
    }
    if dice.chance(15) {
        filters.push(petit_potam(dice));
    }
    if dice.chance(4) {
        filters.extend(permit_before_block(dice));
    }
    filters
}

/// A block of everything at the endpoint mapper, and before it, with more weight, a permit of drsuapi: the first
/// filter that fits decides (WFP's arbitration within a sublayer), and replication goes on.
fn permit_before_block(dice: &mut Dice) -> [RpcFilter; 2] {
    let filter = |key, name: &str, action, interface, conditions| RpcFilter {
        layer: RpcFilterLayer::Resolution,
        key,
        name: name.to_owned(),
        action,
        interface,
        conditions,
        terms: None,
    };
    let permit = RpcFilterAction::Permit;
    let drs = Some(drsuapi().uuid);
    [
        filter(dice.guid(), "permit replication", permit, drs, 1),
        filter(dice.guid(), "block the rest", RpcFilterAction::Block, None, 0),
    ]
}

/// The filter that many have against coerced authentication: it has nothing to do with drsuapi.
fn petit_potam(dice: &mut Dice) -> RpcFilter {
    const EFSR: Uuid = uuid!("c681d488-d850-11d0-8c52-00c04fd90f7e");
    RpcFilter {
        layer: RpcFilterLayer::Calls,
        key: dice.guid(),
        name: "block EFSRPC".to_owned(),
        action: RpcFilterAction::Block,
        interface: Some(EFSR),
        conditions: 1,
        terms: None,
    }
}

/// Lines that map names as they ought to be, which people write for safety.
pub(super) fn lines(dice: &mut Dice, world: &mut World, at: usize) {
    let localhost = HostsLine { line: 1, address: LOOPBACK, names: vec![name("localhost")] };
    let mut hosts = vec![localhost];
    if world.dcs[at].platform == Platform::Samba {
        let own = &world.dcs[at];
        hosts.push(HostsLine {
            line: 2,
            address: own.own_addresses()[0],
            names: vec![own.name.clone(), name(own.name.host())],
        });
    }
    let other = dice.below(world.dcs.len());
    if dice.chance(5) && other != at && world.dcs[other].addresses.len() == 1 {
        let other = &world.dcs[other];
        hosts.push(HostsLine {
            line: 7,
            address: other.addresses[0],
            names: vec![other.name.clone()],
        });
    }
    let first = &world.dcs[0];
    let mut lmhosts = Vec::new();
    if dice.chance(3) && at != 0 && first.addresses[0].is_ipv4() {
        lmhosts.push(LmhostsLine {
            line: 3,
            address: first.addresses[0],
            name: netbios(first),
            suffix: None,
            preload: true,
            domain: None,
        });
    }
    let windows = world.dcs[at].platform == Platform::Windows;
    let wins = (windows && at != 0 && first.addresses[0].is_ipv4() && dice.chance(5)).then(|| {
        // An old WINS server that is right.
        let holds = vec![(netbios(first), first.addresses[0])];
        Wins { server: world.strangers[0].address, holds }
    });
    let names = &mut world.dcs[at].names;
    names.wins = wins;
    (names.hosts, names.lmhosts) = (hosts, lmhosts);
}

/// What stands between sites and does no harm to replication.
pub(super) fn firewalls(dice: &mut Dice, sites: usize, world: &mut World) {
    for site in 0..sites {
        for (ports, percent) in [(PortSet::NetBios, 30), (PortSet::Ldap, 4)] {
            if dice.chance(percent) {
                world.blocks.push(Block {
                    from: Scope::OutsideSite(site),
                    to: Scope::Site(site),
                    ports,
                    v6_only: false,
                    address: None,
                    refusal: Refusal::Silence,
                });
            }
        }
    }
}
