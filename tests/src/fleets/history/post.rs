//! One agent at its post: what it has seen of a world that did not change since need not be seen again.

use std::collections::BTreeMap;

use epmesh_common::facts::{Body, Statement, StatementKey, Target, Timestamp};

use super::super::{agent::Agent, look::look, own::sections, world::World};

/// One agent, and the host that it is on.
#[derive(Default)]
pub(super) struct Post {
    pub(super) agent: Agent,
    /// Whom it looks at.
    pub(super) targets: Vec<(usize, Target)>,
    /// Until when it cannot report.
    pub(super) away: Timestamp,
    /// When a report of it was lost.
    pub(super) lost: Timestamp,
    /// The version of the world of which it read its own facts, and their subjects.
    own: Option<(u64, Vec<StatementKey>)>,
    /// The version of the world in which it looked at each peer.
    looked: BTreeMap<usize, u64>,
}

impl Post {
    /// Its own facts, read at `at` by its clock.
    pub(super) fn read(
        &mut self,
        world: &World,
        version: u64,
        dc: usize,
        at: Timestamp,
    ) -> Vec<Statement> {
        if let Some((_, subjects)) = self.own.as_ref().filter(|(seen, _)| *seen == version) {
            let again = subjects.iter().map(|subject| self.agent.same(subject, at));
            if let Some(statements) = again.collect() {
                return statements;
            }
        }
        let read = sections(world, dc, &self.agent.inbound.told(world, dc));
        let bodies = read.into_iter().map(|section| Body::Own(Box::new(section)));
        let statements: Vec<_> = bodies.map(|body| self.agent.state(body, at)).collect();
        let subjects = statements.iter().map(|it| it.subject.clone()).collect();
        self.own = Some((version, subjects));
        statements
    }

    /// What it sees of a target, at `at` by its clock; the peer's number with it.
    pub(super) fn look(
        &mut self,
        world: &World,
        version: u64,
        dc: usize,
        target: usize,
        at: Timestamp,
    ) -> Option<(usize, Statement)> {
        let (peer, target) = self.targets.get(target)?;
        if self.looked.get(peer) == Some(&version)
            && let Some(same) = self.agent.same(&StatementKey::Peer(target.name.clone()), at)
        {
            return Some((*peer, same));
        }
        let seen = look(world, dc, target);
        self.looked.insert(*peer, version);
        Some((*peer, self.agent.state(Body::Peer(seen), at)))
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
