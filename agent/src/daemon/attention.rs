//! What was asked for out of turn, and what the rounds owe to it.
//!
//! A report on a peer takes the place of the one before it, whole. So that a look out of turn at other
//! interfaces is not undone by the next round, the rounds look there too, as long as its word counts;
//! and a look that began before one out of turn was done is not reported after it.

use std::{collections::HashMap, time::Duration};

use epmesh_common::{
    facts::{DnsName, Look, PeerObservation, Section, SectionKind, Target, add_interfaces},
    rpc::InterfaceId,
};
use tokio::time::Instant;

use super::Seen;

/// For how many intervals the rounds look where they were asked to: as long as the coordinator lets a
/// fact decide.
pub(super) const INTERVALS: u32 = 3;

/// The most peers for which something is remembered; beyond it the ones asked for longest ago go.
const MOST_PEERS: usize = 256;

/// The most interfaces that are remembered of one peer: those of a domain join and some.
const MOST_INTERFACES: usize = 32;

/// What was asked for, peer by peer.
#[derive(Debug, Default)]
pub(super) struct Attention {
    peers: HashMap<DnsName, Asked>,
    /// When a section of the own facts was last read out of turn.
    own: HashMap<SectionKind, Instant>,
}

#[derive(Debug)]
struct Asked {
    at: Instant,
    until: Instant,
    /// When the last look out of turn was done.
    done: Option<Instant>,
    interfaces: Vec<InterfaceId>,
    whole_map: bool,
    well_known: bool,
}

impl Attention {
    /// A look was asked for, and counts for `lasting`.
    pub(super) fn asked(&mut self, look: &Look, now: Instant, lasting: Duration) {
        self.peers.retain(|_, asked| asked.until > now);
        for target in &look.targets {
            let new = || Asked {
                at: now,
                until: now,
                done: None,
                interfaces: Vec::new(),
                whole_map: false,
                well_known: false,
            };
            let asked = self.peers.entry(target.name.clone()).or_insert_with(new);
            (asked.at, asked.until) = (now, now + lasting);
            asked.whole_map |= target.whole_map;
            asked.well_known |= target.well_known;
            add_interfaces(&mut asked.interfaces, &look.interfaces);
            asked.interfaces.truncate(MOST_INTERFACES);
        }
        while self.peers.len() > MOST_PEERS {
            let oldest = self.peers.iter().min_by_key(|(_, asked)| asked.at);
            let Some(oldest) = oldest.map(|(peer, _)| peer.clone()) else { return };
            self.peers.remove(&oldest);
        }
    }

    /// What was asked for has been seen, and is about to be reported.
    pub(super) fn done(&mut self, look: &Look, now: Instant) {
        for target in &look.targets {
            if let Some(asked) = self.peers.get_mut(&target.name) {
                asked.done = Some(now);
            }
        }
        self.own.extend(look.own.iter().map(|kind| (*kind, now)));
    }

    /// Of own facts whose reading began at `began`, those that were not read out of turn since: a host
    /// that was going down while they were read would otherwise be said to run, after it was said to
    /// have stopped.
    pub(super) fn current_own(&self, sections: Vec<Section>, began: Instant) -> Vec<Section> {
        let is_current =
            |section: &Section| self.own.get(&section.kind()).is_none_or(|done| *done <= began);
        sections.into_iter().filter(is_current).collect()
    }

    /// Of what was seen, what is not older than a look out of turn that is done.
    pub(super) fn current(&self, seen: Vec<Seen>) -> impl Iterator<Item = PeerObservation> {
        let current =
            seen.into_iter().filter(|seen| !self.overtook(&seen.observation.peer, seen.began));
        current.map(|seen| seen.observation)
    }

    /// Whether a look that began at `began` is older than one out of turn that is done.
    fn overtook(&self, peer: &DnsName, began: Instant) -> bool {
        self.peers.get(peer).and_then(|asked| asked.done).is_some_and(|done| began < done)
    }

    /// What a look looks at: what it was asked for or its plan says, and what was asked for lately.
    pub(super) fn widened(
        &self,
        target: &Target,
        interfaces: &[InterfaceId],
        now: Instant,
    ) -> (Target, Vec<InterfaceId>) {
        let (mut target, mut interfaces) = (target.clone(), interfaces.to_vec());
        if let Some(asked) = self.peers.get(&target.name).filter(|asked| asked.until > now) {
            target.whole_map |= asked.whole_map;
            target.well_known |= asked.well_known;
            add_interfaces(&mut interfaces, &asked.interfaces);
        }
        (target, interfaces)
    }
}

