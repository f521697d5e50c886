//! The state of an incident that receivers know.

use epmesh_common::{
    diagnosis::{Cause, Fault, Side, State},
    facts::Timestamp,
    incident::Incident,
};
use serde::{Deserialize, Serialize};

/// The state of an open incident that receivers were last told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Told {
    pub(super) at: Timestamp,
    pub(super) state: State,
    pub(super) side: Side,
    pub(super) cause: Cause,
    #[serde(rename = "subject")]
    pub(super) fault: Fault,
}

impl Told {
    pub(super) fn of(what: &Incident, at: Timestamp) -> Self {
        Self {
            at,
            state: what.state,
            side: what.side,
            cause: what.cause,
            fault: what.fault.clone(),
        }
    }

    /// Whether receivers know all of this. The numbers of links are no news to an operator.
    pub(super) fn says(&self, what: &Incident) -> bool {
        *self == Self::of(what, self.at)
    }
}
