//! Options for opening the store.

use std::path::PathBuf;

/// The name of the database's file.
pub(crate) const FILE: &str = "coordinator.redb";

/// Options for opening a [`RedbStore`](super::RedbStore).
#[derive(Debug, Clone)]
pub struct RedbOptions {
    /// The store's own directory; created if need be.
    pub directory: PathBuf,
    /// Memory for redb's cache, in bytes; redb itself would take a GiB.
    pub cache_bytes: usize,
    /// At opening, a file larger than this many bytes …
    pub compact_above_bytes: u64,
    /// … and than this many times the bytes in it is compacted.
    pub compact_factor: u64,
}

impl RedbOptions {
    /// The usual bounds, in `directory`.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            cache_bytes: 48 * 1024 * 1024,
            compact_above_bytes: 64 * 1024 * 1024,
            compact_factor: 8,
        }
    }

    /// The database's file.
    pub(super) fn file(&self) -> PathBuf {
        self.directory.join(FILE)
    }
}
