//! The outbox of one coordinator, in memory and in the store.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use thiserror::Error;
use tokio::sync::{Mutex, MutexGuard, Notify};
use tracing::warn;

use super::{Event, OutboxRecord, Receiver, Status};
use crate::store::{
    CommitError, Committed, Key, KeyError, Prefix, Space, Store, StoreError, Transaction, scan_all,
};

/// The delivered and given-up events that are kept for each receiver, for `epmesh alerts list`.
pub(super) const KEPT: usize = 1_000;
/// The most events that may wait for a receiver; past that the oldest is given up.
pub(super) const WAITING: usize = 10_000;

/// The alerts of one coordinator.
#[derive(Debug)]
pub struct Alerts {
    pub(super) store: Arc<dyn Store>,
    pub(super) receivers: Vec<Receiver>,
    pub(super) inner: Mutex<Inner>,
    /// One bell for each receiver, rung when there is something to send.
    pub(super) wake: Vec<Notify>,
}

#[derive(Debug, Default)]
pub(super) struct Inner {
    next_order: u64,
    /// By receiver: the events that wait, each with its revision in the store.
    pub(super) waiting: HashMap<String, VecDeque<(OutboxRecord, u64)>>,
    /// By receiver: the last events that were delivered or given up.
    pub(super) done: HashMap<String, VecDeque<OutboxRecord>>,
}

/// Why the outbox could not be read or written.
#[derive(Debug, Error)]
pub enum AlertError {
    /// The store could not be read or written.
    #[error("the outbox could not be read")]
    Store(#[from] StoreError),
    /// The store refused the transaction.
    #[error("the outbox could not be written")]
    Commit(#[from] CommitError),
    /// A name does not fit into a key.
    #[error("the name of a receiver does not fit into a key of the store")]
    Key(#[from] KeyError),
    /// A record could not be written as JSON, or not be read from it.
    #[error("a record of the outbox is not valid JSON, or is of another version")]
    Json(#[from] serde_json::Error),
}

impl Alerts {
    /// Opens the outbox. Events that were on their way when the coordinator stopped still are.
    ///
    /// # Errors
    /// When the store cannot be read, or holds a record this version cannot read.
    pub async fn open(
        store: Arc<dyn Store>,
        receivers: Vec<Receiver>,
    ) -> Result<Arc<Self>, AlertError> {
        let mut inner = Inner::default();
        let most = (WAITING + KEPT) * (receivers.len() + 16);
        for (_, stored) in scan_all(&*store, &Prefix::space(Space::Outbox), most).await? {
            let record: OutboxRecord = serde_json::from_slice(&stored.value)?;
            inner.next_order = inner.next_order.max(record.order.saturating_add(1));
            let receiver = record.receiver.clone();
            // Keys are ordered by receiver and order, so both queues come out in order.
            match record.status {
                Status::Pending { .. } => {
                    inner.waiting.entry(receiver).or_default().push_back((record, stored.revision));
                }
                Status::Delivered { .. } | Status::GivenUp { .. } => {
                    inner.done.entry(receiver).or_default().push_back(record);
                }
            }
        }
        for (name, waiting) in &inner.waiting {
            if !receivers.iter().any(|receiver| receiver.name == *name) {
                warn!(receiver = %name, events = waiting.len(), "events wait for a receiver that is no longer configured");
            }
        }
        let wake = receivers.iter().map(|_| Notify::new()).collect();
        Ok(Arc::new(Self { store, receivers, inner: Mutex::new(inner), wake }))
    }

    /// An event for every receiver, to be committed together with the state that it tells of. No other
    /// event can go into the outbox until this one was committed or dropped.
    ///
    /// # Errors
    /// When it cannot be written as a record.
    pub async fn enqueue(&self, event: &Event) -> Result<Enqueued<'_>, AlertError> {
        let inner = self.inner.lock().await;
        let (mut records, mut writes) = (Vec::new(), Vec::new());
        for receiver in &self.receivers {
            let record = OutboxRecord::new(inner.next_order, event, &receiver.name);
            writes.push((record.key()?, serde_json::to_vec(&record)?));
            records.push(record);
        }
        Ok(Enqueued { wake: &self.wake, inner, records, writes })
    }

    /// Every event of the outbox, newest first.
    pub async fn list(&self) -> Vec<OutboxRecord> {
        let inner = self.inner.lock().await;
        let waiting = inner.waiting.values().flatten().map(|(record, _)| record);
        let mut all: Vec<OutboxRecord> =
            waiting.chain(inner.done.values().flatten()).cloned().collect();
        all.sort_by(|a, b| b.order.cmp(&a.order).then_with(|| a.receiver.cmp(&b.receiver)));
        all
    }
}

/// An event that is to be committed together with the state that it tells of.
#[derive(Debug)]
pub struct Enqueued<'a> {
    wake: &'a [Notify],
    inner: MutexGuard<'a, Inner>,
    records: Vec<OutboxRecord>,
    writes: Vec<(Key, Vec<u8>)>,
}

impl Enqueued<'_> {
    /// Adds the records of the event to the transaction that writes that state: in the store there are
    /// then both or neither.
    #[must_use]
    pub fn add_to(&mut self, transaction: Transaction) -> Transaction {
        let writes = std::mem::take(&mut self.writes).into_iter();
        writes.fold(transaction, |transaction, (key, value)| transaction.put(key, value))
    }

    /// Notes that the transaction was committed: the event goes out.
    pub fn committed(mut self, committed: &Committed) {
        self.inner.next_order = self.inner.next_order.saturating_add(1);
        if let Some(OutboxRecord { id, kind, subject, .. }) = self.records.first() {
            tracing::info!(event = %id, kind = %kind, subject = %subject, "alert put into the outbox");
        }
        for record in self.records {
            let waiting = self.inner.waiting.entry(record.receiver.clone()).or_default();
            waiting.push_back((record, committed.revision));
        }
        drop(self.inner);
        self.wake.iter().for_each(Notify::notify_one);
    }
}
