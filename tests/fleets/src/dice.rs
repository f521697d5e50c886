//! Seeded chance: a fleet is its seed, and the same seed is the same fleet.

use std::time::Duration;

use epmesh_common::facts::Timestamp;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use uuid::Uuid;

/// The dice of one fleet.
#[derive(Debug)]
pub struct Dice(StdRng);

impl Dice {
    /// Dice that fall the same way for the same seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// Whether something happens that does so `percent` times in a hundred.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.0.random_range(0..100) < percent
    }

    /// A number from `from` to `to`, both included.
    pub fn from_to(&mut self, from: u64, to: u64) -> u64 {
        self.0.random_range(from..=to)
    }

    /// A place in a list of `count`; 0 for an empty one.
    pub fn below(&mut self, count: usize) -> usize {
        if count == 0 { 0 } else { self.0.random_range(0..count) }
    }

    /// An entry of `all`; `None` of none.
    pub fn one<T: Clone>(&mut self, all: &[T]) -> Option<T> {
        all.get(self.below(all.len())).cloned()
    }

    /// `all` in another order.
    pub fn shuffle<T>(&mut self, all: &mut [T]) {
        all.shuffle(&mut self.0);
    }

    /// A GUID.
    pub fn guid(&mut self) -> Uuid {
        Uuid::from_u128(self.0.random())
    }

    /// Milliseconds up to `most` in either direction.
    pub fn skew(&mut self, most: i64) -> i64 {
        self.0.random_range(-most..=most)
    }
}

/// A moment moved by milliseconds in either direction.
#[must_use]
pub fn shifted(at: Timestamp, by_ms: i64) -> Timestamp {
    let by = Duration::from_millis(by_ms.unsigned_abs());
    if by_ms >= 0 { at.plus(by) } else { at.minus(by) }
}
