//! Lives of incidents, from verdicts to what receivers are told. Time comes in as an argument.

mod adverse;

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
    Damping, EntryKind, IncidentDocument, IncidentError, Incidents, Record, Status, life::Life,
};
use crate::{
    alert::{Alerts, Receiver},
    clock,
    fleet::{
        Fleet, Settings,
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

fn failing(link: &Link, cause: Cause, side: Side, subjects: Vec<Fault>) -> Verdict {
    let root = |subject| CandidateFault { cause, side, fault: subject, places: Vec::new() };
    let candidates = subjects.into_iter().map(root).collect();
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
            Incidents::open(&*store, Arc::clone(&alerts), Arc::clone(&fleet), damping).await;
        let incidents = opened.expect("the incidents");
        let stage = Self { base, count, interfaces, store, fleet, alerts, incidents };
        stage.watch();
        stage
    }

    /// The same after the coordinator was killed: all that is left is the store. The facts are not
    /// in it here, as after a store that was lost.
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
        self.fleet.with(|view| {
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
        self.fleet.with(|view| {
            for from in 1..=self.count {
                for to in (1..=self.count).filter(|to| *to != from) {
                    for interface in &self.interfaces {
                        let (destination, source, interface) = (dc(from), dc(to), *interface);
                        let link = Link { destination, source, interface };
                        view.judge(&link, judge(from, to, &link), self.time(second));
                    }
                }
            }
            view.regroup();
        });
        self.waited(second).await;
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

#[tokio::test]
async fn four_hundred_links_behind_one_dead_service_are_one_event() {
    let mut interfaces = vec![DRSUAPI];
    interfaces.extend((1..16).map(|number| InterfaceId::new(Uuid::from_u128(number), 1, 0)));
    let stage = Stage::with_interfaces(26, interfaces).await;
    stage.stays(0, 300, to_first(died)).await;
    assert_eq!(stage.told().await, [OPENED]);
    let incident = stage.only().await;
    assert_eq!((incident.row.failing, incident.links.failing.len()), (400, 400));
    assert_eq!(incident.row.subject, "service NTDS on dc1.lab.test");
    let event = &stage.bodies().await[0];
    assert_eq!(event["type"], OPENED);
    assert_eq!(event["data"]["incident"]["failing"], 400);
    assert!(event["data"]["verdict"]["state"].is_string());
    assert_eq!(event["data"]["verdict"]["shown"], Value::Null, "{event}");
    stage.stays(360, 600, all_well).await;
    assert_eq!(stage.told().await, [OPENED, RESOLVED]);
}

#[tokio::test]
async fn two_faults_are_two() {
    let stage = Stage::new(5).await;
    let judge = |_: usize, to: usize, link: &Link| if to <= 2 { died(link) } else { healthy(link) };
    stage.stays(0, 120, judge).await;
    assert_eq!(stage.told().await, [OPENED, OPENED]);
    let names: Vec<String> = stage.all().await.into_iter().map(|it| it.row.subject).collect();
    assert_eq!(names, ["service NTDS on dc1.lab.test", "service NTDS on dc2.lab.test"]);
}

#[tokio::test]
async fn a_moment_is_not_told() {
    let stage = Stage::new(3).await;
    stage.judged(0, to_first(died)).await;
    stage.judged(5, all_well).await;
    stage.stays(10, 600, all_well).await;
    assert_eq!(stage.told().await, [""; 0]);
    assert_eq!(stage.all().await, []);
}

#[tokio::test]
async fn what_comes_and_goes_is_told_a_few_times_and_then_stays_open() {
    let stage = Stage::new(3).await;
    // Five minutes bad, five minutes well, for a day.
    for round in 0..144 {
        let began = round * 600;
        stage.stays(began, began + 240, to_first(died)).await;
        stage.stays(began + 300, began + 540, all_well).await;
    }
    let told = stage.told().await;
    assert_eq!(told[..3], [OPENED, RESOLVED, REOPENED]);
    assert!(told.len() <= 8, "{} events of 144 rounds", told.len());
    let incident = stage.only().await;
    assert_eq!(incident.row.status, Status::Open);
    assert!(incident.timeline.iter().any(|entry| entry.kind == EntryKind::CameBack));
    assert!(incident.timeline.len() <= 100 && incident.left_out > 0);
    assert_eq!(incident.timeline[0].kind, EntryKind::Opened);
    // Well for good: it ends.
    stage.stays(86_400, 86_400 + 4_000, all_well).await;
    assert_eq!(stage.told().await.last().map(String::as_str), Some(RESOLVED));
}

#[tokio::test]
async fn what_nobody_sees_is_not_over() {
    let stage = Stage::new(4).await;
    stage.stays(0, 60, to_first(died)).await;
    stage.stays(120, 7_200, nobody_sees).await;
    assert_eq!(stage.told().await, [OPENED]);
    let incident = stage.only().await;
    assert_eq!((incident.row.status, incident.row.unseen), (Status::Open, 3));
    // Two of three are seen to work, the third is not seen: still not over.
    let third = |from: usize, _: usize, link: &Link| match from {
        4 => unknown(link),
        _ => healthy(link),
    };
    stage.stays(7_260, 9_000, third).await;
    assert_eq!(stage.told().await, [OPENED]);
    stage.stays(9_060, 9_300, all_well).await;
    assert_eq!(stage.told().await, [OPENED, RESOLVED]);
}

#[tokio::test]
async fn a_path_that_turns_out_to_be_the_whole_source_is_the_same_incident() {
    let stage = Stage::new(4).await;
    let first = |from: usize, to: usize, link: &Link| match (from, to) {
        (2, 1) => silent(link),
        (_, 1) => unknown(link),
        _ => healthy(link),
    };
    stage.stays(0, 120, first).await;
    let before = stage.only().await;
    assert!(before.row.subject.starts_with("path dc2.lab.test -> dc1.lab.test"));
    stage.stays(180, 600, to_first(silent)).await;
    let after = stage.only().await;
    assert_eq!(after.row.id, before.row.id);
    assert!(after.row.subject.starts_with("dc1.lab.test, towards all"), "{}", after.row.subject);
    assert_eq!(stage.told().await, [OPENED, CHANGED]);
    stage.stays(660, 900, all_well).await;
    assert_eq!(stage.told().await, [OPENED, CHANGED, RESOLVED]);
}

#[tokio::test]
async fn two_that_become_one_leave_one_that_names_the_other() {
    let stage = Stage::new(6).await;
    let paths = |from: usize, to: usize, link: &Link| match (from, to) {
        (2, 1) => silent(link),
        // Only the path explains this one.
        (3, 1) => {
            let mut verdict = silent(link);
            verdict.candidates.truncate(1);
            verdict
        }
        (_, 1) => unknown(link),
        _ => healthy(link),
    };
    stage.stays(0, 120, paths).await;
    assert_eq!(stage.told().await, [OPENED, OPENED]);
    stage.stays(180, 600, to_first(silent)).await;
    let told = stage.told().await;
    assert_eq!(told.iter().filter(|kind| *kind == RESOLVED).count(), 1, "{told:?}");
    let all = stage.all().await;
    let (open, over): (Vec<_>, Vec<_>) = all.iter().partition(|it| it.is_open());
    let why = over[0].why.as_deref().expect("a reason");
    assert!(why.contains(&open[0].row.id), "{why}");
}

#[tokio::test]
async fn an_acknowledged_one_sends_no_changes_and_its_end() {
    let stage = Stage::new(3).await;
    stage.stays(0, 60, to_first(died)).await;
    let id = stage.only().await.row.id;
    let refused = stage.incidents.acknowledge("zz", "anna", None).await;
    assert!(matches!(refused, Err(IncidentError::Unknown(_))));
    stage.incidents.acknowledge(&id[..3], "anna", Some("on it")).await.expect("it is open");
    stage.stays(120, 1_200, to_first(|link| latent(died(link)))).await;
    assert_eq!(stage.told().await, [OPENED]);
    let incident = stage.only().await;
    assert_eq!(incident.row.state, State::Latent);
    let acknowledged = incident.row.acknowledged.expect("it is kept");
    assert_eq!((acknowledged.by.as_str(), acknowledged.note.as_deref()), ("anna", Some("on it")));
    stage.stays(1_260, 1_500, all_well).await;
    assert_eq!(stage.told().await, [OPENED, RESOLVED]);
    let refused = stage.incidents.acknowledge(&id, "anna", None).await;
    assert!(matches!(refused, Err(IncidentError::NotOpen { .. })));
    // Back again: nobody looks after it yet.
    stage.stays(1_560, 1_620, to_first(died)).await;
    assert_eq!(stage.told().await, [OPENED, RESOLVED, REOPENED]);
    assert_eq!(stage.only().await.row.acknowledged, None);
}

#[tokio::test]
async fn a_change_that_nobody_looks_after_is_told_once() {
    let stage = Stage::new(3).await;
    stage.stays(0, 60, to_first(died)).await;
    stage.stays(120, 1_200, to_first(|link| latent(died(link)))).await;
    assert_eq!(stage.told().await, [OPENED, CHANGED]);
}

#[tokio::test]
async fn a_silenced_one_sends_nothing_until_the_silence_ends() {
    let stage = Stage::new(3).await;
    stage.stays(0, 60, to_first(died)).await;
    let id = stage.only().await.row.id;
    let hour = Duration::from_secs(3_600);
    stage.incidents.silence(&id, "anna", hour, "maintenance").await.expect("it is known");
    stage.stays(120, 600, to_first(|link| latent(died(link)))).await;
    stage.stays(660, 1_200, all_well).await;
    assert_eq!(stage.only().await.row.status, Status::Resolved);
    stage.stays(1_260, 2_000, to_first(died)).await;
    assert_eq!(stage.told().await, [OPENED], "receivers know that it is there, and it is");
    stage.stays(2_060, 3_000, all_well).await;
    assert_eq!(stage.told().await, [OPENED]);
    // The silence is over: what is told is what is, not what was.
    stage.waited(3_700).await;
    assert_eq!(stage.told().await, [OPENED, RESOLVED]);
}

#[tokio::test]
async fn what_operators_said_survives_and_a_start_resolves_nothing() {
    let stage = Stage::new(4).await;
    let judge = |_: usize, to: usize, link: &Link| match to {
        1 | 2 => died(link),
        _ => healthy(link),
    };
    stage.stays(0, 60, judge).await;
    let (one, two) = {
        let all = stage.all().await;
        (all[0].row.id.clone(), all[1].row.id.clone())
    };
    stage.incidents.acknowledge(&one, "anna", Some("on it")).await.expect("it is open");
    let day = Duration::from_secs(86_400);
    stage.incidents.silence(&two, "ben", day, "known").await.expect("it is known");
    let before = stage.all().await;

    let stage = stage.killed().await;
    let after = stage.all().await;
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.row.id, after.row.id);
        assert_eq!(before.row.acknowledged, after.row.acknowledged);
        assert_eq!(before.row.silenced, after.row.silenced);
        assert_eq!(before.timeline, after.timeline);
    }
    // Nobody has said anything yet, for two hours: nothing is over, and nothing is told twice.
    stage.waited(7_200).await;
    assert_eq!(stage.told().await, [OPENED, OPENED]);
    assert!(stage.all().await.iter().all(IncidentDocument::is_open));
    stage.stays(7_260, 7_500, judge).await;
    assert_eq!(stage.told().await, [OPENED, OPENED]);
    assert_eq!(stage.all().await.len(), 2, "the same two, not new ones");
    stage.stays(7_560, 7_900, all_well).await;
    assert_eq!(stage.told().await, [OPENED, OPENED, RESOLVED], "one of them is silenced");
}

#[tokio::test]
async fn a_pending_one_cannot_be_acknowledged() {
    let stage = Stage::new(3).await;
    stage.judged(0, to_first(died)).await;
    let id = stage.only().await.row.id;
    let refused = stage.incidents.acknowledge(&id, "anna", None).await.expect_err("it is pending");
    assert!(refused.to_string().contains("is pending"), "{refused}");
}

#[tokio::test]
async fn an_incident_of_thousands_of_links_fits_into_the_store() {
    let stage = Stage::new(3).await;
    stage.stays(0, 60, to_first(died)).await;
    let id = stage.only().await.row.id;
    let mut life = Life::default();
    let prefix = Prefix::space(Space::Alerts);
    let mut all = scan_all(&*stage.store, &prefix, 10).await.expect("it can be read");
    let (key, stored) = all.remove(0);
    let mut record: Record = record::decode(&key, &stored.value).expect("a record");
    let long = "x".repeat(60);
    record.what.links = (0..20_000)
        .map(|number| Link {
            destination: name(&format!("dc{number}.{long}.{long}.{long}.test")),
            source: dc(1),
            interface: DRSUAPI,
        })
        .collect();
    record.what.places = (0..20_000).map(|number| format!("server {number}")).collect();
    for second in 0..500 {
        record.note(stage.time(second), EntryKind::Changed, &"word ".repeat(500));
    }
    let bytes = record::encode(&key, &record.stored()).expect("JSON");
    assert!(bytes.len() < MAX_VALUE, "{} bytes", bytes.len());
    life.restore(record, 1);
    assert_eq!(life.held.keys().next(), Some(&id));
}
