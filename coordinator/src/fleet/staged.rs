//! Reports on their way into the view, and what the store held of them.

use std::collections::BTreeMap;

use epmesh_common::facts::{Body, Digest, DnsName, StatementKey, Timestamp};

use super::{Acknowledged, History};

/// A report, worked out and ready to be stored and applied.
#[derive(Clone, Debug)]
pub struct Staged {
    /// Whose report it is.
    pub dc: DnsName,
    /// The number and time of the report.
    pub acknowledged: Acknowledged,
    /// When the report came.
    pub received: Timestamp,
    /// The bodies to take in.
    pub bodies: Vec<StagedBody>,
    /// The subjects whose known body was seen again to be so, and when.
    pub restated: Vec<(StatementKey, Timestamp)>,
    /// The subjects whose bodies are needed: they came without one, and it is not known.
    pub wanted: Vec<StatementKey>,
    /// The oldest peers, which are given up because the witness reports too many.
    pub forgotten: Vec<StatementKey>,
    /// The registrations, where the report changes them.
    pub history: Option<History>,
    /// The time of every known subject once the report has been applied.
    pub stamps: Vec<(StatementKey, Timestamp)>,
    /// Why statements were refused.
    pub refused: Vec<String>,
    /// The subjects whose bodies were refused, now or before, and the digests that the agent gave them.
    pub unusable: Vec<(StatementKey, Digest)>,
    /// How many reports the agent lost so far, before they were sent.
    pub dropped: u64,
    /// What the agent says of its own state.
    pub notes: Vec<String>,
    /// Milliseconds by which its clock is ahead of the coordinator's.
    pub clock_ahead_ms: i64,
}

/// One body to take in.
#[derive(Clone, Debug)]
pub struct StagedBody {
    /// The digest of the body, over what was understood of it.
    pub digest: Digest,
    /// The digest that the agent gave it, where that is another one.
    pub stated: Option<Digest>,
    /// When it was seen to be so, on the coordinator's clock.
    pub at: Timestamp,
    /// The body.
    pub body: Body,
    /// Whether the digest differs from that of the body known before.
    pub changed: bool,
}

/// All that the store held of one domain controller.
#[derive(Clone, Debug)]
pub struct Restored {
    /// The domain controller.
    pub dc: DnsName,
    /// The report last acknowledged.
    pub acknowledged: Acknowledged,
    /// When it came.
    pub received: Timestamp,
    /// How many reports the agent had lost.
    pub dropped: u64,
    /// What the agent said of its own state.
    pub notes: Vec<String>,
    /// Milliseconds by which its clock was ahead of the coordinator's.
    pub clock_ahead_ms: i64,
    /// The bodies.
    pub bodies: Vec<StagedBody>,
    /// When the present body on a peer was first stated, by the peer's name.
    pub first: BTreeMap<DnsName, Timestamp>,
    /// The registrations.
    pub history: History,
}
