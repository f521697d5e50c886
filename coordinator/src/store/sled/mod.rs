//! The engine for one coordinator on its own disk: sled behind a journal.
//!
//! sled keeps the index and answers reads. It is not what makes a commit durable: a journal of our
//! own is, a file so simple that a torn or damaged one can be told from a whole one. See
//! `engine.rs` for the order of things. Compared with flushing sled for every commit this costs
//! one sync instead of several; sled's reordering of unflushed writes and its half-written
//! snapshots cannot lose anything acknowledged; the ledger is there twice without a second write
//! path; and a full disk shows at the journal, where a write can be taken back.
//!
//! In the directory: `lock`, `sled/`, `journal`, `reserve`; besides them what was set aside
//! (`sled.corrupt-TIME/`, `journal.damaged-TIME`), which is never deleted, and for moments
//! `journal.new`, `reserve.probe`, `sled.fresh/`, `sled.replaced/`.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::{self, JoinHandle};

use tokio::sync::{mpsc, oneshot};

mod database;
mod engine;
mod frame;
mod journal;
mod recovery;
mod reserve;

pub use self::recovery::OpenReport;

use self::engine::{Engine, Outcome, Shared};
use self::journal::Journal;
use self::recovery::Layout;
use self::reserve::Reserve;
use super::{
    CommitError, Committed, Key, MAX_PAGE, Page, Prefix, Store, StoreError, StoreFuture,
    Transaction, Versioned, disk,
};

/// Transactions that may wait for the writer; with [`super::MAX_TRANSACTION`] a bound for their
/// memory. Who comes then waits for a place.
const QUEUE: usize = 128;

/// The most bytes of values that are committed with one sync.
const GROUP_BYTES: usize = 4 * 1024 * 1024;

/// How to open a [`SledStore`].
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

/// The store in a directory on the local disk. One process at a time.
#[derive(Debug)]
pub struct SledStore {
    shared: Shared,
    queue: Mutex<Option<mpsc::Sender<Job>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

struct Job {
    transaction: Transaction,
    answer: oneshot::Sender<Outcome>,
}

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
    /// is too full to begin; otherwise what the disk or sled
    /// say. A corrupt database is no error: see [`OpenReport`].
    pub fn open(options: SledOptions, now: u64) -> Result<(Self, OpenReport), StoreError> {
        let directory = options.directory.clone();
        disk::create_private_directory(&directory)
            .map_err(|error| StoreError::io("creating", &directory, error))?;
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
        let shared = Arc::new(RwLock::new(Ok(opened.database)));
        let engine = Engine {
            checkpoint_at: layout.options.checkpoint_bytes,
            reserve,
            layout,
            shared: Arc::clone(&shared),
            journal,
            revision: opened.revision,
            _lock: lock,
        };
        let (queue, jobs) = mpsc::channel(QUEUE);
        let writer = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || write_until_closed(engine, jobs))
            .map_err(|error| StoreError::io("starting the writer for", &directory, error))?;
        let store =
            Self { shared, queue: Mutex::new(Some(queue)), writer: Mutex::new(Some(writer)) };
        Ok((store, opened.report))
    }

    /// Commits what is queued, flushes, and gives the directory free; later commits are refused.
    ///
    /// For an orderly end. Durability does not depend on it.
    pub async fn close(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            // A writer that panicked has said so itself.
            let _ = tokio::task::spawn_blocking(move || writer.join()).await;
        }
    }

    async fn read<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&database::Database) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = Arc::clone(&self.shared);
        tokio::task::spawn_blocking(move || engine::read(&shared, operation))
            .await
            .map_err(|error| StoreError::Engine { operation: "reading", source: Arc::new(error) })?
    }
}

impl Store for SledStore {
    fn get(&self, key: &Key) -> StoreFuture<'_, Option<Versioned>> {
        let key = key.clone();
        Box::pin(self.read(move |database| database.get(&key)))
    }

    fn scan(&self, prefix: &Prefix, after: Option<&Key>, limit: usize) -> StoreFuture<'_, Page> {
        let (prefix, after) = (prefix.clone(), after.cloned());
        let limit = limit.clamp(1, MAX_PAGE);
        Box::pin(self.read(move |database| database.page(&prefix, after.as_ref(), limit)))
    }

    fn commit(&self, transaction: Transaction) -> StoreFuture<'_, Committed, CommitError> {
        Box::pin(async move {
            transaction.check()?;
            let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let queue = queue.ok_or(StoreError::Closed)?;
            let (answer, outcome) = oneshot::channel();
            queue.send(Job { transaction, answer }).await.map_err(|_| StoreError::Closed)?;
            outcome.await.map_err(|_| StoreError::Closed)?
        })
    }
}

/// The writer's thread.
fn write_until_closed(mut engine: Engine, mut jobs: mpsc::Receiver<Job>) {
    while let Some(first) = jobs.blocking_recv() {
        let mut bytes = size(&first.transaction);
        let (mut group, mut answers) = (vec![first.transaction], vec![first.answer]);
        while bytes < GROUP_BYTES
            && let Ok(job) = jobs.try_recv()
        {
            bytes = bytes.saturating_add(size(&job.transaction));
            group.push(job.transaction);
            answers.push(job.answer);
        }
        for (answer, outcome) in answers.into_iter().zip(engine.commit(&group)) {
            // Nobody waits any more: what was committed stays committed.
            let _ = answer.send(outcome);
        }
    }
    if let Err(error) = engine.checkpoint() {
        tracing::warn!(%error, "no checkpoint at closing; the journal is replayed next time");
    }
    // The database must be closed before the lock is released, whoever still holds the store.
    let mut shared = engine.shared.write().unwrap_or_else(PoisonError::into_inner);
    if let Ok(database) = std::mem::replace(&mut *shared, Err(StoreError::Closed)) {
        database.close();
    }
}

fn size(transaction: &Transaction) -> usize {
    transaction.writes.iter().filter_map(|write| write.value().map(<[u8]>::len)).sum()
}

#[cfg(test)]
mod tests;
