//! A domain controller, as far as the coordinator knows it.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    net::IpAddr,
    time::Duration,
};

use epmesh_common::{
    diagnosis::IndexedObservation,
    facts::{
        Answer, DcFacts, Digest, DnsName, Host, LastingState, PeerObservation, RecordData, Section,
        SectionKind, Source, StatementKey, Timestamp,
    },
    shared::Shared,
};
use serde::{Deserialize, Serialize};

use super::{History, Outcome, Skew, answers::Answers};

/// The most remarks of the coordinator's own that are kept on one domain controller.
const MOST_REMARKS: usize = 8;

/// The last report that was acknowledged to an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Acknowledged {
    /// Its sequence number.
    pub sequence: u64,
    /// When the report was put together, by the agent's clock.
    pub at: Timestamp,
}

impl Acknowledged {
    /// Whether a report with this sequence number and time has been acknowledged already.
    ///
    /// A lower number with a later time is no repetition: the agent lost its count.
    #[must_use]
    pub fn covers(self, sequence: u64, at: Timestamp) -> bool {
        sequence <= self.sequence && at <= self.at
    }
}

/// One domain controller.
#[derive(Clone, Debug, Default)]
pub(super) struct Dc {
    pub(super) enrolled: bool,
    pub(super) connected: bool,
    pub(super) agent_version: Option<String>,
    pub(super) last_seen: Option<Timestamp>,
    /// Since when it has reported without a gap so long that something could have come and gone in it.
    pub(super) watched_since: Option<Timestamp>,
    pub(super) skew: Skew,
    pub(super) facts: Shared<DcFacts>,
    pub(super) digests: HashMap<StatementKey, Digest>,
    pub(super) answers: Answers,
    pub(super) observations: BTreeMap<DnsName, PeerRecord>,
    pub(super) history: History,
    pub(super) acknowledged: Acknowledged,
    pub(super) notes: Vec<String>,
    pub(super) dropped: u64,
    pub(super) remarks: VecDeque<String>,
    pub(super) store_trouble: Option<String>,
}

/// The last observation of one peer by this domain controller.
#[derive(Clone, Debug)]
pub(super) struct PeerRecord {
    pub(super) at: Timestamp,
    /// The first of the looks since which all had the same outcome.
    pub(super) since: Timestamp,
    /// The first such look over starts of the coordinator, as far as the store remembers. It does not remember
    /// whether there were looks all the while.
    pub(super) first: Timestamp,
    pub(super) observation: IndexedObservation,
    pub(super) outcome: Outcome,
}

/// The last observation by one witness, in the form in which it goes into evidence.
#[derive(Clone, Debug)]
pub(super) struct WitnessView {
    pub(super) at: Timestamp,
    pub(super) since: Timestamp,
    /// Whether the witness read the whole endpoint map.
    pub(super) read_map: bool,
    /// Whether the witness got through, and lost no long answer.
    pub(super) gets_through: bool,
    /// A number that is the same where witnesses tried the same addresses and came as far.
    pub(super) sort: u64,
    /// Every address that the observation names.
    pub(super) addresses: Shared<Vec<IpAddr>>,
    pub(super) observation: IndexedObservation,
}

impl PeerRecord {
    /// The form in which the observation goes into evidence.
    pub(super) fn witness_view(&self) -> WitnessView {
        self.observation.prepare();
        let read_map = self.observation.addresses.iter().any(|probe| probe.map.is_some());
        let mut hasher = DefaultHasher::new();
        (read_map, &self.outcome).hash(&mut hasher);
        WitnessView {
            at: self.at,
            since: self.since,
            read_map,
            gets_through: self.outcome.gets_through(),
            sort: hasher.finish(),
            addresses: named(&self.observation).into(),
            observation: self.observation.clone(),
        }
    }
}

