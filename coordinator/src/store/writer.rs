//! The single writer of an embedded engine: a thread with a bounded queue in front of it. What waits
//! in the queue is committed together, with one sync.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::sync::{mpsc, oneshot};

use super::contract::Committed;
use super::error::{CommitError, StoreError};
use super::transaction::Transaction;

/// Transactions that may wait for the writer; with [`MAX_TRANSACTION`](super::MAX_TRANSACTION) a
/// bound for their memory. A later one waits for a place.
const QUEUE: usize = 128;

/// The most bytes of values that are committed with one sync.
const GROUP_BYTES: usize = 4 * 1024 * 1024;

/// The outcome of a transaction.
pub(super) type Outcome = Result<Committed, CommitError>;

/// The part of an engine that writes; it lives on the writer's thread.
pub(super) trait Engine: Send + 'static {
    /// Commits a group of transactions, in order, with one sync; one outcome each. An error says that
    /// none of them was committed, or that it is not known.
    fn commit(&mut self, group: &[Transaction]) -> Result<Vec<Outcome>, StoreError>;

    /// Does what is due after a group, before its outcomes are told.
    fn after_group(&mut self) {}

    /// Closes the database, then gives the directory free.
    fn close(self);
}

/// The queue and the thread behind it.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Mutex<Option<mpsc::Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Job {
    transaction: Transaction,
    answer: oneshot::Sender<Outcome>,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(engine: impl Engine) -> io::Result<Self> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let thread = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || write_until_closed(engine, jobs))?;
        Ok(Self { queue: Mutex::new(Some(queue)), thread: Mutex::new(Some(thread)) })
    }

    /// Hands the writer a transaction and waits until it is durable, or refused.
    pub(super) async fn commit(&self, transaction: Transaction) -> Outcome {
        transaction.check()?;
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let queue = queue.ok_or(StoreError::Closed)?;
        let (answer, outcome) = oneshot::channel();
        queue.send(Job { transaction, answer }).await.map_err(|_| StoreError::Closed)?;
        outcome.await.map_err(|_| StoreError::Closed)?
    }

    /// Commits what is queued and ends the thread; later transactions are refused.
    pub(super) async fn close(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A writer that panicked has said so itself.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

fn write_until_closed(mut engine: impl Engine, mut jobs: mpsc::Receiver<Job>) {
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
        let outcomes = commit(&mut engine, &group);
        engine.after_group();
        for (answer, outcome) in answers.into_iter().zip(outcomes) {
            // Nobody waits any more: what was committed stays committed.
            let _ = answer.send(outcome);
        }
    }
    engine.close();
}

/// Commits a group; one outcome each.
fn commit(engine: &mut impl Engine, group: &[Transaction]) -> Vec<Outcome> {
    match engine.commit(group) {
        Ok(outcomes) => outcomes,
        // One that does not fit must not take those with it that do.
        Err(error) if error.is_full() && group.len() > 1 => {
            group.chunks(1).flat_map(|one| commit(engine, one)).collect()
        }
        Err(error) => group.iter().map(|_| Err(error.clone().into())).collect(),
    }
}

fn size(transaction: &Transaction) -> usize {
    transaction.writes.iter().filter_map(|write| write.value().map(<[u8]>::len)).sum()
}
