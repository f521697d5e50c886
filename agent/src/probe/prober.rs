//! One look at a peer.

use std::{
    net::IpAddr,
    sync::{Arc, atomic::Ordering},
};

use epmesh_agent_host::platform::NameCache;
use epmesh_common::{
    facts::{AddressProbe, Lookup, PeerObservation, Resolver, Target},
    rpc::InterfaceId,
};
use tonic::async_trait;

use super::Peers;
use super::{
    config::Config,
    endpoint::address::{self, Wanted},
    limits::{
        budget::{Budget, Questions},
        rate::RateLimit,
    },
    names::resolve,
    peers::Priority,
};

/// Looks at peers through the network.
///
/// A look ends after [`Config::look`] from its turn on, whatever the peer does: what was not
/// finished by then is stated as timed out, what was not begun as not tried. It uses at most ten
/// sockets at once. Dropping the
/// future ends it, but for calls of the system's resolver, which run out by themselves.
#[derive(Debug)]
pub struct Prober {
    config: Config,
    rate: RateLimit,
    cache: Option<Arc<dyn NameCache>>,
    questions: Questions,
}

impl Prober {
    /// A prober of its own limits; an agent has one.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let rate = RateLimit::new(&config);
        Self { config, rate, cache: None, questions: Questions::default() }
    }

    /// Lets it look into the DNS client's cache too.
    #[must_use]
    pub fn with_cache(self, cache: Arc<dyn NameCache>) -> Self {
        Self { cache: Some(cache), ..self }
    }

    /// Bytes that the looks under way took in so far.
    #[must_use]
    pub fn taken_in(&self) -> usize {
        self.rate.held.load(Ordering::Relaxed)
    }

    /// Every source of the target's name that `resolver` lists, and nothing else.
    pub async fn names(&self, target: &Target, resolver: &Resolver) -> Vec<Lookup> {
        self.rate.room(Priority::OnDemand).await;
        let budget = Budget::new(&self.config, &self.rate, &self.questions, Priority::OnDemand);
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
        self.rate.room(Priority::OnDemand).await;
        let budget = Budget::new(&self.config, &self.rate, &self.questions, Priority::OnDemand);
        let wanted = Wanted { peer: None, interfaces, whole_map, well_known };
        address::probe_all(&budget, addresses, wanted).await
    }

    async fn whole_look(
        &self,
        target: &Target,
        interfaces: &[InterfaceId],
        resolver: &Resolver,
        priority: Priority,
    ) -> PeerObservation {
        let _turn = self.rate.enter(&target.name, priority).await;
        let budget = Budget::new(&self.config, &self.rate, &self.questions, priority);
        let lookups = resolve::resolve(&budget, target, resolver, self.cache.as_ref()).await;
        let found = resolve::addresses(&lookups);
        let Target { whole_map, well_known, .. } = *target;
        let peer = Some(&target.name);
        let wanted = Wanted { peer, interfaces, whole_map, well_known };
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
        self.whole_look(target, interfaces, resolver, Priority::Round).await
    }

    async fn look_now(
        &self,
        target: &Target,
        interfaces: &[InterfaceId],
        resolver: &Resolver,
    ) -> PeerObservation {
        self.whole_look(target, interfaces, resolver, Priority::OnDemand).await
    }
}
