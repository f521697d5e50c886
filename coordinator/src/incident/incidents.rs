//! The incidents of one coordinator. A step is written down, with the alert that it makes, before it
//! counts.

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use epmesh_common::{error::chain, facts::Timestamp};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::{
    Damping, Record, SaveError,
    book::{IncidentBook, StoredIncident},
    steps::{Step, Telling},
};
use crate::{
    alert::Alerts,
    clock,
    fleet::Fleet,
    store::{Expect, Prefix, Space, Store, Transaction, record, scan_all},
};

/// The most records that are read at a start.
const MOST: usize = 100_000;

/// How often incidents are looked at that only the passing of time changes.
const TICK: Duration = Duration::from_secs(1);

/// The least time between two turns, however many reports come in: some incidents have thousands of
/// links, each of whose status may be needed.
const PAUSE: Duration = Duration::from_millis(100);

/// How long to wait before the store is asked again after it failed.
const RETRY: Duration = Duration::from_secs(5);

/// The most incidents whose steps are worked out from one snapshot.
const AT_ONCE: usize = 128;

/// Steps that the store may refuse before the others wait for the next turn.
const REFUSED: usize = 3;

/// The incidents of one coordinator.
#[derive(Debug)]
pub struct Incidents {
    store: Arc<dyn Store>,
    alerts: Arc<Alerts>,
    pub(super) fleet: Arc<Fleet>,
    pub(super) damping: Damping,
    pub(super) book: Mutex<IncidentBook>,
}

impl Incidents {
    /// Opens the incidents that the store holds.
    ///
    /// # Errors
    /// When it cannot be read, or holds a record that this version cannot read.
    pub async fn open(
        store: Arc<dyn Store>,
        alerts: Arc<Alerts>,
        fleet: Arc<Fleet>,
        damping: Damping,
    ) -> Result<Arc<Self>, SaveError> {
        let mut book = IncidentBook::default();
        let prefix = Prefix::new(Space::Alerts, ["incident"])?;
        for (key, stored) in scan_all(&*store, &prefix, MOST).await? {
            book.restore(record::decode(&key, &stored.value)?, stored.revision);
        }
        Ok(Arc::new(Self { store, alerts, fleet, damping, book: Mutex::new(book) }))
    }

    /// Keeps the incidents up to date until cancelled.
    ///
    /// # Errors
    /// Never; a step that the store refuses is tried again.
    pub async fn run(self: Arc<Self>, stopping: CancellationToken) -> Result<()> {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stopping.cancelled() => return Ok(()),
                () = self.fleet.regrouped() => {}
                _ = tick.tick() => {}
            }
            let mut pause = PAUSE;
            if let Err(error) = self.turn(clock::now()).await {
                tracing::error!(error = %chain(&error), "an incident could not be stored; this is tried again");
                pause = RETRY;
            }
            tokio::select! {
                () = stopping.cancelled() => return Ok(()),
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Takes in the fleet as it is now and does all that is due at `now`.
    ///
    /// # Errors
    /// When a step could not be written down. It stays due.
    pub async fn turn(&self, now: Timestamp) -> Result<(), SaveError> {
        let mut book = self.book.lock().await;
        book.clock(now);
        // A step that cannot be written down keeps no other back; but a store that takes none is soon
        // left alone.
        let mut refused = Vec::new();
        let mut last: Option<String> = None;
        loop {
            let steps = {
                let snapshot = self.fleet.snapshot();
                book.take_in(&snapshot, now, &self.damping);
                let due = book.due(last.as_deref(), AT_ONCE);
                last = due.get(AT_ONCE - 1).cloned();
                book.steps(&due, &snapshot, now, &self.damping)
            };
            for Step { mut next, telling } in steps {
                if refused.len() >= REFUSED {
                    break;
                }
                match self.save(&mut next, telling.as_ref(), now).await {
                    Ok(()) => book.put(next),
                    Err(error) => refused.push(error),
                }
            }
            if last.is_none() || refused.len() >= REFUSED {
                break;
            }
        }
        if let Some(first) = refused.into_iter().next() {
            return Err(first);
        }
        self.forget(&mut book, now).await
    }

    async fn forget(&self, book: &mut IncidentBook, now: Timestamp) -> Result<(), SaveError> {
        for id in book.outdated(now) {
            let Some(stored) = book.incidents.get(&id) else { continue };
            if let Some(revision) = stored.revision {
                let key = stored.record.key()?;
                let expect = Expect::Revision(revision);
                let transaction = Transaction::new().expect(key.clone(), expect).delete(key);
                self.store.commit(transaction).await?;
            }
            book.remove(&id);
        }
        Ok(())
    }

    /// Writes a record down, together with the alert that it makes.
    pub(super) async fn save(
        &self,
        next: &mut StoredIncident,
        telling: Option<&Telling>,
        now: Timestamp,
    ) -> Result<(), SaveError> {
        let key = next.record.key()?;
        let expect = next.revision.map_or(Expect::Absent, Expect::Revision);
        let bytes = record::encode(&key, &next.record.stored())?;
        let transaction = Transaction::new().expect(key.clone(), expect).put(key, bytes);
        let event = telling.map(|telling| telling.event(&next.record, now)).transpose()?;
        let committed = match &event {
            None => self.store.commit(transaction).await?,
            Some(event) => {
                let mut enqueued = self.alerts.enqueue(event).await?;
                let committed = self.store.commit(enqueued.add_to(transaction)).await?;
                enqueued.committed(&committed);
                committed
            }
        };
        next.revision = Some(committed.revision);
        next.dirty_since = None;
        if let Some(telling) = telling {
            let Record { id, what, .. } = &next.record;
            tracing::info!(incident = %id, kind = telling.kind.as_str(), fault = %what.fault, cause = %what.cause, links = next.record.failing, "incident");
        }
        Ok(())
    }
}
