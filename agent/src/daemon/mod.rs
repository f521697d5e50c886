//! The daemon: reads this host's facts, looks at its peers, and reports.

mod attention;
mod ledger;
mod names;
mod peers;
mod round;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use epmesh_common::facts::{
    self, Body, DnsName, LookRequest, PeerObservation, Plan, Resolver, Section, SectionKind,
    Statement, StatementKey, Timestamp,
};
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinSet,
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

pub use self::peers::Peers;
use self::{attention::Attention, ledger::Ledger, round::WITHOUT_PLAN};
use crate::{
    clock::Clock,
    files,
    platform::{Platform, SECTION_TIMEOUT, unreadable},
    session::{Order, Outbox},
};

/// The most looks out of turn at one time.
const MAX_LOOKS: usize = 64;

/// The longest that one look at a peer may take; the probes have their own, shorter bounds.
const LOOK_TIMEOUT: Duration = Duration::from_secs(120);

/// How the daemon works.
#[derive(Clone, Debug)]
pub struct DaemonSettings {
    /// The name of this domain controller.
    pub name: DnsName,
    /// How many peers are looked at at one time; looks out of turn have as many of their own.
    pub concurrency: usize,
    /// The shortest time between two looks at a peer, whatever the plan says.
    pub min_interval: Duration,
    /// Where the plan is kept, so that an agent that starts without a coordinator has one.
    pub state_dir: Option<PathBuf>,
}

/// The daemon.
pub struct Daemon {
    settings: DaemonSettings,
    platform: Arc<dyn Platform>,
    peers: Option<Arc<dyn Peers>>,
    clock: Arc<dyn Clock>,
    outbox: Outbox,
    ledger: Mutex<Ledger>,
    /// What was seen again to be as the coordinator has it, and is told with the next report.
    unchanged: Mutex<BTreeMap<StatementKey, Statement>>,
    /// Held until the report on a peer is on its way: which of two was first is the order in which the
    /// coordinator gets them.
    attention: tokio::sync::Mutex<Attention>,
    /// For the round, and for looks out of turn: these do not wait behind the round.
    permits: [Semaphore; 2],
}

impl std::fmt::Debug for Daemon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Daemon").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Round,
    Look,
}

/// What a look at a peer saw, when it began, and when it was done.
#[derive(Debug)]
struct Seen {
    began: Instant,
    at: Timestamp,
    observation: PeerObservation,
}

