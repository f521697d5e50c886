//! Telling what there is to tell.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use epmesh_common::{error::chain, facts::Timestamp};
use reqwest::{Client, redirect::Policy};
use thiserror::Error;
use tokio::sync::{Mutex, Notify};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{debug, info, warn};

use super::{AttemptOutcome, Event, OutboxRecord, Receiver, Status, sign::sign};
use crate::{
    clock,
    store::{
        CommitError, Committed, Expect, KeyError, Prefix, Space, Store, StoreError, Transaction,
        scan_all,
    },
};

/// So many delivered or given-up events are kept for each receiver, for `epmesh alerts list`.
const KEPT: usize = 1_000;
/// So many events may wait for a receiver; past that the oldest is given up.
const WAITING: usize = 10_000;

/// The alerts of one coordinator.
#[derive(Debug)]
pub struct Alerts {
    store: Arc<dyn Store>,
    receivers: Vec<Receiver>,
    inner: Mutex<Inner>,
    /// One for each receiver: there is something to send.
    wake: Vec<Notify>,
}

#[derive(Debug, Default)]
struct Inner {
    next_order: u64,
    waiting: HashMap<String, VecDeque<(OutboxRecord, u64)>>,
    done: HashMap<String, VecDeque<OutboxRecord>>,
}

