//! Opening the store.

use std::path::Path;

use super::database::Database;
use super::engine::RedbEngine;
use super::options::RedbOptions;
use crate::store::disk;
use crate::store::embedded::EmbeddedStore;
use crate::store::error::StoreError;
use crate::store::report::OpenReport;
use crate::store::shared::Shared;

/// The store in one file on the local disk. One process at a time.
pub type RedbStore = EmbeddedStore<Database>;

impl RedbStore {
    /// Opens the store, or makes an empty one where there is no file.
    ///
    /// Reads all of the file once, so it blocks: call it before the runtime is busy, or from a
    /// blocking task.
    ///
    /// # Errors
    ///
    /// [`StoreError::InUse`] when another process has it open; [`StoreError::Damaged`] when the
    /// file cannot be used; [`StoreError::Full`] when the disk is too full to begin; otherwise what
    /// the disk or redb say.
    pub fn open(options: RedbOptions) -> Result<(Self, OpenReport), StoreError> {
        let directory = options.directory.clone();
        let lock = disk::DirectoryLock::take(&directory)?;
        let file = options.file();
        if !file.try_exists().map_err(|error| StoreError::io("looking for", &file, error))? {
            Database::create(&file, options.cache_bytes)?;
        }
        let (mut database, repaired) = Database::open(&file, options.cache_bytes, true)?;
        let compacted = compact_if_bloated(&mut database, &options)?;
        let shared = Shared::new(database);
        let engine = RedbEngine { options, shared: shared.clone(), _lock: lock };
        let report = OpenReport { repaired, compacted, ..OpenReport::default() };
        Ok((Self::start(&directory, shared, engine)?, report))
    }
}

/// Compacts a file that takes far more space than what is in it; returns its bytes before and after.
fn compact_if_bloated(
    database: &mut Database,
    options: &RedbOptions,
) -> Result<Option<(u64, u64)>, StoreError> {
    let file = options.file();
    let size = |path: &Path| {
        let metadata = std::fs::metadata(path);
        metadata.map(|file| file.len()).map_err(|error| StoreError::io("measuring", path, error))
    };
    let before = size(&file)?;
    if before <= options.compact_above_bytes {
        return Ok(None);
    }
    let live = database.live()?;
    if before <= live.saturating_mul(options.compact_factor) {
        return Ok(None);
    }
    database.compact()?;
    let after = size(&file)?;
    tracing::info!(before, after, live, "compacted the database to free space");
    Ok(Some((before, after)))
}
