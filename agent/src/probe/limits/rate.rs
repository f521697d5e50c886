//! The rate that all looks of one agent share: turns, the budget of a minute, the pace at one peer,
//! and threads for the system's resolver.
//!
//! The budget is the agent's own configuration; no plan and no look on demand lifts it. A look
//! waits for room in it before it begins, and never inside: a stage that has to wait would have
//! less time for the peer, and would say "no answer in time" of one that was never asked.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicUsize},
    time::Duration,
};

use epmesh_common::facts::DnsName;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, sleep_until},
};

use crate::probe::{config::Config, peers::Priority};

/// Calls of the system's resolver that may hang at the same time. It cannot be interrupted, and the
/// rest of the agent needs blocking threads too.
const RESOLVER_THREADS: usize = 6;
/// Connections that an ordinary look takes.
const LOOK: f64 = 16.0;
/// What part of a bucket looks on demand have for themselves.
const RESERVED: f64 = 0.2;
/// What part of a minute's budget may be used at once.
const AT_ONCE: f64 = 0.1;
/// How long a look waits for room in the budget. Then it begins all the same, and says what it
/// could not try.
const PATIENCE: Duration = Duration::from_secs(10);
/// Peers whose pace is remembered before those that are due are forgotten.
const PACES: usize = 4096;

/// Shared by every look of an agent.
#[derive(Debug)]
pub(in crate::probe) struct RateLimit {
    peers: Semaphore,
    pub(in crate::probe) resolver: Arc<Semaphore>,
    buckets: Mutex<Buckets>,
    pace: Duration,
    next: Mutex<HashMap<DnsName, Instant>>,
    /// Bytes that the looks under way took in.
    pub(in crate::probe) held: AtomicUsize,
}

#[derive(Debug)]
struct Buckets {
    connections: Bucket,
    bytes: Bucket,
    at: Instant,
}

/// What may be used now. Bytes are known only when they are here, so that it can be less than none.
#[derive(Debug)]
struct Bucket {
    left: f64,
    per_second: f64,
    most: f64,
}

/// Why nothing may be opened now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::probe) enum Spent {
    Connections,
    Bytes,
}

impl Spent {
    pub(in crate::probe) fn words(self) -> String {
        let what = match self {
            Self::Connections => "connections",
            Self::Bytes => "bytes",
        };
        format!("the agent's own budget of {what} a minute is used up")
    }
}

impl Bucket {
    fn new(per_minute: f64) -> Self {
        let most = (per_minute * AT_ONCE).max(1.0);
        Self { left: most, per_second: per_minute / 60.0, most }
    }

    fn kept_back(&self, priority: Priority) -> f64 {
        if priority == Priority::Round { self.most * RESERVED } else { 0.0 }
    }

    /// When there will be `wanted` on top of what is kept back from looks of this priority.
    fn until(&self, wanted: f64, priority: Priority) -> Duration {
        let kept = self.kept_back(priority);
        let missing = wanted.min(self.most - kept) + kept - self.left;
        Duration::from_secs_f64((missing / self.per_second).clamp(0.0, 3600.0))
    }
}

impl RateLimit {
    pub(in crate::probe) fn new(config: &Config) -> Self {
        let concurrency = config.concurrency.clamp(1, Semaphore::MAX_PERMITS);
        let buckets = Buckets {
            connections: Bucket::new(f64::from(config.connections_per_minute.max(1))),
            bytes: Bucket::new(f64::from(config.bytes_per_minute.max(1))),
            at: Instant::now(),
        };
        Self {
            peers: Semaphore::new(concurrency),
            resolver: Arc::new(Semaphore::new(RESOLVER_THREADS)),
            buckets: Mutex::new(buckets),
            pace: config.pace,
            next: Mutex::default(),
            held: AtomicUsize::new(0),
        }
    }

