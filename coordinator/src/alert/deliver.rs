//! Sending events to receivers.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use epmesh_common::{error::chain, facts::Timestamp};
use reqwest::{Client, redirect::Policy};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{debug, info, warn};

use super::{
    AlertError, Alerts, AttemptOutcome, OutboxRecord, Receiver, Status,
    alerts::{KEPT, WAITING},
    sign::sign,
};
use crate::{
    clock,
    store::{CommitError, Expect, Transaction},
};

impl Alerts {
    /// Sends the events in the outbox until `shutdown`. Each receiver is served by itself, so that one
    /// that is down holds up no other.
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
            // The outcome must not be lost: writing it down is tried again until it succeeds.
            let mut pause = Duration::from_millis(200);
            while let Err(error) = self.record_outcome(&record, &mut revision).await {
                warn!(event = %record.id, error = %chain(&error), "the outcome of an alert could not be written down");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(30));
            }
        }
    }

    /// The event to send next. Where too many wait, the event is tried at once, and given up if the
    /// receiver does not take it.
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

    /// Writes the outcome of the last try down, and changes the queue in memory once that is durable.
    async fn record_outcome(
        &self,
        record: &OutboxRecord,
        revision: &mut u64,
    ) -> Result<(), AlertError> {
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
                // Only this task writes the record. A conflict is its own earlier write, of which it did
                // not learn that it succeeded.
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
