//! Verdicts: the engine's answer on a link.

use std::{borrow::Cow, fmt};

use epmesh_facts::{DnsName, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    blamed::Blamed,
    cause::{Cause, Confidence, Side, State, Step},
    fault::CandidateFault,
    proven_reachable::ProvenReachable,
};

/// The answer on one link: which side, which cause, which culprit, how sure, by what proof, and
/// what to do. Serialised, it is the JSON that every output and every alert carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The destination DC: the client.
    pub destination: DnsName,
    /// The source DC: the server.
    pub source: DnsName,
    /// The interface needed: its name where it has one, else `UUID vMAJOR.MINOR`.
    pub interface: Cow<'static, str>,
    /// How the link stands.
    pub state: State,
    /// The cause.
    pub cause: Cause,
    /// On which side the cause lies.
    pub side: Side,
    /// The exact thing that is wrong; none when healthy or unknown.
    pub culprit: Option<Blamed>,
    /// How sure.
    pub confidence: Confidence,
    /// Which part of the attempts it hits, for a fault that does not hit all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intermittent: Option<Share>,
    /// The error that a Windows destination reports, or would.
    pub error: WindowsError,
    /// The proof, in the order of the seven steps.
    pub evidence: Vec<EvidenceItem>,
    /// The causes that were ruled out, and why.
    pub ruled_out: Vec<RuledOut>,
    /// What to do, in order; the last step is the command that looks again.
    pub remedy: Vec<String>,
    /// The single faults that would each explain the trouble, the most specific first; none unless failing
    /// or latent.
    #[serde(default, rename = "roots")]
    pub candidates: Vec<CandidateFault>,
    /// What the destination's look shows to work, whatever the verdict.
    #[serde(default, rename = "shown")]
    pub works: ProvenReachable,
}

impl Verdict {
    /// Whether proof, ruled-out causes and remedy were made. The remedy of a link in trouble is never empty: it
    /// ends with the command that looks again.
    #[must_use]
    pub fn has_words(&self) -> bool {
        !self.remedy.is_empty()
    }

    /// Lets the remedy, where there is one, end with this command instead of the coordinator's.
    pub fn look_again_by(&mut self, command: &str) {
        if let Some(last) = self.remedy.last_mut() {
            *last = look_again(command);
        }
    }
}

/// The last step of a remedy.
pub(super) fn look_again(command: &str) -> String {
    format!("then check: {command}")
}

/// A part of a whole: `1 of 2 addresses`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// How many are hit.
    pub hit: u32,
    /// Out of how many.
    pub of: u32,
    /// The word for what is counted, in the plural: `addresses`, `DNS servers`.
    pub what: Cow<'static, str>,
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} {}", self.hit, self.of, self.what)
    }
}

/// An error number as Windows reports it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowsError {
    /// The number; negative for the security errors that Windows prints so.
    pub code: i64,
    /// Its symbolic name.
    pub name: Cow<'static, str>,
}

/// One piece of the proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceItem {
    /// The step it belongs to.
    pub step: Step,
    /// The domain controller that saw it.
    pub witness: DnsName,
    /// What was seen, in words.
    pub fact: String,
    /// When, on the coordinator's clock where there is one.
    pub at: Timestamp,
    /// The code or value behind the words, as it was on the wire.
    pub raw: Option<String>,
}

/// A cause that was ruled out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuledOut {
    /// The cause.
    pub cause: Cause,
    /// Why it is not this one.
    pub why: String,
}
