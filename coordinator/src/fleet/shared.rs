//! One view, shared among tasks, and the task that keeps its verdicts up to date.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use epmesh_common::{
    diagnosis::{Evidence, Link, State, Verdict, diagnose},
    facts::{DnsName, Timestamp},
};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use super::{DcStatus, FindError, Settings, View};
use crate::clock;

/// Links diagnosed before other tasks get a turn.
const BATCH: usize = 16;

/// A link whose state or cause became another.
///
/// After a start of the coordinator every link comes once, with no state before: whoever must not
/// act twice compares with what it remembers. A link that is no longer watched comes a last time,
/// as unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// The link.
    pub link: Link,
    /// Its state before; `None` for the first verdict since the coordinator started.
    pub before: Option<State>,
    /// The verdict now.
    pub verdict: Verdict,
    /// When it was given.
    pub at: Timestamp,
}

/// The fleet, shared.
#[derive(Debug)]
pub struct Fleet {
    view: Mutex<View>,
    touched: Notify,
    moved: Notify,
}

impl Fleet {
    /// An empty fleet.
    #[must_use]
    pub fn new(settings: Settings) -> Arc<Self> {
        let view = Mutex::new(View::new(settings));
        Arc::new(Self { view, touched: Notify::new(), moved: Notify::new() })
    }

    /// Does something with the view, alone. Quick things: everyone else waits.
    pub fn with<R>(&self, act: impl FnOnce(&mut View) -> R) -> R {
        // A panic in between leaves at worst one domain controller out, until its next report.
        let mut view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        let result = act(&mut view);
        let (touched, moved) = (!view.touched.is_empty(), view.has_moved());
        drop(view);
        if touched {
            self.touched.notify_one();
        }
        if moved {
            self.moved.notify_one();
        }
        result
    }

    /// How every known domain controller stands, by name.
    #[must_use]
    pub fn statuses(&self) -> Vec<DcStatus> {
        self.with(|view| view.statuses())
    }

    /// See [`View::find`].
    ///
    /// # Errors
    /// When no domain controller or more than one goes by that name.
    pub fn find(&self, text: &str) -> Result<DnsName, FindError> {
        self.with(|view| view.find(text))
    }

    /// See [`View::evidence`].
    #[must_use]
    pub fn evidence(&self, link: &Link) -> Evidence {
        self.with(|view| view.evidence(link, clock::now()))
    }

    /// The verdict on any link, watched or not, from what is known now.
    #[must_use]
    pub fn diagnose(&self, link: &Link) -> Verdict {
        diagnose(&self.evidence(link), clock::now())
    }

    /// Waits until something changed that members or plans depend on.
    pub async fn moved(&self) {
        self.moved.notified().await;
    }

    /// Keeps the verdicts up to date until cancelled: diagnoses what was touched, and once in a
    /// while everything. A receiver that does not keep up holds this task back and nobody else.
    pub async fn keep_verdicts(
        &self,
        transitions: mpsc::Sender<Transition>,
        cancelled: CancellationToken,
    ) {
        let fresh_for = self.with(|view| view.settings().fresh_for());
        let age = fresh_for / 3;
        let period = (age / 2).clamp(Duration::from_secs(1), Duration::from_secs(30));
        let mut sweep = tokio::time::interval(period);
        sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = cancelled.cancelled() => return,
                () = self.touched.notified() => {}
                _ = sweep.tick() => self.with(|view| view.sweep(clock::now(), age)),
            }
            while self.diagnose_some(&transitions).await {
                if cancelled.is_cancelled() {
                    return;
                }
                tokio::task::yield_now().await;
            }
        }
    }

    async fn diagnose_some(&self, transitions: &mpsc::Sender<Transition>) -> bool {
        let links = self.with(|view| view.take_touched(BATCH));
        for link in &links {
            let now = clock::now();
            let evidence = self.with(|view| view.evidence(link, now));
            let verdict = diagnose(&evidence, now);
            let transition = self.with(|view| view.judge(link, verdict, now));
            if let Some(transition) = transition {
                // Without a receiver nobody wants to know.
                let _ = transitions.send(transition).await;
            }
        }
        !links.is_empty()
    }

    /// Works out anew who is known and what every agent's plan is; tells of links that are no
    /// longer watched. The agents with a new plan come back.
    pub async fn rearrange(&self, transitions: &mpsc::Sender<Transition>) -> Vec<DnsName> {
        let now = clock::now();
        let (rearranged, fresh_for) = self.with(|view| {
            let fresh_for = view.settings().fresh_for();
            (view.rearrange(now), fresh_for)
        });
        for (link, before) in rearranged.gone {
            let fresh_for = u64::try_from(fresh_for.as_millis()).unwrap_or(u64::MAX);
            let verdict = diagnose(&Evidence::empty(link.clone(), fresh_for), now);
            let transition = Transition { link, before: Some(before), verdict, at: now };
            let _ = transitions.send(transition).await;
        }
        rearranged.replanned
    }
}
