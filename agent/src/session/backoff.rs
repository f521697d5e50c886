//! The waiting time before the next try.

use std::time::Duration;

use rand::Rng;

/// Exponential back-off with full jitter: each wait is drawn evenly between nothing and a bound
/// that doubles with every failure, so that a thousand agents do not come back at once.
///
/// It cannot be built wrong: the first bound is at least a millisecond and at most the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    most: Duration,
    bound: Duration,
}

impl Default for Backoff {
    /// From one second to one minute.
    fn default() -> Self {
        Self::between(Duration::from_secs(1), Duration::from_secs(60))
    }
}

impl Backoff {
    /// Bounds that double from the smaller of the two to the larger.
    #[must_use]
    pub fn between(one: Duration, other: Duration) -> Self {
        let first = one.min(other).max(Duration::from_millis(1));
        Self { first, most: one.max(other).max(first), bound: first }
    }

    /// The next wait.
    pub fn next(&mut self, random: &mut impl Rng) -> Duration {
        let wait = self.bound.mul_f64(random.random_range(0.0..=1.0));
        self.bound = self.bound.saturating_mul(2).min(self.most);
        wait
    }

    /// The first bound.
    #[must_use]
    pub const fn first(&self) -> Duration {
        self.first
    }

    /// The bound of the next wait.
    #[must_use]
    pub const fn bound(&self) -> Duration {
        self.bound
    }

    /// Forgets the failures so far.
    pub fn reset(&mut self) {
        self.bound = self.first;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{SeedableRng as _, rngs::StdRng};

    use super::*;

    proptest! {
        #[test]
        fn stays_within_its_bounds(one in 0_u64..100_000, other in 0_u64..100_000, seed in any::<u64>()) {
            let (one, other) = (Duration::from_millis(one), Duration::from_millis(other));
            let mut random = StdRng::seed_from_u64(seed);
            let mut backoff = Backoff::between(one, other);
            let mut bound = one.min(other).max(Duration::from_millis(1));
            for _ in 0..40 {
                prop_assert!(backoff.next(&mut random) <= bound + Duration::from_nanos(1));
                bound = (bound * 2).min(one.max(other).max(Duration::from_millis(1)));
            }
            backoff.reset();
            prop_assert!(backoff.next(&mut random) <= one.min(other).max(Duration::from_millis(1)));
        }
    }

    #[test]
    fn is_spread_over_the_whole_bound() {
        let mut random = StdRng::seed_from_u64(1);
        let waits: Vec<Duration> = (0..200)
            .map(|_| {
                Backoff::between(Duration::from_secs(8), Duration::from_secs(8)).next(&mut random)
            })
            .collect();
        assert!(waits.iter().any(|wait| *wait < Duration::from_secs(1)));
        assert!(waits.iter().any(|wait| *wait > Duration::from_secs(7)));
    }
}
