//! Opening the store.

use super::database::Database;
use super::engine::SledEngine;
use super::journal::Journal;
use super::options::{Layout, SledOptions};
use super::recovery;
use super::reserve::Reserve;
use crate::store::disk;
use crate::store::embedded::EmbeddedStore;
use crate::store::error::StoreError;
use crate::store::report::OpenReport;
use crate::store::shared::Shared;

/// The store in a directory on the local disk. One process at a time.
pub type SledStore = EmbeddedStore<Database>;

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
        Ok((Self::start(&directory, shared, engine)?, opened.report))
    }
}