/// A body, and when it was seen to be so.
type Stated = (Timestamp, Body);

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
    ) -> Arc<Self> {
        let permits = [(); 2].map(|()| Semaphore::new(settings.concurrency.clamp(1, 1024)));
        Arc::new(Self {
            settings,
            platform,
            peers,
            clock,
            outbox,
            ledger: Mutex::default(),
            unchanged: Mutex::default(),
            attention: tokio::sync::Mutex::default(),
            permits,
        })
    }

    /// Works until `shutdown`, or until nobody can give orders any more.
    pub async fn run(
        self: Arc<Self>,
        mut orders: mpsc::Receiver<Order>,
        shutdown: CancellationToken,
    ) {
        let mut plan = self.kept_plan().await;
        let mut rounds = Some(self.rounds(plan.clone()));
        let mut looks: JoinSet<()> = JoinSet::new();
        let mut told = Instant::now();
        loop {
            let order = tokio::select! {
                () = shutdown.cancelled() => {
                    self.tell_unchanged().await;
                    return;
                }
                () = tokio::time::sleep_until(told + gather_for(plan.as_ref())) => {
                    self.tell_unchanged().await;
                    told = Instant::now();
                    continue;
                }
                Some(_) = looks.join_next() => continue,
                order = orders.recv() => order,
            };
            match order {
                None => return,
                Some(Order::Welcomed { held }) => {
                    self.ledger().welcomed(held);
                    if rounds.is_none() {
                        // It was refused before. The plan comes with the next order.
                        rounds = Some(self.rounds(None));
                    }
                }
                Some(Order::Refused) => {
                    if rounds.take().is_some() {
                        tracing::warn!("nothing is looked at while this agent is refused");
                        looks.abort_all();
                        plan = None;
                        self.forget_plan().await;
                    }
                }
                Some(Order::Plan(new)) => {
                    if plan.as_ref() != Some(&new) {
                        tracing::info!(
                            version = new.version,
                            targets = new.targets.len(),
                            "new plan"
                        );
                        self.keep_plan(new.clone()).await;
                        rounds = Some(self.rounds(Some(new.clone())));
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
                    let daemon = Arc::clone(&self);
                    let id = look.id;
                    let lasting = self.interval(plan.as_ref()) * attention::INTERVALS;
                    self.attention.lock().await.asked(&look, Instant::now(), lasting);
                    looks.spawn(async move { daemon.look_now(look, Some(id)).await });
                }
                Some(Order::Acknowledged { sequence, wanted }) => {
                    self.acknowledged(sequence, &wanted);
                    let again = missing(plan.as_ref(), &wanted);
                    if !wanted.is_empty() && looks.len() < MAX_LOOKS {
                        let daemon = Arc::clone(&self);
                        looks.spawn(async move { daemon.look_now(again, None).await });
                    }
                }
            }
            // Assigned above: the old rounds end where they are dropped.
            let _ = &rounds;
        }
    }

    /// The time between two looks at a peer.
    fn interval(&self, plan: Option<&Plan>) -> Duration {
        plan.map_or(WITHOUT_PLAN, |plan| {
            Duration::from_millis(plan.interval_ms.into()).max(self.settings.min_interval)
        })
    }

    fn rounds(self: &Arc<Self>, plan: Option<Plan>) -> AbortOnDropHandle<()> {
        let daemon = Arc::clone(self);
        AbortOnDropHandle::new(tokio::spawn(async move { daemon.go_round(plan).await }))
    }

    /// Serves one look out of turn: everything at once, one report, and the word that it is done.
    async fn look_now(&self, look: LookRequest, id: Option<u64>) {
        let began = Instant::now();
        let resolver =
            async { if look.targets.is_empty() { None } else { Some(self.resolver().await) } };
        let (own, resolver) = tokio::join!(self.read_all(&look.own, began), resolver);
        let (mut peers, mut notes) = (Vec::new(), Vec::new());
        if let Some(resolver) = resolver {
            let resolver = Arc::new(resolver);
            let seen = futures_of(
                look.targets
                    .iter()
                    .map(|target| self.look_at(target, &look.interfaces, &resolver, Turn::Look)),
            )
            .await;
            for (target, seen) in look.targets.iter().zip(seen) {
                match seen {
                    Some(seen) => peers.push(seen),
                    None => notes.push(format!("{} could not be looked at", target.name)),
                }
            }
        }
        let mut attention = self.attention.lock().await;
        let now = Instant::now();
        let mut bodies = attention.current_own(own, began, Turn::Look, now);
        bodies.extend(attention.current(peers, Turn::Look, now));
        let sequence = self.report(bodies, notes).await;
        drop(attention);
        if let (Some(id), Some(sequence)) = (id, sequence) {
            self.outbox.look_done(id, sequence);
        }
    }

    async fn look_at(
        &self,
        target: &facts::Target,
        interfaces: &[epmesh_common::rpc::InterfaceId],
        resolver: &Resolver,
        turn: Turn,
    ) -> Option<Seen> {
        let [round, look] = &self.permits;
        let _permit = match turn {
            Turn::Round => round,
            Turn::Look => look,
        }
        .acquire()
        .await
        .ok()?;
        let peers = self.peers.as_ref()?;
        let began = Instant::now();
        let (target, interfaces) = self.attention.lock().await.widened(target, interfaces, began);
        let looking = match turn {
            Turn::Round => peers.look(&target, &interfaces, resolver),
            Turn::Look => peers.look_now(&target, &interfaces, resolver),
        };
        let observation = tokio::time::timeout(LOOK_TIMEOUT, looking).await.ok();
        if observation.is_none() {
            tracing::warn!(peer = %target.name, "a look did not end in time");
        }
        Some(Seen { began, at: self.clock.now(), observation: observation? })
    }

    /// Reads sections at the same time, none of them from before `began`; each with when it was read.
    async fn read_all(&self, kinds: &[SectionKind], began: Instant) -> Vec<(Timestamp, Section)> {
        let read = async |kind| {
            let section = self.read(kind, began).await;
            (self.clock.now(), section)
        };
        futures_of(kinds.iter().copied().map(read)).await
    }

    /// Reads one section; one that takes too long or breaks is sent as one that could not be read.
    async fn read(&self, kind: SectionKind, asked: Instant) -> Section {
        let asked = asked.into_std();
        let platform = Arc::clone(&self.platform);
        let reading =
            AbortOnDropHandle::new(tokio::spawn(
                async move { platform.collect(kind, asked).await },
            ));
        let why = match tokio::time::timeout(SECTION_TIMEOUT, reading).await {
            Ok(Ok(section)) if section.kind() == kind => return section,
            Ok(Ok(_)) => "the platform gave another section".to_owned(),
            Ok(Err(_)) => "reading it failed inside the agent".to_owned(),
            Err(_) => format!("reading it took longer than {} s", SECTION_TIMEOUT.as_secs()),
        };
        tracing::warn!(section = %kind, %why, "a section could not be read");
        unreadable(kind, self.platform.kind(), &self.settings.name, &why)
    }

    async fn resolver(&self) -> Resolver {
        match self.read(SectionKind::Resolver, Instant::now()).await {
            Section::Resolver(resolver) => resolver,
            // `read` keeps the kind.
            _ => Resolver::blank(&facts::Blank::Absent),
        }
    }

    /// Sends the bodies as one report; its number.
    async fn report(&self, bodies: Vec<Stated>, mut notes: Vec<String>) -> Option<u64> {
        let statements = self.statements(&bodies, &mut notes);
        self.send(self.clock.now(), statements, notes).await
    }

    /// Sends what has changed at once. The rest, which is nearly all of it nearly always, waits a
    /// little for its like: "still so" is worth its few bytes, and not a report of its own.
    async fn report_news(&self, bodies: Vec<Stated>) {
        let mut notes = Vec::new();
        let statements = self.statements(&bodies, &mut notes);
        let (news, unchanged): (Vec<_>, Vec<_>) =
            statements.into_iter().partition(|statement| statement.body.is_some());
        let unchanged = unchanged.into_iter().map(|it| (it.subject.clone(), it));
        self.unchanged().extend(unchanged);
        if !news.is_empty() || !notes.is_empty() {
            self.send(self.clock.now(), news, notes).await;
        }
    }

    async fn tell_unchanged(&self) {
        if !self.unchanged().is_empty() {
            self.send(self.clock.now(), Vec::new(), Vec::new()).await;
        }
    }

    fn statements(&self, bodies: &[Stated], notes: &mut Vec<String>) -> Vec<Statement> {
        let ledger = self.ledger();
        let mut statements = Vec::with_capacity(bodies.len());
        for (at, body) in bodies {
            match ledger.state(body, *at, notes) {
                Ok(statement) => statements.push(statement),
                Err(error) => notes.push(format!(
                    "{} cannot be sent: {}",
                    body.subject(),
                    epmesh_common::error::chain(&error)
                )),
            }
        }
        statements
    }

    /// Sends the statements, and with them what waits; the report's number.
    async fn send(
        &self,
        at: Timestamp,
        mut statements: Vec<Statement>,
        notes: Vec<String>,
    ) -> Option<u64> {
        let mut unchanged = std::mem::take(&mut *self.unchanged());
        // What is stated now is newer.
        for statement in &statements {
            unchanged.remove(&statement.subject);
        }
        statements.extend(unchanged.into_values());
        let bodies = ledger::bodies(&statements);
        let sequence = self.outbox.push(at, statements, notes).await?;
        self.ledger().sending(sequence, bodies);
        Some(sequence)
    }

    fn acknowledged(&self, sequence: u64, wanted: &[StatementKey]) {
        let mut ledger = self.ledger();
        ledger.acknowledged(sequence);
        ledger.wanted(wanted);
    }

    fn unchanged(&self) -> MutexGuard<'_, BTreeMap<StatementKey, Statement>> {
        self.unchanged.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn kept_plan(&self) -> Option<Plan> {
        let path = self.settings.state_dir.as_ref()?.join("plan.json");
        let text = tokio::fs::read(path).await.ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// So that an agent that is started anew does not look at anybody before it was admitted.
    async fn forget_plan(&self) {
        let Some(dir) = &self.settings.state_dir else { return };
        match tokio::fs::remove_file(dir.join("plan.json")).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(%error, "the plan could not be removed from disk");
            }
            _ => {}
        }
    }

    async fn keep_plan(&self, plan: Plan) {
        let Some(path) = self.settings.state_dir.as_ref().map(|dir| dir.join("plan.json")) else {
            return;
        };
        let kept = tokio::task::spawn_blocking(move || {
            serde_json::to_vec(&plan)
                .map_err(std::io::Error::other)
                .and_then(|text| files::write_private(&path, &text))
        });
        if let Ok(Err(error)) = kept.await {
            tracing::warn!(%error, "the plan could not be kept on disk");
        }
    }
}

/// How long what has not changed waits to be told: a small part of an interval, so that it is as good
/// as fresh to the coordinator, which lets it decide for three.
fn gather_for(plan: Option<&Plan>) -> Duration {
    let interval = plan.map_or(WITHOUT_PLAN, |plan| Duration::from_millis(plan.interval_ms.into()));
    (interval / 6).clamp(Duration::from_millis(100), Duration::from_secs(10))
}

/// All of `work` at the same time, in order.
async fn futures_of<T>(work: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut waiting: Vec<_> = work.map(|one| (Box::pin(one), None)).collect();
    std::future::poll_fn(|context| {
        let mut ready = true;
        for (one, result) in &mut waiting {
            if result.is_none() {
                match one.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *result = Some(value),
                    std::task::Poll::Pending => ready = false,
                }
            }
        }
        if ready { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    waiting.into_iter().filter_map(|(_, result)| result).collect()
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
