//! Records on each domain controller, all of them in areas that agents can report again.
//!
//! | key | record |
//! |---|---|
//! | `facts/DC/state` | [`StateRecord`]: the report last acknowledged, and the time of every subject |
//! | `facts/DC/registrations` | [`HistoryRecord`] |
//! | `facts/DC/own/SECTION` | [`BodyRecord`] of a section |
//! | `observations/DC/PEER` | [`BodyRecord`] of an observation |
//!
//! A body too large for one value leaves [`BodyRecord::body`] empty and stands whole under the
//! same key with `large` behind it, in pieces.

use epmesh_common::facts::{Body, Digest, DnsName, StatementKey, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    fleet::{Acknowledged, History},
    store::{Key, KeyError, Space, record::Record},
};

/// The report last acknowledged to an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StateRecord {
    pub(super) acknowledged: Acknowledged,
    pub(super) received: Timestamp,
    pub(super) dropped: u64,
    pub(super) notes: Vec<String>,
    /// Milliseconds by which the agent's clock was ahead of the coordinator's.
    pub(super) clock_ahead_ms: i64,
    /// When each subject was last seen to be so; a subject that is left out has the time that
    /// stands with its body.
    pub(super) stamps: Vec<(StatementKey, Timestamp)>,
}

impl Record for StateRecord {
    const VERSION: u32 = 1;
}

/// The registrations of one domain controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HistoryRecord(pub(super) History);

impl Record for HistoryRecord {
    const VERSION: u32 = 1;
}

/// The latest body on one subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct BodyRecord {
    pub(super) digest: Digest,
    pub(super) at: Timestamp,
    /// `None` when it stands in pieces.
    pub(super) body: Option<Body>,
}

impl Record for BodyRecord {
    const VERSION: u32 = 1;
}

pub(super) fn state_key(dc: &DnsName) -> Result<Key, KeyError> {
    Key::new(Space::Facts, [dc.as_str(), "state"])
}

pub(super) fn history_key(dc: &DnsName) -> Result<Key, KeyError> {
    Key::new(Space::Facts, [dc.as_str(), "registrations"])
}

pub(super) fn body_key(dc: &DnsName, subject: &StatementKey) -> Result<Key, KeyError> {
    match subject {
        StatementKey::Own(kind) => Key::new(Space::Facts, [dc.as_str(), "own", kind.as_str()]),
        StatementKey::Peer(peer) => Key::new(Space::Observations, [dc.as_str(), &segment(peer)]),
    }
}

pub(super) fn large_key(dc: &DnsName, subject: &StatementKey) -> Result<Key, KeyError> {
    match subject {
        StatementKey::Own(kind) => {
            Key::new(Space::Facts, [dc.as_str(), "own", kind.as_str(), "large"])
        }
        StatementKey::Peer(peer) => {
            Key::new(Space::Observations, [dc.as_str(), &segment(peer), "large"])
        }
    }
}

/// A peer's name as a part of a key. Two names of 253 bytes do not fit into one; a long one is
/// replaced by its hash. No name begins with `#`.
fn segment(peer: &DnsName) -> String {
    const LONGEST: usize = 100;
    if peer.as_str().len() <= LONGEST {
        return peer.to_string();
    }
    let hash = Sha256::digest(peer.as_str().as_bytes());
    let hex: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("#{hex}")
}

#[cfg(test)]
mod tests {
    use epmesh_common::facts::SectionKind;

    use super::*;
    use crate::store::MAX_KEY;

    #[test]
    fn the_longest_names_fit() {
        let label = "a".repeat(60);
        let longest: DnsName =
            format!("{label}.{label}.{label}.{label}.test.test").parse().expect("a name");
        assert!(longest.as_str().len() > 245);
        let subjects =
            [StatementKey::Own(SectionKind::EndpointMap), StatementKey::Peer(longest.clone())];
        for subject in subjects {
            let key = large_key(&longest, &subject).expect("a key");
            // In pieces the key grows by its area, a name of 32 and a number of 16 bytes.
            assert!(key.as_bytes().len() + 80 < MAX_KEY, "{}", key.as_bytes().len());
        }
    }
}
