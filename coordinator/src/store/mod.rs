//! The coordinator's memory: one narrow trait over several engines.
//!
//! A store is an ordered map from [`Key`] to bytes with a revision, three operations wide:
//! [`Store::get`], [`Store::scan`] and [`Store::commit`]. It is shaped so that an in-memory map, a
//! local database and an etcd cluster can all implement it: revisions are etcd's modification
//! revisions, the bounds of a transaction are those of an etcd server as it is delivered, and
//! there is no operation that only a single process could offer.
//!
//! The one promise everything else leans on: **acknowledged means durable**. When
//! [`Store::commit`] returns [`Committed`], the transaction survives `kill -9` and loss of power,
//! and no reader has seen any of it before that was so.
//!
//! Records are JSON with a version (see [`record`]); a record that can outgrow [`MAX_VALUE`] is
//! stored in pieces (see [`chunked`]).

pub mod chunked;
mod contract;
pub(crate) mod disk;
mod embedded;
mod error;
mod key;
mod limits;
mod memory;
mod open;
mod page;
pub mod record;
mod redb;
mod report;
mod shared;
mod sled;
#[cfg(test)]
mod suite;
mod transaction;
mod writer;

pub use self::contract::{Closing, Committed, Page, Store, StoreFuture, Versioned, scan_all};
pub use self::embedded::EmbeddedStore;
pub use self::error::{CommitError, StoreError};
pub use self::key::{Key, KeyError, MAX_KEY, Prefix, Space};
pub use self::limits::{MAX_OPERATIONS, MAX_PAGE, MAX_PAGE_BYTES, MAX_TRANSACTION, MAX_VALUE};
pub use self::memory::MemoryStore;
pub use self::open::{EmbeddedEngine, open};
pub use self::redb::{RedbOptions, RedbStore};
pub use self::report::OpenReport;
pub use self::sled::{SledOptions, SledStore};
pub use self::transaction::{Expect, Transaction, Write};
