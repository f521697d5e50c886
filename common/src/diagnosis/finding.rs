//! A decision before it is put into words.

use std::net::IpAddr;

use epmesh_facts::{DnsName, Failure};
use epmesh_rpc::Status;

use super::{Cause, Confidence, Culprit, Fault, Share, Side, State};

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
    /// Which part of the attempts it hits, where it does not hit all.
    pub(super) intermittent: Option<Share>,
    /// The DNS record that is wrong, for the command that mends it.
    pub(super) record: Option<BadRecord>,
    /// The culprit as the other links would name it too, where the rule that decided knows it better
    /// than can be told from the case.
    pub(super) fault: Option<Fault>,
}

/// A DNS record that is wrong or missing.
#[derive(Clone, Debug)]
pub(super) struct BadRecord {
    /// The servers that hold it, or lack it; all that speak of it, where it is in doubt which is wrong.
    pub(super) servers: Vec<IpAddr>,
    pub(super) name: DnsName,
    /// `A`, `AAAA` or `CNAME`.
    pub(super) kind: &'static str,
    /// What it says; nothing where it is missing.
    pub(super) data: Option<String>,
}

impl Finding {
    const fn blank(state: State, cause: Cause, side: Side, error: i64) -> Self {
        Self {
            state,
            cause,
            side,
            culprit: None,
            confidence: Confidence::Possible,
            error,
            missing: Vec::new(),
            intermittent: None,
            record: None,
            fault: None,
        }
    }

    pub(super) fn healthy(confidence: Confidence) -> Self {
        Self { confidence, ..Self::blank(State::Healthy, Cause::Healthy, Side::None, 0) }
    }

    pub(super) const fn failing(cause: Cause, side: Side, error: i64) -> Self {
        Self::blank(State::Failing, cause, side, error)
    }

    pub(super) fn unknown(missing: impl Into<String>) -> Self {
        Self::blank(State::Unknown, Cause::Unknown, Side::None, 0).missing(missing)
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

    /// The same, hitting `hit` of `of` attempts; nothing to say where it hits all or cannot be
    /// counted.
    pub(super) fn share(mut self, hit: usize, of: usize, what: &str) -> Self {
        if let (Ok(hit), Ok(of)) = (u32::try_from(hit), u32::try_from(of))
            && hit > 0
            && hit < of
        {
            self.intermittent = Some(Share { hit, of, what: what.to_owned() });
        }
        self
    }

    pub(super) fn record(mut self, record: BadRecord) -> Self {
        self.record = Some(record);
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
        // The caller waits for the rest as it waits for an answer.
        Failure::Refused | Failure::TimedOut | Failure::Unfinished | Failure::Unreachable(_) => {
            1722
        }
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

/// The error it reports where no connection came about, whatever it was that kept it from coming.
pub(super) const fn connect_code(failure: &Failure) -> i64 {
    if matches!(failure, Failure::Local(_)) { 0 } else { 1722 }
}

fn fault_code(code: u32) -> i64 {
    Status::from_fault(code).windows_error().map_or_else(|| i64::from(code), i64::from)
}
