//! The state that the coordinator has of this agent, so that only what changed is sent in full.

use std::collections::HashMap;

use epmesh_common::{
    facts::{Body, Digest, Statement, StatementKey, Timestamp},
    wire::{WireError, fit},
};

/// The state that the coordinator has, and what is on its way to it.
#[derive(Debug, Default)]
pub(super) struct SentState {
    held: HashMap<StatementKey, Digest>,
    sent: HashMap<StatementKey, (u64, Digest)>,
}

impl SentState {
    /// A session began: the coordinator holds this and nothing else.
    pub(super) fn welcomed(&mut self, held: impl IntoIterator<Item = (StatementKey, Digest)>) {
        self.held = held.into_iter().collect();
    }

    /// The report `sequence` and all before it are with the coordinator.
    pub(super) fn acknowledged(&mut self, sequence: u64) {
        let held = &mut self.held;
        self.sent.retain(|subject, (report, digest)| {
            if *report <= sequence {
                held.insert(subject.clone(), *digest);
            }
            *report > sequence
        });
    }

    /// The coordinator does not hold what was sent by its digest alone.
    pub(super) fn wanted(&mut self, subjects: &[StatementKey]) {
        for subject in subjects {
            self.held.remove(subject);
            self.sent.remove(subject);
        }
    }

    /// The statement for `body`, without the body when the coordinator has it or will have.
    ///
    /// What had to be cut to fit goes to `notes`.
    ///
    /// # Errors
    /// When the body breaks the protocol's bounds in a way that cutting does not cure.
    pub(super) fn state(
        &self,
        body: &Body,
        at: Timestamp,
        notes: &mut Vec<String>,
    ) -> Result<Statement, WireError> {
        let fitted = fit(body)?;
        notes.extend(fitted.notes);
        let mut statement = fitted.body.stated(at);
        let known = self
            .sent
            .get(&statement.subject)
            .map(|(_, digest)| digest)
            .or_else(|| self.held.get(&statement.subject));
        if known == Some(&statement.digest) {
            statement.body = None;
        }
        Ok(statement)
    }

    /// The report `sequence` carries these bodies.
    pub(super) fn sending(&mut self, sequence: u64, bodies: Vec<(StatementKey, Digest)>) {
        for (subject, digest) in bodies {
            self.sent.insert(subject, (sequence, digest));
        }
    }
}

/// The statements of a report that carry a body.
#[must_use]
pub(super) fn bodies(statements: &[Statement]) -> Vec<(StatementKey, Digest)> {
    statements
        .iter()
        .filter(|statement| statement.body.is_some())
        .map(|statement| (statement.subject.clone(), statement.digest))
        .collect()
}

#[cfg(test)]
mod tests {
    use epmesh_common::facts::{Blank, Directory, Section, SectionKind};

    use super::*;

    fn body(why: &str) -> Body {
        Body::Own(Box::new(Section::Directory(Directory::blank(&Blank::unreadable(why)))))
    }

    fn full(sent_state: &SentState, why: &str) -> bool {
        let at = Timestamp::from_millis(1);
        sent_state.state(&body(why), at, &mut Vec::new()).expect("it fits").body.is_some()
    }

    #[test]
    fn a_body_goes_once() {
        let subject = StatementKey::Own(SectionKind::Directory);
        let mut sent_state = SentState::default();
        assert!(full(&sent_state, "a"));
        sent_state.sending(5, vec![(subject.clone(), body("a").digest())]);
        assert!(!full(&sent_state, "a"), "it is on its way");
        assert!(full(&sent_state, "b"));
        sent_state.sending(6, vec![(subject.clone(), body("b").digest())]);
        sent_state.acknowledged(5);
        assert!(full(&sent_state, "a"), "b is on its way and will take its place");
        sent_state.acknowledged(6);
        assert!(!full(&sent_state, "b"));
        sent_state.wanted(std::slice::from_ref(&subject));
        assert!(full(&sent_state, "b"));
        sent_state.welcomed([(subject, body("c").digest())]);
        assert!(full(&sent_state, "b") && !full(&sent_state, "c"));
    }
}
