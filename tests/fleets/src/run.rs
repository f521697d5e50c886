//! A fleet through its time: agents look and report, faults strike, reports are late or lost, and
//! the coordinator's own view takes them in and judges.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    time::Duration,
};

use epmesh::fleet::View;
use epmesh_common::{
    diagnosis::{Link, State, diagnose},
    facts::{Body, DnsName, Report, StatementKey, Target, Timestamp},
};

use super::{
    agent::{Agent, INTERVAL, Looked},
    begin::{Begin, begin},
    build,
    dice::{Dice, shifted},
    fault::Fault,
    lies::stated,
    look::look,
    own::sections,
    played::{Judged, Played, Variant, settings},
    world::World,
};

/// What is not new waits for so long for company.
const COMPANY: Duration = Duration::from_secs(10);
/// So long after a report came in that wants of it are seen to.
const ANSWERED: Duration = Duration::from_millis(300);
/// Rounds of looks at least; faults strike in the second or third.
const ROUNDS: u64 = 7;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Strike(usize),
    ComeBack(usize),
    Down(usize),
    Up(usize),
    Own(usize),
    Look(usize, usize),
    Again(usize),
    Flush(usize),
    Deliver(usize),
    Tick,
}

struct Parcel {
    dc: usize,
    report: Report,
    sent: Timestamp,
    looked: Vec<Looked>,
    spoke: Option<Timestamp>,
}

struct Play {
    world: World,
    view: View,
    variant: Variant,
    agents: Vec<Agent>,
    steps: BinaryHeap<Reverse<(Timestamp, usize, Step)>>,
    count: usize,
    /// Seeds the dice of each report.
    noise: u64,
    parcels: Vec<Option<Parcel>>,
    targets: Vec<Vec<(usize, Target)>>,
    by_name: BTreeMap<DnsName, usize>,
    /// Agents that cannot report for a while: until when.
    away: Vec<Timestamp>,
    played: Option<Played>,
}

/// The fleet that `seed` is, before anything has happened, and what goes wrong in it.
#[must_use]
pub fn drawn(seed: u64, variant: Variant) -> (World, Vec<Fault>) {
    let Begin { world, faults, .. } = begin(seed, variant);
    (world, faults)
}

/// Plays the fleet that `seed` is.
#[must_use]
pub fn play(seed: u64, variant: Variant) -> Played {
    let Begin { mut dice, start, count, mut world, faults } = begin(seed, variant);
    let noise = dice.from_to(0, u64::MAX);
    for _ in 0..variant.added {
        build::add(&mut Dice::new(noise ^ 1), &mut world, start);
    }
    if variant.clocks_mirrored {
        world.dcs.iter_mut().for_each(|dc| dc.ahead_ms = -dc.ahead_ms);
    }
    let mut play = Play::new(world, variant, noise, start, faults, count);
    play.run();
    play.finish()
}

