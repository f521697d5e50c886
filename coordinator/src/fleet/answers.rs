//! The digests that agents give to bodies.
//!
//! A coordinator knows a body by the digest of what it understood of it. An agent of another version
//! gives the body another digest, and goes on to say "still so" of that one. The coordinator remembers
//! the agent's digest, or it would ask for the same body round after round. The same holds for a body that
//! it has to refuse.
//!
//! This is kept in memory alone, on purpose: a restarted coordinator may be of a later version, and has to
//! ask once for the bodies that the one before it understood in part.

use std::collections::HashMap;

use epmesh_common::facts::{Digest, StatementKey};

use super::limits::MOST_PEERS;

/// The fate of the last body on a subject, with the digest that the agent gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The body is kept under another digest.
    Taken(Digest),
    /// The body cannot be used, and could not be used the next time either.
    Refused(Digest),
}

/// The fates of the last bodies, by subject. There is no entry where agent and coordinator use the same digest.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers(HashMap<StatementKey, Answer>);

impl Answers {
    /// The fate of the last body on `subject`.
    pub(super) fn last(&self, subject: &StatementKey) -> Option<Answer> {
        self.0.get(subject).copied()
    }

    /// Notes that a body on `subject` was taken in. `stated` is the digest that the agent gave it, where that
    /// is another one than the coordinator's.
    pub(super) fn taken(&mut self, subject: &StatementKey, stated: Option<Digest>) {
        match stated {
            // There are no more of these than known subjects.
            Some(stated) => drop(self.0.insert(subject.clone(), Answer::Taken(stated))),
            None => self.forget(subject),
        }
    }

    /// Notes that a body on `subject` was refused.
    pub(super) fn refused(&mut self, subject: &StatementKey, stated: Digest) {
        if self.0.len() >= 2 * MOST_PEERS {
            // An agent can name as many subjects as it likes. Refused bodies are asked for once more then.
            self.0.retain(|_, answer| matches!(answer, Answer::Taken(_)));
        }
        self.0.insert(subject.clone(), Answer::Refused(stated));
    }

    /// The number of answers that are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Notes that nothing is known on `subject` any more.
    pub(super) fn forget(&mut self, subject: &StatementKey) {
        self.0.remove(subject);
    }
}
