//! A row: one thing changed in a healthy link, and the verdict that is expected.

use epmesh_common::diagnosis::{Cause, Confidence, Side, State};

use super::healthy::Scenario;

pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) change: fn(&mut Scenario),
    pub(super) expect: (State, Cause, Side, Confidence, i64),
}

pub(super) const HEALTHY: (State, Cause, Side, Confidence, i64) =
    (State::Healthy, Cause::Healthy, Side::None, Confidence::Proven, 0);