impl Play {
    fn new(
        world: World,
        variant: Variant,
        noise: u64,
        start: Timestamp,
        faults: Vec<Fault>,
        original: usize,
    ) -> Self {
        // After the last that a fault does everybody speaks once more.
        let done = faults.iter().map(|fault| start.until(fault.done()).as_secs()).max();
        let rounds = ROUNDS.max(done.unwrap_or(0) / INTERVAL.as_secs() + 2);
        let mut dice = Dice::new(noise);
        let all = world.dcs.len();
        let by_name = world.dcs.iter().enumerate().map(|(at, dc)| (dc.name.clone(), at)).collect();
        let mut play = Self {
            view: View::new(settings()),
            variant,
            agents: (0..all).map(|at| Agent::begin(&world, at, start, noise)).collect(),
            steps: BinaryHeap::new(),
            count: 0,
            parcels: Vec::new(),
            targets: vec![Vec::new(); all],
            by_name,
            away: vec![Timestamp::default(); all],
            played: Some(Played::begun(world.clone(), start)),
            noise,
            world,
        };
        for (at, fault) in faults.iter().enumerate() {
            fault.strikes().for_each(|time| play.at(time, Step::Strike(at)));
            if fault.kind.restarts() {
                play.at(fault.at.plus(Duration::from_secs(50)), Step::ComeBack(at));
            }
        }
        let busy: Vec<usize> = faults.iter().map(|fault| fault.source).collect();
        let mut restarts = Vec::new();
        // Two DNS servers down at once would be a fault that nobody put in.
        let is_down = faults.iter().any(Fault::takes_down);
        if dice.chance(15) {
            let dc = dice.below(original);
            let at = start.plus(Duration::from_millis(dice.from_to(80_000, 200_000)));
            if !(busy.contains(&dc) || is_down && play.world.dcs[dc].dns.is_some()) {
                restarts.push((dc, at));
                play.at(at, Step::Down(dc));
                play.at(at.plus(Duration::from_secs(dice.from_to(20, 60))), Step::Up(dc));
            }
        }
        for dc in 0..all {
            if !play.world.dcs[dc].agent {
                continue;
            }
            let name = play.world.dcs[dc].name.clone();
            play.view.enrolled(&name);
            let first = start.plus(Duration::from_millis(dice.from_to(0, 5_000)));
            play.at(first, Step::Own(dc));
            let moment = dice.from_to(0, 12_000);
            for round in 1..rounds {
                let at = INTERVAL.saturating_mul(u32::try_from(round).unwrap_or(1));
                play.at(start.plus(at).plus(Duration::from_millis(moment)), Step::Own(dc));
            }
            if dice.chance(4) {
                // Offline for a while: its reports wait in the spool.
                let from = dice.from_to(60_000, 200_000);
                play.away[dc] = start.plus(Duration::from_millis(from));
            }
        }
        for tick in 1..rounds * 3 {
            play.at(start.plus(Duration::from_secs(tick * 20)), Step::Tick);
        }
        if let Some(played) = &mut play.played {
            (played.faults, played.restarts) = (faults, restarts);
            let agents = play.agents.iter().enumerate();
            let links =
                agents.flat_map(|(to, agent)| agent.inbound.sources().map(move |from| (to, from)));
            played.pulled = links.collect();
        }
        play
    }

    fn at(&mut self, at: Timestamp, step: Step) {
        self.count += 1;
        // At the same moment: in this order, or in the other one.
        let place = if self.variant.other_order { usize::MAX - self.count } else { self.count };
        self.steps.push(Reverse((at, place, step)));
    }

    fn run(&mut self) {
        while let Some(Reverse((now, _, step))) = self.steps.pop() {
            if let Some(played) = &mut self.played {
                played.now = now;
            }
            let fault = |play: &Self, at: usize| {
                play.played.as_ref().and_then(|played| played.faults.get(at).cloned())
            };
            match step {
                Step::Strike(at) => {
                    if let Some(fault) = fault(self, at) {
                        fault.strike(&mut self.world, now);
                    }
                }
                Step::ComeBack(at) => {
                    if let Some(fault) = fault(self, at) {
                        fault.come_back(&mut self.world);
                    }
                }
                Step::Down(dc) => self.world.dcs[dc].up = false,
                Step::Up(dc) => Fault::restart(&mut self.world, dc, now),
                Step::Own(dc) => self.own(dc, now),
                Step::Look(dc, at) => self.look(dc, at, now),
                Step::Again(dc) => self.again(dc, now),
                Step::Flush(dc) => self.flush(dc, now),
                Step::Deliver(parcel) => self.deliver(parcel, now),
                Step::Tick => self.judge(now, false),
            }
        }
    }

    fn own(&mut self, dc: usize, now: Timestamp) {
        self.replicate(dc, now);
        let neighbours = self.agents[dc].inbound.told(&self.world, dc);
        let at = self.world.dcs[dc].clock(now);
        if self.world.dcs[dc].lives() {
            let read = sections(&self.world, dc, &neighbours);
            let agent = &mut self.agents[dc];
            let bodies = read.into_iter().map(|section| Body::Own(Box::new(section)));
            let statements: Vec<_> = bodies.map(|body| agent.state(body, at)).collect();
            agent.waiting.extend(statements);
            agent.spoke = Some(now);
            self.flush(dc, now);
        }
        // The looks of this round, each at its moment, which is the same in every round.
        let targets = self.targets[dc].len();
        for at in 0..targets {
            let peer = self.targets[dc][at].0;
            let moment = u64::try_from((peer * 7919 + dc * 104_729) % 36_000).unwrap_or(0);
            self.at(now.plus(Duration::from_millis(2_000 + moment)), Step::Look(dc, at));
        }
    }

