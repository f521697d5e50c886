//! The standing task: round after round, own facts and peers.

use std::{sync::Arc, time::Duration};

use epmesh_common::facts::{Body, PeerObservation, Plan, SectionKind};
use rand::Rng as _;
use tokio::{sync::mpsc, time::Instant};

use super::{Daemon, Turn};

/// The time between two rounds while there is no plan.
const WITHOUT_PLAN: Duration = Duration::from_secs(60);

/// How long observations are gathered into one report.
const GATHER: Duration = Duration::from_millis(500);

/// The most observations in one report: about 1 MiB with whole endpoint maps.
const MAX_GATHERED: usize = 48;

/// How many rounds the costly sections of the directory, which seldom change, are skipped.
const SELDOM: u32 = 5;

impl Daemon {
    /// Rounds without end. The first is whole and at once; after it, looks are spread over the
    /// interval, so that the agents of a fleet do not look at one peer all at the same time.
    pub(super) async fn go_round(self: Arc<Self>, plan: Option<Plan>) {
        let interval = plan.as_ref().map_or(WITHOUT_PLAN, |plan| {
            Duration::from_millis(u64::from(plan.interval_ms)).max(self.settings.min_interval)
        });
        let plan = plan.map(Arc::new);
        for round in 0_u32.. {
            let start = Instant::now();
            let spread = if round == 0 { Duration::ZERO } else { interval.mul_f64(0.8) };
            let kinds: Vec<SectionKind> = SectionKind::ALL
                .into_iter()
                .filter(|kind| *kind != SectionKind::Directory || round % SELDOM == 0)
                .collect();
            tokio::join!(self.own_round(&kinds, spread), self.peer_round(plan.as_ref(), spread));
            tokio::time::sleep_until(start + interval).await;
        }
    }

    async fn own_round(&self, kinds: &[SectionKind], spread: Duration) {
        // All in one report: one disk write, and one moment for all of them.
        tokio::time::sleep(some_of(spread / 4)).await;
        let sections = self.read_all(kinds).await;
        let bodies = sections.into_iter().map(|section| Body::Own(Box::new(section))).collect();
        self.report(bodies, Vec::new()).await;
    }

    async fn peer_round(self: &Arc<Self>, plan: Option<&Arc<Plan>>, spread: Duration) {
        let Some(plan) = plan.filter(|plan| !plan.targets.is_empty()) else { return };
        let resolver = Arc::new(self.resolver().await);
        let (sender, receiver) = mpsc::channel(MAX_GATHERED);
        let mut looks = tokio::task::JoinSet::new();
        for at in 0..plan.targets.len() {
            let (daemon, plan) = (Arc::clone(self), Arc::clone(plan));
            let (resolver, sender) = (Arc::clone(&resolver), sender.clone());
            looks.spawn(async move {
                tokio::time::sleep(some_of(spread)).await;
                let Some(target) = plan.targets.get(at) else { return };
                let seen = daemon.look_at(target, &plan.interfaces, &resolver, Turn::Round).await;
                if let Some(seen) = seen {
                    // Fails only when the round was given up.
                    let _ = sender.send(seen).await;
                }
            });
        }
        drop(sender);
        self.gather(receiver).await;
        while looks.join_next().await.is_some() {}
    }

    /// Puts what is seen within half a second into one report.
    async fn gather(&self, mut seen: mpsc::Receiver<PeerObservation>) {
        while let Some(first) = seen.recv().await {
            let until = Instant::now() + GATHER;
            let mut bodies = vec![Body::Peer(first)];
            while bodies.len() < MAX_GATHERED
                && let Ok(Some(next)) = tokio::time::timeout_at(until, seen.recv()).await
            {
                bodies.push(Body::Peer(next));
            }
            self.report(bodies, Vec::new()).await;
        }
    }
}

/// A random part of `whole`.
fn some_of(whole: Duration) -> Duration {
    whole.mul_f64(rand::rng().random_range(0.0..=1.0))
}