    /// Waits until a look at `peer` may begin: its pace, room in the budget, a turn. The look lasts
    /// as long as what this gives.
    pub(in crate::probe) async fn enter(
        &self,
        peer: &DnsName,
        priority: Priority,
    ) -> Option<SemaphorePermit<'_>> {
        sleep_until(self.paced(peer)).await;
        self.room(priority).await;
        // Never closed; were it, the look would only be less polite.
        self.peers.acquire().await.ok()
    }

    /// Waits for room for one look, but not for ever.
    pub(in crate::probe) async fn room(&self, priority: Priority) {
        let give_up = Instant::now() + PATIENCE;
        loop {
            let now = Instant::now();
            let wait = {
                let buckets = self.refilled(now);
                let bytes = buckets.bytes.until(1.0, priority);
                buckets.connections.until(LOOK, priority).max(bytes)
            };
            if wait.is_zero() || now >= give_up {
                return;
            }
            sleep_until(give_up.min(now + wait.max(Duration::from_millis(1)))).await;
        }
    }

    /// Takes one connection, or one datagram's socket, out of the budget.
    pub(in crate::probe) fn take(&self, priority: Priority) -> Result<(), Spent> {
        let mut buckets = self.refilled(Instant::now());
        if buckets.bytes.left <= buckets.bytes.kept_back(priority) {
            return Err(Spent::Bytes);
        }
        if buckets.connections.left < 1.0 + buckets.connections.kept_back(priority) {
            return Err(Spent::Connections);
        }
        buckets.connections.left -= 1.0;
        Ok(())
    }

    /// Charges what went over a socket.
    pub(in crate::probe) fn charge(&self, bytes: usize) {
        let bytes = f64::from(u32::try_from(bytes).unwrap_or(u32::MAX));
        self.refilled(Instant::now()).bytes.left -= bytes;
    }

    fn refilled(&self, now: Instant) -> MutexGuard<'_, Buckets> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = now.saturating_duration_since(buckets.at).as_secs_f64();
        buckets.at = now;
        let Buckets { connections, bytes, .. } = &mut *buckets;
        for bucket in [connections, bytes] {
            bucket.left = bucket.most.min(bucket.left + passed * bucket.per_second);
        }
        buckets
    }

    /// When the next look at `peer` may begin; the one after that a pace later.
    fn paced(&self, peer: &DnsName) -> Instant {
        let now = Instant::now();
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        if next.len() >= PACES {
            next.retain(|_, due| *due > now);
        }
        let due = next.get(peer).copied().unwrap_or(now).max(now);
        next.insert(peer.clone(), due + self.pace);
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(connections_per_minute: u32, bytes_per_minute: u32) -> RateLimit {
        let config = Config { connections_per_minute, bytes_per_minute, ..Config::default() };
        RateLimit::new(&config)
    }

    fn taken(rate: &RateLimit, priority: Priority) -> usize {
        (0..1000).take_while(|_| rate.take(priority).is_ok()).count()
    }

    #[tokio::test(start_paused = true)]
    async fn a_minute_has_so_many_connections_and_some_are_for_looks_on_demand() {
        let rate = rate(600, u32::MAX);
        assert_eq!(taken(&rate, Priority::Round), 48, "a tenth at once, less a fifth of it");
        assert_eq!(rate.take(Priority::Round), Err(Spent::Connections));
        assert_eq!(taken(&rate, Priority::OnDemand), 12, "what was kept back");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(taken(&rate, Priority::Round), 0, "the share of looks on demand fills first");
        assert_eq!(taken(&rate, Priority::OnDemand), 10, "ten a second");
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_are_charged_when_they_are_known() {
        let rate = rate(60_000, 600_000);
        rate.charge(48_000);
        assert_eq!(rate.take(Priority::Round), Err(Spent::Bytes));
        assert_eq!(rate.take(Priority::OnDemand), Ok(()));
        rate.charge(20_000);
        assert_eq!(rate.take(Priority::OnDemand), Err(Spent::Bytes));
        let start = Instant::now();
        rate.room(Priority::Round).await;
        let waited = start.elapsed();
        assert!(rate.take(Priority::Round).is_ok(), "after {waited:?}");
        assert_eq!(waited.as_secs(), 2, "20,001 bytes at 10,000 a second");
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_ever() {
        let rate = rate(6, u32::MAX);
        rate.charge(1 << 30);
        while rate.take(Priority::OnDemand).is_ok() {}
        let start = Instant::now();
        rate.room(Priority::OnDemand).await;
        assert!(start.elapsed() <= PATIENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn one_peer_is_not_looked_at_more_often_than_its_pace() {
        let rate = RateLimit::new(&Config { pace: Duration::from_secs(1), ..Config::default() });
        let (one, other) = ("dc1.lab.test".parse().unwrap(), "dc2.lab.test".parse().unwrap());
        let start = Instant::now();
        for _ in 0..3 {
            drop(rate.enter(&one, Priority::OnDemand).await);
        }
        assert_eq!(start.elapsed().as_secs(), 2);
        let start = Instant::now();
        drop(rate.enter(&other, Priority::OnDemand).await);
        assert_eq!(start.elapsed().as_secs(), 0);
    }
}