    /// The attempts to replicate that are due by now.
    fn replicate(&mut self, dc: usize, now: Timestamp) {
        let Some(played) = &mut self.played else { return };
        self.agents[dc].inbound.advance(&self.world, dc, now, |source, at, result| {
            played.attempts.entry((dc, source)).or_default().push((at, result));
        });
    }

    fn look(&mut self, dc: usize, at: usize, now: Timestamp) {
        if !self.world.dcs[dc].lives() {
            return;
        }
        let Some((peer, target)) = self.targets[dc].get(at).cloned() else { return };
        let seen = stated(&self.world, dc, look(&self.world, dc, &target));
        let clock = self.world.dcs[dc].clock(now);
        let agent = &mut self.agents[dc];
        let statement = agent.state(Body::Peer(seen), clock);
        let is_news = statement.body.is_some();
        let is_first = agent.waiting.is_empty();
        agent.waiting.push(statement);
        agent.looked.push(Looked { peer, at: now, whole_map: target.whole_map });
        // News at once, the rest with its like.
        if is_news {
            self.flush(dc, now);
        } else if is_first {
            self.at(now.plus(COMPANY), Step::Flush(dc));
        }
    }

    /// Looks once more at what the coordinator wants in full, as an agent does at once.
    fn again(&mut self, dc: usize, now: Timestamp) {
        if !self.world.dcs[dc].lives() {
            return;
        }
        let wanted = self.agents[dc].wanted.clone();
        let at = self.world.dcs[dc].clock(now);
        let neighbours = self.agents[dc].inbound.told(&self.world, dc);
        let read = sections(&self.world, dc, &neighbours);
        let own = read.into_iter().map(|section| Body::Own(Box::new(section)));
        let mut bodies: Vec<Body> = own.filter(|body| wanted.contains(&body.subject())).collect();
        let has_own = !bodies.is_empty();
        let peers = self.targets[dc].iter();
        let peers = peers.filter(|(_, it)| wanted.contains(&StatementKey::Peer(it.name.clone())));
        let peers: Vec<(usize, Target)> = peers.cloned().collect();
        let seen = |target: &Target| stated(&self.world, dc, look(&self.world, dc, target));
        bodies.extend(peers.iter().map(|(_, target)| Body::Peer(seen(target))));
        let agent = &mut self.agents[dc];
        let statements: Vec<_> = bodies.into_iter().map(|body| agent.state(body, at)).collect();
        agent.waiting.extend(statements);
        let looked = peers.into_iter().map(|(peer, target)| Looked {
            peer,
            at: now,
            whole_map: target.whole_map,
        });
        agent.looked.extend(looked);
        if has_own {
            agent.spoke = Some(now);
        }
        self.flush(dc, now);
    }

    /// Sends what waits.
    fn flush(&mut self, dc: usize, now: Timestamp) {
        let host = &self.world.dcs[dc];
        let waiting = self.agents[dc].take_waiting(!host.lives(), host.clock(now));
        if let Some((report, looked, spoke)) = waiting {
            self.send(dc, now, report, looked, spoke);
        }
    }

