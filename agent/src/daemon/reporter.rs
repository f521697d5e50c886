//! Reports of the daemon: what changed at once, the rest with its like.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use epmesh_agent_host::os::clock::Clock;
use epmesh_common::{
    error::chain,
    facts::{Digest, Statement, StatementKey},
};

use super::{
    sent_state::{SentState, bodies},
    to_report::TimedBody,
};
use crate::session::Outbox;

/// Makes bodies reports, and knows what the coordinator holds.
pub(super) struct Reporter {
    clock: Arc<dyn Clock>,
    outbox: Outbox,
    sent_state: Mutex<SentState>,
    /// What was seen again to be as the coordinator has it, and is told with the next report.
    unchanged: Mutex<BTreeMap<StatementKey, Statement>>,
}

impl Reporter {
    pub(super) fn new(clock: Arc<dyn Clock>, outbox: Outbox) -> Self {
        Self { clock, outbox, sent_state: Mutex::default(), unchanged: Mutex::default() }
    }

    /// A session began: the coordinator holds this and nothing else.
    pub(super) fn welcomed(&self, held: Vec<(StatementKey, Digest)>) {
        self.sent_state().welcomed(held);
    }

    /// The look `id` is answered by the report `sequence`.
    pub(super) fn look_done(&self, id: u64, sequence: u64) {
        self.outbox.look_done(id, sequence);
    }

    /// Sends the bodies as one report; its number.
    pub(super) async fn report(
        &self,
        bodies: Vec<TimedBody>,
        mut notes: Vec<String>,
    ) -> Option<u64> {
        let statements = self.statements(&bodies, &mut notes);
        self.send(statements, notes).await
    }

    /// Sends what has changed at once. The rest, which is nearly all of it nearly always, waits a
    /// little for its like: "still so" is worth its few bytes, and not a report of its own.
    pub(super) async fn report_news(&self, bodies: Vec<TimedBody>) {
        let mut notes = Vec::new();
        let statements = self.statements(&bodies, &mut notes);
        let (news, unchanged): (Vec<_>, Vec<_>) =
            statements.into_iter().partition(|statement| statement.body.is_some());
        let unchanged = unchanged.into_iter().map(|it| (it.subject.clone(), it));
        self.unchanged().extend(unchanged);
        if !news.is_empty() || !notes.is_empty() {
            self.send(news, notes).await;
        }
    }

    pub(super) async fn tell_unchanged(&self) {
        if !self.unchanged().is_empty() {
            self.send(Vec::new(), Vec::new()).await;
        }
    }

    fn statements(&self, bodies: &[TimedBody], notes: &mut Vec<String>) -> Vec<Statement> {
        let sent_state = self.sent_state();
        let mut statements = Vec::with_capacity(bodies.len());
        for (at, body) in bodies {
            match sent_state.state(body, *at, notes) {
                Ok(statement) => statements.push(statement),
                Err(error) => {
                    notes.push(format!("{} cannot be sent: {}", body.subject(), chain(&error)));
                }
            }
        }
        statements
    }

    /// Sends the statements, and with them what waits; the report's number.
    async fn send(&self, mut statements: Vec<Statement>, notes: Vec<String>) -> Option<u64> {
        let mut unchanged = std::mem::take(&mut *self.unchanged());
        // What is stated now is newer.
        for statement in &statements {
            unchanged.remove(&statement.subject);
        }
        statements.extend(unchanged.into_values());
        let sent = bodies(&statements);
        let sequence = self.outbox.push(self.clock.now(), statements, notes).await?;
        self.sent_state().sending(sequence, sent);
        Some(sequence)
    }

    pub(super) fn acknowledged(&self, sequence: u64, wanted: &[StatementKey]) {
        let mut sent_state = self.sent_state();
        sent_state.acknowledged(sequence);
        sent_state.wanted(wanted);
    }

    fn unchanged(&self) -> MutexGuard<'_, BTreeMap<StatementKey, Statement>> {
        self.unchanged.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sent_state(&self) -> MutexGuard<'_, SentState> {
        self.sent_state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
