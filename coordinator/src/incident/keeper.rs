//! Incidents, kept: each step is written down with the alert that it makes before it counts.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use anyhow::Result;
use epmesh_common::{
    diagnosis::{Fault, Link},
    error::chain,
    facts::Timestamp,
};
use thiserror::Error;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::{
    Acknowledgement, Damping, Entry, EntryKind, IncidentDocument, IncidentList, IncidentRow,
    Record, Silence, Status,
    life::{Held, Life},
    record::shortened,
};
use crate::{
    alert::{AlertError, Alerts, Event, EventKind},
    clock,
    fleet::Fleet,
    store::{Expect, Prefix, Space, Store, Transaction, record, scan_all},
};

/// Records that are read at a start.
const MOST: usize = 100_000;

/// How often what only time changes is looked at.
const TICK: Duration = Duration::from_secs(1);

/// However many reports come in a second, incidents are gone through no more often than this: some
/// have thousands of links, each of which may have to be asked for.
const PAUSE: Duration = Duration::from_millis(100);

/// How long to wait before the store is asked again after it failed.
const RETRY: Duration = Duration::from_secs(5);

/// More that is known of an incident, and makes no alert, is stored so much later.
const STORE_AFTER: Duration = Duration::from_secs(10);

/// Characters of a note or a reason that are kept.
const WORDS: usize = 400;

/// Incidents that are named where a beginning is that of several; an error has to fit into a header.
const NAMED: usize = 5;

/// Steps that the store may refuse before the others wait for the next turn.
const REFUSED: usize = 3;

/// Links of a resolved incident that are asked who explains them now.
const ASKED: usize = 50;

/// The incidents of one coordinator.
#[derive(Debug)]
pub struct Incidents {
    alerts: Arc<Alerts>,
    fleet: Arc<Fleet>,
    damping: Damping,
    life: Mutex<Life>,
}

/// Why an incident could not be found, or not be changed.
#[derive(Debug, Error)]
pub enum IncidentError {
    /// No incident has this name.
    #[error("no incident {0:?} is known; see `epmesh incidents --all`")]
    Unknown(String),
    /// Several begin with it.
    #[error(
        "{id:?} is the beginning of {of} incidents: {first}; give more of the one that is meant"
    )]
    Ambiguous {
        /// What was given.
        id: String,
        /// How many begin with it.
        of: usize,
        /// The first of them, each with its subject.
        first: String,
    },
    /// It is not open.
    #[error("incident {id} {why}")]
    NotOpen {
        /// Which.
        id: String,
        /// Why not.
        why: String,
    },
    /// It could not be written down.
    #[error("the incident could not be stored; nothing was changed")]
    Store(#[from] AlertError),
}

impl Incidents {
    /// Opens what the store holds of incidents.
    ///
    /// # Errors
    /// When it cannot be read, or holds a record this version cannot read.
    pub async fn open(
        store: &dyn Store,
        alerts: Arc<Alerts>,
        fleet: Arc<Fleet>,
        damping: Damping,
    ) -> Result<Arc<Self>, AlertError> {
        let mut life = Life::default();
        let prefix = Prefix::new(Space::Alerts, ["incident"])?;
        for (key, stored) in scan_all(store, &prefix, MOST).await? {
            life.restore(record::decode(&key, &stored.value)?, stored.revision);
        }
        Ok(Arc::new(Self { alerts, fleet, damping, life: Mutex::new(life) }))
    }

