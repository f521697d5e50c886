//! What all looks of one agent share: turns, new sockets a minute, and threads for the system's
//! resolver.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::Semaphore, time::Instant};

/// Calls of the system's resolver that may hang at the same time. It cannot be interrupted, and the
/// rest of the agent needs blocking threads too.
const RESOLVER_THREADS: usize = 6;

/// Shared by every look of an agent.
#[derive(Debug)]
pub(super) struct Gate {
    pub(super) peers: Semaphore,
    pub(super) resolver: Arc<Semaphore>,
    bucket: Mutex<Bucket>,
}

/// Sockets that may be opened now, and since when that was counted.
#[derive(Debug)]
struct Bucket {
    left: f64,
    at: Instant,
    per_second: f64,
    most: f64,
}

impl Gate {
    pub(super) fn new(concurrency: usize, sockets_per_minute: u32) -> Self {
        let concurrency = concurrency.clamp(1, Semaphore::MAX_PERMITS);
        let per_minute = f64::from(sockets_per_minute.max(1));
        let most = (per_minute / 10.0).max(1.0);
        let bucket = Bucket { left: most, at: Instant::now(), per_second: per_minute / 60.0, most };
        Self {
            peers: Semaphore::new(concurrency),
            resolver: Arc::new(Semaphore::new(RESOLVER_THREADS)),
            bucket: Mutex::new(bucket),
        }
    }

    /// Waits until one more socket may be opened; `false` when that is not so before `until`.
    pub(super) async fn socket(&self, until: Instant) -> bool {
        loop {
            let now = Instant::now();
            let Err(wait) = self.take(now) else { return true };
            if now + wait > until {
                return false;
            }
            tokio::time::sleep(wait).await;
        }
    }

    fn take(&self, now: Instant) -> Result<(), Duration> {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = now.saturating_duration_since(bucket.at).as_secs_f64();
        bucket.left = bucket.most.min(bucket.left + passed * bucket.per_second);
        bucket.at = now;
        if bucket.left >= 1.0 {
            bucket.left -= 1.0;
            return Ok(());
        }
        let seconds = (1.0 - bucket.left) / bucket.per_second;
        Err(Duration::from_secs_f64(seconds).max(Duration::from_millis(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_minute_has_so_many_sockets() {
        let gate = Gate::new(1, 60);
        let start = Instant::now();
        assert_eq!((0..10).filter(|_| gate.take(start).is_ok()).count(), 6, "a tenth at once");
        let later = start + Duration::from_secs(2);
        assert_eq!((0..10).filter(|_| gate.take(later).is_ok()).count(), 2, "one a second");
        assert!(!gate.socket(Instant::now()).await, "and none before its time");
    }
}
