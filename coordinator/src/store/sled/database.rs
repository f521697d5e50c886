//! Every use of sled.
//!
//! A stored value is its revision (u64, big-endian) and then its bytes. One key is not a
//! [`Key`]: [`REVISION`], the latest revision written.

use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use crate::store::contract::{Page, Versioned};
use crate::store::error::StoreError;
use crate::store::key::{Key, Prefix, Space};
use crate::store::page::{PageBuilder, first_key};
use crate::store::shared;

/// Where the latest revision is; no area's name begins with NUL.
const REVISION: &[u8] = b"\0revision";

/// How long a flush may take: far longer than any disk that works needs.
const FLUSH_LIMIT: Duration = Duration::from_secs(60);

/// How long closing may take.
const CLOSE_LIMIT: Duration = Duration::from_secs(10);

/// How often opening is tried while threads of an instance closed just before hold its lock.
const LOCK_TRIES: u32 = 500;

/// An open sled database.
#[derive(Debug)]
pub struct Database {
    db: sled::Db,
}

/// The size of a database and its latest revision, found by a walk through it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Extent {
    /// Bytes of keys and values.
    pub(super) live: u64,
    /// The latest revision.
    pub(super) revision: u64,
}

/// Why a database cannot be opened.
#[derive(Debug)]
pub(super) enum OpenError {
    /// The files are no database any more: nothing but giving it up will help.
    Corrupt(String),
    /// Anything else; it may go away.
    Other(StoreError),
}

/// New values by key, each with its revision; `None` removes.
pub(super) type Changes<'a> = BTreeMap<&'a Key, (u64, Option<&'a [u8]>)>;

impl Database {
    /// Opens the database in `directory` and reads all of it once, so that what is broken shows
    /// now and not in the middle of the night.
    pub(super) fn open(directory: &Path, cache: u64) -> Result<(Self, Extent), OpenError> {
        sweep(directory)
            .map_err(|error| OpenError::Other(StoreError::io("sweeping", directory, error)))?;
        // sled reports some kinds of damage by panicking.
        let opened = catch_unwind(AssertUnwindSafe(|| {
            let db = open_patiently(directory, cache)?;
            let database = Self { db };
            let extent = database.walk()?;
            Ok((database, extent))
        }));
        match opened {
            Ok(Ok(opened)) => Ok(opened),
            Ok(Err(error)) if is_corruption(&error) => Err(OpenError::Corrupt(error.to_string())),
            Ok(Err(error)) => Err(OpenError::Other(engine("opening the database", error))),
            Err(_) => Err(OpenError::Corrupt("reading it panicked".to_owned())),
        }
    }

    fn walk(&self) -> Result<Extent, sled::Error> {
        let mut extent = Extent::default();
        for entry in self.db.iter() {
            let (key, value) = entry?;
            extent.live = extent.live.saturating_add((key.len() + value.len()) as u64);
            let revision = leading_revision(&value).unwrap_or_default();
            extent.revision = extent.revision.max(revision);
        }
        Ok(extent)
    }

    /// Every entry of the ledger areas.
    pub(super) fn ledger(&self) -> Result<Vec<(Key, Versioned)>, StoreError> {
        let mut entries = Vec::new();
        for space in Space::ALL.into_iter().filter(|space| space.is_ledger()) {
            entries.extend(self.page_without_end(&Prefix::space(space))?);
        }
        Ok(entries)
    }

    fn page_without_end(&self, prefix: &Prefix) -> Result<Vec<(Key, Versioned)>, StoreError> {
        let mut entries = Vec::new();
        for entry in self.db.scan_prefix(prefix.as_bytes()) {
            let (key, stored) = entry.map_err(|error| engine("scanning the database", error))?;
            let key = Key::from_bytes(&key)?;
            let value = decode(&key, &stored)?;
            entries.push((key, value));
        }
        Ok(entries)
    }

    /// Makes changes, all of them together. Not durable before [`Database::flush`].
    pub(super) fn apply(&self, changes: &Changes<'_>, revision: u64) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        for (key, (revision, value)) in changes {
            match value {
                Some(value) => batch.insert(key.as_bytes(), encode(*revision, value)),
                None => batch.remove(key.as_bytes()),
            }
        }
        batch.insert(REVISION, encode(revision, &[]));
        self.db.apply_batch(batch).map_err(|error| engine("writing the database", error))
    }

    /// Makes everything applied so far durable.
    pub(super) fn flush(&self) -> Result<(), StoreError> {
        const OPERATION: &str = "flushing the database";
        let db = self.db.clone();
        match within(FLUSH_LIMIT, move || db.flush()) {
            Some(flushed) => flushed.map(|_| ()).map_err(|error| engine(OPERATION, error)),
            None => Err(StoreError::Engine {
                operation: OPERATION,
                source: Arc::new(io::Error::from(io::ErrorKind::TimedOut)),
            }),
        }
    }

    /// Copies everything into a new database in `directory`, durably.
    pub(super) fn copy_to(&self, directory: &Path, cache: u64) -> Result<(), StoreError> {
        const OPERATION: &str = "copying the database";
        let target = config(directory, cache).open().map_err(|error| engine(OPERATION, error))?;
        for entry in self.db.iter() {
            let (key, value) = entry.map_err(|error| engine(OPERATION, error))?;
            target.insert(key, value).map_err(|error| engine(OPERATION, error))?;
        }
        target.flush().map(|_| ()).map_err(|error| engine(OPERATION, error))
    }
}