    /// Keeps them up to date until cancelled.
    ///
    /// # Errors
    /// Never; what the store refuses is tried again.
    pub async fn keep(self: Arc<Self>, stopping: CancellationToken) -> Result<()> {
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
                tracing::error!(error = %chain(&error), "an incident could not be stored; it is tried again");
                pause = RETRY;
            }
            tokio::select! {
                () = stopping.cancelled() => return Ok(()),
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Takes in what the fleet says now and does all that is due at `now`.
    ///
    /// # Errors
    /// When a step could not be written down; it is due still.
    pub async fn turn(&self, now: Timestamp) -> Result<(), AlertError> {
        let mut life = self.life.lock().await;
        life.clock(now);
        self.fleet.with(|view| {
            let seen = view.take_regrouped();
            // First what can be seen again: whose fault it is hangs on that.
            life.settle(&|link: &Link| view.standing(link));
            life.absorb(seen, now, &self.damping, &|link: &Link| view.standing(link));
        });
        // One that cannot be written down keeps no other back; a store that cannot is soon left alone.
        let mut refused = Vec::new();
        for id in life.due() {
            if let Err(error) = self.step(&mut life, &id, now).await {
                refused.push(error);
            }
            if refused.len() >= REFUSED {
                break;
            }
        }
        if let Some(first) = refused.into_iter().next() {
            return Err(first);
        }
        for id in life.outdated(now) {
            let Some(held) = life.held.get(&id) else { continue };
            if let Some(revision) = held.revision {
                let key = held.record.key()?;
                let gone =
                    Transaction::new().expect(key.clone(), Expect::Revision(revision)).delete(key);
                self.alerts.send(gone, None).await?;
            }
            life.remove(&id);
        }
        Ok(())
    }

    async fn step(&self, life: &mut Life, id: &str, now: Timestamp) -> Result<(), AlertError> {
        let Some(held) = life.held.get(id) else { return Ok(()) };
        if held.record.is_forgotten(now, &self.damping) && held.revision.is_none() {
            life.remove(id);
            return Ok(());
        }
        if held.record.waits(now, &self.damping, || life.may_be_known(&held.record)) {
            return Ok(());
        }
        let mut next = held.clone();
        let kind = next.record.advance(now, &self.damping, |record| self.elsewhere(life, record));
        let turned = next.record.status != held.record.status;
        let is_old = |since: Timestamp| since.until(now) >= STORE_AFTER;
        let stored = next.record.status != Status::Pending
            && (kind.is_some() || turned || next.dirty_since.is_some_and(is_old));
        if stored {
            self.store(&mut next, kind, now).await?;
        } else if next.record.status == Status::Pending {
            next.dirty_since = None;
        }
        life.held.insert(id.to_owned(), next);
        Ok(())
    }

    /// Writes a record down, together with the alert that it makes.
    async fn store(
        &self,
        next: &mut Held,
        kind: Option<EventKind>,
        now: Timestamp,
    ) -> Result<(), AlertError> {
        let event = kind.map(|kind| self.event(kind, &next.record, now)).transpose()?;
        let key = next.record.key()?;
        let expect = next.revision.map_or(Expect::Absent, Expect::Revision);
        let bytes = record::encode(&key, &next.record.stored())?;
        let transaction = Transaction::new().expect(key.clone(), expect).put(key, bytes);
        let committed = self.alerts.send(transaction, event.as_ref()).await?;
        next.revision = Some(committed.revision);
        next.dirty_since = None;
        if let Some(kind) = kind {
            let Record { id, what, .. } = &next.record;
            tracing::info!(incident = %id, kind = kind.as_str(), subject = %what.subject, cause = %what.cause, links = next.record.failing, "incident");
        }
        Ok(())
    }

    fn event(
        &self,
        kind: EventKind,
        record: &Record,
        now: Timestamp,
    ) -> Result<Event, serde_json::Error> {
        let shown = match kind {
            EventKind::Resolved => None,
            EventKind::Opened | EventKind::Changed | EventKind::Reopened => record.links().next(),
        };
        let verdict = shown.map(|link| self.fleet.diagnose(link));
        let document = IncidentDocument::brief(record, now);
        Event::of_incident(kind, &document, verdict.as_ref(), now)
    }

    /// The incidents that explain the links of one that is gone.
    fn elsewhere(&self, life: &Life, record: &Record) -> Option<String> {
        let subjects: BTreeSet<Fault> = self.fleet.with(|view| {
            record.links().take(ASKED).flat_map(|link| view.explained_by(link)).collect()
        });
        let names: Vec<String> = subjects
            .iter()
            .filter_map(|subject| life.of(subject))
            .filter(|other| other.id != record.id)
            .map(|other| format!("{} ({})", other.id, other.what.subject))
            .collect();
        let names = names.join(", ");
        (!names.is_empty()).then(|| format!("its links are explained by {names} now"))
    }

    /// The incidents that are open, and with `all` those that are over; worst first.
    pub async fn list(&self, all: bool) -> IncidentList {
        let now = clock::now();
        let life = self.life.lock().await;
        let records = life.held.values().map(|held| &held.record);
        let wanted = records.filter(|record| all || record.status != Status::Resolved);
        let mut incidents: Vec<IncidentRow> =
            wanted.map(|record| IncidentRow::of(record, now)).collect();
        drop(life);
        incidents.sort_by_key(IncidentRow::order);
        let (unexplained, seen) = self.fleet.with(|view| (view.unexplained(), view.tally()));
        IncidentList::new(incidents, &unexplained, seen)
    }

    /// All that is known of one incident, by its name or the beginning of it.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub async fn get(&self, id: &str) -> Result<IncidentDocument, IncidentError> {
        let life = self.life.lock().await;
        let held = find(&life, id)?;
        Ok(IncidentDocument::whole(&held.record, &self.fleet, clock::now()))
    }

