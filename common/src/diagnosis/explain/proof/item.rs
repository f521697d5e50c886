//! A piece of the proof.

use epmesh_facts::{DnsName, Timestamp};

use super::super::super::{cause::Step, verdict::EvidenceItem};

/// A fact of one step, with its witness, its time and the code behind it.
pub(super) fn item(
    step: Step,
    witness: &DnsName,
    at: Timestamp,
    fact: String,
    raw: Option<String>,
) -> EvidenceItem {
    EvidenceItem { step, witness: witness.clone(), fact, at, raw }
}
