//! An agent: what it has not yet said, what the coordinator holds of it, and its reports.

use std::{collections::HashMap, mem, time::Duration};

use epmesh_common::facts::{Body, Digest, Report, Statement, StatementKey, Timestamp};

use super::{replication::Inbound, world::World};

/// Between two looks at the same peer.
pub(super) const INTERVAL: Duration = Duration::from_secs(60);

/// One look that was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Looked {
    /// At whom.
    pub(super) peer: usize,
    /// When, by the true clock.
    pub(super) at: Timestamp,
    /// Whether the whole endpoint map was asked for.
    pub(super) whole_map: bool,
}

/// One agent.
#[derive(Debug, Default)]
pub(super) struct Agent {
    sequence: u64,
    /// What was last said of each subject.
    said: HashMap<StatementKey, (Body, Digest)>,
    /// What came in of each subject with its body.
    came: HashMap<StatementKey, Digest>,
    /// Subjects whose body the coordinator wants again.
    pub(super) wanted: Vec<StatementKey>,
    /// Statements that wait to be sent.
    pub(super) waiting: Vec<Statement>,
    /// The looks among them.
    pub(super) looked: Vec<Looked>,
    /// When the own facts among them were read, by the true clock.
    pub(super) spoke: Option<Timestamp>,
    /// When its last report came in: they come in order.
    pub(super) last_came: Timestamp,
    /// The inbound replication that its directory recorded.
    pub(super) inbound: Inbound,
}

impl Agent {
    /// The agent of the host `at`, before it has said anything.
    pub(super) fn begin(world: &World, at: usize, start: Timestamp, noise: u64) -> Self {
        Self { inbound: Inbound::begin(world, at, start, noise), ..Self::default() }
    }

    /// The statement on `body`, seen at `at` by the agent's clock: without the body where it is as
    /// it was said last.
    pub(super) fn state(&mut self, body: Body, at: Timestamp) -> Statement {
        let subject = body.subject();
        let again = self.wanted.iter().position(|wanted| *wanted == subject);
        if let Some(again) = again {
            self.wanted.swap_remove(again);
        }
        if let Some((held, digest)) = self.said.get(&subject)
            && again.is_none()
            && *held == body
        {
            return Statement { subject, at, digest: *digest, body: None, stated: None };
        }
        let statement = body.clone().stated(at);
        self.said.insert(subject, (body, statement.digest));
        statement
    }

    /// The statement, seen at `at` by the agent's clock, that `subject` is as it was said last; `None` where it
    /// has to be said in full.
    pub(super) fn same(&self, subject: &StatementKey, at: Timestamp) -> Option<Statement> {
        let (_, digest) = self.said.get(subject)?;
        let subject = subject.clone();
        let is_wanted = self.wanted.contains(&subject);
        let same = Statement { subject, at, digest: *digest, body: None, stated: None };
        (!is_wanted).then_some(same)
    }

    /// Statements came in: the subjects of those that tell nothing, because their body did not come
    /// in before, nor with them.
    pub(super) fn untold(&mut self, statements: &[Statement]) -> Vec<StatementKey> {
        let mut untold = Vec::new();
        for Statement { subject, digest, body, .. } in statements {
            if body.is_some() {
                self.came.insert(subject.clone(), *digest);
            } else if self.came.get(subject) != Some(digest) {
                untold.push(subject.clone());
            }
        }
        untold
    }

    /// Takes what waits: the report on it, made at `at` by the agent's clock, the looks in it, and when the own facts
    /// in it were read. `None` where nothing waits; on a host that is down it is lost.
    pub(super) fn take_waiting(
        &mut self,
        is_down: bool,
        at: Timestamp,
    ) -> Option<(Report, Vec<Looked>, Option<Timestamp>)> {
        let statements = mem::take(&mut self.waiting);
        let (looked, spoke) = (mem::take(&mut self.looked), self.spoke.take());
        if statements.is_empty() || is_down {
            return None;
        }
        self.sequence += 1;
        let report =
            Report { sequence: self.sequence, at, statements, dropped: 0, notes: Vec::new() };
        Some((report, looked, spoke))
    }
}