    /// Notes that an operator looks after an open incident. Durable when this returns.
    ///
    /// # Errors
    /// When there is no such incident, it is not open, or it could not be written down.
    pub async fn acknowledge(
        &self,
        id: &str,
        by: &str,
        note: Option<&str>,
    ) -> Result<IncidentDocument, IncidentError> {
        self.change(id, |record, now| {
            is_open(record)?;
            let note = note.map(|note| shortened(note, WORDS));
            let text = note.clone().unwrap_or_default();
            record.acknowledged = Some(Acknowledgement { by: by.to_owned(), at: now, note });
            record.enter(Entry {
                at: now,
                kind: EntryKind::Acknowledged,
                text,
                by: Some(by.to_owned()),
            });
            Ok(())
        })
        .await
    }

    /// Tells nothing of an incident for a while; an earlier silence is replaced. Durable when this
    /// returns.
    ///
    /// # Errors
    /// As [`Incidents::acknowledge`].
    pub async fn silence(
        &self,
        id: &str,
        by: &str,
        time: Duration,
        why: &str,
    ) -> Result<IncidentDocument, IncidentError> {
        self.change(id, |record, now| {
            let (until, why) = (now.plus(time), shortened(why, WORDS));
            record.enter(Entry {
                at: now,
                kind: EntryKind::Silenced,
                text: format!("until {until}: {why}"),
                by: Some(by.to_owned()),
            });
            record.silence = Some(Silence { by: by.to_owned(), at: now, until, why });
            Ok(())
        })
        .await
    }

    async fn change(
        &self,
        id: &str,
        change: impl FnOnce(&mut Record, Timestamp) -> Result<(), IncidentError>,
    ) -> Result<IncidentDocument, IncidentError> {
        let now = clock::now();
        let mut life = self.life.lock().await;
        let mut next = find(&life, id)?.clone();
        if next.record.status == Status::Pending {
            return Err(IncidentError::NotOpen {
                id: next.record.id,
                why: format!(
                    "is pending: it is opened when it has stood for {} s",
                    self.damping.open_after.as_secs()
                ),
            });
        }
        change(&mut next.record, now)?;
        self.store(&mut next, None, now).await?;
        let document = IncidentDocument::whole(&next.record, &self.fleet, now);
        life.held.insert(next.record.id.clone(), next);
        Ok(document)
    }
}

fn is_open(record: &Record) -> Result<(), IncidentError> {
    if record.status == Status::Open {
        return Ok(());
    }
    let why = format!(
        "is over: nobody need look after it; `epmesh incident {}` says why it is",
        record.id
    );
    Err(IncidentError::NotOpen { id: record.id.clone(), why })
}

fn find<'a>(life: &'a Life, id: &str) -> Result<&'a Held, IncidentError> {
    let shown = || id.chars().take(40).collect::<String>();
    // Copied out of a mail it may come in capitals, or with a blank.
    let wanted = id.trim().to_ascii_lowercase();
    if wanted.is_empty() {
        return Err(IncidentError::Unknown(shown()));
    }
    let begin = |(known, _): &(&String, &Held)| known.starts_with(&wanted);
    let mut found = life.held.range(wanted.clone()..).take_while(begin);
    match (found.next(), found.next()) {
        (None, _) => Err(IncidentError::Unknown(shown())),
        (Some((known, held)), Some(_)) if *known == wanted => Ok(held),
        (Some(one), Some(other)) => {
            let first = [one, other].into_iter().chain(found.by_ref().take(NAMED - 2));
            let first: Vec<String> = first
                .map(|(known, held)| format!("{known} ({})", held.record.what.subject))
                .collect();
            let (of, mut first) = (first.len() + found.count(), first.join(", "));
            if of > NAMED {
                first.push_str(" and others");
            }
            Err(IncidentError::Ambiguous { id: shown(), of, first })
        }
        (Some((_, held)), None) => Ok(held),
    }
}
