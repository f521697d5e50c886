//! What a history plays: whatever the dice say, or the same records again and again.

use super::super::fault::Fault;

/// What a history plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Plot {
    /// Whatever the dice say.
    #[default]
    Any,
    /// One record after the other of the same source: an address record that leads to a member server; a second address
    /// record beside the right one, to an address that nobody has; one to the member server; the alias. Each is taken
    /// away before the next one comes, seen to be well or not.
    Records,
}

impl Plot {
    /// The plot of a seed, one in ten the records.
    #[must_use]
    pub const fn of(seed: u64) -> Self {
        if seed % 10 == 9 { Self::Records } else { Self::Any }
    }
}

/// The next thing of a plot.
#[derive(Clone, Debug)]
pub(super) enum Scene {
    /// This fault strikes.
    Strike(Box<Fault>),
    /// All faults go.
    Heal,
}
