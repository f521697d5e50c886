//! The way from the daemon to the session: the spool, off the async threads.

use std::sync::{Arc, Mutex, PoisonError};

use epmesh_common::facts::{Report, Statement, Timestamp};
use tokio::sync::watch;

use super::spool::Spool;

/// Reports on their way out, and looks that are done. Clones share it.
#[derive(Clone, Debug)]
pub struct Outbox {
    spool: Arc<Mutex<Spool>>,
    done: Arc<Mutex<Vec<(u64, u64)>>>,
    standing: Arc<Mutex<Option<String>>>,
    news: watch::Sender<u64>,
}

/// The most finished looks that wait to be told.
const MAX_DONE: usize = 256;

impl Outbox {
    /// An outbox over `spool`.
    #[must_use]
    pub fn new(spool: Spool) -> Self {
        Self {
            spool: Arc::new(Mutex::new(spool)),
            done: Arc::default(),
            standing: Arc::default(),
            news: watch::Sender::new(0),
        }
    }

    /// Keeps the statements as a report; its number, or `None` when the runtime is going down.
    pub async fn push(
        &self,
        at: Timestamp,
        statements: Vec<Statement>,
        mut notes: Vec<String>,
    ) -> Option<u64> {
        notes.extend(self.standing.lock().unwrap_or_else(PoisonError::into_inner).clone());
        let sequence = self.blocking(move |spool| spool.push(at, statements, notes)).await;
        self.news.send_modify(|count| *count = count.wrapping_add(1));
        sequence
    }

    /// A note for every report from now on, in the place of the one before: the coordinator keeps the
    /// notes of the last report only.
    pub fn stand_by(&self, note: Option<String>) {
        *self.standing.lock().unwrap_or_else(PoisonError::into_inner) = note;
    }

    /// The oldest report with a number above `sequence`.
    pub async fn after(&self, sequence: u64) -> Option<Report> {
        self.blocking(move |spool| spool.after(sequence)).await.flatten()
    }

    /// Forgets the report `sequence` and all before it.
    pub async fn acknowledge(&self, sequence: u64) {
        self.blocking(move |spool| spool.acknowledge(sequence)).await;
    }

    /// The number of reports that wait.
    pub async fn waiting(&self) -> usize {
        self.blocking(|spool| spool.len()).await.unwrap_or(0)
    }

    /// Says that the look `id` is done and stands in the report `sequence`.
    pub fn look_done(&self, id: u64, sequence: u64) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        if done.len() >= MAX_DONE {
            done.remove(0);
        }
        done.push((id, sequence));
        drop(done);
        self.news.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// The looks whose report is `sequence` or before it; each is given out once.
    #[must_use]
    pub fn take_done(&self, sequence: u64) -> Vec<(u64, u64)> {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let (ready, rest) = done.iter().partition(|(_, report)| *report <= sequence);
        *done = rest;
        ready
    }

    /// Forgets the looks that are done: nobody waits for them on a new connection.
    pub fn forget_done(&self) {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Changes with every report and every look done.
    #[must_use]
    pub fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Spool) -> T + Send + 'static,
    ) -> Option<T> {
        let spool = Arc::clone(&self.spool);
        tokio::task::spawn_blocking(move || {
            work(&mut spool.lock().unwrap_or_else(PoisonError::into_inner))
        })
        .await
        .ok()
    }
}
