//! What was last said about a link.

use epmesh_common::{
    diagnosis::{Cause, Link, State, Verdict},
    facts::Timestamp,
};
use serde::{Deserialize, Serialize};

use super::EventKind;
use crate::store::{Key, KeyError, Space};

/// A link about which receivers were told that it is not healthy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Open {
    pub(super) version: u32,
    pub(super) link: Link,
    pub(super) state: State,
    pub(super) cause: Cause,
    pub(super) since: Timestamp,
}

impl Open {
    pub(super) const VERSION: u32 = 1;

    pub(super) fn key(link: &Link) -> Result<Key, KeyError> {
        let interface = link.interface.to_string();
        let path = ["link", link.destination.as_str(), link.source.as_str(), interface.as_str()];
        Key::new(Space::Alerts, path)
    }
}

/// Whether a verdict is something to tell, given what was told before. An unknown state tells
/// nothing: it neither opens nor heals.
pub(super) fn turn(open: Option<&Open>, verdict: &Verdict) -> Option<EventKind> {
    match (open, verdict.state) {
        (None, State::Failing | State::Latent) => Some(EventKind::Opened),
        (Some(_), State::Healthy) => Some(EventKind::Resolved),
        (Some(open), State::Failing | State::Latent) => {
            let turned = open.state != verdict.state;
            let learnt = open.cause == Cause::Unknown && verdict.cause != Cause::Unknown;
            (turned || learnt).then_some(EventKind::Changed)
        }
        (None, State::Healthy | State::Unknown) | (Some(_), State::Unknown) => None,
    }
}