    fn send(
        &mut self,
        dc: usize,
        now: Timestamp,
        report: Report,
        looked: Vec<Looked>,
        spoke: Option<Timestamp>,
    ) {
        // Dice of its own for each report: what becomes of one hangs on no other.
        let own = u64::try_from(dc).unwrap_or(0) << 32 | report.sequence;
        let mut dice = Dice::new(self.noise ^ own.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        // One in a hundred is lost for good: the spool was full.
        if dice.chance(1) && now > self.away[dc] {
            return;
        }
        let away = self.away[dc];
        let outage = Duration::from_secs(90);
        let is_away = now >= away && now < away.plus(outage) && away > Timestamp::default();
        let sent = if is_away { away.plus(outage) } else { now };
        let way = if dice.chance(2) { dice.from_to(1_000, 20_000) } else { dice.from_to(2, 60) };
        let came = sent.plus(Duration::from_millis(way)).max(self.agents[dc].last_came);
        self.agents[dc].last_came = came;
        // What comes within the same fifth of a second comes together, in either order.
        let came = match came.as_millis() % 200 {
            0 => came,
            rest => came.plus(Duration::from_millis(200 - rest)),
        };
        self.parcels.push(Some(Parcel { dc, report, sent, looked, spoke }));
        // Those of one agent stay in their order.
        let place = self.parcels.len() - 1;
        self.count += 1;
        let turn = if self.variant.other_order { self.world.dcs.len() - dc } else { dc };
        self.steps.push(Reverse((came, turn * 1_000_000 + place, Step::Deliver(place))));
    }

    fn deliver(&mut self, parcel: usize, now: Timestamp) {
        let Some(Parcel { dc, report, sent, looked, spoke }) = self.parcels[parcel].take() else {
            return;
        };
        let name = self.world.dcs[dc].name.clone();
        let sent = shifted(sent, self.world.dcs[dc].ahead_ms);
        let untold = self.agents[dc].untold(&report.statements);
        for _ in 0..=usize::from(self.variant.repeated) {
            if let Some(played) = &mut self.played {
                played.order.push((dc, report.sequence));
            }
            let received = self.view.heard(&name, sent, now);
            if self.view.acknowledged(&name).covers(report.sequence, report.at) {
                continue;
            }
            let staged = self.view.stage(&name, report.clone(), sent, received);
            if !staged.wanted.is_empty() {
                self.agents[dc].wanted.extend(staged.wanted.iter().cloned());
                self.at(now.plus(ANSWERED), Step::Again(dc));
            }
            self.view.apply(staged);
        }
        if let Some(played) = &mut self.played {
            let is_told = |peer: usize| {
                !untold.contains(&StatementKey::Peer(self.world.dcs[peer].name.clone()))
            };
            for Looked { peer, at, whole_map } in looked.into_iter().filter(|it| is_told(it.peer)) {
                played.looks.entry((dc, peer)).or_default().push(at);
                if whole_map {
                    played.whole.insert((dc, peer));
                } else {
                    played.whole.remove(&(dc, peer));
                }
            }
            let is_whole = !untold.iter().any(|subject| matches!(subject, StatementKey::Own(_)));
            if let Some(at) = spoke.filter(|_| is_whole) {
                played.spoke.insert(dc, at);
                played.told.entry(dc).or_default().push(at);
                played.first_spoke.entry(dc).or_insert(now);
            }
        }
        if self.view.has_moved() {
            self.replan(now);
        }
    }

    fn replan(&mut self, now: Timestamp) {
        for agent in self.view.rearrange(now).replanned {
            let (Some(dc), Some(plan)) = (self.by_name.get(&agent), self.view.plan(&agent)) else {
                continue;
            };
            let number = |target: Target| Some((*self.by_name.get(&target.name)?, target));
            self.targets[*dc] = plan.targets.into_iter().filter_map(number).collect();
        }
    }

    fn judge(&mut self, now: Timestamp, last: bool) {
        if self.view.has_moved() {
            self.replan(now);
        }
        self.view.sweep(now, if last { Duration::ZERO } else { Played::fresh_for() / 3 });
        let mut links: Vec<Link> = self.view.take_dirty(usize::MAX);
        links.sort_by(|a, b| (&a.source, &a.destination).cmp(&(&b.source, &b.destination)));
        let verdicts = self.view.judge_links(&links, now, 1);
        for (link, verdict) in links.into_iter().zip(verdicts) {
            let mut verdict = *verdict;
            if last && verdict.state != State::Healthy {
                // With its words, for the person who reads what was missed.
                verdict = diagnose(&self.view.evidence(&link, now), now);
            }
            let (Some(to), Some(from)) =
                (self.by_name.get(&link.destination), self.by_name.get(&link.source))
            else {
                continue;
            };
            let key = (*to, *from);
            self.view.record_verdict(&link, verdict.clone(), now);
            let Some(played) = &mut self.played else { continue };
            played.verdicts += 1;
            let wrong = verdict.state != State::Healthy;
            if wrong && !last {
                played.before.push(Judged { at: now, link: key, verdict: verdict.clone() });
            }
            played.last.insert(key, verdict);
        }
    }

    fn finish(mut self) -> Played {
        let now = self.played.as_ref().map_or(Timestamp::default(), |played| played.now);
        let now = now.plus(Duration::from_secs(1));
        self.judge(now, true);
        let mut played = self.played.take().expect("it is taken once");
        played.now = now;
        played.world = self.world;
        // A link that was watched until it was known whose forest is whose has no last verdict.
        let watched: std::collections::BTreeSet<_> =
            self.view.links().into_iter().map(|link| (link.destination, link.source)).collect();
        played
            .last
            .retain(|_, said| watched.contains(&(said.destination.clone(), said.source.clone())));
        played
    }
}
