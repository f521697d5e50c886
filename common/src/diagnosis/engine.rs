//! The decision.

use super::{Cause, Confidence, Evidence, Side, State, Verdict, WindowsError};
use crate::facts::Timestamp;

/// Names the one cause that the evidence on a link supports, or says that it does not decide.
#[must_use]
pub fn diagnose(evidence: &Evidence, _now: Timestamp) -> Verdict {
    Verdict {
        destination: evidence.link.destination.clone(),
        source: evidence.link.source.clone(),
        interface: evidence.link.interface.to_string(),
        state: State::Unknown,
        cause: Cause::Unknown,
        side: Side::None,
        culprit: None,
        confidence: Confidence::Possible,
        error: WindowsError { code: 0, name: "ERROR_SUCCESS".to_owned() },
        evidence: Vec::new(),
        ruled_out: Vec::new(),
        remedy: Vec::new(),
    }
}
