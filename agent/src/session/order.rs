//! Orders of a coordinator to the daemon, through the session.

use epmesh_common::facts::{Digest, LookRequest, Plan, StatementKey};

/// An order of a coordinator to the daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// A session began; the coordinator holds these digests and nothing else.
    Welcomed {
        /// What it holds.
        held: Vec<(StatementKey, Digest)>,
    },
    /// Every coordinator refuses this agent: it is to look at nobody.
    Refused,
    /// The standing task.
    Plan(Plan),
    /// Look now, out of turn.
    Look(LookRequest),
    /// The report with this number and all before it are safe; these subjects are wanted in full.
    Acknowledged {
        /// The report.
        sequence: u64,
        /// What was sent by digest alone and is not held.
        wanted: Vec<StatementKey>,
    },
}
