//! The coordinator's parts without network and clock: view, store, incidents and outbox.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use epmesh::{
    alert::{Alerts, OutboxRecord, Receiver},
    fleet::{Fleet, View},
    incident::{Damping, Incidents, Record, Status},
    ingest::{Hub, write_report},
    store::{MemoryStore, Prefix, Space, Store, Transaction, scan_all},
};
use epmesh_common::{
    diagnosis::{Link, Verdict},
    facts::{DnsName, Report, StatementKey, Target, Timestamp},
};
use tokio::runtime::{Builder, Runtime};

use super::{
    super::{agent::INTERVAL, played::settings, world::World},
    open::OpenIncident,
};

/// Nobody listens there: what is told stays in the outbox.
const NOBODY: &str = "http://127.0.0.1:9/";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Rounds of judging until nothing is left to judge: what incidents follow from one decides which links are judged
/// again, with proof and remedy.
const ROUNDS: usize = 8;

/// More records than a history makes.
const ALL: usize = 100_000;

/// A coordinator.
pub(super) struct Coordinator {
    runtime: Runtime,
    agents: Vec<DnsName>,
    store: Arc<dyn Store>,
    parts: Parts,
}

/// What is made from the store.
struct Parts {
    fleet: Arc<Fleet>,
    alerts: Arc<Alerts>,
    incidents: Arc<Incidents>,
}

impl Parts {
    async fn open(store: &Arc<dyn Store>, agents: &[DnsName]) -> anyhow::Result<Self> {
        let fleet = Fleet::new(settings());
        Hub::open(Arc::clone(store), Arc::clone(&fleet)).await?;
        fleet.change(|view| agents.iter().for_each(|agent| view.enrolled(agent)));
        let receiver = Receiver::new("ops", NOBODY, SECRET)?;
        let alerts = Alerts::open(Arc::clone(store), vec![receiver]).await?;
        let (outbox, seen) = (Arc::clone(&alerts), Arc::clone(&fleet));
        let damping = Damping::usual(INTERVAL);
        let incidents = Incidents::open(Arc::clone(store), outbox, seen, damping).await?;
        Ok(Self { fleet, alerts, incidents })
    }
}

impl Coordinator {
    /// One for which these agents are enrolled, with an empty store.
    pub(super) fn new(agents: Vec<DnsName>) -> Self {
        let runtime = Builder::new_current_thread().build().expect("it needs no system resources");
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let parts = runtime.block_on(Parts::open(&store, &agents)).expect("memory can be read");
        Self { runtime, agents, store, parts }
    }

    /// Starts anew from the store. Without the facts, only what stands in the journal was left of it: incidents
    /// and the outbox.
    pub(super) fn restart(&mut self, with_facts: bool) {
        if !with_facts {
            self.store = self.runtime.block_on(saved(&*self.store));
        }
        let parts = self.runtime.block_on(Parts::open(&self.store, &self.agents));
        self.parts = parts.expect("memory can be read");
    }

    /// Takes in a report of `dc`. Returns the subjects whose bodies it wants.
    pub(super) fn take(
        &self,
        dc: &DnsName,
        report: Report,
        sent: Timestamp,
        now: Timestamp,
    ) -> Vec<StatementKey> {
        let (sequence, at) = (report.sequence, report.at);
        let received = self.parts.fleet.change(|view| view.heard(dc, sent, now));
        let staged = self.parts.fleet.read(|view| {
            let is_new = !view.acknowledged(dc).covers(sequence, at);
            is_new.then(|| view.stage(dc, report, sent, received))
        });
        let Some(staged) = staged else { return Vec::new() };
        let written = self.runtime.block_on(write_report(&*self.store, &staged));
        written.expect("memory can be written");
        let wanted = staged.wanted.clone();
        self.parts.fleet.change(|view| view.apply(staged));
        wanted
    }

