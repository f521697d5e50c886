//! One look at a peer.

use std::{
    net::IpAddr,
    sync::{Arc, atomic::Ordering},
};

use epmesh_common::{
    facts::{AddressProbe, Lookup, PeerObservation, Resolver, Target},
    rpc::InterfaceId,
};
use tonic::async_trait;

use super::{
    address::{self, Wanted},
    budget::Budget,
    cache::NameCache,
    config::Config,
    gate::{Gate, Share},
    resolve,
};
use crate::daemon::Peers;

/// Looks at peers through the network.
///
/// A look ends after [`Config::look`] from its turn on, whatever the peer does: what was not
/// finished by then is stated as timed out, what was not begun as not tried. It uses at most ten
/// sockets at once. Dropping the
/// future ends it, but for calls of the system's resolver, which run out by themselves.
#[derive(Debug)]
pub struct Prober {
    config: Config,
    gate: Gate,
    cache: Option<Arc<dyn NameCache>>,
}

impl Prober {
    /// A prober of its own limits; an agent has one.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let gate = Gate::new(&config);
        Self { config, gate, cache: None }
    }

    /// Lets it look into the DNS client's cache too.
    #[must_use]
    pub fn with_cache(self, cache: Arc<dyn NameCache>) -> Self {
        Self { cache: Some(cache), ..self }
    }

    /// Bytes that the looks under way took in so far.
    #[must_use]
    pub fn taken_in(&self) -> usize {
        self.gate.held.load(Ordering::Relaxed)
    }

    /// Every source of the target's name that `resolver` lists, and nothing else.
    pub async fn names(&self, target: &Target, resolver: &Resolver) -> Vec<Lookup> {
        self.gate.room(Share::Demand).await;
        let budget = Budget::new(&self.config, &self.gate, Share::Demand);
        resolve::resolve(&budget, target, resolver, self.cache.as_ref()).await
    }

    /// These addresses, whatever name they have.
    pub async fn addresses(
        &self,
        addresses: &[IpAddr],
        interfaces: &[InterfaceId],
        whole_map: bool,
        well_known: bool,
    ) -> Vec<AddressProbe> {
        self.gate.room(Share::Demand).await;
        let budget = Budget::new(&self.config, &self.gate, Share::Demand);
        let wanted = Wanted { interfaces, whole_map, well_known };
        address::probe_all(&budget, addresses, wanted).await
    }

    async fn whole_look(
        &self,
        target: &Target,
        interfaces: &[InterfaceId],
        resolver: &Resolver,
        share: Share,
    ) -> PeerObservation {
        let _turn = self.gate.enter(&target.name, share).await;
        let budget = Budget::new(&self.config, &self.gate, share);
        let lookups = resolve::resolve(&budget, target, resolver, self.cache.as_ref()).await;
        let found = resolve::addresses(&lookups);
        let Target { whole_map, well_known, .. } = *target;
        let wanted = Wanted { interfaces, whole_map, well_known };
        let addresses = address::probe_all(&budget, &found, wanted).await;
        PeerObservation { peer: target.name.clone(), dsa_guid: target.dsa_guid, lookups, addresses }
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
        self.whole_look(target, interfaces, resolver, Share::Round).await
    }

    async fn look_now(
        &self,
        target: &Target,
        interfaces: &[InterfaceId],
        resolver: &Resolver,
    ) -> PeerObservation {
        self.whole_look(target, interfaces, resolver, Share::Demand).await
    }
}
