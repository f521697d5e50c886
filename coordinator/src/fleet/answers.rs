//! What an agent calls the bodies that it was asked for.
//!
//! A coordinator knows a body by the digest of what it understood of it. An agent of another version
//! comes to another digest, and goes on to say "still so" of that one. Without a memory of what it called
//! the body that it gave, the coordinator would ask for the same body round after round; and so it would
//! for one that it has to refuse.
//!
//! This is kept in memory alone, on purpose: a coordinator that was restarted may be of a later version,
//! and has to ask once for what the one before it understood in part.

use std::collections::HashMap;

use epmesh_common::facts::{Digest, StatementKey};

use super::limits::MOST_PEERS;

/// What became of the last body on a subject. With it, what the agent calls that body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It is held, under another digest.
    Taken(Digest),
    /// It cannot be used. It would be as unusable the next time.
    Refused(Digest),
}

/// What became of the last body on each subject; nothing where agent and coordinator come to the same
/// digest.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers(HashMap<StatementKey, Answer>);

impl Answers {
    /// What became of the last body on `subject`.
    pub(super) fn last(&self, subject: &StatementKey) -> Option<Answer> {
        self.0.get(subject).copied()
    }

    /// A body on `subject` was taken in, which the agent calls `stated` where that is another digest than
    /// the one it is held under.
    pub(super) fn taken(&mut self, subject: &StatementKey, stated: Option<Digest>) {
        match stated {
            // No more of these than there are subjects held.
            Some(stated) => drop(self.0.insert(subject.clone(), Answer::Taken(stated))),
            None => self.forget(subject),
        }
    }

    /// A body on `subject` was refused.
    pub(super) fn refused(&mut self, subject: &StatementKey, stated: Digest) {
        if self.0.len() >= 2 * MOST_PEERS {
            // An agent can name as many subjects as it likes; those of the others are asked for again.
            self.0.retain(|_, answer| matches!(answer, Answer::Taken(_)));
        }
        self.0.insert(subject.clone(), Answer::Refused(stated));
    }

    /// How many are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Nothing is held on `subject` any more.
    pub(super) fn forget(&mut self, subject: &StatementKey) {
        self.0.remove(subject);
    }
}
