//! The standing task: round after round, own facts and peers.

use std::{sync::Arc, time::Duration};

use epmesh_common::facts::{Body, PeerObservation, Plan, SectionKind};
use rand::Rng as _;
use tokio::{sync::mpsc, time::Instant};

use super::{Daemon, Turn, names::Names};

/// The time between two rounds while there is no plan.
pub(super) const WITHOUT_PLAN: Duration = Duration::from_secs(60);

/// How long observations are gathered into one report.
const GATHER: Duration = Duration::from_millis(500);

/// The most observations in one report: about 1 MiB with whole endpoint maps.
const MAX_GATHERED: usize = 48;

/// Every how many rounds the directory, which is costly to read and seldom changes, is read. A fact
/// decides for three intervals (the coordinator's `fresh_for`): less often, and the directory would be
/// stale in between.
const SELDOM: u32 = 2;

/// When in each interval a thing is done. The moments are drawn once, so that the agents of a fleet do
/// not look at one peer all at the same time, and so that no peer waits longer than an interval.
struct Moments {
    interval: Duration,
    own: f64,
    peers: Vec<f64>,
}

impl Moments {
    /// The part of the interval over which the moments lie.
    const SPREAD: f64 = 0.8;
    /// What is added at random each time, as a part of the interval: peers that began in step drift
    /// apart.
    const JITTER: f64 = 0.02;

    fn draw(interval: Duration, peers: usize) -> Self {
        let mut random = rand::rng();
        let mut part = || random.random_range(0.0..=1.0);
        let own = part() / 4.0;
        Self { interval, own, peers: (0..peers).map(|_| part()).collect() }
    }

    fn wait(&self, part: f64) -> Duration {
        let jitter = rand::rng().random_range(0.0..=Self::JITTER);
        self.interval.mul_f64(part * Self::SPREAD + jitter)
    }

    /// How long the own facts wait in a round.
    fn own(&self) -> Duration {
        self.wait(self.own)
    }

    /// How long the look at a peer waits in a round.
    fn peer(&self, at: usize) -> Duration {
        self.wait(self.peers.get(at).copied().unwrap_or_default())
    }
}

impl Daemon {
    /// Rounds without end. The first is whole and at once; from then on everything has its moment in
    /// the interval.
    pub(super) async fn go_round(self: Arc<Self>, plan: Option<Plan>) {
        let interval = plan.as_ref().map_or(WITHOUT_PLAN, |plan| {
            Duration::from_millis(u64::from(plan.interval_ms)).max(self.settings.min_interval)
        });
        let peers = plan.as_ref().map_or(0, |plan| plan.targets.len());
        let plan = plan.map(Arc::new);
        let moments = Arc::new(Moments::draw(interval, peers));
        let names = Arc::new(Names::new(interval));
        // The second round begins early, so that a late moment is still within an interval of the first.
        let mut start = Instant::now() + interval.mul_f64(1.0 - Moments::SPREAD);
        for round in 0_u32.. {
            let moments = (round > 0).then_some(&moments);
            let kinds: Vec<SectionKind> = SectionKind::ALL
                .into_iter()
                .filter(|kind| *kind != SectionKind::Directory || round % SELDOM == 0)
                .collect();
            tokio::join!(
                self.own_round(&kinds, moments),
                self.peer_round(plan.as_ref(), moments, &names)
            );
            tokio::time::sleep_until(start).await;
            // A round that took longer than the interval pushes the next ones back.
            start = start.max(Instant::now()) + interval;
        }
    }

    async fn own_round(&self, kinds: &[SectionKind], moments: Option<&Arc<Moments>>) {
        // All in one report: one disk write, and one moment for all of them.
        tokio::time::sleep(moments.map(|moments| moments.own()).unwrap_or_default()).await;
        let sections = self.read_all(kinds).await;
        let bodies = sections.into_iter().map(|section| Body::Own(Box::new(section))).collect();
        self.report_news(bodies).await;
    }

    async fn peer_round(
        self: &Arc<Self>,
        plan: Option<&Arc<Plan>>,
        moments: Option<&Arc<Moments>>,
        names: &Arc<Names>,
    ) {
        let Some(plan) = plan.filter(|plan| !plan.targets.is_empty()) else { return };
        let (sender, receiver) = mpsc::channel(MAX_GATHERED);
        let mut looks = tokio::task::JoinSet::new();
        for at in 0..plan.targets.len() {
            let (daemon, plan, names) = (Arc::clone(self), Arc::clone(plan), Arc::clone(names));
            let sender = sender.clone();
            let wait = moments.map(|moments| moments.peer(at)).unwrap_or_default();
            looks.spawn(async move {
                tokio::time::sleep(wait).await;
                let Some(target) = plan.targets.get(at) else { return };
                let resolver = names.get(daemon.resolver()).await;
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
            self.report_news(bodies).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the first look of a peer to its second, and from each to the next, is at most an interval
    /// and its jitter.
    #[test]
    fn no_peer_waits_longer_than_an_interval() {
        let interval = Duration::from_secs(10);
        let moments = Moments::draw(interval, 200);
        let most = interval.mul_f64(1.0 + Moments::JITTER);
        let second_round = interval.mul_f64(1.0 - Moments::SPREAD);
        for at in 0..200 {
            let second = second_round + moments.peer(at);
            let third = second_round + interval + moments.peer(at);
            assert!(second <= most, "{second:?}");
            assert!(third - second <= most, "{:?}", third - second);
        }
        assert!(moments.own() <= interval.mul_f64(0.25));
    }
}
