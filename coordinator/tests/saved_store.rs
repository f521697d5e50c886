//! A data folder that version 0.1 wrote is opened by this version, with all that is in it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test panics where it is wrong"
)]

use std::{fs, path::Path, sync::Arc, time::Duration};

use epmesh::{
    alert::{Alerts, Receiver, Status as Delivery},
    config::{ServeOptions, default_interfaces},
    fleet::Fleet,
    incident::{EntryKind, Incidents, Status},
    ingest::Hub,
    pki::{Authority, JoinToken, Registry},
    store::{SledOptions, SledStore, Store},
};
use epmesh_common::{
    diagnosis::{Cause, Link, State},
    facts::{DnsName, SectionKind, Timestamp},
};
use tempfile::TempDir;

const SAVED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/store-0.1");

/// When the folder was written: tokens and facts are of that time.
const THEN: Timestamp = Timestamp::from_millis(1_796_004_814_677);

/// The token that was not used, and whose authority it names.
const TOKEN: &str = "epm1.EfmzcVIvKIneH3kOfLnRLA.\
    6ce61774bbdf537bc1a7249cdab2854ce62239a3223656987a3327d24089006b";

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A copy of the folder, opened.
struct Opened {
    folder: TempDir,
    sled: Arc<SledStore>,
    store: Arc<dyn Store>,
}

impl Opened {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(Path::new(SAVED), folder.path());
        let options = SledOptions::new(folder.path().join("store"));
        let (sled, report) = SledStore::open(options, THEN.as_millis()).unwrap();
        assert!(report.recovered_from.is_none() && report.damaged_journal.is_none(), "{report:?}");
        let sled = Arc::new(sled);
        let store: Arc<dyn Store> = Arc::<SledStore>::clone(&sled);
        Self { folder, sled, store }
    }

    async fn fleet(&self) -> Arc<Fleet> {
        let listen = "127.0.0.1:0".parse().unwrap();
        let fleet = Fleet::new(ServeOptions::new(self.folder.path().into(), listen).settings());
        Hub::open(Arc::clone(&self.store), Arc::clone(&fleet)).await.unwrap();
        fleet
    }

    async fn alerts(&self) -> Arc<Alerts> {
        let receiver = Receiver::new("ops", "http://127.0.0.1:9/", SECRET).unwrap();
        Alerts::open(Arc::clone(&self.store), vec![receiver]).await.unwrap()
    }

    async fn incidents(&self) -> Arc<Incidents> {
        let damping = epmesh::incident::Damping::usual(Duration::from_secs(1));
        let (store, alerts) = (Arc::clone(&self.store), self.alerts().await);
        Incidents::open(store, alerts, self.fleet().await, damping).await.unwrap()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn dc(number: usize) -> DnsName {
    format!("dc{number}.lab.test").parse().unwrap()
}

#[tokio::test]
async fn the_facts_of_every_domain_controller_are_there() {
    let opened = Opened::new();
    let fleet = opened.fleet().await;
    fleet.read(|view| {
        for number in 1..=3 {
            let facts = view.facts(&dc(number)).unwrap();
            for kind in [SectionKind::Host, SectionKind::Directory, SectionKind::Services] {
                let at = facts.at(kind).expect("a section");
                assert!(at.until(THEN) < Duration::from_secs(60), "{kind:?} is of {at}");
            }
            assert_ne!(view.acknowledged(&dc(number)).sequence, 0);
        }
        let held = view.held(&dc(2));
        assert_eq!(held.len(), 11 + 2, "sections and peers: {held:?}");
        assert!(view.facts(&dc(2)).unwrap().endpoint_map.is_some());
        let witnesses: Vec<DnsName> =
            view.observations_of(&dc(2)).into_iter().map(|seen| seen.witness).collect();
        assert_eq!(witnesses, [dc(1), dc(3)]);
        let [interface] = default_interfaces()[..] else { panic!("one interface") };
        let link = Link { destination: dc(1), source: dc(2), interface };
        let evidence = view.evidence(&link, THEN);
        assert_eq!(evidence.registrations.len(), 2, "before its service died, and after");
        let verdict = epmesh_common::diagnosis::diagnose(&evidence, THEN);
        assert_eq!((verdict.state, verdict.cause), (State::Failing, Cause::DnsAStale));
    });
    opened.sled.close().await;
}

#[tokio::test]
async fn incidents_are_there_and_go_on() {
    let opened = Opened::new();
    let incidents = opened.incidents().await;
    let list = incidents.list(true).await.incidents;
    let rows: Vec<_> =
        list.iter().map(|row| (row.id.as_str(), row.status, row.cause, row.unseen)).collect();
    let expected = [
        ("00ba33aa", Status::Open, Cause::DnsAStale, 2),
        ("d7dc2eb6", Status::Open, Cause::ServiceDied, 2),
        ("d4e60b75", Status::Resolved, Cause::ServiceDied, 0),
    ];
    assert_eq!(rows, expected);
    let acknowledged = list[0].acknowledged.as_ref().unwrap();
    let note = Some("on it — anna");
    assert_eq!((acknowledged.by.as_str(), acknowledged.note.as_deref()), ("local", note));

    let document = incidents.get("00ba").await.unwrap();
    let kinds: Vec<_> = document.timeline.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [EntryKind::Opened, EntryKind::Acknowledged]);
    assert_eq!(document.links.failing.len(), 2);
    let over = incidents.get("d4e60b75").await.unwrap();
    assert_eq!(over.timeline.last().unwrap().kind, EntryKind::Resolved);

    // Each stored record can be written again at its revision.
    incidents.turn(THEN).await.unwrap();
    incidents.acknowledge("d7dc2eb6", "bert", None).await.unwrap();
    drop(incidents);
    let again = opened.incidents().await.get("d7dc2eb6").await.unwrap();
    assert_eq!(again.row.acknowledged.unwrap().by, "bert");
    opened.sled.close().await;
}

