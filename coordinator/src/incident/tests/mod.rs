//! Lives of incidents, from verdicts to what receivers are told. Time comes in as an argument.

mod adverse;
mod histories;
mod lives;
mod moves_on;
mod operators;

use std::{sync::Arc, time::Duration};

use epmesh_common::{
    diagnosis::{
        CandidateFault, Cause, Confidence, Evidence, Fault, Link, ProvenReachable, Side, State,
        Traffic, Verdict, diagnose,
    },
    facts::{Body, DnsName, Report, Section, Timestamp},
    rpc::InterfaceId,
    windows::ClientProtocolRule,
};
use serde_json::Value;
use uuid::Uuid;

use super::{
    Damping, EntryKind, IncidentDocument, IncidentError, Incidents, Record, Status,
    book::IncidentBook,
};
use crate::{
    alert::{Alerts, Receiver},
    clock,
    fleet::{
        Fleet, Settings, View,
        samples::{DRSUAPI, directory, host, name},
    },
    store::{MAX_VALUE, MemoryStore, Prefix, Space, Store, record, scan_all},
};

const INTERVAL: Duration = Duration::from_secs(60);
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn dc(number: usize) -> DnsName {
    name(&format!("dc{number}.lab.test"))
}

fn blank(link: &Link, state: State, cause: Cause, side: Side) -> Verdict {
    let nothing = Evidence::empty(link.clone(), 180_000);
    let verdict = diagnose(&nothing, Timestamp::from_millis(1));
    Verdict { state, cause, side, confidence: Confidence::Likely, ..verdict }
}

fn unknown(link: &Link) -> Verdict {
    blank(link, State::Unknown, Cause::Unknown, Side::None)
}

fn healthy(link: &Link) -> Verdict {
    let works = ProvenReachable {
        at: Some(Timestamp::from_millis(1)),
        mapper: true,
        port: Some(49_152),
        dynamic: true,
        ..ProvenReachable::default()
    };
    Verdict { works, ..blank(link, State::Healthy, Cause::Healthy, Side::None) }
}

fn failing(link: &Link, cause: Cause, side: Side, faults: Vec<Fault>) -> Verdict {
    let candidate = |fault| CandidateFault { cause, side, fault, places: Vec::new() };
    let candidates = faults.into_iter().map(candidate).collect();
    let works =
        ProvenReachable { at: Some(Timestamp::from_millis(1)), ..ProvenReachable::default() };
    Verdict { candidates, works, ..blank(link, State::Failing, cause, side) }
}

/// The service of the source has died.
fn died(link: &Link) -> Verdict {
    let (dc, service) = (link.source.clone(), "NTDS".to_owned());
    let service = Fault::Service { dc, service };
    failing(link, Cause::ServiceDied, Side::Source, vec![service])
}

/// Nothing comes back from port 135: the way, or the source.
fn silent(link: &Link) -> Verdict {
    let (from, to, traffic) =
        (link.destination.clone(), link.source.clone(), Traffic::EndpointMapper);
    let path = Fault::Path { from, to: to.clone(), traffic };
    let all = Fault::Dc { dc: to, traffic };
    failing(link, Cause::EpmUnreachable, Side::Network, vec![path, all])
}

fn latent(verdict: Verdict) -> Verdict {
    Verdict { state: State::Latent, ..verdict }
}

/// A fleet, its incidents and one receiver that nobody listens for: what is told stays in the outbox.
struct Stage {
    base: Timestamp,
    count: usize,
    interfaces: Vec<InterfaceId>,
    store: Arc<dyn Store>,
    fleet: Arc<Fleet>,
    alerts: Arc<Alerts>,
    incidents: Arc<Incidents>,
}

impl Stage {
    async fn new(count: usize) -> Self {
        Self::with_interfaces(count, vec![DRSUAPI]).await
    }

    async fn with_interfaces(count: usize, interfaces: Vec<InterfaceId>) -> Self {
        Self::open(clock::now(), count, interfaces, Arc::new(MemoryStore::new())).await
    }

    async fn open(
        base: Timestamp,
        count: usize,
        interfaces: Vec<InterfaceId>,
        store: Arc<dyn Store>,
    ) -> Self {
        let fleet = Fleet::new(Settings {
            interval: INTERVAL,
            interfaces: interfaces.clone(),
            client_protocols: ClientProtocolRule::default(),
            history: crate::fleet::HISTORY,
        });
        let receiver = Receiver::new("ops", "http://127.0.0.1:9/", SECRET).expect("a receiver");
        let alerts = Alerts::open(Arc::clone(&store), vec![receiver]).await.expect("an outbox");
        let damping = Damping::usual(INTERVAL);
        let opened =
            Incidents::open(Arc::clone(&store), Arc::clone(&alerts), Arc::clone(&fleet), damping)
                .await;
        let incidents = opened.expect("the incidents");
        let stage = Self { base, count, interfaces, store, fleet, alerts, incidents };
        stage.watch();
        stage
    }

