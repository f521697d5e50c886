//! The fleet: one view shared among tasks, and the task that keeps its verdicts up to date.

use std::{
    collections::BTreeSet,
    num::NonZero,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard},
    thread,
    time::Duration,
};

use epmesh_common::{
    diagnosis::{Cause, Evidence, Fault, Link, State, Verdict, diagnose},
    facts::{DnsName, Timestamp},
    rpc::names,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{DcStatus, FindError, Rearranged, Settings, Snapshot, View};
use crate::clock;

/// Links that are judged before other tasks get a turn; it takes some ten milliseconds.
const BATCH: usize = 2048;

/// Batches after which incidents are worked out anew although more links wait.
const BATCHES: usize = 16;

/// The most threads that judge a batch.
const THREADS: usize = 8;

/// A link whose state or cause became another.
///
/// After a start of the coordinator every link comes once, with no state before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The link.
    pub link: Link,
    /// Its state before; `None` for the first verdict since the coordinator started.
    pub before: Option<State>,
    /// Its state now.
    pub state: State,
    /// Why.
    pub cause: Cause,
    /// When it was given.
    pub at: Timestamp,
}

/// The fleet, shared.
#[derive(Debug)]
pub struct Fleet {
    view: RwLock<View>,
    /// The faults whose incidents changed since the last snapshot.
    changed: Mutex<BTreeSet<Fault>>,
    dirty: Notify,
    moved: Notify,
    regrouped: Notify,
}

impl Fleet {
    /// An empty fleet.
    #[must_use]
    pub fn new(settings: Settings) -> Arc<Self> {
        let (view, changed) = (RwLock::new(View::new(settings)), Mutex::default());
        let (dirty, moved, regrouped) = (Notify::new(), Notify::new(), Notify::new());
        Arc::new(Self { view, changed, dirty, moved, regrouped })
    }

    /// Changes the view. All other tasks wait meanwhile, so `change` has to be quick.
    pub fn change<R>(&self, change: impl FnOnce(&mut View) -> R) -> R {
        // A panic in between leaves at worst one domain controller out, until its next report.
        let mut view = self.view.write().unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut view);
        let (dirty, moved) = (!view.dirty.is_empty(), view.has_moved());
        let regrouped = view.take_regrouped();
        drop(view);
        if dirty {
            self.dirty.notify_one();
        }
        if moved {
            self.moved.notify_one();
        }
        if !regrouped.is_empty() {
            self.changed().extend(regrouped);
            self.regrouped.notify_one();
        }
        result
    }

    /// Reads the view. Others can read at the same time; those that change it wait.
    pub fn read<R>(&self, read: impl FnOnce(&View) -> R) -> R {
        read(&self.view())
    }

    /// The fleet as it is now, with what changed of its incidents since the last snapshot.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot<'_> {
        let view = self.view();
        Snapshot::new(view, std::mem::take(&mut self.changed()))
    }

    fn changed(&self) -> MutexGuard<'_, BTreeSet<Fault>> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn view(&self) -> RwLockReadGuard<'_, View> {
        self.view.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The status of every known domain controller, by name.
    #[must_use]
    pub fn statuses(&self) -> Vec<DcStatus> {
        self.view().statuses()
    }

    /// See [`View::find`].
    ///
    /// # Errors
    /// When no domain controller or more than one goes by that name.
    pub fn find(&self, text: &str) -> Result<DnsName, FindError> {
        self.view().find(text)
    }

    /// See [`View::evidence`].
    #[must_use]
    pub fn evidence(&self, link: &Link) -> Evidence {
        self.view().evidence(link, clock::now())
    }

    /// The verdict on any link, watched or not, from what is known now.
    #[must_use]
    pub fn diagnose(&self, link: &Link) -> Verdict {
        diagnose(&self.evidence(link), clock::now())
    }

    /// Waits until something changed on which members or plans depend.
    pub async fn moved(&self) {
        self.moved.notified().await;
    }

    /// Waits until incidents changed: see [`Snapshot::changes`].
    pub async fn regrouped(&self) {
        self.regrouped.notified().await;
    }

    /// Keeps the verdicts and the incidents up to date until cancelled: judges the links that changes
    /// bear on, and once in a while all of them.
    pub async fn keep_verdicts(&self, cancelled: CancellationToken) {
        let fresh_for = self.read(|view| view.settings().fresh_for());
        let age = fresh_for / 3;
        let period = (age / 2).clamp(Duration::from_secs(1), Duration::from_secs(30));
        let mut sweep = tokio::time::interval(period);
        sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = cancelled.cancelled() => return,
                () = self.dirty.notified() => {}
                _ = sweep.tick() => self.change(|view| view.sweep(clock::now(), age)),
            }
            let mut batches = 0_usize;
            while self.judge_some() {
                batches += 1;
                if batches.is_multiple_of(BATCHES) {
                    self.change(View::regroup);
                }
                if cancelled.is_cancelled() {
                    return;
                }
                tokio::task::yield_now().await;
            }
            self.change(View::regroup);
        }
    }

    /// Judges some of the links that wait. Returns whether there were any.
    fn judge_some(&self) -> bool {
        let now = clock::now();
        let links = self.change(|view| view.take_dirty(BATCH));
        if links.is_empty() {
            return false;
        }
        let threads = thread::available_parallelism().map_or(1, NonZero::get).min(THREADS);
        let verdicts = self.view().judge_links(&links, now, threads);
        let transitions = self.change(|view| view.record_verdicts(&links, verdicts, now));
        transitions.iter().for_each(Transition::log);
        true
    }

    /// Works out anew which domain controllers are known and what every agent's plan is. Returns the agents
    /// that have a new plan.
    pub fn rearrange(&self) -> Vec<DnsName> {
        let Rearranged { replanned, gone } = self.change(|view| {
            let rearranged = view.rearrange(clock::now());
            view.regroup();
            rearranged
        });
        for (link, before) in gone {
            let Link { destination, source, interface } = link;
            let before = before.as_str();
            tracing::info!(%destination, %source, %interface, before, "link is no longer watched");
        }
        replanned
    }
}

impl Transition {
    fn log(&self) {
        let Self { link, before, state, cause, .. } = self;
        tracing::info!(
            destination = %link.destination,
            source = %link.source,
            interface = %names::label(link.interface),
            before = before.map_or("", |state| state.as_str()),
            state = state.as_str(),
            cause = cause.as_str(),
            "link changed"
        );
    }
}
