//! The errors of a store.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::key::{Key, KeyError, Prefix};
use super::limits::{MAX_OPERATIONS, MAX_TRANSACTION};

/// Why a store operation failed.
///
/// Errors are cloneable because one failed write to the disk fails every transaction that was
/// waiting for it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The disk is full. The transaction was not written; the store goes on working and takes
    /// transactions again once there is space.
    #[error("{operation}: no space left on the disk")]
    Full {
        /// The operation that failed.
        operation: &'static str,
        /// The operating system's error.
        #[source]
        source: Arc<io::Error>,
    },
    /// An input or output operation failed. The transaction was not written.
    #[error("{operation} {}", path.display())]
    Io {
        /// The operation that failed.
        operation: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: Arc<io::Error>,
    },
    /// Writing failed, and so did taking it back: the transaction may turn out to be written.
    #[error("{operation}: it is not known whether the transaction was written")]
    OutcomeUnknown {
        /// The operation that failed.
        operation: &'static str,
        /// The operating system's error.
        #[source]
        source: Arc<io::Error>,
    },
    /// The database beneath the store reported an error.
    #[error("{operation}: the database failed")]
    Engine {
        /// The operation that failed.
        operation: &'static str,
        /// The database's own error.
        #[source]
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// Another process has the store open.
    #[error("another coordinator{} has {} open", holder.map(|pid| format!(" (process {pid})")).unwrap_or_default(), path.display())]
    InUse {
        /// The directory of the store.
        path: PathBuf,
        /// The process that has it, where it could be told.
        holder: Option<u32>,
    },
    /// The file of the store is damaged, or is something else. Nothing was put in its place.
    #[error(
        "the store's file {} cannot be used: {what}. Put back a backup of it; or move it away and \
         start again with an empty store: then every agent has to be enrolled again, and what \
         operators said of incidents is lost",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The problem, in words.
        what: String,
    },
    /// Another engine has been used in the directory. Nothing was changed.
    #[error(
        "the store in {} was written with the engine {found}, and {configured} is configured: set \
         store = \"{found}\" in the configuration; or move the folder away to begin with an empty \
         store, for which every agent has to be enrolled again",
        path.display()
    )]
    OtherEngine {
        /// The directory of the store.
        path: PathBuf,
        /// The engine that has been used.
        found: &'static str,
        /// The engine that is configured.
        configured: &'static str,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// A value is too large for one record.
    #[error("value of {key} has {size} bytes, the most is {most}")]
    ValueTooLarge {
        /// Where it should have gone.
        key: Key,
        /// Its bytes.
        size: usize,
        /// The most bytes a value may have.
        most: usize,
    },
    /// A transaction holds too many operations or too many bytes.
    #[error(
        "transaction has {operations} operations and {size} bytes, the most is {} and {}",
        MAX_OPERATIONS,
        MAX_TRANSACTION
    )]
    TransactionTooLarge {
        /// Writes and expectations together.
        operations: usize,
        /// Bytes of keys and values.
        size: usize,
    },
    /// A transaction writes one key twice or expects two things of it.
    #[error("transaction names {key} twice")]
    Duplicate {
        /// The key.
        key: Key,
    },
    /// More entries than the caller was prepared for.
    #[error("more than {most} entries beneath {prefix}")]
    TooMany {
        /// The area that was read.
        prefix: Prefix,
        /// The most the caller wanted.
        most: usize,
    },
    /// A path is not a key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A stored record cannot be understood, or a value cannot be written as one.
    #[error("record {key}: {what}")]
    Record {
        /// Where it is.
        key: Key,
        /// The problem, in words.
        what: String,
    },
}

impl StoreError {
    /// The error for a failed input or output operation: [`StoreError::Full`] where that is the
    /// reason.
    pub(crate) fn io(operation: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        let full = is_full(&source);
        let source = Arc::new(source);
        if full {
            Self::Full { operation, source }
        } else {
            Self::Io { operation, path: path.into(), source }
        }
    }

    /// Whether the reason is a full disk.
    #[must_use]
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Full { .. })
    }
}

/// Whether an operation failed because there is no space left.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Why a transaction was not committed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommitError {
    /// An expectation did not hold; nothing was written.
    #[error("{key} is not as expected")]
    Conflict {
        /// The first key that is not as expected.
        key: Key,
    },
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<KeyError> for CommitError {
    fn from(error: KeyError) -> Self {
        Self::Store(StoreError::Key(error))
    }
}