impl shared::Database for Database {
    fn get(&self, key: &Key) -> Result<Option<Versioned>, StoreError> {
        let found =
            self.db.get(key.as_bytes()).map_err(|error| engine("reading the database", error))?;
        found.map(|stored| decode(key, &stored)).transpose()
    }

    fn page(&self, prefix: &Prefix, after: Option<&Key>, limit: usize) -> Result<Page, StoreError> {
        let mut page = PageBuilder::new(limit);
        for entry in self.db.range(first_key(prefix, after)..) {
            let (key, stored) = entry.map_err(|error| engine("scanning the database", error))?;
            if !key.starts_with(prefix.as_bytes()) || !page.has_room() {
                break;
            }
            let key = Key::from_bytes(&key)?;
            let value = decode(&key, &stored)?;
            page.push(key, value);
        }
        Ok(page.finish())
    }

    /// After a failed write sled can wait for ever here: then it is left behind, and with it its lock,
    /// so that only a restart of the process helps.
    fn close(self) -> Result<(), StoreError> {
        if within(CLOSE_LIMIT, move || drop(self)).is_none() {
            tracing::error!("the database does not close; the coordinator has to be restarted");
        }
        Ok(())
    }
}

/// The result of `operation`, run on a thread of its own, if it comes in time.
fn within<T: Send + 'static>(
    limit: Duration,
    operation: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (answer, result) = mpsc::channel();
    // Nobody may be listening any more: that is the case this is for.
    let run = move || answer.send(operation()).unwrap_or_default();
    std::thread::Builder::new().name("store-sled".to_owned()).spawn(run).ok()?;
    result.recv_timeout(limit).ok()
}

fn config(directory: &Path, cache: u64) -> sled::Config {
    // Segment size and compression are part of the format and stay as they are for ever. Flushing
    // by the clock is off: the journal is what makes things durable, checkpoints flush.
    sled::Config::new().path(directory).cache_capacity(cache).flush_every_ms(None)
}

/// The store's own lock is held, so a lock that sled finds is an earlier instance in this process
/// whose last thread has not ended yet.
fn open_patiently(directory: &Path, cache: u64) -> Result<sled::Db, sled::Error> {
    let mut tries = 0;
    loop {
        match config(directory, cache).open() {
            Err(sled::Error::Io(error))
                if tries < LOCK_TRIES && error.to_string().contains("could not acquire lock") =>
            {
                tries += 1;
                std::thread::sleep(Duration::from_millis(10));
            }
            result => return result,
        }
    }
}

/// Deletes half-written snapshots, which sled takes for whole ones.
fn sweep(directory: &Path) -> io::Result<()> {
    let entries = match std::fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_string_lossy().ends_with(".generating") {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn is_corruption(error: &sled::Error) -> bool {
    match error {
        sled::Error::Corruption { .. }
        | sled::Error::ReportableBug(_)
        | sled::Error::CollectionNotFound(_) => true,
        sled::Error::Io(error) => {
            matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData)
        }
        // Another version's format, say: somebody's data, not ours to give up.
        sled::Error::Unsupported(_) => false,
    }
}

fn engine(operation: &'static str, error: sled::Error) -> StoreError {
    match error {
        sled::Error::Io(error) if crate::store::error::is_full(&error) => {
            StoreError::Full { operation, source: Arc::new(error) }
        }
        error => StoreError::Engine { operation, source: Arc::new(error) },
    }
}

fn encode(revision: u64, value: &[u8]) -> Vec<u8> {
    let mut stored = Vec::with_capacity(8 + value.len());
    stored.extend_from_slice(&revision.to_be_bytes());
    stored.extend_from_slice(value);
    stored
}

fn leading_revision(stored: &[u8]) -> Option<u64> {
    stored.first_chunk().copied().map(u64::from_be_bytes)
}

fn decode(key: &Key, stored: &[u8]) -> Result<Versioned, StoreError> {
    let Some((revision, value)) = stored.split_first_chunk() else {
        let what = format!("{} stored bytes are too few for a revision", stored.len());
        return Err(StoreError::Record { key: key.clone(), what });
    };
    Ok(Versioned { value: value.to_vec(), revision: u64::from_be_bytes(*revision) })
}
