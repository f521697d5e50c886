//! The standing task: round after round, own facts and peers.

use std::{sync::Arc, time::Duration};

use epmesh_common::facts::{Plan, Section, SectionKind};
use rand::Rng as _;
use tokio::{sync::mpsc, time::Instant};

use super::{names::Names, reader::Reader, settings::DaemonSettings, to_report::FinishedLook};
use crate::probe::Priority;

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

/// How long what decides nothing and hardly changes counts: the zones of the directory and its accounts.
const RARELY: Duration = Duration::from_secs(3600);

/// How many rounds later that is tried again, where it could not be read.
const AGAIN: u32 = 5;

/// Peers that are looked at together after the first round. A process that is woken for one look finds
/// its code and data gone from the processor's caches, which costs more than the look; a few at once
/// share that, and still hold little memory.
const TOGETHER: usize = 5;

/// When in each interval a thing is done. The moments are drawn once, so that the agents of a fleet do
/// not look at one peer all at the same time, and so that no peer waits longer than an interval.
struct Moments {
    interval: Duration,
    own: f64,
    peers: usize,
    /// One place in the interval for all peers that are looked at together.
    parts: Vec<f64>,
}

impl Moments {
    /// The part of the interval over which the moments lie.
    const SPREAD: f64 = 0.8;
    /// What is added at random each time, as a part of the interval: peers that began in step drift
    /// apart.
    const JITTER: f64 = 0.02;
    /// The time of the first round that a peer adds. Looks hold memory as long as they last, and what many
    /// at once have held stays with the process: one after another they cost a third of it.
    const FIRST: Duration = Duration::from_millis(50);
    /// The part of the interval in which the first looks are begun at the latest.
    const FIRST_SPREAD: u32 = 12;

    fn draw(interval: Duration, peers: usize) -> Self {
        let mut random = rand::rng();
        let mut part = || random.random_range(0.0..=1.0);
        let own = part() / 4.0;
        Self {
            interval,
            own,
            peers,
            parts: (0..peers.div_ceil(TOGETHER)).map(|_| part()).collect(),
        }
    }

    fn wait(&self, part: f64) -> Duration {
        let jitter = rand::rng().random_range(0.0..=Self::JITTER);
        self.interval.mul_f64(part * Self::SPREAD + jitter)
    }

    /// How long the own facts wait in a round.
    fn own(&self, round: u32) -> Duration {
        if round == 0 { Duration::ZERO } else { self.wait(self.own) }
    }

    /// How long the look at each peer waits in a round.
    fn peers(&self, round: u32) -> Vec<Duration> {
        if round == 0 {
            let peers = u32::try_from(self.peers).unwrap_or(u32::MAX);
            let all = Self::FIRST.saturating_mul(peers).min(self.interval / Self::FIRST_SPREAD);
            return (0..self.peers)
                .map(|_| rand::rng().random_range(Duration::ZERO..=all))
                .collect();
        }
        let together = self.parts.iter().map(|part| self.wait(*part));
        together.flat_map(|wait| [wait; TOGETHER]).take(self.peers).collect()
    }
}

/// The time between two looks at a peer.
pub(super) fn interval(settings: &DaemonSettings, plan: Option<&Plan>) -> Duration {
    plan.map_or(WITHOUT_PLAN, |plan| {
        Duration::from_millis(plan.interval_ms.into()).max(settings.min_interval)
    })
}

/// Rounds without end. The first begins at once and is soon over; from then on everything has its
/// moment in the interval.
pub(super) async fn go_round(reader: Arc<Reader>, plan: Option<Plan>) {
    let between = interval(&reader.settings, plan.as_ref());
    let peers = plan.as_ref().map_or(0, |plan| plan.targets.len());
    let plan = plan.map(Arc::new);
    let moments = Moments::draw(between, peers);
    let names = Arc::new(Names::new(between));
    // The second round begins early, so that a late moment is still within an interval of the first.
    let mut start = Instant::now() + between.mul_f64(1.0 - Moments::SPREAD);
    let mut rare = 0;
    for round in 0_u32.. {
        let is_due = |kind: &SectionKind| match kind {
            SectionKind::Directory => round % SELDOM == 0,
            SectionKind::DirectoryObjects => round >= rare,
            _ => true,
        };
        let kinds: Vec<SectionKind> = SectionKind::ALL.into_iter().filter(is_due).collect();
        let (is_unread, ()) = tokio::join!(
            own_round(&reader, &kinds, moments.own(round)),
            peer_round(&reader, plan.as_ref(), moments.peers(round), &names)
        );
        if round >= rare {
            rare = round.saturating_add(if is_unread { AGAIN } else { rounds_in(RARELY, between) });
        }
        tokio::time::sleep_until(start).await;
        // A round that took longer than the interval pushes the next ones back.
        start = start.max(Instant::now()) + between;
    }
}

