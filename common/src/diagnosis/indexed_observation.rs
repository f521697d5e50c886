//! An observation, and beside it the index that judging reads.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::{Arc, OnceLock},
};

use epmesh_facts::PeerObservation;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::observation_index::ObservationIndex;

/// A witness's observation of a peer, with an index of it. A clone is cheap: clones share one observation until
/// one of them is written to, which then gets a copy of its own. It reads, compares and serialises as the
/// observation itself.
///
/// An observation is some forty pieces all over memory, and a link that is healthy needs little of it.
/// That little is the index. It is built once, when it is first needed or when
/// [`prepare`](Self::prepare) is called.
#[derive(Clone)]
pub struct IndexedObservation(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    index: OnceLock<ObservationIndex>,
    observation: PeerObservation,
}

impl IndexedObservation {
    /// Builds the index now, so that no judgement waits for it later.
    pub fn prepare(&self) {
        self.index();
    }

    /// The observation itself, without a copy where nobody else holds it.
    #[must_use]
    pub fn into_inner(self) -> PeerObservation {
        Arc::unwrap_or_clone(self.0).observation
    }

    pub(super) fn index(&self) -> &ObservationIndex {
        self.0.index.get_or_init(|| ObservationIndex::of(&self.0.observation))
    }
}

impl From<PeerObservation> for IndexedObservation {
    fn from(observation: PeerObservation) -> Self {
        Self(Arc::new(Inner { index: OnceLock::new(), observation }))
    }
}

impl Deref for IndexedObservation {
    type Target = PeerObservation;

    fn deref(&self) -> &PeerObservation {
        &self.0.observation
    }
}

impl DerefMut for IndexedObservation {
    fn deref_mut(&mut self) -> &mut PeerObservation {
        let inner = Arc::make_mut(&mut self.0);
        // The index of what was there does not hold for what will be written.
        inner.index.take();
        &mut inner.observation
    }
}

impl fmt::Debug for IndexedObservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.observation.fmt(f)
    }
}

impl PartialEq for IndexedObservation {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.observation == other.0.observation
    }
}

impl Eq for IndexedObservation {}

impl Serialize for IndexedObservation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.observation.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for IndexedObservation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        PeerObservation::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use epmesh_facts::{Answer, Lookup, Question, Record, RecordData, RecordType, Source};

    #[test]
    fn a_clone_that_is_written_to_gets_a_copy_and_an_index_of_its_own() {
        let address = |last| IpAddr::from([10, 0, 0, last]);
        let name: epmesh_facts::DnsName = "dc2.lab.test".parse().expect("a name");
        let said = |last| Lookup {
            source: Source::Dns(address(1)),
            question: Question { name: name.clone(), kind: RecordType::A },
            answer: Answer::Records(vec![Record {
                name: name.clone(),
                data: RecordData::Address(address(last)),
                ttl: None,
                line: None,
            }]),
            code: None,
            local: None,
            took_ms: 1,
            retried: false,
        };
        let first = IndexedObservation::from(PeerObservation {
            peer: name.clone(),
            dsa_guid: None,
            lookups: vec![said(2)],
            addresses: Vec::new(),
        });
        first.prepare();
        let mut second = first.clone();
        assert_eq!(first, second);
        second.lookups = vec![said(3)];
        let addresses = |observation: &IndexedObservation| -> Vec<IpAddr> {
            let sources = observation.index().name_sources();
            sources.flat_map(|source| source.addresses).map(|mapped| mapped.address).collect()
        };
        assert_eq!((addresses(&first), addresses(&second)), (vec![address(2)], vec![address(3)]));
        assert_ne!(first, second);
        let text = serde_json::to_string(&first).expect("JSON");
        assert_eq!(
            serde_json::from_str::<IndexedObservation>(&text).expect("an observation"),
            first
        );
    }
}
