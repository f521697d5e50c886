//! Joining, reporting, coming back.

use std::sync::Arc;

use epmesh_common::{
    diagnosis::Link,
    facts::{Body, Digest, EndpointMap, Section, Statement, StatementKey},
    wire::OnWire,
};
use epmesh_proto::v1::{
    self as proto, enrolment_client::EnrolmentClient, operate_client::OperateClient,
};
use rcgen::{CertificateParams, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tonic::Code;

use super::rig::{FakeAgent, Rig, name, soon};
use crate::{
    clock,
    fleet::samples::{DRSUAPI, directory, host, map, seen},
    pki::{Registry, Restriction, days},
    store::{MemoryStore, SledOptions, SledStore, Store},
};

const A: &str = "dc1.lab.test";
const B: &str = "dc2.lab.test";

fn own(section: Section) -> Body {
    Body::Own(Box::new(section))
}

/// A map of so many endpoints that its record does not fit into one value.
fn large_map() -> EndpointMap {
    let mut map = map(true);
    for view in &mut map.views {
        let endpoints = view.endpoints.as_mut().expect("it was read");
        let one = endpoints[0].clone();
        endpoints.extend((0..1500_u32).map(|number| {
            let mut endpoint = one.clone();
            endpoint.binding.endpoint = (10_000 + number).to_string();
            endpoint.annotation = "x".repeat(60);
            endpoint
        }));
    }
    map
}

fn bodies() -> Vec<Body> {
    vec![
        own(Section::Host(host(A, &["10.0.0.1"]))),
        own(Section::EndpointMap(large_map())),
        own(Section::Directory(directory(&[A, B]))),
        Body::Peer(seen(B, "10.0.0.2", true, 3)),
    ]
}

const HELD: [&str; 4] = ["own/directory", "own/endpoint-map", "own/host", "peer/dc2.lab.test"];

/// An agent joins and reports; after a restart of the coordinator nothing is missing.
async fn a_life(directory: &std::path::Path, open: impl AsyncFn() -> Arc<dyn Store>) {
    let rig = Rig::start(directory, open().await).await;
    let identity = rig.enrol(A).await;
    let mut agent = FakeAgent::connect(&rig, &identity, A).await.expect("it is let in");
    assert_eq!(agent.held(), [""; 0]);
    assert_eq!(agent.targets(), [""; 0]);
    let acknowledge = agent.report(1, bodies()).await.expect("it is taken in");
    assert_eq!((acknowledge.sequence, acknowledge.wanted.len()), (1, 0));
    // The directory named a peer: a new plan comes by itself.
    let plan = agent.wait_for_plan(1).await;
    assert_eq!(plan.targets.iter().map(|target| &target.name).collect::<Vec<_>>(), [B]);
    assert_eq!(plan.interfaces.len(), 1);
    let link = Link { destination: name(A), source: name(B), interface: DRSUAPI };
    let before = rig.parts.hub.fleet().evidence(&link);
    drop(agent);
    rig.stop().await;

    let rig = Rig::start(directory, open().await).await;
    let after = rig.parts.hub.fleet().evidence(&link);
    // Large; compared without printing them.
    assert!(after.destination.host.is_some());
    assert!(after.destination.host == before.destination.host);
    assert!(after.destination.endpoint_map == before.destination.endpoint_map);
    assert!(after.destination.directory == before.destination.directory);
    assert_eq!(after.observations, before.observations);
    let turned = Link { destination: name(B), source: name(A), interface: DRSUAPI };
    assert_eq!(rig.parts.hub.fleet().evidence(&turned).registrations.len(), 1);
    let mut agent = FakeAgent::connect(&rig, &identity, A).await.expect("its certificate holds");
    assert_eq!(agent.held(), HELD);
    assert_eq!(agent.targets(), [B]);
    // What is held need not be sent in full; what is not is asked for.
    let now = clock::now();
    let unchanged = bodies().into_iter().map(|body| Statement { body: None, ..body.stated(now) });
    let other = own(Section::Host(host(A, &["10.0.0.9"]))).stated(now);
    let statements = unchanged.skip(1).chain([Statement { body: None, ..other }]).collect();
    agent.send_statements(2, statements).await;
    let acknowledge = agent.acknowledged().await.expect("it is taken in");
    let wanted: Vec<_> = acknowledge.wanted.into_iter().map(StatementKey::from_wire).collect();
    let wanted: Result<Vec<StatementKey>, _> = wanted.into_iter().collect();
    assert_eq!(wanted.expect("subjects")[0].to_string(), "own/host");
    let restated = rig.parts.hub.fleet().evidence(&link).observations[0].at;
    assert!(restated > before.observations[0].at, "seen again, later");
    drop(agent);
    rig.stop().await;
}

/// An agent of a later version has fields that this coordinator does not know, and calls its bodies by other
/// digests. It is asked for none of them again, in a later session neither; only a coordinator that was
/// started anew, which may understand more, asks once.
#[tokio::test]
async fn an_agent_of_another_version_says_everything_once() {
    let directory = tempfile::tempdir().expect("a directory");
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let rig = Rig::start(directory.path(), Arc::clone(&store)).await;
    let identity = rig.enrol(A).await;
    let mut agent = FakeAgent::connect(&rig, &identity, A).await.expect("it is let in");
    let newer = || {
        let bodies = bodies().into_iter().zip(1_u8..);
        bodies.map(|(body, number)| Statement {
            digest: Digest([number; 16]),
            ..body.stated(clock::now())
        })
    };
    let still = || newer().map(|statement| Statement { body: None, ..statement }).collect();
    let held = |agent: &FakeAgent| {
        let held = agent.welcome.held.iter().filter(|held| held.digest[1..] == held.digest[..15]);
        held.count()
    };
    agent.send_statements(1, newer().collect()).await;
    let mut wanted = vec![agent.acknowledged().await.expect("it is taken in").wanted.len()];
    for sequence in 2..5 {
        agent.send_statements(sequence, still()).await;
        wanted.push(agent.acknowledged().await.expect("it is taken in").wanted.len());
    }
    drop(agent);
    let mut agent = FakeAgent::connect(&rig, &identity, A).await.expect("it is let in again");
    assert_eq!(held(&agent), 4, "it is told what it calls them");
    agent.send_statements(5, still()).await;
    wanted.push(agent.acknowledged().await.expect("it is taken in").wanted.len());
    assert_eq!(wanted, [0; 5]);
    drop(agent);
    rig.stop().await;

    let rig = Rig::start(directory.path(), store).await;
    let mut agent = FakeAgent::connect(&rig, &identity, A).await.expect("it is let in again");
    assert_eq!((agent.held().len(), held(&agent)), (4, 0));
    agent.send_statements(6, still()).await;
    assert_eq!(agent.acknowledged().await.expect("it is taken in").wanted.len(), 4);
    agent.send_statements(7, newer().collect()).await;
    assert_eq!(agent.acknowledged().await.expect("it is taken in").wanted.len(), 0);
    agent.send_statements(8, still()).await;
    assert_eq!(agent.acknowledged().await.expect("it is taken in").wanted.len(), 0);
    drop(agent);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_life_in_memory() {
    let directory = tempfile::tempdir().expect("a directory");
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    a_life(directory.path(), async || Arc::clone(&store)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_life_on_disk() {
    let directory = tempfile::tempdir().expect("a directory");
    let last = std::sync::Mutex::new(None::<Arc<SledStore>>);
    let open = async || {
        let before = last.lock().expect("nobody panicked").take();
        if let Some(before) = before {
            before.close().await;
        }
        let options = SledOptions::new(directory.path().join("store"));
        let opened =
            tokio::task::spawn_blocking(move || SledStore::open(options, clock::now().as_millis()));
        let (store, _) = opened.await.expect("no panic").expect("it opens");
        let store = Arc::new(store);
        *last.lock().expect("nobody panicked") = Some(Arc::clone(&store));
        let shared: Arc<dyn Store> = store;
        shared
    };
    a_life(directory.path(), open).await;
}

#[tokio::test]
async fn who_may_not_join_is_told_why() {
    let directory = tempfile::tempdir().expect("a directory");
    let rig = Rig::start(directory.path(), Arc::new(MemoryStore::new())).await;
    let token = rig.token(Restriction::Dc { name: A.to_owned() }).await;
    let refused = rig.enrol_with(&token, B).await.expect_err("it is for another");
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert!(refused.message().contains(A), "{refused}");
    let refused = rig.enrol_with("nonsense", A).await.expect_err("it is no token");
    assert_eq!(refused.code(), Code::PermissionDenied);
    rig.enrol_with(&token, A).await.expect("it is for this one");
    let again = rig.token(Restriction::Dc { name: A.to_owned() }).await;
    let refused = rig.enrol_with(&again, A).await.expect_err("the name is taken");
    assert!(refused.message().contains("release"), "{refused}");
    rig.stop().await;
}

#[tokio::test]
async fn a_new_installation_counts_anew() {
    let directory = tempfile::tempdir().expect("a directory");
    let rig = Rig::start(directory.path(), Arc::new(MemoryStore::new())).await;
    let identity = rig.enrol(A).await;
    let mut agent = FakeAgent::connect(&rig, &identity, A).await.expect("it is let in");
    agent.report(70, bodies()).await.expect("it is taken in");
    rig.registry.release(A).await.expect("it was enrolled");
    rig.parts.hub.released(&name(A));
    let ended = agent.ended().await;
    assert_eq!(ended.code(), Code::PermissionDenied);
    assert!(ended.message().contains("was released"), "{ended}");
    let refused = FakeAgent::connect(&rig, &identity, A).await.err().expect("it is released");
    assert_eq!(refused.code(), Code::PermissionDenied);
    let identity = rig.enrol(A).await;
    let mut agent = FakeAgent::connect(&rig, &identity, A).await.expect("it is let in");
    let moved = vec![own(Section::Host(host(A, &["10.0.0.77"])))];
    agent.report(1, moved).await.expect("it is taken in");
    let status = rig.parts.hub.fleet().statuses().remove(0);
    assert_eq!(status.addresses, ["10.0.0.77".parse::<std::net::IpAddr>().expect("an address")]);
    rig.stop().await;
}

#[tokio::test]
async fn a_revoked_agent_is_cut_off_and_stays_out() {
    let directory = tempfile::tempdir().expect("a directory");
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let rig = Rig::start(directory.path(), Arc::clone(&store)).await;
    let identity = rig.enrol(A).await;
    let mut agent = FakeAgent::connect(&rig, &identity, A).await.expect("it is let in");
    let mut other = FakeAgent::connect(&rig, &rig.enrol(B).await, B).await.expect("it is let in");
    let now = clock::now().as_millis();
    let operator = rig.authority.issue_operator("alice", now, days(1)).expect("a certificate");
    let operator = tonic::transport::Identity::from_pem(operator.chain_pem, operator.key_pem);
    let mut operate = OperateClient::new(rig.channel(Some(operator)).await);
    operate.revoke(proto::RevokeRequest { dc: A.to_owned() }).await.expect("it is enrolled");
    let ended = agent.ended().await;
    assert_eq!(ended.code(), Code::PermissionDenied);
    assert!(ended.message().contains("was revoked"), "{ended}");
    other.report(1, Vec::new()).await.expect("the others go on");
    let unknown = proto::RevokeRequest { dc: "dc9.lab.test".to_owned() };
    let unknown = operate.revoke(unknown).await.expect_err("nobody is enrolled under it");
    assert!(unknown.message().contains("is not enrolled"), "{unknown}");
    rig.stop().await;

    // A coordinator that was started anew knows it still, and says so.
    let rig = Rig::start(directory.path(), store).await;
    let refused = FakeAgent::connect(&rig, &identity, A).await.err().expect("it is barred");
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert!(refused.message().contains("was revoked"), "{refused}");
    let key = KeyPair::generate().expect("a key");
    let request = CertificateParams::default().serialize_request(&key).expect("a request");
    let certificate_request = request.pem().expect("PEM");
    let mut renewing = EnrolmentClient::new(rig.channel(Some(identity)).await);
    let refused = renewing.renew(proto::RenewRequest { certificate_request }).await;
    assert_eq!(refused.expect_err("it is barred").code(), Code::PermissionDenied);
    let token = rig.token(Restriction::Dc { name: A.to_owned() }).await;
    let refused = rig.enrol_with(&token, A).await.expect_err("it is barred");
    assert!(refused.message().contains("epmesh release"), "{refused}");
    let statuses = rig.parts.hub.fleet().statuses();
    let status = statuses.iter().find(|status| status.name == name(A)).expect("it is known");
    assert!(!status.agent && status.notes[0].contains("revoked"), "{status:?}");
    rig.registry.release(A).await.expect("it was enrolled");
    rig.enrol_with(&token, A).await.expect("it may come back");
    rig.stop().await;
}

#[tokio::test]
async fn a_session_ends_with_its_certificate() {
    let directory = tempfile::tempdir().expect("a directory");
    let rig = Rig::start(directory.path(), Arc::new(MemoryStore::new())).await;
    let key = KeyPair::generate().expect("a key");
    let request = CertificateParams::default().serialize_request(&key).expect("a request");
    let token = rig.token(Restriction::Dc { name: A.to_owned() }).await;
    let soon = Registry::new(
        Arc::clone(&rig.parts.hub.store),
        Arc::clone(&rig.authority),
        std::time::Duration::from_secs(2),
    );
    let now = clock::now().as_millis();
    let token = token.parse().expect("a token");
    let issued = soon.enrol(&token, A, &request.pem().expect("PEM"), now).await;
    let issued = issued.expect("it is let in");
    let identity =
        tonic::transport::Identity::from_pem(issued.certificate_pem, key.serialize_pem());
    let mut agent = FakeAgent::connect(&rig, &identity, A).await.expect("it is let in");
    let ended = agent.ended().await;
    assert_eq!(ended.code(), Code::Unauthenticated);
    assert!(ended.message().contains("ran out"), "{ended}");
    rig.stop().await;
}

#[tokio::test]
async fn health_and_readiness_answer() {
    let directory = tempfile::tempdir().expect("a directory");
    let rig = Rig::start(directory.path(), Arc::new(MemoryStore::new())).await;
    for (path, status) in [("/healthz", "200"), ("/readyz", "200"), ("/", "404")] {
        let web = rig.bound.web.expect("it was asked for");
        let mut stream = soon(tokio::net::TcpStream::connect(web)).await.expect("it listens");
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("it reads");
        let mut answer = String::new();
        soon(stream.read_to_string(&mut answer)).await.expect("it answers");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
    }
    rig.stop().await;
}
