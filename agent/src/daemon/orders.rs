//! The daemon: does what the coordinator orders, and its rounds meanwhile.

use std::{sync::Arc, time::Duration};

use epmesh_agent_host::{os::clock::Clock, platform::Platform};
use epmesh_common::facts::{DnsName, LookRequest, Plan, StatementKey};
use tokio::{sync::mpsc, task::JoinSet, time::Instant};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{
    on_demand::INTERVALS,
    plan_file::PlanFile,
    reader::Reader,
    reporter::Reporter,
    rounds::{self, WITHOUT_PLAN},
    settings::DaemonSettings,
};
use crate::{
    probe::Peers,
    session::{Order, Outbox},
};

/// The most looks out of turn at one time.
const MAX_LOOKS: usize = 64;

/// The daemon: reads this host's facts, looks at its peers, and reports.
pub struct Daemon {
    reader: Arc<Reader>,
    plan_file: PlanFile,
}

impl std::fmt::Debug for Daemon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Daemon").field("settings", &self.reader.settings).finish_non_exhaustive()
    }
}

impl Daemon {
    /// A daemon that reports into `outbox`. Without `peers` it looks at nobody, and says so when
    /// it is asked to.
    #[must_use]
    pub fn new(
        settings: DaemonSettings,
        platform: Arc<dyn Platform>,
        peers: Option<Arc<dyn Peers>>,
        clock: Arc<dyn Clock>,
        outbox: Outbox,
    ) -> Self {
        let plan_file = PlanFile::in_folder(settings.state_dir.as_deref());
        let reporter = Reporter::new(Arc::clone(&clock), outbox);
        let reader = Reader::new(settings, platform, peers, clock, reporter);
        Self { reader: Arc::new(reader), plan_file }
    }

    /// Works until `shutdown`, or until nobody can give orders any more.
    pub async fn run(self, mut orders: mpsc::Receiver<Order>, shutdown: CancellationToken) {
        let mut plan = self.plan_file.load().await;
        let mut rounds = Some(self.begin_rounds(plan.clone()));
        let mut looks: JoinSet<()> = JoinSet::new();
        let mut told = Instant::now();
        loop {
            let order = tokio::select! {
                () = shutdown.cancelled() => {
                    self.reader.reporter.tell_unchanged().await;
                    return;
                }
                () = tokio::time::sleep_until(told + gather_for(plan.as_ref())) => {
                    self.reader.reporter.tell_unchanged().await;
                    told = Instant::now();
                    continue;
                }
                Some(_) = looks.join_next() => continue,
                order = orders.recv() => order,
            };
            match order {
                None => return,
                Some(Order::Welcomed { held }) => {
                    self.reader.reporter.welcomed(held);
                    if rounds.is_none() {
                        // It was refused before. The plan comes with the next order.
                        rounds = Some(self.begin_rounds(None));
                    }
                }
                Some(Order::Refused) => {
                    if rounds.take().is_some() {
                        tracing::warn!("nothing is looked at while this agent is refused");
                        looks.abort_all();
                        plan = None;
                        self.plan_file.forget().await;
                    }
                }
                Some(Order::Plan(new)) => {
                    if plan.as_ref() != Some(&new) {
                        tracing::info!(
                            version = new.version,
                            targets = new.targets.len(),
                            "new plan"
                        );
                        self.plan_file.save(new.clone()).await;
                        rounds = Some(self.begin_rounds(Some(new.clone())));
                        plan = Some(new);
                    }
                }
                Some(Order::Look(look)) => {
                    if looks.len() >= MAX_LOOKS {
                        tracing::warn!(
                            id = look.id,
                            "too many looks at one time; this one is refused"
                        );
                        continue;
                    }
                    let reader = Arc::clone(&self.reader);
                    let id = look.id;
                    let lasting = self.interval(plan.as_ref()) * INTERVALS;
                    self.reader.on_demand.lock().await.asked(&look, Instant::now(), lasting);
                    looks.spawn(async move { reader.look_now(look, Some(id)).await });
                }
                Some(Order::Acknowledged { sequence, wanted }) => {
                    self.reader.reporter.acknowledged(sequence, &wanted);
                    let again = missing(plan.as_ref(), &wanted);
                    if !wanted.is_empty() && looks.len() < MAX_LOOKS {
                        let reader = Arc::clone(&self.reader);
                        looks.spawn(async move { reader.look_now(again, None).await });
                    }
                }
            }
        }
    }

    /// The time between two looks at a peer.
    fn interval(&self, plan: Option<&Plan>) -> Duration {
        rounds::interval(&self.reader.settings, plan)
    }

    /// Begins the rounds of `plan`. They end where what this returns is dropped.
    fn begin_rounds(&self, plan: Option<Plan>) -> AbortOnDropHandle<()> {
        let reader = Arc::clone(&self.reader);
        AbortOnDropHandle::new(tokio::spawn(rounds::go_round(reader, plan)))
    }
}

/// How long what has not changed waits to be told: a small part of an interval, so that it is as good
/// as fresh to the coordinator, which lets it decide for three.
fn gather_for(plan: Option<&Plan>) -> Duration {
    let interval = plan.map_or(WITHOUT_PLAN, |plan| Duration::from_millis(plan.interval_ms.into()));
    (interval / 6).clamp(Duration::from_millis(100), Duration::from_secs(10))
}

/// What a look must see again so that the subjects can be sent in full.
fn missing(plan: Option<&Plan>, wanted: &[StatementKey]) -> LookRequest {
    let own = wanted.iter().filter_map(|subject| match subject {
        StatementKey::Own(kind) => Some(*kind),
        StatementKey::Peer(_) => None,
    });
    let is_wanted = |name: &DnsName| {
        wanted.iter().any(|subject| matches!(subject, StatementKey::Peer(peer) if peer == name))
    };
    let targets = plan.map(|plan| plan.targets.as_slice()).unwrap_or_default();
    LookRequest {
        id: 0,
        own: own.collect(),
        targets: targets.iter().filter(|target| is_wanted(&target.name)).cloned().collect(),
        interfaces: plan.map(|plan| plan.interfaces.clone()).unwrap_or_default(),
    }
}
