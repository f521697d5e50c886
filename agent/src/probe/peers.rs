//! The seam between the daemon and the probes.

use epmesh_common::{
    facts::{PeerObservation, Resolver, Target},
    rpc::InterfaceId,
};
use tonic::async_trait;

/// For whom a look is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// The round of the plan.
    Round,
    /// Somebody asked for it now: it may use what is kept back from the round.
    OnDemand,
}

/// Looks at peers.
///
/// The daemon holds an `Arc<dyn Peers>`: the prober in the field, a script in the tests.
#[async_trait]
pub trait Peers: Send + Sync + 'static {
    /// One look at `target`: every source of its name that `resolver` lists, every address found,
    /// and each of `interfaces` there. What failed stands in the observation. Implementations
    /// bound their own time.
    async fn look(
        &self,
        target: &Target,
        interfaces: &[InterfaceId],
        resolver: &Resolver,
    ) -> PeerObservation;

    /// Looks at a peer out of turn: somebody waits for it, and it may use what an implementation keeps back for
    /// that.
    async fn look_now(
        &self,
        target: &Target,
        interfaces: &[InterfaceId],
        resolver: &Resolver,
    ) -> PeerObservation {
        self.look(target, interfaces, resolver).await
    }
}
