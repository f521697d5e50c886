//! Looks on demand, and what the rounds have to do differently because of them.
//!
//! A report on a peer takes the place of the one before it, whole. So that a look out of turn at other
//! interfaces is not undone by the next round, the rounds look there too, as long as its word counts;
//! and what began to be seen before is not reported after what was seen later.

use std::{collections::HashMap, time::Duration};

use epmesh_common::{
    facts::{Body, DnsName, LookRequest, Section, SectionKind, Target, Timestamp, add_interfaces},
    rpc::InterfaceId,
};
use tokio::time::Instant;

use super::to_report::{FinishedLook, TimedBody};
use crate::probe::Priority;

/// For how many intervals the rounds look where they were asked to: as long as the coordinator lets a
/// fact decide.
pub(super) const INTERVALS: u32 = 3;

/// The most peers for which something is remembered; beyond it the ones asked for longest ago go.
const MOST_PEERS: usize = 256;

/// The most interfaces that are remembered of one peer: those of a domain join and some.
const MOST_INTERFACES: usize = 32;

/// The looks that were asked for, peer by peer.
#[derive(Debug, Default)]
pub(super) struct OnDemand {
    peers: HashMap<DnsName, Asked>,
    /// The last reading of each section of the own facts that was reported.
    own: HashMap<SectionKind, Option<Done>>,
}

#[derive(Debug)]
struct Asked {
    at: Instant,
    until: Instant,
    /// The last look since then that was reported.
    done: Option<Done>,
    interfaces: Vec<InterfaceId>,
    whole_map: bool,
    well_known: bool,
}

/// What is done and reported, or about to be.
#[derive(Clone, Copy, Debug)]
struct Done {
    began: Instant,
    ended: Instant,
}

/// Whether what began to be seen at `began` and is there `now` is to be reported, after what `last` tells;
/// it is the last then. What belongs to a round, and comes again with the next, has to have begun after
/// the last was over: which of two that overlap is the newer cannot be told. A look out of turn is
/// somebody's answer: it only has to have begun no earlier.
fn passes(last: &mut Option<Done>, began: Instant, priority: Priority, now: Instant) -> bool {
    let older = last.is_some_and(|last| match priority {
        Priority::Round => began < last.ended,
        Priority::OnDemand => began < last.began,
    });
    if !older {
        // Of two looks that may have crossed: the later beginning, and the later end.
        let before = last.unwrap_or(Done { began, ended: now });
        *last = Some(Done { began: began.max(before.began), ended: now.max(before.ended) });
    }
    !older
}

