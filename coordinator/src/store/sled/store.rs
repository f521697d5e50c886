//! The store: reads from any task, commits through the writer.

use super::database::Database;
use super::engine::SledEngine;
use super::journal::Journal;
use super::options::{Layout, SledOptions};
use super::recovery;
use super::reserve::Reserve;
use crate::store::contract::{Closing, Committed, Page, Store, StoreFuture, Versioned};
use crate::store::disk;
use crate::store::error::{CommitError, StoreError};
use crate::store::key::{Key, Prefix};
use crate::store::limits::MAX_PAGE;
use crate::store::report::OpenReport;
use crate::store::shared::Shared;
use crate::store::transaction::Transaction;
use crate::store::writer::Writer;

/// The store in a directory on the local disk. One process at a time.
#[derive(Debug)]
pub struct SledStore {
    shared: Shared<Database>,
    writer: Writer,
}

impl SledStore {
    /// Opens the store, clearing up what a crash has left. `now`, in milliseconds since the Unix
    /// epoch, names what has to be set aside.
    ///
    /// Reads all of the database once, so it blocks: call it before the runtime is busy, or from
    /// a blocking task.
    ///
    /// # Errors
    ///
    /// [`StoreError::InUse`] when another process has it open; [`StoreError::Full`] when the disk
    /// is too full to begin; otherwise what the disk or sled say. A corrupt database is no error: see [`OpenReport`].
    pub fn open(options: SledOptions, now: u64) -> Result<(Self, OpenReport), StoreError> {
        let directory = options.directory.clone();
        disk::create_private_directory(&directory)
            .map_err(|error| StoreError::io("creating", &directory, error))?;
        let lock = disk::DirectoryLock::take(&directory)?;
        let layout = Layout { options, opened_at: now };
        let mut reserve = Reserve::new(&directory, layout.options.reserve_bytes);
        recovery::ensure_space(&layout, &mut reserve)?;
        let opened = recovery::open_database(&layout, now)?;
        let opened = recovery::compact_if_bloated(&layout, opened)?;
        // The first journal of this run: what the old one held is flushed, and a torn end is gone.
        opened.database.flush()?;
        let ledger = opened.database.ledger()?;
        let journal = Journal::create(&layout.journal(), opened.revision, &ledger)?;
        let shared = Shared::new(opened.database);
        let engine = SledEngine {
            checkpoint_at: layout.options.checkpoint_bytes,
            reserve,
            layout,
            shared: shared.clone(),
            journal,
            revision: opened.revision,
            _lock: lock,
        };
        let writer = Writer::start(engine)
            .map_err(|error| StoreError::io("starting the writer for", &directory, error))?;
        Ok((Self { shared, writer }, opened.report))
    }

    /// Commits what is queued, flushes, and gives the directory free; later commits are refused.
    ///
    /// For an orderly end. Durability does not depend on it.
    pub async fn close(&self) {
        self.writer.close().await;
    }
}

impl Store for SledStore {
    fn get(&self, key: &Key) -> StoreFuture<'_, Option<Versioned>> {
        let key = key.clone();
        Box::pin(self.shared.read_off_thread(move |database| database.get(&key)))
    }

    fn scan(&self, prefix: &Prefix, after: Option<&Key>, limit: usize) -> StoreFuture<'_, Page> {
        let (prefix, after) = (prefix.clone(), after.cloned());
        let limit = limit.clamp(1, MAX_PAGE);
        let page = move |database: &Database| database.page(&prefix, after.as_ref(), limit);
        Box::pin(self.shared.read_off_thread(page))
    }

    fn commit(&self, transaction: Transaction) -> StoreFuture<'_, Committed, CommitError> {
        Box::pin(self.writer.commit(transaction))
    }

    fn close(&self) -> Closing<'_> {
        Box::pin(self.writer.close())
    }
}
