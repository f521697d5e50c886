//! The reader of the daemon: sections of this host's own facts, and peers.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use epmesh_agent_host::{
    os::clock::Clock,
    platform::{Platform, SECTION_TIMEOUT, unreadable},
};
use epmesh_common::{
    facts::{
        self, Blank, LookRequest, Reason, ReasonKind, Resolver, Section, SectionKind, Timestamp,
    },
    rpc::InterfaceId,
};
use futures_util::future::join_all;
use tokio::{
    sync::{Mutex, Semaphore},
    time::Instant,
};
use tokio_util::task::AbortOnDropHandle;

use super::{
    on_demand::OnDemand, partners::FailingPartners, reporter::Reporter, settings::DaemonSettings,
    to_report::FinishedLook,
};
use crate::probe::{Peers, Priority};

/// The longest that one look at a peer may take; the probes have their own, shorter bounds.
const LOOK_TIMEOUT: Duration = Duration::from_secs(120);

/// Reads and looks, in the rounds and out of turn.
pub(super) struct Reader {
    pub(super) settings: DaemonSettings,
    platform: Arc<dyn Platform>,
    peers: Option<Arc<dyn Peers>>,
    clock: Arc<dyn Clock>,
    pub(super) reporter: Reporter,
    /// Held until the report on a peer is on its way: which of two was first is the order in which the
    /// coordinator gets them.
    pub(super) on_demand: Mutex<OnDemand>,
    partners: std::sync::Mutex<FailingPartners>,
    /// For the round, and for looks out of turn: these do not wait behind the round.
    permits: [Semaphore; 2],
}

impl Reader {
    pub(super) fn new(
        settings: DaemonSettings,
        platform: Arc<dyn Platform>,
        peers: Option<Arc<dyn Peers>>,
        clock: Arc<dyn Clock>,
        reporter: Reporter,
    ) -> Self {
        let permits = [(); 2].map(|()| Semaphore::new(settings.concurrency.clamp(1, 1024)));
        Self {
            settings,
            platform,
            peers,
            clock,
            reporter,
            on_demand: Mutex::default(),
            partners: std::sync::Mutex::default(),
            permits,
        }
    }

    /// Serves one look out of turn: everything at once, one report, and the word that it is done.
    pub(super) async fn look_now(&self, look: LookRequest, id: Option<u64>) {
        let began = Instant::now();
        let resolver =
            async { if look.targets.is_empty() { None } else { Some(self.resolver().await) } };
        let (own, resolver) = tokio::join!(self.read_all(&look.own, began), resolver);
        let (mut peers, mut notes) = (Vec::new(), Vec::new());
        if let Some(resolver) = resolver {
            let resolver = Arc::new(resolver);
            let looks = join_all(look.targets.iter().map(|target| {
                self.look_at(target, &look.interfaces, &resolver, Priority::OnDemand)
            }))
            .await;
            for (target, done) in look.targets.iter().zip(looks) {
                match done {
                    Some(done) => peers.push(done),
                    None => notes.push(format!("{} could not be looked at", target.name)),
                }
            }
        }
        let mut on_demand = self.on_demand.lock().await;
        let now = Instant::now();
        let mut bodies = on_demand.current_own(own, began, Priority::OnDemand, now);
        bodies.extend(on_demand.current(peers, Priority::OnDemand, now));
        let sequence = self.reporter.report(bodies, notes).await;
        drop(on_demand);
        if let (Some(id), Some(sequence)) = (id, sequence) {
            self.reporter.look_done(id, sequence);
        }
    }

    pub(super) async fn look_at(
        &self,
        target: &facts::Target,
        interfaces: &[InterfaceId],
        resolver: &Resolver,
        priority: Priority,
    ) -> Option<FinishedLook> {
        let [round, on_demand] = &self.permits;
        let _permit = match priority {
            Priority::Round => round,
            Priority::OnDemand => on_demand,
        }
        .acquire()
        .await
        .ok()?;
        let peers = self.peers.as_ref()?;
        let began = Instant::now();
        let (target, interfaces) = self.on_demand.lock().await.widened(target, interfaces, began);
        let looking = match priority {
            Priority::Round => peers.look(&target, &interfaces, resolver),
            Priority::OnDemand => peers.look_now(&target, &interfaces, resolver),
        };
        let observation = tokio::time::timeout(LOOK_TIMEOUT, looking).await.ok();
        if observation.is_none() {
            tracing::warn!(peer = %target.name, "a look did not end in time");
        }
        let observation = observation?;
        self.partners().looked(&observation);
        Some(FinishedLook { began, at: self.clock.now(), observation })
    }

    fn partners(&self) -> std::sync::MutexGuard<'_, FailingPartners> {
        self.partners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads sections at the same time, none of them from before `began`; each with when it was read.
    pub(super) async fn read_all(
        &self,
        kinds: &[SectionKind],
        began: Instant,
    ) -> Vec<(Timestamp, Section)> {
        let read = async |kind| {
            let section = self.read(kind, began).await;
            (self.clock.now(), self.partners().stated(section))
        };
        join_all(kinds.iter().copied().map(read)).await
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
            Ok(Ok(_)) => Reason::from("the platform gave another section"),
            Ok(Err(_)) => Reason::from("reading it failed inside the agent"),
            Err(_) => Reason::of_kind(
                ReasonKind::NoAnswer,
                format!("reading it took longer than {} s", SECTION_TIMEOUT.as_secs()),
            ),
        };
        tracing::warn!(section = %kind, %why, "a section could not be read");
        unreadable(kind, self.platform.kind(), &self.settings.name, why)
    }

    pub(super) async fn resolver(&self) -> Resolver {
        match self.read(SectionKind::Resolver, Instant::now()).await {
            Section::Resolver(resolver) => resolver,
            // `read` keeps the kind.
            _ => Resolver::blank(&Blank::Absent),
        }
    }
}
