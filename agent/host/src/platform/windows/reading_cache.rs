//! A cache of readings that cost much, and count for a while.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use epmesh_facts::Reading;

/// How long a reading counts.
const KEPT: Duration = Duration::from_secs(30 * 60);
/// How long a failure counts.
const KEPT_FAILURE: Duration = Duration::from_secs(5 * 60);

/// The last reading of something, and when it was.
#[derive(Debug)]
pub struct ReadingCache<T>(Mutex<Option<(Instant, Reading<T>)>>);

impl<T> Default for ReadingCache<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T: Clone> ReadingCache<T> {
    /// The last reading as long as it counts, else what `read` gives. Who comes meanwhile waits for it.
    pub fn get(&self, read: impl FnOnce() -> Reading<T>) -> Reading<T> {
        self.at(Instant::now(), read)
    }

    fn at(&self, now: Instant, read: impl FnOnce() -> Reading<T>) -> Reading<T> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, reading)) = kept.as_ref() {
            let failed = matches!(reading, Reading::Unreadable(_));
            if now.saturating_duration_since(*at) < if failed { KEPT_FAILURE } else { KEPT } {
                return reading.clone();
            }
        }
        let reading = read();
        *kept = Some((now, reading.clone()));
        reading
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_counts_for_less_long_than_a_reading() {
        let (kept, start) = (ReadingCache::default(), Instant::now());
        let failed = || Reading::<u32>::unseen("denied");
        assert_eq!(kept.at(start, failed), failed());
        let just_before = |after: Duration| start + after - Duration::from_nanos(1);
        assert_eq!(kept.at(just_before(KEPT_FAILURE), || Reading::Value(1)), failed());
        let start = start + KEPT_FAILURE;
        assert_eq!(kept.at(start, || Reading::Absent), Reading::Absent);
        assert_eq!(kept.at(start + KEPT_FAILURE, failed), Reading::Absent);
        assert_eq!(kept.at(start + KEPT, || Reading::Value(2)), Reading::Value(2));
    }
}
