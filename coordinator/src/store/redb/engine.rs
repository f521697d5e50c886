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
    fn commit(&mut self, group: &[Transaction]) -> Result<Vec<Outcome>, StoreError> {
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

    fn close(self) {
        // The database must be closed before the lock is released.
        if let Err(error) = self.shared.close() {
            tracing::warn!(%error, "the store was not closed in order; it is repaired at the next start");
        }
    }
}

impl RedbEngine {
    fn reopen(&self, error: StoreError) {
        tracing::warn!(%error, "the database failed and is opened again");
        self.shared.reopen(error, || {
            let (file, cache) = (self.options.file(), self.options.cache_bytes);
            Database::open(&file, cache, false).map(|(database, _)| database)
        });
    }
}
