//! Readings, looks and reports, from the hosts to the coordinator.

use std::time::Duration;

use epmesh_common::facts::{Body, Report, StatementKey, Target, Timestamp};

use super::{
    super::{
        agent::{INTERVAL, Looked},
        dice::{Dice, shifted},
        lies::stated,
        look::look,
        own::sections,
    },
    stage::{Parcel, Stage, Step},
};

/// What is not new waits for so long for company.
const COMPANY: Duration = Duration::from_secs(10);
/// So long after a report came in what is wanted of it is seen to.
const ANSWERED: Duration = Duration::from_millis(300);
/// So long after the coordinator is there again agents have found it.
const RETURNED: Duration = Duration::from_millis(200);
/// No report of an agent is lost so soon after another one.
const LOST_ONCE: Duration = Duration::from_secs(200);
/// As many times of looks and readings are remembered.
const REMEMBERED: usize = 256;

impl Stage {
    /// An agent reads its host, and its round of looks begins.
    pub(super) fn own(&mut self, dc: usize, now: Timestamp) {
        self.replicate(dc, now);
        self.speak(dc, now);
        let targets = self.posts[dc].targets.len();
        for at in 0..targets {
            let peer = self.posts[dc].targets[at].0;
            let moment = u64::try_from((peer * 7919 + dc * 104_729) % 36_000).unwrap_or(0);
            self.at(now.plus(Duration::from_millis(2_000 + moment)), Step::Look(dc, at));
        }
        self.at(now.plus(INTERVAL), Step::Own(dc));
    }

    /// The attempts to replicate that are due by now.
    fn replicate(&mut self, dc: usize, now: Timestamp) {
        let Self { land, posts, played, .. } = self;
        posts[dc].agent.inbound.advance(&land.world, dc, now, |source, at, result| {
            remember(played.attempts.entry((dc, source)).or_default(), (at, result));
        });
    }

    /// An agent states what it reads of its host.
    pub(super) fn speak(&mut self, dc: usize, now: Timestamp) {
        let host = &self.land.world.dcs[dc];
        if !host.lives() {
            return;
        }
        let at = host.clock(now);
        let post = &mut self.posts[dc];
        let statements = post.read(&self.land.world, self.land.version, dc, at);
        post.agent.waiting.extend(statements);
        post.agent.spoke = Some(now);
        self.flush(dc, now);
    }

    /// An agent looks at one of its targets. News is sent at once, the rest with its like.
    pub(super) fn look(&mut self, dc: usize, target: usize, now: Timestamp) {
        let host = &self.land.world.dcs[dc];
        if !host.lives() {
            return;
        }
        let at = host.clock(now);
        let post = &mut self.posts[dc];
        let seen = post.look(&self.land.world, self.land.version, dc, target, (now, at));
        let Some((looked, statement)) = seen else { return };
        let is_news = statement.body.is_some();
        let is_first = post.agent.waiting.is_empty();
        post.agent.waiting.push(statement);
        post.agent.looked.push(looked);
        if is_news {
            self.flush(dc, now);
        } else if is_first {
            self.at(now.plus(COMPANY), Step::Flush(dc));
        }
    }

    /// Looks once more at what the coordinator wants in full, as an agent does at once.
    pub(super) fn again(&mut self, dc: usize, now: Timestamp) {
        let world = &self.land.world;
        if !world.dcs[dc].lives() {
            return;
        }
        let at = world.dcs[dc].clock(now);
        let post = &mut self.posts[dc];
        let wanted = post.agent.wanted.clone();
        let read = sections(world, dc, &post.agent.inbound.told(world, dc));
        let own = read.into_iter().map(|section| Body::Own(Box::new(section)));
        let mut bodies: Vec<Body> = own.filter(|body| wanted.contains(&body.subject())).collect();
        let has_own = !bodies.is_empty();
        let peers = post.targets.iter();
        let peers = peers.filter(|(_, it)| wanted.contains(&StatementKey::Peer(it.name.clone())));
        let peers: Vec<(usize, Target)> = peers.cloned().collect();
        let seen = |target: &Target| stated(world, dc, look(world, dc, target));
        bodies.extend(peers.iter().map(|(_, target)| Body::Peer(seen(target))));
        // What it said last is now of this moment.
        post.forget();
        let statements: Vec<_> =
            bodies.into_iter().map(|body| post.agent.state(body, at)).collect();
        post.agent.waiting.extend(statements);
        let looked =
            |(peer, target): (usize, Target)| Looked { peer, at: now, whole_map: target.whole_map };
        post.agent.looked.extend(peers.into_iter().map(looked));
        if has_own {
            post.agent.spoke = Some(now);
        }
        self.flush(dc, now);
    }

