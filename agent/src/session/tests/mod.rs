//! Sessions and enrolment against a coordinator in this process, over real mutual TLS.

mod renewal;
pub(crate) mod rig;

use std::{
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use epmesh_agent_host::{os::clock::SystemClock, platform::unreadable};
use epmesh_common::{
    facts::{Body, Section, SectionKind, StatementKey, Timestamp},
    rpc::InterfaceId,
};
use epmesh_proto::v1::{self as proto, ToAgent, from_agent, to_agent};
use rcgen::{CertificateParams, KeyPair};
use tokio::{net::TcpListener, sync::mpsc, time::timeout};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use self::rig::*;
use super::*;
use crate::app::{config::Config, run};

#[tokio::test]
async fn what_was_kept_offline_is_delivered_in_order_and_kept_until_acknowledged() {
    let authority = Arc::new(Authority::new());
    let dir = tempfile::tempdir().expect("a directory");
    // A port where nobody listens until later.
    let at = {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        listener.local_addr().expect("its address")
    };
    let url = format!("https://localhost:{}", at.port());
    let mut agent = Agent::start(dir.path(), authority.identity(&url), vec![url]);
    for text in ["a", "b", "c"] {
        agent.push(text).await;
    }
    let mut coordinator = Running::start(&authority, Some(at)).await;
    let mut session = coordinator.session().await;
    session.welcome().await;
    assert_eq!(agent.order().await, Order::Welcomed { held: Vec::new() });
    for sequence in 1..=3 {
        assert_eq!(session.report().await.sequence, sequence);
    }
    session.acknowledge(2, Vec::new()).await;
    assert_eq!(agent.order().await, Order::Acknowledged { sequence: 2, wanted: Vec::new() });
    assert_eq!(agent.outbox.waiting().await, 1);

    // The session breaks: what was not acknowledged comes again, on the next one.
    drop(session);
    let mut session = coordinator.session().await;
    session.welcome().await;
    assert_eq!(session.report().await.sequence, 3);
    session.acknowledge(3, Vec::new()).await;
    while agent.order().await != (Order::Acknowledged { sequence: 3, wanted: Vec::new() }) {}
    assert_eq!(agent.outbox.waiting().await, 0);
    agent.stop().await;
    coordinator.task.abort();
}

#[tokio::test]
async fn no_more_than_the_window_is_on_its_way() {
    let Stage { authority, dir, mut coordinator, url } = Stage::new().await;
    let agent = Agent::start(dir.path(), authority.identity(&url), vec![url]);
    for at in 0..20 {
        agent.push(&at.to_string()).await;
    }
    let mut session = coordinator.session().await;
    session.welcome().await;
    for sequence in 1..=16 {
        assert_eq!(session.report().await.sequence, sequence);
    }
    assert!(session.heard.try_recv().is_err(), "the window is 16");
    session.acknowledge(1, Vec::new()).await;
    assert_eq!(session.report().await.sequence, 17);
    assert!(session.heard.try_recv().is_err(), "one acknowledged, one sent");
    agent.stop().await;
    coordinator.task.abort();
}

#[tokio::test]
async fn another_coordinator_is_tried_and_a_stranger_is_not_trusted() {
    let authority = Arc::new(Authority::new());
    let stranger = Arc::new(Authority::new());
    let dir = tempfile::tempdir().expect("a directory");
    let mut wrong = Running::start(&stranger, None).await;
    let mut right = Running::start(&authority, None).await;
    let agent =
        Agent::start(dir.path(), authority.identity(&wrong.url()), vec![wrong.url(), right.url()]);
    let mut session = right.session().await;
    session.welcome().await;
    assert!(wrong.sessions.try_recv().is_err());
    agent.stop().await;
    wrong.task.abort();
    right.task.abort();
}

#[tokio::test]
async fn an_acknowledgement_of_what_was_not_sent_ends_the_session() {
    let Stage { authority, dir, mut coordinator, url } = Stage::new().await;
    let agent = Agent::start(dir.path(), authority.identity(&url), vec![url]);
    let mut session = coordinator.session().await;
    session.welcome().await;
    agent.push("a").await;
    assert_eq!(session.report().await.sequence, 1);
    session.acknowledge(99, Vec::new()).await;
    let mut again = coordinator.session().await;
    again.welcome().await;
    assert_eq!(again.report().await.sequence, 1, "nothing is lost");
    agent.stop().await;
    coordinator.task.abort();
}

#[tokio::test]
async fn enrolment_trusts_the_token_and_nobody_else() {
    let authority = Arc::new(Authority::new());
    let coordinator = Running::start(&authority, None).await;
    let mut enrolment = Enrolment {
        coordinator: coordinator.url(),
        server_name: None,
        token: authority.token(),
        name: "dc1.lab.test".parse().expect("a name"),
        key: None,
    };
    let identity = enrol(&enrolment).await.expect("it is let in");
    assert_eq!(identity.authority, authority.issuer.pem());

    enrolment.name = "dc2.lab.test".parse().expect("a name");
    let refused = enrol(&enrolment).await.expect_err("the token is not for dc2");
    assert!(
        matches!(&refused, EnrolError::Refused { message } if message == "not for dc2.lab.test")
    );

    enrolment.token = Authority::new().token();
    let distrusted = enrol(&enrolment).await.expect_err("another authority");
    assert!(matches!(distrusted, EnrolError::Connect { .. }), "{distrusted:?}");

    enrolment.token = authority.token();
    enrolment.coordinator = format!("https://127.0.0.1:{}", coordinator.address.port());
    let misnamed = enrol(&enrolment).await.expect_err("its certificate is for localhost");
    assert!(matches!(misnamed, EnrolError::Connect { .. }), "{misnamed:?}");
    coordinator.task.abort();
}

/// A host of which nothing can be read, and whose endpoint map makes the platform panic.
struct Featureless;

#[tonic::async_trait]
impl epmesh_agent_host::platform::Platform for Featureless {
    fn kind(&self) -> epmesh_common::facts::Platform {
        epmesh_common::facts::Platform::Simulated
    }

    async fn collect(&self, kind: SectionKind, _: std::time::Instant) -> Section {
        assert_ne!(kind, SectionKind::EndpointMap, "a bug in a platform");
        let name = "dc1.lab.test".parse().expect("a name");
        unreadable(kind, self.kind(), &name, "it is blank")
    }
}

/// Sees nothing of anybody, but says so.
struct Blind;

#[tonic::async_trait]
impl crate::probe::Peers for Blind {
    async fn look(
        &self,
        target: &epmesh_common::facts::Target,
        _: &[InterfaceId],
        _: &epmesh_common::facts::Resolver,
    ) -> epmesh_common::facts::PeerObservation {
        epmesh_common::facts::PeerObservation {
            peer: target.name.clone(),
            dsa_guid: None,
            lookups: Vec::new(),
            addresses: Vec::new(),
        }
    }
}

#[tokio::test]
async fn a_whole_agent_reports_goes_round_and_looks_when_told() {
    let authority = Arc::new(Authority::new());
    let dir = tempfile::tempdir().expect("a directory");
    let mut coordinator = Running::start(&authority, None).await;
    let shutdown = CancellationToken::new();
    let parts = run::Parts {
        config: Config { state_dir: dir.path().to_owned(), ..Config::default() },
        identity: authority.identity(&coordinator.url()),
        platform: Arc::new(Featureless),
        peers: Some(Arc::new(Blind)),
        clock: Arc::new(SystemClock),
    };
    let running = tokio::spawn(run::run(parts, shutdown.clone()));
    let mut session = coordinator.session().await;
    session.welcome().await;

    // Without a plan: its own facts, the section that broke among them.
    let first = session.report().await;
    assert_eq!(first.statements.len(), SectionKind::ALL.len());
    let map = first.statements.iter().find_map(|statement| match &statement.body {
        Some(Body::Own(section)) => match &**section {
            Section::EndpointMap(map) => Some(map.clone()),
            _ => None,
        },
        _ => None,
    });
    assert!(map.is_some_and(|map| map.own().is_none()), "it could not be read, and says so");
    session.acknowledge(first.sequence, Vec::new()).await;

    // With a plan: a whole round at once; what the coordinator holds comes by digest alone.
    let target = proto::Target { name: "dc2.lab.test".to_owned(), ..proto::Target::default() };
    session
        .say(to_agent::Message::Plan(proto::Plan {
            version: 1,
            interval_ms: 6_000,
            targets: vec![target.clone()],
            interfaces: Vec::new(),
        }))
        .await;
    let (mut own, mut peers, mut last) = (0, 0, 0);
    while own < SectionKind::ALL.len() || peers < 1 {
        let report = session.report().await;
        last = report.sequence;
        for statement in report.statements {
            match statement.subject {
                StatementKey::Own(_) => {
                    assert_eq!(statement.body, None, "{:?} is held already", statement.subject);
                    own += 1;
                }
                StatementKey::Peer(_) => {
                    assert!(statement.body.is_some());
                    peers += 1;
                }
            }
        }
    }
    session.acknowledge(last, Vec::new()).await;

    // Told to look: one report, then the word that it is done.
    session
        .say(to_agent::Message::Look(proto::Look {
            id: 42,
            own: vec![proto::SectionKind::Host.into()],
            targets: vec![target],
            interfaces: Vec::new(),
        }))
        .await;
    let report = session.report().await;
    assert_eq!(report.statements.len(), 2);
    match session.next().await {
        from_agent::Message::LookDone(done) => {
            assert_eq!((done.id, done.sequence), (42, report.sequence));
        }
        other => panic!("not done: {other:?}"),
    }

    // What it sent by digest is wanted in full after all.
    let subject = proto::Subject {
        subject: Some(proto::subject::Subject::Own(proto::SectionKind::Host.into())),
    };
    session.acknowledge(report.sequence, vec![subject]).await;
    let again = session.report().await;
    assert_eq!(again.statements.len(), 1);
    assert!(again.statements[0].body.is_some());

    shutdown.cancel();
    timeout(LONG, running).await.expect("in time").expect("no panic").expect("no error");
    assert!(dir.path().join("plan.json").exists());
    coordinator.task.abort();
}
