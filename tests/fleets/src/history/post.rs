//! One agent at its post: what it has seen of a world that did not change since need not be seen again.

use std::collections::BTreeMap;

use epmesh_common::facts::{Body, Neighbour, Statement, StatementKey, Target, Timestamp};

use super::super::{
    agent::{Agent, Looked},
    lies::stated,
    look::look,
    own::sections,
    world::World,
};

/// One agent, and the host that it is on.
pub(super) struct Post {
    pub(super) agent: Agent,
    /// Whom it looks at.
    pub(super) targets: Vec<(usize, Target)>,
    /// Until when it cannot report.
    pub(super) away: Timestamp,
    /// When a report of it was lost.
    pub(super) lost: Timestamp,
    /// What it read of its own host, while that is so.
    own: Option<Own>,
    /// The version of the world in which it looked at each peer.
    looked: BTreeMap<usize, u64>,
}

/// The own facts of an agent, as it last read them.
struct Own {
    /// The version of the world.
    version: u64,
    /// What its directory had recorded of replication.
    neighbours: Vec<Neighbour>,
    subjects: Vec<StatementKey>,
}

impl Post {
    /// The agent of the host `dc`, before it has said anything.
    pub(super) fn begin(world: &World, dc: usize, start: Timestamp, noise: u64) -> Self {
        Self {
            agent: Agent::begin(world, dc, start, noise),
            targets: Vec::new(),
            away: Timestamp::default(),
            lost: Timestamp::default(),
            own: None,
            looked: BTreeMap::new(),
        }
    }

    /// Its own facts, read at `at` by its clock.
    pub(super) fn read(
        &mut self,
        world: &World,
        version: u64,
        dc: usize,
        at: Timestamp,
    ) -> Vec<Statement> {
        let neighbours = self.agent.inbound.told(world, dc);
        let is_same = |own: &&Own| own.version == version && own.neighbours == neighbours;
        if let Some(own) = self.own.as_ref().filter(is_same) {
            let again = own.subjects.iter().map(|subject| self.agent.same(subject, at));
            if let Some(statements) = again.collect() {
                return statements;
            }
        }
        let read = sections(world, dc, &neighbours);
        let bodies = read.into_iter().map(|section| Body::Own(Box::new(section)));
        let statements: Vec<_> = bodies.map(|body| self.agent.state(body, at)).collect();
        let subjects = statements.iter().map(|it| it.subject.clone()).collect();
        self.own = Some(Own { version, neighbours, subjects });
        statements
    }

    /// What it states of a target at `at` by its clock, and the look at `now`.
    pub(super) fn look(
        &mut self,
        world: &World,
        version: u64,
        dc: usize,
        target: usize,
        (now, at): (Timestamp, Timestamp),
    ) -> Option<(Looked, Statement)> {
        let (peer, target) = self.targets.get(target)?;
        let looked = Looked { peer: *peer, at: now, whole_map: target.whole_map };
        if self.looked.get(peer) == Some(&version)
            && let Some(same) = self.agent.same(&StatementKey::Peer(target.name.clone()), at)
        {
            return Some((looked, same));
        }
        let seen = stated(world, dc, look(world, dc, target));
        self.looked.insert(*peer, version);
        Some((looked, self.agent.state(Body::Peer(seen), at)))
    }

    /// Takes a new plan.
    pub(super) fn plan(&mut self, targets: Vec<(usize, Target)>) {
        self.targets = targets;
        self.looked.clear();
    }

    /// Forgets what it has seen, so that it looks at everything anew.
    pub(super) fn forget(&mut self) {
        self.own = None;
        self.looked.clear();
    }
}