    /// Sends what waits.
    pub(super) fn flush(&mut self, dc: usize, now: Timestamp) {
        let host = &self.land.world.dcs[dc];
        let waiting = self.posts[dc].agent.take_waiting(!host.lives(), host.clock(now));
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
        let post = &mut self.posts[dc];
        // One in a hundred is lost for good, but not one after the other: the spool was full.
        if dice.chance(1) && post.lost.until(now) > LOST_ONCE && now > post.away {
            post.lost = now;
            return;
        }
        // While an agent is away, or the coordinator, its reports wait in the spool.
        let sent = now.max(post.away).max(self.absent.plus(RETURNED));
        let way = if dice.chance(2) { dice.from_to(1_000, 20_000) } else { dice.from_to(2, 60) };
        let came = sent.plus(Duration::from_millis(way)).max(post.agent.last_came);
        post.agent.last_came = came;
        let place = self.parcels.len();
        self.parcels.push(Some(Parcel { dc, report, sent, looked, spoke }));
        self.at(came, Step::Deliver(place));
    }

    /// A report comes in.
    pub(super) fn deliver(&mut self, parcel: usize, now: Timestamp) {
        if now < self.absent {
            // It is sent again when the coordinator is there.
            self.at(self.absent.plus(RETURNED), Step::Deliver(parcel));
            return;
        }
        let Some(Parcel { dc, report, sent, looked, spoke }) = self.parcels[parcel].take() else {
            return;
        };
        let host = &self.land.world.dcs[dc];
        let name = host.name.clone();
        // A report that waited for the coordinator is sent when it comes in.
        let sent = shifted(sent.max(self.absent), host.ahead_ms);
        let is_news = report.statements.iter().any(|statement| statement.body.is_some());
        let untold = self.posts[dc].agent.untold(&report.statements);
        let wanted = self.coordinator.take(&name, report, sent, now);
        if !wanted.is_empty() {
            self.posts[dc].agent.wanted.extend(wanted);
            self.at(now.plus(ANSWERED), Step::Again(dc));
        }
        self.came_in(dc, now, &untold, looked, spoke);
        self.replan(now);
        self.coordinator.judge(now);
        // The rest is seen with the next tick.
        if is_news {
            self.watch(now);
        }
    }

    /// Notes what is known from a report, for the rule of what it decides.
    fn came_in(
        &mut self,
        dc: usize,
        now: Timestamp,
        untold: &[StatementKey],
        looked: Vec<Looked>,
        spoke: Option<Timestamp>,
    ) {
        for Looked { peer, at, whole_map } in looked {
            if untold.contains(&StatementKey::Peer(self.land.world.dcs[peer].name.clone())) {
                continue;
            }
            remember(self.played.looks.entry((dc, peer)).or_default(), at);
            if whole_map {
                self.played.whole.insert((dc, peer));
            } else {
                self.played.whole.remove(&(dc, peer));
            }
            // Made in the world as it is now.
            if at > self.land.changed
                && self.watch.follows((dc, peer))
                && self.land.is_well((dc, peer))
            {
                self.watch.seen_well((dc, peer), at);
            }
        }
        let is_whole = !untold.iter().any(|subject| matches!(subject, StatementKey::Own(_)));
        if let Some(at) = spoke.filter(|_| is_whole) {
            self.played.spoke.insert(dc, at);
            remember(self.played.told.entry(dc).or_default(), at);
            self.played.first_spoke.entry(dc).or_insert(now);
        }
    }
}

fn remember<T>(times: &mut Vec<T>, at: T) {
    if times.len() >= REMEMBERED {
        times.drain(..REMEMBERED / 2);
    }
    times.push(at);
}