/// Why an alert could not be written down.
#[derive(Debug, Error)]
pub enum AlertError {
    /// The store could not be read or written.
    #[error("the outbox could not be read")]
    Store(#[from] StoreError),
    /// The store refused the transaction.
    #[error("the outbox could not be written")]
    Commit(#[from] CommitError),
    /// A name does not fit into a key.
    #[error("an incident or a receiver cannot be stored")]
    Key(#[from] KeyError),
    /// A record could not be written as JSON, or read from it.
    #[error("a record of the outbox is not as it must be")]
    Json(#[from] serde_json::Error),
}

impl Alerts {
    /// Opens the outbox: what was on its way when the coordinator stopped still is.
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

    /// Commits `transaction`, and with it an event for every receiver if there is one: both are
    /// durable when this returns, or neither is there.
    ///
    /// # Errors
    /// When it could not be written: nothing has changed then.
    pub async fn send(
        &self,
        mut transaction: Transaction,
        event: Option<&Event>,
    ) -> Result<Committed, AlertError> {
        let Some(event) = event else { return Ok(self.store.commit(transaction).await?) };
        let mut inner = self.inner.lock().await;
        let order = inner.next_order;
        let mut records = Vec::new();
        for receiver in &self.receivers {
            let record = OutboxRecord::new(order, event, &receiver.name);
            transaction = transaction.put(record.key()?, serde_json::to_vec(&record)?);
            records.push(record);
        }
        let committed = self.store.commit(transaction).await?;
        inner.next_order = order.saturating_add(1);
        for record in records {
            let waiting = inner.waiting.entry(record.receiver.clone()).or_default();
            waiting.push_back((record, committed.revision));
        }
        drop(inner);
        tracing::info!(event = %event.id, kind = %event.kind, subject = %event.subject, "alert");
        self.wake.iter().for_each(Notify::notify_one);
        Ok(committed)
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

    /// Sends what the outbox holds until `shutdown`; each receiver by itself, so that one that is
    /// down holds up no other.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub async fn deliver(
        self: Arc<Self>,
        shutdown: CancellationToken,
    ) -> Result<(), reqwest::Error> {
        let http = Client::builder()
            .redirect(Policy::none())
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(10))
            .user_agent(concat!("epmesh/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let tasks = TaskTracker::new();
        for index in 0..self.receivers.len() {
            let (alerts, http, stop) = (Arc::clone(&self), http.clone(), shutdown.clone());
            tasks.spawn(async move {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = alerts.serve_receiver(index, &http) => {}
                }
            });
        }
        tasks.close();
        tasks.wait().await;
        Ok(())
    }

    async fn serve_receiver(&self, index: usize, http: &Client) {
        let (Some(receiver), Some(wake)) = (self.receivers.get(index), self.wake.get(index)) else {
            return;
        };
        loop {
            let Some((mut record, mut revision)) = self.head(&receiver.name).await else {
                wake.notified().await;
                continue;
            };
            if let Status::Pending { next } = record.status {
                tokio::time::sleep(clock::now().until(next)).await;
            }
            let outcome = post(http, receiver, &record).await;
            let accepted = outcome.is_accepted();
            if accepted {
                info!(event = %record.id, receiver = %receiver.name, "alert delivered");
            } else {
                warn!(event = %record.id, receiver = %receiver.name, ?outcome, tries = record.tries + 1, "alert not taken, will be tried again");
            }
            record.tried(clock::now(), outcome, rand::random());
            // What happened has happened: it is written down for as long as that takes.
            let mut pause = Duration::from_millis(200);
            while let Err(error) = self.settle(&record, &mut revision).await {
                warn!(event = %record.id, error = %chain(&error), "the outcome of an alert could not be written down");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(30));
            }
        }
    }

    /// The event to send next. Where too many wait, it is tried at once, and given up if not taken.
    async fn head(&self, receiver: &str) -> Option<(OutboxRecord, u64)> {
        let inner = self.inner.lock().await;
        let waiting = inner.waiting.get(receiver)?;
        let (record, revision) = waiting.front()?;
        let mut record = record.clone();
        if waiting.len() > WAITING {
            record.status = Status::Pending { next: Timestamp::default() };
        }
        Some((record, *revision))
    }

    /// Writes down where `record` stands, and moves it on in memory once that is durable.
    async fn settle(&self, record: &OutboxRecord, revision: &mut u64) -> Result<(), AlertError> {
        let mut inner = self.inner.lock().await;
        let mut record = record.clone();
        let receiver = record.receiver.clone();
        let waiting = inner.waiting.get(&receiver).map_or(0, VecDeque::len);
        if waiting > WAITING && matches!(record.status, Status::Pending { .. }) {
            record.status = Status::GivenUp { at: clock::now() };
        }
        let pending = matches!(record.status, Status::Pending { .. });
        let key = record.key()?;
        let mut transaction = Transaction::new()
            .expect(key.clone(), Expect::Revision(*revision))
            .put(key.clone(), serde_json::to_vec(&record)?);
        let done = inner.done.entry(receiver.clone()).or_default();
        let pushed_out = if !pending && done.len() >= KEPT { done.front() } else { None };
        let is_pushed_out = pushed_out.is_some();
        if let Some(oldest) = pushed_out {
            transaction = transaction.delete(oldest.key()?);
        }
        let committed = match self.store.commit(transaction).await {
            Ok(committed) => committed,
            Err(error) => {
                // Only this task writes the record: a conflict is its own earlier write, whose
                // outcome it did not learn.
                if matches!(error, CommitError::Conflict { .. })
                    && let Some(stored) = self.store.get(&key).await?
                {
                    *revision = stored.revision;
                }
                return Err(error.into());
            }
        };
        let waiting = inner.waiting.entry(receiver.clone()).or_default();
        waiting.pop_front();
        if pending {
            waiting.push_front((record, committed.revision));
        } else {
            let done = inner.done.entry(receiver).or_default();
            if is_pushed_out {
                done.pop_front();
            }
            done.push_back(record);
        }
        Ok(())
    }
}

async fn post(http: &Client, receiver: &Receiver, record: &OutboxRecord) -> AttemptOutcome {
    let seconds = clock::now().as_millis() / 1000;
    let Some(signature) = sign(&receiver.secret, &record.id, seconds, record.body.as_bytes())
    else {
        return AttemptOutcome::Failed("the event could not be signed".to_owned());
    };
    let sent = http
        .post(receiver.url.clone())
        .header("content-type", "application/json")
        .header("webhook-id", &record.id)
        .header("webhook-timestamp", seconds.to_string())
        .header("webhook-signature", signature)
        .body(record.body.clone())
        .send()
        .await;
    match sent {
        Ok(answer) => AttemptOutcome::Answered(answer.status().as_u16()),
        Err(error) => {
            let text = chain(&error.without_url());
            debug!(receiver = %receiver.name, error = %text, "webhook");
            AttemptOutcome::Failed(text.chars().take(300).collect())
        }
    }
}
