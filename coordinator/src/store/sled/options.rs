//! Options for opening the store, and the places of its parts in its directory.

use std::path::PathBuf;

/// The files and folders of which one at least is there once a store was made.
pub(crate) const TRACES: &[&str] = &["sled", "journal", "sled.fresh", "sled.replaced"];

/// Options for opening a [`SledStore`](super::SledStore).
#[derive(Debug, Clone)]
pub struct SledOptions {
    /// The store's own directory; created if need be.
    pub directory: PathBuf,
    /// Memory for sled's cache, in bytes.
    pub cache_bytes: u64,
    /// Bytes of transactions in the journal at which the database is flushed and a new journal
    /// is begun.
    pub checkpoint_bytes: u64,
    /// Bytes of disk space kept free for sled; see `reserve.rs`. With less than twice this left,
    /// the disk counts as full.
    pub reserve_bytes: u64,
    /// At opening, a database on the disk larger than this many bytes …
    pub compact_above_bytes: u64,
    /// … and than this many times the bytes in it is rewritten.
    pub compact_factor: u64,
}

impl SledOptions {
    /// The usual bounds, in `directory`.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        const MIB: u64 = 1024 * 1024;
        Self {
            directory: directory.into(),
            cache_bytes: 48 * MIB,
            checkpoint_bytes: 16 * MIB,
            reserve_bytes: 16 * MIB,
            compact_above_bytes: 64 * MIB,
            compact_factor: 8,
        }
    }
}

/// The places of a store's parts, and the options it was opened with.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) options: SledOptions,
    /// When, in milliseconds since the Unix epoch; names what is set aside.
    pub(super) opened_at: u64,
}

impl Layout {
    /// The database.
    pub(super) fn database(&self) -> PathBuf {
        self.options.directory.join("sled")
    }

    /// The journal.
    pub(super) fn journal(&self) -> PathBuf {
        self.options.directory.join("journal")
    }

    /// The copy that compaction makes.
    pub(super) fn fresh(&self) -> PathBuf {
        self.options.directory.join("sled.fresh")
    }

    /// The database that a complete copy has replaced.
    pub(super) fn replaced(&self) -> PathBuf {
        self.options.directory.join("sled.replaced")
    }
}
