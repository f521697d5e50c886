//! A finding: what the rules decided about a link, before it is put into words.

use super::super::{
    cause::{Cause, Confidence, Side, State},
    culprit::Culprit,
    verdict::Share,
};
use super::missing::Missing;

/// The decision of the rules on a link.
#[derive(Clone, Debug)]
pub(in crate::diagnosis) struct Finding {
    pub(in crate::diagnosis) state: State,
    pub(in crate::diagnosis) cause: Cause,
    pub(in crate::diagnosis) side: Side,
    pub(in crate::diagnosis) culprit: Option<Box<Culprit>>,
    pub(in crate::diagnosis) confidence: Confidence,
    /// The error a Windows destination reports, or would; 0 for none.
    pub(in crate::diagnosis) error: i64,
    /// What it would take to say more.
    pub(in crate::diagnosis) missing: Option<Missing>,
    /// Which part of the attempts it hits, where it does not hit all.
    pub(in crate::diagnosis) intermittent: Option<Share>,
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
            missing: None,
            intermittent: None,
        }
    }

    pub(super) fn healthy(confidence: Confidence) -> Self {
        Self { confidence, ..Self::blank(State::Healthy, Cause::Healthy, Side::None, 0) }
    }

    pub(super) const fn failing(cause: Cause, side: Side, error: i64) -> Self {
        Self::blank(State::Failing, cause, side, error)
    }

    pub(super) fn unknown(missing: Missing) -> Self {
        Self::blank(State::Unknown, Cause::Unknown, Side::None, 0).missing(missing)
    }

    pub(super) fn blames(mut self, culprit: Culprit) -> Self {
        self.culprit = Some(Box::new(culprit));
        self
    }

    pub(super) fn sure(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    pub(super) fn missing(mut self, what: Missing) -> Self {
        self.missing = Some(what);
        self
    }

    /// The finding, hitting `hit` of `of` attempts; nothing to say where it hits all or cannot be counted.
    pub(super) fn share(mut self, hit: usize, of: usize, what: &'static str) -> Self {
        if let (Ok(hit), Ok(of)) = (u32::try_from(hit), u32::try_from(of))
            && hit > 0
            && hit < of
        {
            self.intermittent = Some(Share { hit, of, what: what.into() });
        }
        self
    }

    /// The finding, as something that has not broken the link yet.
    pub(super) fn latent(mut self) -> Self {
        self.state = State::Latent;
        self
    }
}
