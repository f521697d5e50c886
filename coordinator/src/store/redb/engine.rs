//! The writer's part: after an error the database is opened again, and asked how far it had come.

use std::io;
use std::sync::Arc;

use super::database::{Database, Failure};
use super::options::RedbOptions;
use crate::store::disk;
use crate::store::error::StoreError;
use crate::store::shared::Shared;
use crate::store::transaction::Transaction;
use crate::store::writer::{Engine, Outcome};

/// The writer's state.
#[derive(Debug)]
pub(super) struct RedbEngine {
    pub(super) options: RedbOptions,
    pub(super) shared: Shared<Database>,
    /// Released last.
    pub(super) _lock: disk::DirectoryLock,
}

impl Engine for RedbEngine {
    fn commit(&mut self, group: &[Transaction]) -> Vec<Outcome> {
        match self.try_commit(group) {
            Ok(outcomes) => outcomes,
            // One that does not fit must not take those with it that do.
            Err(error) if error.is_full() && group.len() > 1 => {
                group.iter().map(|one| self.commit_one(one)).collect()
            }
            Err(error) => group.iter().map(|_| Err(error.clone().into())).collect(),
        }
    }

    fn close(self) {
        // The database must be closed before the lock is released, although readers may still hold
        // the store.
        let mut shared = self.shared.exclusively();
        if let Ok(database) = std::mem::replace(&mut *shared, Err(StoreError::Closed))
            && let Err(error) = database.close()
        {
            tracing::warn!(%error, "the store was not closed in order; it is repaired at the next start");
        }
    }
}

impl RedbEngine {
    fn commit_one(&mut self, transaction: &Transaction) -> Outcome {
        let outcomes = self.try_commit(std::slice::from_ref(transaction));
        outcomes?.pop().unwrap_or(Err(StoreError::Closed.into()))
    }

    fn try_commit(&mut self, group: &[Transaction]) -> Result<Vec<Outcome>, StoreError> {
        if let Err(error) = self.shared.read(|_| Ok(())) {
            self.reopen(error);
        }
        match self.shared.read(|database| Ok(database.commit(group)))? {
            Ok(outcomes) => Ok(outcomes),
            Err(Failure::Before(error)) => {
                self.reopen(error.clone());
                Err(error)
            }
            Err(Failure::During(error, revision)) => {
                self.reopen(error.clone());
                match self.shared.read(Database::revision) {
                    Ok(reached) if reached < revision => Err(error),
                    // It is there, or nobody can tell: whether the disk has it is not known.
                    _ => Err(StoreError::OutcomeUnknown {
                        operation: "writing the database",
                        source: Arc::new(io::Error::other(error)),
                    }),
                }
            }
        }
    }

    /// Closes the database, which after an error accepts nothing any more, and opens it again.
    fn reopen(&mut self, error: StoreError) {
        tracing::warn!(%error, "the database failed and is opened again");
        let mut shared = self.shared.exclusively();
        if let Ok(database) = std::mem::replace(&mut *shared, Err(error)) {
            // It has just failed; what closing it says adds nothing.
            let _ = database.close();
        }
        *shared = Database::open(&self.options.file(), self.options.cache_bytes, false)
            .map(|(database, _)| database);
        if let Err(error) = &*shared {
            tracing::error!(%error, "the database cannot be opened again yet");
        }
    }
}
