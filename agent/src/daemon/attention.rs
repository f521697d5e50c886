//! What was asked for out of turn, and what the rounds owe to it.
//!
//! A report on a peer takes the place of the one before it, whole. So that a look out of turn at other
//! interfaces is not undone by the next round, the rounds look there too, as long as its word counts;
//! and what began to be seen before is not reported after what was seen later.

use std::{collections::HashMap, time::Duration};

use epmesh_common::{
    facts::{Body, DnsName, Look, Section, SectionKind, Target, Timestamp, add_interfaces},
    rpc::InterfaceId,
};
use tokio::time::Instant;

use super::{Seen, Stated, Turn};

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
    /// The last reading of a section of the own facts out of turn.
    own: HashMap<SectionKind, Done>,
}

#[derive(Debug)]
struct Asked {
    at: Instant,
    until: Instant,
    /// The last look out of turn.
    done: Option<Done>,
    interfaces: Vec<InterfaceId>,
    whole_map: bool,
    well_known: bool,
}

/// A look out of turn that is done.
#[derive(Clone, Copy, Debug)]
struct Done {
    began: Instant,
    ended: Instant,
}

impl Done {
    /// Of two looks that may have crossed: the later beginning, and the later end.
    fn or_later(self, other: Option<Self>) -> Self {
        let other = other.unwrap_or(self);
        Self { began: self.began.max(other.began), ended: self.ended.max(other.ended) }
    }

    /// Whether what began to be seen at `began` is older. What belongs to a round, and comes again with
    /// the next, has to have begun after this was over: which of two that overlap is the newer cannot be
    /// told. A look out of turn is somebody's answer: it only has to have begun no earlier.
    fn is_newer(self, began: Instant, turn: Turn) -> bool {
        match turn {
            Turn::Round => began < self.ended,
            Turn::Look => began < self.began,
        }
    }
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

    /// What was asked for has been seen from `began` to `ended`, and is about to be reported.
    pub(super) fn done(&mut self, look: &Look, began: Instant, ended: Instant) {
        let done = Done { began, ended };
        for target in &look.targets {
            if let Some(asked) = self.peers.get_mut(&target.name) {
                asked.done = Some(done.or_later(asked.done));
            }
        }
        for kind in &look.own {
            let before = self.own.get(kind).copied();
            self.own.insert(*kind, done.or_later(before));
        }
    }

    /// Of own facts whose reading began at `began`, those that were not read out of turn since: a host
    /// that was going down while they were read would otherwise be said to run, after it was said to
    /// have stopped.
    pub(super) fn current_own(
        &self,
        sections: Vec<(Timestamp, Section)>,
        began: Instant,
        turn: Turn,
    ) -> Vec<Stated> {
        let is_current = |section: &Section| {
            self.own.get(&section.kind()).is_none_or(|done| !done.is_newer(began, turn))
        };
        let current = sections.into_iter().filter(|(_, section)| is_current(section));
        current.map(|(at, section)| (at, Body::Own(Box::new(section)))).collect()
    }

    /// Of what was seen, what is not older than a look out of turn that is done.
    pub(super) fn current(&self, seen: Vec<Seen>, turn: Turn) -> impl Iterator<Item = Stated> {
        let overtaken = move |seen: &Seen| self.overtook(&seen.observation.peer, seen.began, turn);
        let current = seen.into_iter().filter(move |seen| !overtaken(seen));
        current.map(|seen| (seen.at, Body::Peer(seen.observation)))
    }

    /// Whether a look that began at `began` is older than one out of turn that is done.
    fn overtook(&self, peer: &DnsName, began: Instant, turn: Turn) -> bool {
        let done = self.peers.get(peer).and_then(|asked| asked.done);
        done.is_some_and(|done| done.is_newer(began, turn))
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
    use epmesh_common::facts::{Blank, Ports, Reading, Services, Subject};

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
            let services = Section::Services(Services { list: Reading::Value(Vec::new()) });
            let ports = Section::Ports(Ports::blank(&Blank::Absent));
            vec![(Timestamp::default(), services), (Timestamp::default(), ports)]
        };
        let at = |second| now + Duration::from_secs(second);
        let kept = |attention: &Attention, began, turn| {
            let kept = attention.current_own(sections(), began, turn);
            kept.into_iter().map(|(_, body)| body.subject()).collect::<Vec<_>>()
        };
        let (services, ports) =
            (Subject::Own(SectionKind::Services), Subject::Own(SectionKind::Ports));
        let both = [services, ports.clone()];
        assert_eq!(kept(&attention, now, Turn::Round), both);
        let own = vec![SectionKind::Services];
        attention.done(&Look { own, ..look("dc2.lab.test", &[]) }, at(1), at(3));
        assert_eq!(kept(&attention, now, Turn::Round), std::slice::from_ref(&ports));
        assert_eq!(
            kept(&attention, at(2), Turn::Round),
            std::slice::from_ref(&ports),
            "it may be older"
        );
        assert_eq!(kept(&attention, at(3), Turn::Round), both);
        // Two looks at once: the one that began first may not come last.
        assert_eq!(kept(&attention, at(2), Turn::Look), both, "somebody waits for it");
        assert_eq!(kept(&attention, now, Turn::Look), [ports]);
    }

    #[test]
    fn only_a_look_that_began_before_the_other_was_done_is_overtaken() {
        let (mut attention, now) = (Attention::default(), Instant::now());
        let (asked, peer) = (look("dc2.lab.test", &[1]), target("dc2.lab.test", false).name);
        attention.asked(&asked, now, LASTING);
        assert!(!attention.overtook(&peer, now, Turn::Round), "it is not done yet");
        let at = |second| now + Duration::from_secs(second);
        attention.done(&asked, at(1), at(3));
        assert!(attention.overtook(&peer, at(2), Turn::Round));
        assert!(!attention.overtook(&peer, at(3), Turn::Round));
        assert!(attention.overtook(&peer, now, Turn::Look));
        assert!(!attention.overtook(&peer, at(2), Turn::Look));
        // One that began earlier and ended later moves the end alone.
        attention.done(&asked, now, at(4));
        assert!(attention.overtook(&peer, at(3), Turn::Round));
        assert!(attention.overtook(&peer, now, Turn::Look));
        assert!(!attention.overtook(&peer, at(1), Turn::Look));
        assert!(!attention.overtook(&target("dc3.lab.test", false).name, now, Turn::Round));
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
