//! The report of opening a store, for the operator.

use std::path::PathBuf;

/// The events while a store was opened, for the operator to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenReport {
    /// Where the broken database was moved, if it had to be given up. The ledger was restored
    /// from the journal; the rest has to be reported again by the agents.
    pub recovered_from: Option<PathBuf>,
    /// Where a copy of the damaged journal is, if it was. If the database was given up as well,
    /// part of the ledger may be missing.
    pub damaged_journal: Option<PathBuf>,
    /// Bytes at the journal's end that a crash cut short; never part of what was acknowledged
    /// unless `damaged_journal` is set.
    pub torn_bytes: u64,
    /// Transactions that were in the journal and maybe not in the database.
    pub replayed: usize,
    /// Whether the database had not been closed in order, and was repaired (redb).
    pub repaired: bool,
    /// Bytes on the disk before and after, if the database was rewritten to free space.
    pub compacted: Option<(u64, u64)>,
}