/// Every address that an observation names, each once.
fn named(observation: &PeerObservation) -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> = observation.addresses.iter().map(|probe| probe.address).collect();
    for lookup in &observation.lookups {
        if let Source::Dns(server) = lookup.source {
            found.push(server);
        }
        if let Answer::Records(records) = &lookup.answer {
            found.extend(records.iter().filter_map(|record| match record.data {
                RecordData::Address(address) => Some(address),
                RecordData::Alias(_) => None,
            }));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

impl Dc {
    /// Takes in an observation of a peer, and returns the one before. Looks further apart than `gap` do not
    /// count as one stretch of time.
    pub(super) fn see(
        &mut self,
        peer: DnsName,
        at: Timestamp,
        gap: Duration,
        observation: IndexedObservation,
    ) -> Option<PeerRecord> {
        let outcome = Outcome::of(&observation);
        let before = self.observations.get(&peer).filter(|seen| seen.outcome == outcome);
        let since = before.filter(|seen| seen.at.until(at) <= gap).map_or(at, |seen| seen.since);
        let first = since;
        self.observations.insert(peer, PeerRecord { at, since, first, outcome, observation })
    }

    /// Notes that a peer was seen again to be as it was.
    pub(super) fn see_again(&mut self, peer: &DnsName, at: Timestamp, gap: Duration) {
        if let Some(seen) = self.observations.get_mut(peer) {
            if seen.at.until(at) > gap {
                (seen.since, seen.first) = (at, at);
            }
            seen.at = at;
        }
    }

    /// The host section of its own facts.
    pub(super) fn own_host(&self) -> Option<&Host> {
        self.facts.host.as_ref().map(|host| &host.fact)
    }

    /// Adds a remark of the coordinator's own; the same one is not kept twice.
    pub(super) fn remark(&mut self, remark: String) {
        self.remarks.retain(|held| *held != remark);
        if self.remarks.len() >= MOST_REMARKS {
            self.remarks.pop_front();
        }
        self.remarks.push_back(remark);
    }

    /// Takes in a section of its own facts. What was told further ago than `gap` does not go on into it.
    pub(super) fn put(&mut self, at: Timestamp, section: Section, gap: Duration) {
        if let Section::Services(now) = &section {
            let before = self.facts.services.as_ref().map(|held| (&held.fact, held.at));
            let lasting = LastingState::of(now, at, before, &self.facts.lasting, gap);
            // Nearly always there are none, and facts that are shared are not copied for that.
            if self.facts.lasting != lasting {
                self.facts.lasting = lasting;
            }
        }
        self.facts.put(at, section);
    }

    /// Moves the time of a section forward.
    pub(super) fn restate_section(&mut self, kind: SectionKind, to: Timestamp, gap: Duration) {
        let told = self.facts.at(kind);
        if kind == SectionKind::Services
            && !self.facts.lasting.is_empty()
            && told.is_some_and(|told| told.until(to) > gap)
        {
            self.facts.lasting.iter_mut().for_each(|state| state.interrupted(to));
        }
        if let Some(at) = self.facts.at_mut(kind) {
            *at = to;
        }
    }

    /// The time at which a subject was last seen to be as it is known.
    pub(super) fn subject_at(&self, subject: &StatementKey) -> Option<Timestamp> {
        match subject {
            StatementKey::Own(kind) => self.facts.at(*kind),
            StatementKey::Peer(peer) => self.observations.get(peer).map(|seen| seen.at),
        }
    }

    /// The time of every known subject.
    pub(super) fn stamps(&self) -> impl Iterator<Item = (StatementKey, Timestamp)> {
        let sections = SectionKind::ALL.into_iter();
        let sections =
            sections.filter_map(|kind| Some((StatementKey::Own(kind), self.facts.at(kind)?)));
        let peers = self.observations.iter();
        sections.chain(peers.map(|(peer, seen)| (StatementKey::Peer(peer.clone()), seen.at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::samples::seen;

    #[test]
    fn a_stretch_of_the_same_looks_ends_with_another_or_with_a_gap() {
        let gap = Duration::from_secs(180);
        let at = |second: u64| Timestamp::from_millis(1_700_000_000_000 + second * 1000);
        let peer: DnsName = "dc2.lab.test".parse().expect("a name");
        let mut dc = Dc::default();
        let mut look = |second, works| {
            let observation = seen("dc2.lab.test", "10.0.0.2", works, second);
            dc.see(peer.clone(), at(second.into()), gap, observation.into());
            dc.observations.get(&peer).map(|seen| (seen.since, seen.at))
        };
        assert_eq!(look(10, false), Some((at(10), at(10))));
        assert_eq!(look(40, false), Some((at(10), at(40))));
        assert_eq!(look(70, true), Some((at(70), at(70))));
        assert_eq!(look(400, true), Some((at(400), at(400))));
        dc.see_again(&peer, at(430), gap);
        assert_eq!(dc.observations.get(&peer).map(|seen| seen.since), Some(at(400)));
        dc.see_again(&peer, at(900), gap);
        assert_eq!(dc.observations.get(&peer).map(|seen| seen.since), Some(at(900)));
    }

    #[test]
    fn a_repetition_is_told_from_a_lost_count() {
        let at = Timestamp::from_millis;
        let acknowledged = Acknowledged { sequence: 7, at: at(1000) };
        assert!(acknowledged.covers(7, at(1000)));
        assert!(acknowledged.covers(3, at(400)));
        assert!(!acknowledged.covers(8, at(1100)));
        // The clock was set back, the count went on.
        assert!(!acknowledged.covers(8, at(10)));
        // The agent was installed anew.
        assert!(!acknowledged.covers(1, at(2000)));
    }
}
