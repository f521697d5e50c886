//! Bounds on what is kept of a fleet.

/// The most domain controllers that are kept; further names are ignored.
pub(super) const MOST_DCS: usize = 20_000;

/// The most peers of one witness whose observations are kept.
pub(super) const MOST_PEERS: usize = 512;
