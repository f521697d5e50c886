//! The contract of every engine: the trait, and the answers of its operations.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use super::error::{CommitError, StoreError};
use super::key::{Key, Prefix};
use super::limits::MAX_PAGE;
use super::transaction::Transaction;

/// The future of a store operation, boxed so that `Arc<dyn Store>` works.
pub type StoreFuture<'a, T, E = StoreError> =
    Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>;

/// The future of [`Store::close`].
pub type Closing<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// An ordered, durable, transactional map.
///
/// All methods may be called from any task; none blocks its thread.
pub trait Store: fmt::Debug + Send + Sync {
    /// The value at `key` with the revision that wrote it; `None` when there is none.
    fn get(&self, key: &Key) -> StoreFuture<'_, Option<Versioned>>;

    /// The entries beneath `prefix` in key order, starting behind `after`.
    ///
    /// At most `limit` entries come back (and never more than [`MAX_PAGE`], nor many more than
    /// [`MAX_PAGE_BYTES`](super::limits::MAX_PAGE_BYTES)); a `limit` of 0 is taken as 1. Go on with [`Page::next`]. One page is
    /// one consistent view; two pages are two views.
    fn scan(&self, prefix: &Prefix, after: Option<&Key>, limit: usize) -> StoreFuture<'_, Page>;

    /// Applies `transaction` as a whole if every expectation holds, or not at all.
    ///
    /// Returns when it is durable. Once the future has been polled, dropping it does not take the
    /// transaction back: it may still be committed.
    ///
    /// # Errors
    ///
    /// [`CommitError::Conflict`] names the first key whose expectation does not hold: nothing was
    /// written. The other errors are described at [`StoreError`]; only
    /// [`StoreError::OutcomeUnknown`] leaves open whether the transaction was written.
    fn commit(&self, transaction: Transaction) -> StoreFuture<'_, Committed, CommitError>;

    /// Commits what was handed over and ends in order; later commits are refused. Durability does
    /// not depend on it.
    fn close(&self) -> Closing<'_> {
        Box::pin(async {})
    }
}

/// A value and the revision of the transaction that wrote it.
#[derive(Clone, PartialEq, Eq)]
pub struct Versioned {
    /// The stored bytes.
    pub value: Vec<u8>,
    /// The revision of the last transaction that wrote this key. Never 0, never used twice.
    pub revision: u64,
}

impl fmt::Debug for Versioned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values hold tokens and keys' fingerprints; a log line has no use for 96 KiB of them.
        write!(f, "Versioned {{ {} bytes, revision {} }}", self.value.len(), self.revision)
    }
}

/// A part of a scan's answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The entries, in ascending key order.
    pub entries: Vec<(Key, Versioned)>,
    /// Set when there may be more: pass it as `after` to get the next page.
    pub next: Option<Key>,
}

/// A transaction that was written and is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// The revision every key written by the transaction now has; greater than that of every
    /// transaction committed before. For a transaction without writes: the latest revision.
    pub revision: u64,
}

/// Every entry beneath `prefix`, page by page, until `most` have been read.
///
/// For areas that are known to be small. The pages are separate views: entries written meanwhile
/// may or may not be in the answer.
///
/// # Errors
///
/// As [`Store::scan`]; [`StoreError::TooMany`] when there are more than `most`.
pub async fn scan_all(
    store: &dyn Store,
    prefix: &Prefix,
    most: usize,
) -> Result<Vec<(Key, Versioned)>, StoreError> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = store.scan(prefix, after.as_ref(), MAX_PAGE).await?;
        all.extend(page.entries);
        if all.len() > most {
            return Err(StoreError::TooMany { prefix: prefix.clone(), most });
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(all),
        }
    }
}
