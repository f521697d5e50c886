//! Every use of redb.

use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use redb::{
    Builder, Durability, ReadableDatabase as _, ReadableTable as _, Table, TableDefinition,
    WriteTransaction, backends::FileBackend,
};

use crate::store::contract::{Committed, Page, Versioned};
use crate::store::disk;
use crate::store::error::{CommitError, StoreError, is_full};
use crate::store::key::{Key, Prefix};
use crate::store::page::{PageBuilder, first_key};
use crate::store::shared;
use crate::store::transaction::{Transaction, Write};
use crate::store::writer::Outcome;

/// A key's bytes, and the revision and the value that stand there.
const ENTRIES: TableDefinition<'static, &[u8], (u64, &[u8])> = TableDefinition::new("entries");

/// The state of the database as a whole: [`REVISION`].
const STATE: TableDefinition<'static, &str, u64> = TableDefinition::new("state");

/// The latest revision, written with every transaction.
const REVISION: &str = "revision";

/// An open redb database.
#[derive(Debug)]
pub struct Database {
    db: redb::Database,
}

/// Why a group was not committed.
#[derive(Debug)]
pub(super) enum Failure {
    /// Nothing of it was written.
    Before(StoreError),
    /// Writing failed when it was to become durable: it may be there or not. It is there if the
    /// database's revision is at least this one.
    During(StoreError, u64),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Before(error)
    }
}

impl Database {
    /// Makes an empty database. After a crash on the way there is none.
    pub(super) fn create(path: &Path, cache: usize) -> Result<(), StoreError> {
        const OPERATION: &str = "creating the database";
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(".new");
        let temporary = Path::new(&temporary);
        let failed = |error| StoreError::io("creating", path, error);
        disk::remove_if_there(temporary).map_err(failed)?;
        let mut file = disk::private_file();
        let file = file.read(true).create_new(true).open(temporary).map_err(failed)?;
        let made = FileBackend::new(file)
            .and_then(|file| Builder::new().set_cache_size(cache).create_with_backend(file));
        let made = made.map_err(|error| engine(OPERATION, error)).and_then(|db| {
            let write = db.begin_write().map_err(|error| engine(OPERATION, error))?;
            write.open_table(ENTRIES).map_err(|error| engine(OPERATION, error))?;
            write.open_table(STATE).map_err(|error| engine(OPERATION, error))?;
            write.commit().map_err(|error| engine(OPERATION, error))?;
            db.close().map_err(|error| engine(OPERATION, error))
        });
        let made = made.and_then(|()| fs::rename(temporary, path).map_err(failed));
        if let Err(error) = made {
            // The first error is the one to report, and the space is needed.
            let _ = fs::remove_file(temporary);
            return Err(error);
        }
        path.parent().map_or(Ok(()), disk::sync_directory).map_err(failed)
    }

    /// Opens the database, and says whether it had to be repaired after a crash. With `check`, all
    /// checksums in it are compared, so that what is broken shows now and not in the middle of the
    /// night.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] when the file is no redb database, or no whole one.
    pub(super) fn open(path: &Path, cache: usize, check: bool) -> Result<(Self, bool), StoreError> {
        let repaired = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&repaired);
        // redb reports some kinds of damage by panicking.
        let opened = catch_unwind(AssertUnwindSafe(|| {
            let mut db = Builder::new()
                .set_cache_size(cache)
                .set_repair_callback(move |_| told.store(true, Ordering::Relaxed))
                .open(path)?;
            let mut repaired = repaired.load(Ordering::Relaxed);
            // Repairing has compared them all.
            if check && !repaired {
                repaired = !db.check_integrity()?;
            }
            Ok((db, repaired))
        }));
        let damaged = |what| StoreError::Damaged { path: path.to_path_buf(), what };
        match opened {
            Ok(Ok((db, repaired))) => Ok((Self { db }, repaired)),
            Ok(Err(redb::DatabaseError::UpgradeRequired(version))) => Err(damaged(format!(
                "it has redb's file format {version}, which is not known here"
            ))),
            Ok(Err(redb::DatabaseError::Storage(redb::StorageError::Corrupted(what)))) => {
                Err(damaged(what))
            }
            Ok(Err(redb::DatabaseError::Storage(redb::StorageError::Io(error))))
                if is_damage(&error) =>
            {
                Err(damaged(error.to_string()))
            }
            Ok(Err(error)) => Err(engine("opening the database", error)),
            Err(_) => Err(damaged("reading it panicked".to_owned())),
        }
    }

    /// The latest revision.
    pub(super) fn revision(&self) -> Result<u64, StoreError> {
        const OPERATION: &str = "reading the latest revision";
        let read = self.db.begin_read().map_err(|error| engine(OPERATION, error))?;
        let state = read.open_table(STATE).map_err(|error| engine(OPERATION, error))?;
        let revision = state.get(REVISION).map_err(|error| engine(OPERATION, error))?;
        Ok(revision.map_or(0, |revision| revision.value()))
    }

    /// Commits a group of transactions, in order, as one transaction of redb's: with one outcome
    /// each, and durable when it returns.
    pub(super) fn commit(&self, group: &[Transaction]) -> Result<Vec<Outcome>, Failure> {
        const OPERATION: &str = "writing the database";
        let mut write = self.db.begin_write().map_err(|error| engine(OPERATION, error))?;
        // The default, said where everything else leans on it.
        let durable = write.set_durability(Durability::Immediate);
        durable.map_err(|error| engine(OPERATION, error))?;
        let before = self.revision()?;
        let mut outcomes = Vec::with_capacity(group.len());
        let revision = apply(&write, group, before, &mut outcomes)?;
        if revision == before {
            write.abort().map_err(|error| engine(OPERATION, error))?;
            return Ok(outcomes);
        }
        write.commit().map_err(|error| Failure::During(engine(OPERATION, error), revision))?;
        Ok(outcomes)
    }

    /// Bytes of keys and values.
    pub(super) fn live(&self) -> Result<u64, StoreError> {
        const OPERATION: &str = "measuring the database";
        let write = self.db.begin_write().map_err(|error| engine(OPERATION, error))?;
        let live = write.stats().map_err(|error| engine(OPERATION, error))?.stored_bytes();
        write.abort().map_err(|error| engine(OPERATION, error))?;
        Ok(live)
    }

    /// Gives space free that nothing is in.
    pub(super) fn compact(&mut self) -> Result<(), StoreError> {
        let compacted = self.db.compact();
        compacted.map(|_| ()).map_err(|error| engine("compacting the database", error))
    }
}

