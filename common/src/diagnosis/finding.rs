//! A decision before it is put into words.

use super::{Cause, Confidence, Culprit, Side, State, Subject};
use crate::{facts::Failure, rpc::Status};

/// What the engine decided about a link.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) state: State,
    pub(super) cause: Cause,
    pub(super) side: Side,
    pub(super) culprit: Option<Culprit>,
    pub(super) confidence: Confidence,
    /// The error a Windows destination reports, or would; 0 for none.
    pub(super) error: i64,
    /// What it would take to say more, for a cause that is not known.
    pub(super) missing: Vec<String>,
    /// The culprit as the other links would name it too, where the rule that decided knows it better
    /// than can be told from the case.
    pub(super) subject: Option<Subject>,
}

impl Finding {
    pub(super) fn healthy(confidence: Confidence) -> Self {
        Self {
            state: State::Healthy,
            cause: Cause::Healthy,
            side: Side::None,
            culprit: None,
            confidence,
            error: 0,
            missing: Vec::new(),
            subject: None,
        }
    }

    pub(super) fn failing(cause: Cause, side: Side, error: i64) -> Self {
        Self {
            state: State::Failing,
            cause,
            side,
            culprit: None,
            confidence: Confidence::Possible,
            error,
            missing: Vec::new(),
            subject: None,
        }
    }

    pub(super) fn unknown(missing: impl Into<String>) -> Self {
        Self {
            state: State::Unknown,
            cause: Cause::Unknown,
            side: Side::None,
            culprit: None,
            confidence: Confidence::Possible,
            error: 0,
            missing: vec![missing.into()],
            subject: None,
        }
    }

    pub(super) fn culprit(
        mut self,
        kind: &str,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        self.culprit =
            Some(Culprit { kind: kind.to_owned(), name: name.into(), value: value.into() });
        self
    }

    pub(super) fn sure(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    pub(super) fn missing(mut self, what: impl Into<String>) -> Self {
        self.missing.push(what.into());
        self
    }

    /// The same, for something that has not broken the link yet.
    pub(super) fn latent(mut self) -> Self {
        self.state = State::Latent;
        self
    }
}

/// The error a Windows client reports for a failure on the way to or at an RPC server.
pub(super) fn windows_code(failure: &Failure) -> i64 {
    match failure {
        Failure::Refused | Failure::TimedOut | Failure::Unreachable(_) => 1722,
        Failure::Reset => 1727,
        Failure::Protocol(_) => 1728,
        Failure::AccessDenied(_) => 5,
        Failure::Fault(code) | Failure::Status(code) => fault_code(*code),
        Failure::BindRejected { result: 2, reason: 2 } => 1730,
        Failure::BindRejected { .. } => 1717,
        Failure::BindNak(8) => 1747,
        Failure::BindNak(9) => 1825,
        Failure::BindNak(_) => 1728,
        Failure::Local(_) => 0,
    }
}

fn fault_code(code: u32) -> i64 {
    Status::from_fault(code).windows_error().map_or_else(|| i64::from(code), i64::from)
}
