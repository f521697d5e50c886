//! The outcome of an attempt.

use serde::{Deserialize, Serialize};

/// The outcome of one attempt, as a report says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The attempt worked.
    Succeeded,
    /// The attempt failed.
    Failed,
    /// The attempt was put off for an ordinary reason.
    Delayed,
    /// The report does not say, or its end is missing.
    Unclear,
}

impl Outcome {
    /// The outcome that a replication status means.
    #[must_use]
    pub const fn of_status(code: i64) -> Self {
        match code {
            0 => Self::Succeeded,
            // Preempted, waiting for a partial set, and pending: repadmin's "normal reason".
            8461 | 8464 | 8477 => Self::Delayed,
            _ => Self::Failed,
        }
    }
}