impl shared::Database for Database {
    fn get(&self, key: &Key) -> Result<Option<Versioned>, StoreError> {
        const OPERATION: &str = "reading the database";
        let read = self.db.begin_read().map_err(|error| engine(OPERATION, error))?;
        let entries = read.open_table(ENTRIES).map_err(|error| engine(OPERATION, error))?;
        let found = entries.get(key.as_bytes()).map_err(|error| engine(OPERATION, error))?;
        Ok(found.map(|found| versioned(found.value())))
    }

    fn page(&self, prefix: &Prefix, after: Option<&Key>, limit: usize) -> Result<Page, StoreError> {
        const OPERATION: &str = "scanning the database";
        let start = first_key(prefix, after);
        let read = self.db.begin_read().map_err(|error| engine(OPERATION, error))?;
        let entries = read.open_table(ENTRIES).map_err(|error| engine(OPERATION, error))?;
        let range = entries.range::<&[u8]>(start.as_slice()..);
        let mut page = PageBuilder::new(limit);
        for entry in range.map_err(|error| engine(OPERATION, error))? {
            let (key, stored) = entry.map_err(|error| engine(OPERATION, error))?;
            if !key.value().starts_with(prefix.as_bytes()) || !page.has_room() {
                break;
            }
            page.push(Key::from_bytes(key.value())?, versioned(stored.value()));
        }
        Ok(page.finish())
    }

    /// A file that was closed in order need not be repaired.
    fn close(self) -> Result<(), StoreError> {
        self.db.close().map_err(|error| engine("closing the database", error))
    }
}

fn versioned((revision, value): (u64, &[u8])) -> Versioned {
    Versioned { value: value.to_vec(), revision }
}

/// Judges and applies transactions; returns the latest revision.
fn apply(
    write: &WriteTransaction,
    group: &[Transaction],
    mut revision: u64,
    outcomes: &mut Vec<Outcome>,
) -> Result<u64, StoreError> {
    const OPERATION: &str = "writing the database";
    let mut entries = write.open_table(ENTRIES).map_err(|error| engine(OPERATION, error))?;
    for transaction in group {
        if let Some(key) = unexpected(&entries, transaction)? {
            outcomes.push(Err(CommitError::Conflict { key }));
            continue;
        }
        if !transaction.writes.is_empty() {
            revision += 1;
        }
        for change in &transaction.writes {
            let changed = match change {
                Write::Put { key, value } => {
                    entries.insert(key.as_bytes(), (revision, value.as_slice())).map(|_| ())
                }
                Write::Delete { key } => entries.remove(key.as_bytes()).map(|_| ()),
            };
            changed.map_err(|error| engine(OPERATION, error))?;
        }
        outcomes.push(Ok(Committed { revision }));
    }
    let mut state = write.open_table(STATE).map_err(|error| engine(OPERATION, error))?;
    state.insert(REVISION, revision).map_err(|error| engine(OPERATION, error))?;
    Ok(revision)
}

/// The first key that is not as `transaction` expects.
fn unexpected(
    entries: &Table<'_, &'static [u8], (u64, &'static [u8])>,
    transaction: &Transaction,
) -> Result<Option<Key>, StoreError> {
    for (key, expect) in &transaction.expect {
        let found = entries.get(key.as_bytes());
        let found = found.map_err(|error| engine("reading the database", error))?;
        if !expect.holds(found.map(|found| found.value().0)) {
            return Ok(Some(key.clone()));
        }
    }
    Ok(None)
}

/// Whether a file that cannot be read as a database is something else, or cut short.
fn is_damage(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

fn engine(operation: &'static str, error: impl Into<redb::Error>) -> StoreError {
    match error.into() {
        redb::Error::Io(error) if is_full(&error) => {
            StoreError::Full { operation, source: Arc::new(error) }
        }
        error => StoreError::Engine { operation, source: Arc::new(error) },
    }
}
