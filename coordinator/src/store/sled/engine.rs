//! The single writer: journal first, database behind it.
//!
//! The order of things is the whole point:
//!
//! 1. a group of transactions is judged against the database;
//! 2. it is appended to the journal and synced: now it is durable;
//! 3. it is applied to the database, where readers see it;
//! 4. it is answered.
//!
//! The database is flushed only at checkpoints, and only then does a new journal replace the old.
//! So at any time *flushed database + journal* is everything that was acknowledged, whatever
//! happened to the database's unflushed writes; replaying a journal twice changes nothing, because
//! its writes are absolute and in order.

use super::database::{Changes, Database};
use super::frame;
use super::journal::Journal;
use super::options::Layout;
use super::recovery;
use super::reserve::Reserve;
use crate::store::contract::Committed;
use crate::store::disk;
use crate::store::error::{CommitError, StoreError};
use crate::store::key::Key;
use crate::store::shared::{Database as _, Shared};
use crate::store::transaction::Transaction;
use crate::store::writer::{Engine, Outcome};

/// The writer's state.
#[derive(Debug)]
pub(super) struct SledEngine {
    pub(super) layout: Layout,
    pub(super) shared: Shared<Database>,
    pub(super) journal: Journal,
    /// The latest revision.
    pub(super) revision: u64,
    /// Bytes of transactions in the journal at which the next checkpoint is made.
    pub(super) checkpoint_at: u64,
    pub(super) reserve: Reserve,
    /// Released last.
    pub(super) _lock: disk::DirectoryLock,
}

impl Engine for SledEngine {
    fn commit(&mut self, group: &[Transaction]) -> Result<Vec<Outcome>, StoreError> {
        self.ready()?;
        self.try_commit(group)
    }

    fn after_group(&mut self) {
        self.checkpoint_if_due();
    }

    fn close(mut self) {
        if let Err(error) = self.checkpoint() {
            tracing::warn!(%error, "no checkpoint at closing; the journal is replayed next time");
        }
        // The database must be closed before the lock is released.
        if let Err(error) = self.shared.close() {
            tracing::warn!(%error, "the database was not closed in order");
        }
    }
}

impl SledEngine {
    fn try_commit(&mut self, group: &[Transaction]) -> Result<Vec<Outcome>, StoreError> {
        let mut changes = Changes::new();
        let mut frames = Vec::new();
        let mut outcomes = Vec::with_capacity(group.len());
        let mut revision = self.revision;
        for transaction in group {
            if let Some(key) = self.unexpected(transaction, &changes)? {
                outcomes.push(Err(CommitError::Conflict { key }));
                continue;
            }
            if !transaction.writes.is_empty() {
                revision += 1;
                let writes = || transaction.writes.iter().map(|write| (write.key(), write.value()));
                frame::put_transaction(&mut frames, revision, writes());
                changes.extend(writes().map(|(key, value)| (key, (revision, value))));
            }
            outcomes.push(Ok(Committed { revision }));
        }
        if frames.is_empty() {
            return Ok(outcomes);
        }
        if let Err(error) = self.journal.append(&frames) {
            if error.is_full() {
                self.make_room();
            }
            return Err(error);
        }
        self.reserve.spend(frames.len());
        self.revision = revision;
        // Durable. If the database fails now, what it lacks is in the journal and is replayed
        // when it is opened again, so the transactions are committed all the same.
        if let Err(error) = self.apply(&changes, revision) {
            tracing::warn!(%error, "the database failed and is opened again");
            self.reopen(error);
        }
        Ok(outcomes)
    }

    /// The first key that is not as `transaction` expects.
    fn unexpected(
        &self,
        transaction: &Transaction,
        changes: &Changes<'_>,
    ) -> Result<Option<Key>, StoreError> {
        for (key, expect) in &transaction.expect {
            let revision = match changes.get(key) {
                Some((revision, value)) => value.map(|_| *revision),
                None => self.read(|database| database.get(key))?.map(|entry| entry.revision),
            };
            if !expect.holds(revision) {
                return Ok(Some(key.clone()));
            }
        }
        Ok(None)
    }

    /// Sees to it that there is a database to judge by and a journal to append to.
    fn ready(&mut self) -> Result<(), StoreError> {
        if let Err(error) = self.read(|_| Ok(())) {
            self.reopen(error);
            self.read(|_| Ok(()))?;
        }
        if let Err(error) = self.reserve.ensure() {
            if error.is_full() {
                self.make_room();
            }
            return Err(error);
        }
        if self.journal.is_broken() { self.checkpoint() } else { Ok(()) }
    }

    /// The disk is full: lets sled write what it still has to into the space kept for that.
    fn make_room(&mut self) {
        self.reserve.release();
        if let Err(error) = self.read(Database::flush) {
            tracing::warn!(%error, "the database could not be flushed on a full disk");
            self.reopen(error);
        }
    }

    fn checkpoint_if_due(&mut self) {
        let (transactions, ledger) = self.journal.sizes();
        // A ledger larger than the usual interval makes the interval longer: the cost of copying
        // it stays in proportion to what is written.
        if transactions < self.checkpoint_at.max(ledger) {
            return;
        }
        if let Err(error) = self.checkpoint() {
            // Nothing is lost by it, the journal grows meanwhile; not tried with every commit.
            tracing::warn!(%error, "checkpoint failed and is tried again later");
            self.checkpoint_at = transactions.saturating_add(self.layout.options.checkpoint_bytes);
            if self.read(Database::flush).is_err() {
                self.reopen(error);
            }
        }
    }

    /// Flushes the database and begins a new journal.
    fn checkpoint(&mut self) -> Result<(), StoreError> {
        let ledger = self.read(|database| {
            database.flush()?;
            database.ledger()
        })?;
        self.journal = Journal::create(&self.layout.journal(), self.revision, &ledger)?;
        self.checkpoint_at = self.layout.options.checkpoint_bytes;
        Ok(())
    }

    fn reopen(&mut self, error: StoreError) {
        self.shared.reopen(error, || {
            recovery::open_database(&self.layout, self.layout.opened_at).map(|opened| {
                // Higher where a write whose outcome was unknown turns out to have been made.
                self.revision = self.revision.max(opened.revision);
                opened.database
            })
        });
    }

    fn apply(&self, changes: &Changes<'_>, revision: u64) -> Result<(), StoreError> {
        // Exclusive, so that no page of a scan shows half of it.
        let shared = self.shared.exclusively();
        shared.as_ref().map_err(Clone::clone)?.apply(changes, revision)
    }

    fn read<T>(
        &self,
        operation: impl FnOnce(&Database) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.shared.read(operation)
    }
}