impl OnDemand {
    /// A look was asked for, and counts for `lasting`.
    pub(super) fn asked(&mut self, look: &LookRequest, now: Instant, lasting: Duration) {
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

    /// The own facts that are to be reported now, of those whose reading began at `began`: not what was read
    /// again since and reported already. A host that was going down while they were read would otherwise be
    /// said to run, after it was said to have stopped.
    pub(super) fn current_own(
        &mut self,
        sections: Vec<(Timestamp, Section)>,
        began: Instant,
        priority: Priority,
        now: Instant,
    ) -> Vec<TimedBody> {
        let current = sections.into_iter().filter(|(_, section)| {
            passes(self.own.entry(section.kind()).or_default(), began, priority, now)
        });
        current.map(|(at, section)| (at, Body::Own(Box::new(section)))).collect()
    }

    /// The looks that are to be reported now: not one over a peer that was looked at again since and reported
    /// already.
    pub(super) fn current(
        &mut self,
        looks: Vec<FinishedLook>,
        priority: Priority,
        now: Instant,
    ) -> Vec<TimedBody> {
        let current = looks.into_iter().filter(|look| {
            // Of a peer that nobody asked for there are only the rounds, one after the other.
            let Some(asked) = self.peers.get_mut(&look.observation.peer) else { return true };
            passes(&mut asked.done, look.began, priority, now)
        });
        current.map(|look| (look.at, Body::Peer(look.observation))).collect()
    }

    /// The target of a look: what it was asked for or its plan says, and what was asked for lately.
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
    use epmesh_common::facts::{Blank, PeerObservation, Ports, Reading, Services, StatementKey};

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

    fn look(name: &str, interfaces: &[u128]) -> LookRequest {
        let interfaces = interfaces.iter().copied().map(interface).collect();
        LookRequest { id: 1, own: Vec::new(), targets: vec![target(name, true)], interfaces }
    }

    #[test]
    fn the_rounds_look_where_they_were_asked_to_until_its_word_no_longer_counts() {
        let (mut on_demand, now) = (OnDemand::default(), Instant::now());
        on_demand.asked(&look("dc2.lab.test", &[1, 2]), now, LASTING);
        on_demand.asked(&look("dc2.lab.test", &[3]), now + Duration::from_secs(1), LASTING);
        let plain = target("dc2.lab.test", false);
        let (wide, interfaces) = on_demand.widened(&plain, &[interface(1)], now + LASTING);
        assert!(wide.well_known && !wide.whole_map);
        assert_eq!(interfaces, [interface(1), interface(2), interface(3)]);
        let other = target("dc3.lab.test", false);
        assert_eq!(on_demand.widened(&other, &[], now), (other, Vec::new()));
        let over = now + Duration::from_secs(1) + LASTING;
        assert_eq!(on_demand.widened(&plain, &[], over), (plain, Vec::new()));
    }

    #[test]
    fn own_facts_come_in_the_order_in_which_they_began_to_be_read() {
        let start = Instant::now();
        let at = |second| start + Duration::from_secs(second);
        let services = || {
            let services = Section::Services(Services { list: Reading::Value(Vec::new()) });
            (Timestamp::default(), services)
        };
        let both = || {
            vec![services(), (Timestamp::default(), Section::Ports(Ports::blank(&Blank::Absent)))]
        };
        let told = |on_demand: &mut OnDemand, sections, [began, ended]: [u64; 2], turn| {
            let kept = on_demand.current_own(sections, at(began), turn, at(ended));
            kept.into_iter().map(|(_, body)| body.subject()).collect::<Vec<_>>()
        };
        let all = [StatementKey::Own(SectionKind::Services), StatementKey::Own(SectionKind::Ports)];
        let [_, ports] = all.clone();
        let ports = std::slice::from_ref(&ports);
        let (round, look) = (Priority::Round, Priority::OnDemand);

        let mut on_demand = OnDemand::default();
        assert_eq!(told(&mut on_demand, both(), [0, 1], round), all);
        assert_eq!(told(&mut on_demand, vec![services()], [3, 6], look).len(), 1);
        // A round that overlaps with a look may have read before it.
        assert_eq!(told(&mut on_demand, both(), [5, 7], round), ports);
        assert_eq!(told(&mut on_demand, both(), [8, 9], round), all);
        // Two looks at once, and one over which a round has passed: who began first does not come last.
        assert_eq!(told(&mut on_demand, both(), [12, 13], look), all);
        assert_eq!(told(&mut on_demand, both(), [11, 14], look), []);
        assert_eq!(told(&mut on_demand, both(), [12, 15], look), all, "somebody waits for it");
        assert_eq!(told(&mut on_demand, both(), [17, 18], round), all);
        assert_eq!(told(&mut on_demand, both(), [16, 20], look), []);
    }

    #[test]
    fn looks_at_a_peer_come_in_the_order_in_which_they_began() {
        let start = Instant::now();
        let at = |second| start + Duration::from_secs(second);
        let told = |on_demand: &mut OnDemand, [began, ended]: [u64; 2], turn| {
            let observation = PeerObservation {
                peer: target("dc2.lab.test", false).name,
                dsa_guid: None,
                lookups: Vec::new(),
                addresses: Vec::new(),
            };
            let look = FinishedLook { began: at(began), at: Timestamp::default(), observation };
            on_demand.current(vec![look], turn, at(ended)).len() == 1
        };
        let (round, look_now) = (Priority::Round, Priority::OnDemand);
        let mut on_demand = OnDemand::default();
        assert!(told(&mut on_demand, [0, 1], round));
        on_demand.asked(&look("dc2.lab.test", &[1]), at(2), LASTING);
        assert!(told(&mut on_demand, [1, 3], round), "the look that was asked for is not done yet");
        assert!(told(&mut on_demand, [2, 5], look_now));
        assert!(!told(&mut on_demand, [4, 6], round), "it may be older");
        assert!(told(&mut on_demand, [6, 7], round));
        assert!(!told(&mut on_demand, [3, 9], look_now), "a round has seen it since");
        assert!(told(&mut on_demand, [6, 10], look_now));
    }

    #[test]
    fn it_is_bounded() {
        let (mut on_demand, now) = (OnDemand::default(), Instant::now());
        let many: Vec<u128> = (0..100).collect();
        for second in 0..300 {
            let asked = look(&format!("dc{second}.lab.test"), &many);
            on_demand.asked(&asked, now + Duration::from_millis(second), LASTING);
        }
        assert_eq!(on_demand.peers.len(), MOST_PEERS);
        assert!(!on_demand.peers.contains_key(&target("dc0.lab.test", false).name));
        assert!(on_demand.peers.values().all(|asked| asked.interfaces.len() == MOST_INTERFACES));
        on_demand.asked(&look("dc1.lab.test", &[]), now + Duration::from_secs(999), LASTING);
        assert_eq!(on_demand.peers.len(), 1);
    }
}