#[tokio::test]
async fn events_wait_in_the_outbox() {
    let opened = Opened::new();
    let events = opened.alerts().await.list().await;
    let of = |record: &epmesh::alert::OutboxRecord| (record.order, record.kind.clone());
    let kinds: Vec<_> = events.iter().map(of).collect();
    let [opened_event, resolved] = ["incident.opened", "incident.resolved"].map(str::to_owned);
    assert_eq!(kinds, [(3, opened_event.clone()), (2, opened_event), (1, resolved)]);
    for event in &events {
        assert!(matches!(event.status, Delivery::Pending { .. }), "{:?}", event.status);
        let body: serde_json::Value = serde_json::from_str(&event.body).unwrap();
        let incident = body["data"]["incident"]["id"].as_str().unwrap();
        assert!(event.subject.starts_with(incident), "{event:?}");
    }
    opened.sled.close().await;
}

#[tokio::test]
async fn the_authority_its_agents_and_its_tokens_are_there() {
    let opened = Opened::new();
    let pki = opened.folder.path().join("pki");
    let authority = Arc::new(Authority::open_or_create(&pki, THEN.as_millis()).unwrap());
    let token: JoinToken = TOKEN.parse().unwrap();
    assert_eq!(authority.fingerprint(), token.fingerprint());
    let validity = Duration::from_secs(3600);
    let registry = Registry::new(Arc::clone(&opened.store), authority, validity);
    let enrolments = registry.enrolments().await.unwrap();
    let names: Vec<_> = enrolments.iter().map(|enrolment| enrolment.name.as_str()).collect();
    assert_eq!(names, ["dc1.lab.test", "dc2.lab.test", "dc3.lab.test"]);
    assert!(enrolments.iter().all(epmesh::pki::Enrolment::is_in_force));
    let uses: usize = registry.tokens().await.unwrap().iter().map(|(_, uses)| uses.len()).sum();
    assert_eq!(uses, 3, "three of four tokens were used");

    let key = rcgen::KeyPair::generate().unwrap();
    let request = rcgen::CertificateParams::default().serialize_request(&key).unwrap();
    let (request, now) = (request.pem().unwrap(), THEN.as_millis());
    let refused = registry.enrol(&token, "dc8.lab.test", &request, now).await;
    assert!(refused.is_err(), "the token is for another one");
    registry.enrol(&token, "dc9.sim.test", &request, now).await.unwrap();
    opened.sled.close().await;
}