#[cfg(test)]
mod tests {
    use epmesh_common::facts::{Blank, Ports, Reading, Services};

    use super::*;

    const LASTING: Duration = Duration::from_secs(180);

    fn target(name: &str, well_known: bool) -> Target {
        Target {
            name: name.parse().expect("a name"),
            dsa_guid: None,
            forest: None,
            whole_map: false,
            well_known,
        }
    }

    fn interface(number: u128) -> InterfaceId {
        InterfaceId::new(uuid::Uuid::from_u128(number), 1, 0)
    }

    fn look(name: &str, interfaces: &[u128]) -> Look {
        let interfaces = interfaces.iter().copied().map(interface).collect();
        Look { id: 1, own: Vec::new(), targets: vec![target(name, true)], interfaces }
    }

    #[test]
    fn the_rounds_look_where_they_were_asked_to_until_its_word_no_longer_counts() {
        let (mut attention, now) = (Attention::default(), Instant::now());
        attention.asked(&look("dc2.lab.test", &[1, 2]), now, LASTING);
        attention.asked(&look("dc2.lab.test", &[3]), now + Duration::from_secs(1), LASTING);
        let plain = target("dc2.lab.test", false);
        let (wide, interfaces) = attention.widened(&plain, &[interface(1)], now + LASTING);
        assert!(wide.well_known && !wide.whole_map);
        assert_eq!(interfaces, [interface(1), interface(2), interface(3)]);
        let other = target("dc3.lab.test", false);
        assert_eq!(attention.widened(&other, &[], now), (other, Vec::new()));
        let over = now + Duration::from_secs(1) + LASTING;
        assert_eq!(attention.widened(&plain, &[], over), (plain, Vec::new()));
    }

    #[test]
    fn own_facts_read_before_a_look_out_of_turn_was_done_are_thrown_away() {
        let (mut attention, now) = (Attention::default(), Instant::now());
        let sections = || {
            let services = Services { list: Reading::Value(Vec::new()) };
            vec![Section::Services(services), Section::Ports(Ports::blank(&Blank::Absent))]
        };
        assert_eq!(attention.current_own(sections(), now).len(), 2);
        let own = vec![SectionKind::Services];
        attention.done(&Look { own, ..look("dc2.lab.test", &[]) }, now + Duration::from_secs(2));
        let kept = attention.current_own(sections(), now + Duration::from_secs(1));
        assert_eq!(kept.iter().map(Section::kind).collect::<Vec<_>>(), [SectionKind::Ports]);
        assert_eq!(attention.current_own(sections(), now + Duration::from_secs(2)).len(), 2);
    }

    #[test]
    fn only_a_look_that_began_before_the_other_was_done_is_overtaken() {
        let (mut attention, now) = (Attention::default(), Instant::now());
        let (asked, peer) = (look("dc2.lab.test", &[1]), target("dc2.lab.test", false).name);
        attention.asked(&asked, now, LASTING);
        assert!(!attention.overtook(&peer, now), "it is not done yet");
        let done = now + Duration::from_secs(2);
        attention.done(&asked, done);
        assert!(attention.overtook(&peer, now + Duration::from_secs(1)));
        assert!(!attention.overtook(&peer, done));
        assert!(!attention.overtook(&target("dc3.lab.test", false).name, now));
    }

    #[test]
    fn it_is_bounded() {
        let (mut attention, now) = (Attention::default(), Instant::now());
        let many: Vec<u128> = (0..100).collect();
        for second in 0..300 {
            let asked = look(&format!("dc{second}.lab.test"), &many);
            attention.asked(&asked, now + Duration::from_millis(second), LASTING);
        }
        assert_eq!(attention.peers.len(), MOST_PEERS);
        assert!(!attention.peers.contains_key(&target("dc0.lab.test", false).name));
        assert!(attention.peers.values().all(|asked| asked.interfaces.len() == MOST_INTERFACES));
        attention.asked(&look("dc1.lab.test", &[]), now + Duration::from_secs(999), LASTING);
        assert_eq!(attention.peers.len(), 1);
    }
}
