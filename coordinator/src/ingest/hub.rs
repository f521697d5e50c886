//! The agents that are connected.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use epmesh_common::facts::{DnsName, LookRequest, Timestamp};
use tokio::sync::{Mutex as AsyncMutex, Notify, mpsc, oneshot};

use super::storage;
use crate::{
    clock,
    fleet::Fleet,
    store::{CommitError, Store, StoreError},
};

/// Looks that wait for a session to send them.
const WAITING_LOOKS: usize = 32;

/// The sessions of all agents, with the fleet they report to and the store behind it.
#[derive(Debug)]
pub struct Hub {
    pub(super) fleet: Arc<Fleet>,
    pub(crate) store: Arc<dyn Store>,
    sessions: Mutex<HashMap<DnsName, Handle>>,
    intakes: Mutex<HashMap<DnsName, Arc<AsyncMutex<()>>>>,
    looks: Mutex<HashMap<u64, Awaited>>,
    next: AtomicU64,
}

/// The hub's end of a session.
#[derive(Debug)]
struct Handle {
    id: u64,
    ended: oneshot::Sender<Ended>,
    replanned: Arc<Notify>,
    looks: mpsc::Sender<LookRequest>,
}

/// Why the hub ends a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// A newer session of the same agent took over.
    Replaced,
    /// An operator let the name go.
    Released,
    /// An operator barred the name.
    Revoked,
}

/// The session's end.
#[derive(Debug)]
pub(super) struct Attached {
    pub(super) id: u64,
    pub(super) ended: oneshot::Receiver<Ended>,
    pub(super) replanned: Arc<Notify>,
    pub(super) looks: mpsc::Receiver<LookRequest>,
}

/// A look that was asked for.
#[derive(Debug)]
struct Awaited {
    of: DnsName,
    done: oneshot::Sender<()>,
}

impl Hub {
    /// A hub without sessions. The fleet is filled from the store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn open(store: Arc<dyn Store>, fleet: Arc<Fleet>) -> Result<Arc<Self>, StoreError> {
        let restored = storage::read(store.as_ref()).await?;
        fleet.change(|view| restored.into_iter().for_each(|dc| view.restore(dc)));
        Ok(Arc::new(Self {
            fleet,
            store,
            sessions: Mutex::default(),
            intakes: Mutex::default(),
            looks: Mutex::default(),
            // Looks from before a restart must not be taken for those of now.
            next: AtomicU64::new(clock::now().as_millis()),
        }))
    }

    /// The fleet.
    #[must_use]
    pub fn fleet(&self) -> &Arc<Fleet> {
        &self.fleet
    }

    /// Whether the agent of `dc` is connected.
    #[must_use]
    pub fn is_connected(&self, dc: &DnsName) -> bool {
        lock(&self.sessions).contains_key(dc)
    }

    /// Notes that `dc` was enrolled; its agent begins to count its reports anew.
    ///
    /// # Errors
    /// When the store cannot forget the old count.
    pub async fn enrolled(&self, dc: &DnsName) -> Result<(), CommitError> {
        let intake = self.intake(dc);
        let _alone = intake.lock().await;
        storage::forget_count(self.store.as_ref(), dc).await?;
        self.fleet.change(|view| view.enrolled_anew(dc));
        Ok(())
    }

    /// Notes that the certificate for `dc` is no longer accepted, and ends its session.
    pub fn released(&self, dc: &DnsName) {
        self.end(dc, Ended::Released);
    }

    /// As [`Hub::released`], and the name is barred; `epmesh dcs` says so.
    pub fn revoked(&self, dc: &DnsName, since: Timestamp) {
        self.end(dc, Ended::Revoked);
        self.fleet.change(|view| view.barred(dc, revoked_remark(dc, since)));
    }

    fn end(&self, dc: &DnsName, why: Ended) {
        let mut sessions = lock(&self.sessions);
        if let Some(handle) = sessions.remove(dc) {
            // A session that is over need not be told.
            let _ = handle.ended.send(why);
        }
        self.fleet.change(|view| view.released(dc));
    }

    /// Tells the sessions of these agents that they have a new plan.
    pub fn replanned(&self, agents: &[DnsName]) {
        let sessions = lock(&self.sessions);
        for handle in agents.iter().filter_map(|agent| sessions.get(agent)) {
            handle.replanned.notify_one();
        }
    }

    /// Takes a session in; it replaces an older one of the same agent.
    pub(super) fn attach(&self, dc: &DnsName, agent_version: String) -> Attached {
        let id = self.next_id();
        let (end, ended) = oneshot::channel();
        let replanned = Arc::new(Notify::new());
        let (looks, receiver) = mpsc::channel(WAITING_LOOKS);
        let handle = Handle { id, ended: end, replanned: Arc::clone(&replanned), looks };
        let mut sessions = lock(&self.sessions);
        if let Some(older) = sessions.insert(dc.clone(), handle) {
            let _ = older.ended.send(Ended::Replaced);
        }
        // This is under the same lock as in `detach`, so that the end of an older session does not undo it.
        self.fleet.change(|view| view.connected(dc, agent_version));
        drop(sessions);
        Attached { id, ended, replanned, looks: receiver }
    }

    /// Lets a session go, unless it was replaced.
    pub(super) fn detach(&self, dc: &DnsName, id: u64) {
        let mut sessions = lock(&self.sessions);
        if sessions.get(dc).is_some_and(|handle| handle.id == id) {
            sessions.remove(dc);
            self.fleet.change(|view| view.disconnected(dc));
        }
    }

    /// The right to take in a report of `dc`, which one session at a time has.
    pub(super) fn intake(&self, dc: &DnsName) -> Arc<AsyncMutex<()>> {
        Arc::clone(lock(&self.intakes).entry(dc.clone()).or_default())
    }

    /// Hands a look to the session of `dc`; `None` when it has none or does not keep up.
    pub(super) fn ask(
        &self,
        dc: &DnsName,
        look: impl FnOnce(u64) -> LookRequest,
    ) -> Option<Asked<'_>> {
        let sender = lock(&self.sessions).get(dc).map(|handle| handle.looks.clone())?;
        let id = self.next_id();
        let (done, answer) = oneshot::channel();
        lock(&self.looks).insert(id, Awaited { of: dc.clone(), done });
        let asked = Asked { hub: self, id, answer };
        sender.try_send(look(id)).ok()?;
        Some(asked)
    }

    /// Notes that the outcome of a look of `dc` is in the view.
    pub(super) fn answered(&self, dc: &DnsName, look: u64) {
        let mut looks = lock(&self.looks);
        if looks.get(&look).is_some_and(|awaited| awaited.of == *dc)
            && let Some(awaited) = looks.remove(&look)
        {
            // The caller may have stopped waiting.
            let _ = awaited.done.send(());
        }
    }

    fn next_id(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }
}

/// A look that is awaited. It is forgotten when this is dropped.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    hub: &'a Hub,
    id: u64,
    answer: oneshot::Receiver<()>,
}

impl Asked<'_> {
    /// Waits until the look is in the view; `false` when it will not come.
    pub(super) async fn done(&mut self) -> bool {
        (&mut self.answer).await.is_ok()
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        lock(&self.hub.looks).remove(&self.id);
    }
}

/// The remark on a domain controller whose name is barred.
fn revoked_remark(dc: &DnsName, since: Timestamp) -> String {
    format!("revoked by an operator at {since}; `epmesh release {dc}` lets it be enrolled again")
}

/// None of these locks is held where anything can panic halfway through a change.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