/// How many rounds there are in a time; at least one.
fn rounds_in(time: Duration, between: Duration) -> u32 {
    let rounds = time.as_millis().checked_div(between.as_millis()).unwrap_or(1);
    u32::try_from(rounds).unwrap_or(u32::MAX).max(1)
}

/// Reads the host's own facts and reports them. Whether what is read rarely could not be read.
async fn own_round(reader: &Reader, kinds: &[SectionKind], wait: Duration) -> bool {
    // All in one report: one disk write, and one moment for all of them.
    tokio::time::sleep(wait).await;
    let began = Instant::now();
    let sections = reader.read_all(kinds, began).await;
    let is_unread = sections.iter().any(
        |(_, section)| matches!(section, Section::DirectoryObjects(objects) if objects.is_unread()),
    );
    let mut on_demand = reader.on_demand.lock().await;
    let current = on_demand.current_own(sections, began, Priority::Round, Instant::now());
    reader.reporter.report_news(current).await;
    drop(on_demand);
    is_unread
}

async fn peer_round(
    reader: &Arc<Reader>,
    plan: Option<&Arc<Plan>>,
    waits: Vec<Duration>,
    names: &Arc<Names>,
) {
    let Some(plan) = plan.filter(|plan| !plan.targets.is_empty()) else { return };
    let (sender, receiver) = mpsc::channel(MAX_GATHERED);
    let mut looks = tokio::task::JoinSet::new();
    for (at, wait) in waits.into_iter().enumerate() {
        let (reader, plan, names) = (Arc::clone(reader), Arc::clone(plan), Arc::clone(names));
        let sender = sender.clone();
        looks.spawn(async move {
            tokio::time::sleep(wait).await;
            let Some(target) = plan.targets.get(at) else { return };
            let resolver = names.get(reader.resolver()).await;
            let look = reader.look_at(target, &plan.interfaces, &resolver, Priority::Round).await;
            if let Some(look) = look {
                // Fails only when the round was given up.
                let _ = sender.send(look).await;
            }
        });
    }
    drop(sender);
    gather(reader, receiver).await;
    while looks.join_next().await.is_some() {}
}

/// Puts the looks that end within half a second of each other into one report.
async fn gather(reader: &Reader, mut looks: mpsc::Receiver<FinishedLook>) {
    while let Some(first) = looks.recv().await {
        let until = Instant::now() + GATHER;
        let mut gathered = vec![first];
        while gathered.len() < MAX_GATHERED
            && let Ok(Some(next)) = tokio::time::timeout_at(until, looks.recv()).await
        {
            gathered.push(next);
        }
        let mut on_demand = reader.on_demand.lock().await;
        let current = on_demand.current(gathered, Priority::Round, Instant::now());
        reader.reporter.report_news(current).await;
        drop(on_demand);
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
        let (second, third) = (moments.peers(1), moments.peers(2));
        assert_eq!((second.len(), third.len()), (200, 200));
        for (second, third) in second.into_iter().zip(third) {
            let (second, third) = (second_round + second, second_round + interval + third);
            assert!(second <= most, "{second:?}");
            assert!(third - second <= most, "{:?}", third - second);
        }
        assert!(moments.own(1) <= interval.mul_f64(0.25));
    }

    #[test]
    fn what_is_read_rarely_is_read_once_an_hour() {
        let rounds = |seconds| rounds_in(RARELY, Duration::from_secs(seconds));
        assert_eq!((rounds(60), rounds(10), rounds(7200)), (60, 360, 1));
        assert_eq!(rounds_in(RARELY, Duration::ZERO), 1);
    }

    /// Few at a time, and those together: neither all in step nor each for itself.
    #[test]
    fn a_few_peers_share_a_moment() {
        let moments = Moments::draw(Duration::from_secs(60), 52);
        let mut waits = moments.peers(1);
        assert_eq!(waits.len(), 52);
        waits.dedup();
        assert_eq!(waits.len(), 11, "{waits:?}");
    }

    #[test]
    fn the_first_round_is_soon_over_and_not_all_at_once() {
        let interval = Duration::from_secs(60);
        assert_eq!(Moments::draw(interval, 0).own(0), Duration::ZERO);
        for (peers, most) in [(1, 50), (50, 2500), (1000, 5000)] {
            let moments = Moments::draw(interval, peers);
            let waits = moments.peers(0);
            let last = waits.iter().max().expect("a peer");
            assert!(*last <= Duration::from_millis(most), "{peers}: {last:?}");
            assert!(peers == 1 || waits.iter().any(|wait| wait < last), "{peers}: in step");
        }
    }
}
