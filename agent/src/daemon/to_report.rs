//! Looks and facts on their way into a report.

use epmesh_common::facts::{Body, PeerObservation, Timestamp};
use tokio::time::Instant;

/// An observation of a peer, with when the look began, and when it was done.
#[derive(Debug)]
pub(super) struct FinishedLook {
    pub(super) began: Instant,
    pub(super) at: Timestamp,
    pub(super) observation: PeerObservation,
}

/// The body of a statement, and when it was last seen to be so.
pub(super) type TimedBody = (Timestamp, Body);