    /// Judges the links that changes bear on, and does what is due of incidents.
    pub(super) fn judge(&self, now: Timestamp) {
        for _ in 0..ROUNDS {
            let links = self.parts.fleet.change(|view| view.take_dirty(usize::MAX));
            if links.is_empty() {
                break;
            }
            let verdicts = self.parts.fleet.read(|view| view.judge_links(&links, now, 1));
            self.parts.fleet.change(|view| {
                view.record_verdicts(&links, verdicts, now);
                view.regroup();
            });
        }
        self.runtime.block_on(self.parts.incidents.turn(now)).expect("memory can be written");
    }

    /// Marks the links whose verdict is old.
    pub(super) fn sweep(&self, now: Timestamp) {
        self.parts.fleet.change(|view| view.sweep(now, view.settings().fresh_for() / 3));
    }

    /// Works out plans where that may be due; the new ones by agent.
    pub(super) fn replan(&self, now: Timestamp) -> Vec<(DnsName, Vec<Target>)> {
        if !self.parts.fleet.read(View::has_moved) {
            return Vec::new();
        }
        self.parts.fleet.change(|view| {
            let replanned = view.rearrange(now).replanned;
            view.regroup();
            let plan = |agent: DnsName| Some((view.plan(&agent)?.targets, agent));
            replanned
                .into_iter()
                .filter_map(plan)
                .map(|(targets, agent)| (agent, targets))
                .collect()
        })
    }

    /// The last verdict on every link.
    pub(super) fn verdicts(&self, world: &World) -> BTreeMap<(usize, usize), Verdict> {
        self.parts.fleet.read(|view| {
            let numbered = |(link, verdict): (&Link, &Verdict)| {
                let ends = (world.find(&link.destination)?, world.find(&link.source)?);
                Some((ends, verdict.clone()))
            };
            view.judged().filter_map(numbered).collect()
        })
    }

    /// The links that are watched.
    pub(super) fn links(&self, world: &World) -> Vec<(usize, usize)> {
        let mut links: Vec<_> = self.parts.fleet.read(|view| {
            let links = view.links().into_iter();
            links
                .filter_map(|it| Some((world.find(&it.destination)?, world.find(&it.source)?)))
                .collect()
        });
        links.sort_unstable();
        links
    }

    /// The incidents that are not over.
    pub(super) fn open_incidents(&self, world: &World, now: Timestamp) -> Vec<OpenIncident> {
        let damping = Damping::usual(INTERVAL);
        let Parts { fleet, incidents, .. } = &self.parts;
        self.runtime.block_on(incidents.read(|records| {
            let open = |view: &View| {
                let of = |record: &Record| OpenIncident::of(record, world, now, &damping, view);
                records.filter_map(of).collect()
            };
            fleet.read(open)
        }))
    }

    /// Whether any incident is not over.
    pub(super) fn has_open(&self) -> bool {
        let is_open = |record: &Record| record.status != Status::Resolved;
        self.runtime
            .block_on(self.parts.incidents.read(|mut records| Iterator::any(&mut records, is_open)))
    }

    /// An operator takes care of an incident.
    pub(super) fn acknowledge(&self, id: &str, now: Timestamp) -> bool {
        self.runtime.block_on(self.parts.incidents.acknowledge_at(id, "anna", None, now)).is_ok()
    }

    /// An operator silences an incident.
    pub(super) fn silence(&self, id: &str, time: Duration, now: Timestamp) -> bool {
        self.runtime
            .block_on(self.parts.incidents.silence_at(id, "anna", time, "work", now))
            .is_ok()
    }

    /// What receivers were told, oldest first.
    pub(super) fn told(&self) -> Vec<OutboxRecord> {
        let mut told = self.runtime.block_on(self.parts.alerts.list());
        told.reverse();
        told
    }
}

/// A new store with what the journal holds of the old one.
async fn saved(store: &dyn Store) -> Arc<dyn Store> {
    let new = MemoryStore::new();
    for space in [Space::Alerts, Space::Outbox] {
        let found = scan_all(store, &Prefix::space(space), ALL).await;
        for (key, stored) in found.expect("memory can be read") {
            let transaction = Transaction::new().put(key, stored.value);
            new.commit(transaction).await.expect("memory can be written");
        }
    }
    Arc::new(new)
}
