//! Times for which a fault has to last before it is told, and to be gone before it is over.

use std::time::Duration;

use epmesh_common::facts::Timestamp;

/// The times that hold down an incident that comes and goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damping {
    /// An incident is opened when its fault has lasted so long. The same holds for a change of it.
    pub open_after: Duration,
    /// An incident is resolved when nothing has been wrong for so long. Changes are told no more often.
    pub resolve_after: Duration,
    /// The most that `resolve_after` grows to: it doubles with every time that the incident came back within
    /// [`reopen_within`](Self::reopen_within).
    pub resolve_after_most: Duration,
    /// A fault that comes back within this time after it was resolved is the same incident, reopened.
    pub reopen_within: Duration,
}

impl Damping {
    /// The usual times for fleets whose agents look every `interval`: a fault is told ten seconds after
    /// it was seen, and its end after two more looks.
    #[must_use]
    pub fn usual(interval: Duration) -> Self {
        Self {
            open_after: Duration::from_secs(10),
            resolve_after: interval.saturating_mul(2),
            resolve_after_most: Duration::from_secs(3600).max(interval.saturating_mul(2)),
            reopen_within: Duration::from_secs(24 * 3600),
        }
    }

    /// The time for which nothing must be wrong before an incident that came back at these times is resolved.
    #[must_use]
    pub fn hold(&self, reopenings: &[Timestamp], now: Timestamp) -> Duration {
        let since = now.minus(self.reopen_within);
        let often = reopenings.iter().filter(|at| **at >= since).count();
        let doublings = u32::try_from(often).unwrap_or(u32::MAX).min(20);
        let held = self.resolve_after.saturating_mul(2_u32.saturating_pow(doublings));
        held.min(self.resolve_after_most.max(self.resolve_after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_back_is_held_longer_up_to_a_bound() {
        let damping = Damping::usual(Duration::from_secs(60));
        let at = |minutes: u64| Timestamp::from_millis(1_700_000_000_000 + minutes * 60_000);
        let times: Vec<Timestamp> = (0..40).map(at).collect();
        let minutes = |often: usize| damping.hold(&times[..often], at(60)).as_secs() / 60;
        assert_eq!([0, 1, 2, 5, 40].map(minutes), [2, 4, 8, 60, 60]);
        assert_eq!(damping.hold(&times, at(26 * 60)), damping.resolve_after, "long ago");
    }
}
