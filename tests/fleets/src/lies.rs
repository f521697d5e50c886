//! Lies: what a mistaken or lying agent states of a peer, in place of what it saw there.

use epmesh_common::{
    facts::{AddressProbe, Failure, PeerObservation, Stage},
    identity::Identity,
};

use super::{
    own::drsuapi,
    world::{Lie, World},
};

/// What the agent of `from` states, who saw this.
pub(super) fn stated(world: &World, from: usize, seen: PeerObservation) -> PeerObservation {
    let lie = world.liar.filter(|(liar, _)| *liar == from).map(|(_, lie)| lie);
    let peer = world.dcs.iter().find(|dc| dc.name == seen.peer);
    let (Some(lie), Some(peer)) = (lie, peer) else { return seen };
    let name = Identity {
        dns_name: Some(peer.name.to_string()),
        dsa_guid: Some(peer.guid),
        ..Identity::default()
    };
    let addresses = seen.addresses.into_iter().map(|mut probe| {
        for asked in &mut probe.identity {
            asked.outcome = match lie {
                Lie::AllWell => Ok(name.clone()),
                Lie::NothingThere => Err(Failure::TimedOut),
            };
        }
        let there = match lie {
            Lie::AllWell => AddressProbe::reached(probe.address, drsuapi(), peer.directory.port, 1),
            Lie::NothingThere => {
                let silence = Stage { retried: true, ..Stage::failed(Failure::TimedOut, 1) };
                AddressProbe::connected(probe.address, silence)
            }
        };
        AddressProbe { local: probe.local, identity: probe.identity, ..there }
    });
    PeerObservation { addresses: addresses.collect(), ..seen }
}