    /// The stage after the coordinator was killed: all that is left is the store. The facts are not in it here,
    /// as after a store that was lost.
    async fn killed(self) -> Self {
        let Self { base, count, interfaces, store, .. } = self;
        Self::open(base, count, interfaces, store).await
    }

    fn time(&self, second: u64) -> Timestamp {
        self.base.plus(Duration::from_secs(second))
    }

    /// Every domain controller says who it is and whom its directory holds: all look at all.
    fn watch(&self) {
        let names: Vec<String> = (1..=self.count).map(|number| dc(number).to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.fleet.change(|view| {
            for number in 1..=self.count {
                view.enrolled(&dc(number));
                let sections = [
                    Section::Host(host(dc(number).as_str(), &[&format!("10.0.0.{number}")])),
                    Section::Directory(directory(&names)),
                ];
                let bodies = sections.into_iter().map(|section| Body::Own(Box::new(section)));
                let statements = bodies.map(|body| body.stated(self.base)).collect();
                let (at, notes) = (self.base, Vec::new());
                let report = Report { sequence: 1, at, statements, dropped: 0, notes };
                let staged = view.stage(&dc(number), report, at, at);
                view.apply(staged);
            }
            view.rearrange(self.base);
        });
    }

    /// Every link is judged at a second, and what is due is done.
    async fn judged(&self, second: u64, judge: impl Fn(usize, usize, &Link) -> Verdict) {
        self.record(second, judge);
        self.fleet.change(View::regroup);
        self.waited(second).await;
    }

    /// Every link is judged at a second, and the incidents are not worked out.
    fn record(&self, second: u64, judge: impl Fn(usize, usize, &Link) -> Verdict) {
        self.fleet.change(|view| {
            for from in 1..=self.count {
                for to in (1..=self.count).filter(|to| *to != from) {
                    for interface in &self.interfaces {
                        let (destination, source, interface) = (dc(from), dc(to), *interface);
                        let link = Link { destination, source, interface };
                        view.record_verdict(&link, judge(from, to, &link), self.time(second));
                    }
                }
            }
        });
    }

    /// Time passes.
    async fn waited(&self, second: u64) {
        self.incidents.turn(self.time(second)).await.expect("the store works");
    }

    /// Every minute the same verdicts, from one second to another.
    async fn stays(&self, from: u64, to: u64, judge: impl Fn(usize, usize, &Link) -> Verdict) {
        let mut second = from;
        while second <= to {
            self.judged(second, &judge).await;
            second += 60;
        }
        self.waited(to).await;
    }

    /// What was told, oldest first.
    async fn told(&self) -> Vec<String> {
        let mut kinds: Vec<String> =
            self.alerts.list().await.into_iter().map(|record| record.kind).collect();
        kinds.reverse();
        kinds
    }

    async fn bodies(&self) -> Vec<Value> {
        let mut records = self.alerts.list().await;
        records.reverse();
        let body = |text: &str| serde_json::from_str(text).expect("JSON");
        records.iter().map(|record| body(&record.body)).collect()
    }

    async fn all(&self) -> Vec<IncidentDocument> {
        let mut documents = Vec::new();
        for row in self.incidents.list(true).await.incidents {
            documents.push(self.incidents.get(&row.id).await.expect("it was just listed"));
        }
        documents
    }

    async fn only(&self) -> IncidentDocument {
        let mut all = self.all().await;
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }
}

/// The fault is on links to the first domain controller.
fn to_first(verdict: impl Fn(&Link) -> Verdict) -> impl Fn(usize, usize, &Link) -> Verdict {
    move |_, to, link| if to == 1 { verdict(link) } else { healthy(link) }
}

/// The second sees nothing of the first; of the others' paths there nobody knows.
fn one_path_to_first(from: usize, to: usize, link: &Link) -> Verdict {
    match (from, to) {
        (2, 1) => silent(link),
        (_, 1) => unknown(link),
        _ => healthy(link),
    }
}

fn all_well(_: usize, _: usize, link: &Link) -> Verdict {
    healthy(link)
}

fn nobody_sees(_: usize, _: usize, link: &Link) -> Verdict {
    unknown(link)
}

const OPENED: &str = "incident.opened";
const CHANGED: &str = "incident.changed";
const RESOLVED: &str = "incident.resolved";
const REOPENED: &str = "incident.reopened";
