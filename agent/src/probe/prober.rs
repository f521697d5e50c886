//! One look at a peer.

use std::net::IpAddr;

use epmesh_common::{
    facts::{AddressProbe, Lookup, PeerObservation, Resolver, Target},
    rpc::InterfaceId,
};
use tonic::async_trait;

use super::{address, budget::Budget, config::Config, gate::Gate, resolve, together::all};
use crate::daemon::Peers;

/// Looks at peers through the network.
///
/// A look ends after [`Config::look`] from its turn on, whatever the peer does: what was not
/// finished by then is stated as timed out. It uses at most eight sockets at once. Dropping the
/// future ends it, but for calls of the system's resolver, which run out by themselves.
#[derive(Debug)]
pub struct Prober {
    config: Config,
    gate: Gate,
}

impl Prober {
    /// A prober of its own limits; an agent has one.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let gate = Gate::new(config.concurrency, config.sockets_per_minute);
        Self { config, gate }
    }

    /// Every source of the target's name that `resolver` lists, and nothing else.
    pub async fn names(&self, target: &Target, resolver: &Resolver) -> Vec<Lookup> {
        let budget = Budget::new(&self.config, &self.gate);
        resolve::resolve(&budget, target, resolver).await
    }

    /// These addresses, whatever name they have.
    pub async fn addresses(
        &self,
        addresses: &[IpAddr],
        interfaces: &[InterfaceId],
        whole_map: bool,
    ) -> Vec<AddressProbe> {
        let budget = Budget::new(&self.config, &self.gate);
        let look = |&address| address::probe(&budget, address, interfaces, whole_map);
        all(addresses.iter().map(look)).await
    }
}

#[async_trait]
impl Peers for Prober {
    async fn look(
        &self,
        target: &Target,
        interfaces: &[InterfaceId],
        resolver: &Resolver,
    ) -> PeerObservation {
        // Never closed; were it, the look would only be less polite.
        let _turn = self.gate.peers.acquire().await.ok();
        let budget = Budget::new(&self.config, &self.gate);
        let lookups = resolve::resolve(&budget, target, resolver).await;
        let found = resolve::addresses(&lookups);
        let look = |address| address::probe(&budget, address, interfaces, target.whole_map);
        let addresses = all(found.into_iter().map(look)).await;
        PeerObservation { peer: target.name.clone(), dsa_guid: target.dsa_guid, lookups, addresses }
    }
}
