//! The certificate over time, and refusals.

use epmesh_agent_host::os::clock::Clock;
use epmesh_common::error::chain;
use rcgen::date_time_ymd;
use rustls_pki_types::{CertificateDer, pem::PemObject as _};

use super::*;
use crate::session::{
    renewal::CurrentIdentity,
    stream::{Refusal, Stream},
};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A clock that is wrong by so many days.
struct Off(i32);

impl Clock for Off {
    fn now(&self) -> Timestamp {
        let by = DAY * self.0.unsigned_abs();
        let right = SystemClock.now();
        if self.0 < 0 { right.minus(by) } else { right.plus(by) }
    }
}

/// An identity that is valid from so many days before now to so many days after.
fn identity(authority: &Authority, coordinator: &str, before: u32, after: i32) -> Identity {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(vec!["dc1.lab.test".to_owned()]).expect("a name");
    let epoch = date_time_ymd(1970, 1, 1);
    let day = |shift: i32| epoch + Duration::from_millis(Off(shift).now().as_millis());
    params.not_before = day(-i32::try_from(before).expect("few days"));
    params.not_after = day(after);
    let certificate = params.signed_by(&key, &authority.issuer).expect("a certificate");
    Identity {
        key: key.serialize_pem(),
        certificate: certificate.pem(),
        ..authority.identity(coordinator)
    }
}

fn der(identity: &Identity) -> Vec<u8> {
    let pem = identity.certificate.as_bytes();
    CertificateDer::from_pem_slice(pem).expect("a certificate").to_vec()
}

fn settings(dir: &Path, url: String) -> SessionSettings {
    SessionSettings {
        coordinators: vec![url],
        identity_dir: Some(dir.to_owned()),
        renewal: Backoff::between(Duration::from_millis(5), Duration::from_millis(20)),
        ..SessionSettings::default()
    }
}

#[tokio::test]
async fn a_certificate_in_its_last_third_is_renewed_and_nothing_is_lost() {
    let Stage { authority, dir, mut coordinator, url } = Stage::new().await;
    authority.renews.store(true, Ordering::SeqCst);
    let old = identity(&authority, &url, 80, 10);
    old.save(dir.path()).expect("it is kept");
    let settings = settings(dir.path(), url);
    let agent = Agent::start_with(&dir.path().join("spool"), old.clone(), settings);
    let mut session = coordinator.session().await;
    assert_eq!(session.certificate, der(&old));
    agent.push("a").await;
    session.welcome().await;
    assert_eq!(session.report().await.sequence, 1);
    agent.outbox.look_done(42, 1);
    assert!(matches!(session.next().await, from_agent::Message::LookDone(_)));
    session.acknowledge(1, Vec::new()).await;
    // The first session ends by itself, and the next one shows what is on the disk by then.
    assert_eq!(timeout(LONG, session.heard.recv()).await.expect("in time"), None);
    agent.push("b").await;
    agent.outbox.look_done(43, 2);
    let mut session = coordinator.session().await;
    let new = Identity::load(dir.path()).expect("it is there");
    assert_ne!(new.key, old.key);
    assert_eq!(session.certificate, der(&new));
    session.welcome().await;
    assert_eq!(session.report().await.sequence, 2);
    match session.next().await {
        from_agent::Message::LookDone(done) => assert_eq!(done.id, 43, "it is still awaited"),
        other => panic!("not done: {other:?}"),
    }
    session.acknowledge(2, Vec::new()).await;
    assert_eq!(authority.asked.load(Ordering::SeqCst), 1, "the new one is not renewed");
    agent.stop().await;
    coordinator.task.abort();
}

#[tokio::test]
async fn a_renewal_that_fails_is_told_and_tried_again() {
    let Stage { authority, dir, mut coordinator, url } = Stage::new().await;
    let old = identity(&authority, &url, 80, 10);
    let settings = settings(dir.path(), url);
    let agent = Agent::start_with(&dir.path().join("spool"), old.clone(), settings);
    let mut session = coordinator.session().await;
    session.welcome().await;
    for _ in 0..2 {
        let report = session.report().await;
        let note = report.notes.first().expect("it says so");
        assert!(note.contains("runs out at") && note.contains("not now"), "{note}");
        session.acknowledge(report.sequence, Vec::new()).await;
    }
    authority.renews.store(true, Ordering::SeqCst);
    // Reports of failures may still be under way.
    while let Some(message) = timeout(LONG, session.heard.recv()).await.expect("in time") {
        if let Some(from_agent::Message::Report(report)) = message.message {
            // The session may have ended meanwhile.
            let acknowledge = proto::Acknowledge { sequence: report.sequence, wanted: Vec::new() };
            let message = Some(to_agent::Message::Acknowledge(acknowledge));
            let _ = session.say.send(Ok(ToAgent { message })).await;
        }
    }
    let mut session = coordinator.session().await;
    assert_ne!(session.certificate, der(&old));
    session.welcome().await;
    let last = agent.push("c").await;
    let report = loop {
        let report = session.report().await;
        session.acknowledge(report.sequence, Vec::new()).await;
        if report.sequence == last {
            break report;
        }
    };
    assert_eq!(report.notes, [""; 0], "it is over");
    agent.stop().await;
    coordinator.task.abort();
}

/// The disk is full when the new identity is to be kept: the old one is used on.
#[tokio::test]
async fn an_identity_that_cannot_be_kept_is_not_used() {
    let Stage { authority, dir, mut coordinator, url } = Stage::new().await;
    authority.renews.store(true, Ordering::SeqCst);
    let old = identity(&authority, &url, 80, 10);
    let nowhere = dir.path().join("a-file");
    std::fs::write(&nowhere, b"in the way").expect("a file");
    let agent = Agent::start_with(&dir.path().join("spool"), old.clone(), settings(&nowhere, url));
    let mut session = coordinator.session().await;
    session.welcome().await;
    let report = session.report().await;
    assert!(report.notes[0].contains("identity.json"), "{:?}", report.notes);
    drop(session);
    let session = coordinator.session().await;
    assert_eq!(session.certificate, der(&old));
    agent.stop().await;
    coordinator.task.abort();
}

fn current(identity: Identity, clock: impl Clock) -> CurrentIdentity {
    let soon = Backoff::between(Duration::from_secs(1), Duration::from_secs(1));
    CurrentIdentity::new(identity, None, Arc::new(clock), soon, Duration::from_secs(1))
}

/// The coordinator dates certificates, so its clock says when one is to be renewed.
#[test]
fn a_wrong_clock_neither_renews_all_the_time_nor_too_late() {
    let authority = Authority::new();
    let soon = |current: &CurrentIdentity| current.due_in() == Some(Duration::ZERO);
    let told = SystemClock.now().as_millis();

    let mut ahead = current(identity(&authority, "https://c:1", 10, 80), Off(70));
    assert!(soon(&ahead), "nobody told it better");
    ahead.welcomed(0);
    assert!(soon(&ahead), "an older coordinator does not tell");
    ahead.welcomed(told);
    assert!(!soon(&ahead) && ahead.expired().is_none());

    let mut behind = current(identity(&authority, "https://c:1", 80, 10), Off(-70));
    assert!(!soon(&behind));
    behind.welcomed(told);
    assert!(soon(&behind));

    let mut over = current(identity(&authority, "https://c:1", 80, -1), Off(-70));
    assert!(over.expired().is_none());
    over.welcomed(told);
    assert!(over.expired().is_some());
}

/// What a coordinator says when it refuses, the TLS alert among it, is understood.
#[tokio::test]
async fn refusals_are_told_from_failures() {
    let Stage { authority, dir, mut coordinator, url } = Stage::new().await;
    let spool = Spool::open(dir.path(), SpoolLimits::default()).expect("a spool");
    let (outbox, (orders, _kept)) = (Outbox::new(spool), mpsc::channel(64));
    let settings = settings(dir.path(), url.clone());
    let serve = async |identity: Identity| {
        let stream = Stream {
            address: &url,
            settings: &settings,
            identity: &identity,
            goes_on: false,
            outbox: &outbox,
            orders: &orders,
            clock: &SystemClock,
        };
        let mut current = current(identity.clone(), SystemClock);
        timeout(LONG, stream.serve(&mut current, &mut false)).await.expect("in time")
    };
    let expired = serve(identity(&authority, &url, 80, -1)).await.expect_err("it is over");
    assert_eq!(expired.refusal(), Some(Refusal::Expired), "{}", chain(&expired));

    let (ended, ()) = tokio::join!(serve(identity(&authority, &url, 10, 80)), async {
        let session = coordinator.session().await;
        let refused = Status::permission_denied("dc1.lab.test was revoked by an operator");
        session.say.send(Err(refused)).await.expect("it listens");
    });
    let ended = ended.expect_err("it is refused");
    assert_eq!(ended.refusal(), Some(Refusal::Rejected));
    assert!(chain(&ended).contains("was revoked"), "{}", chain(&ended));

    coordinator.task.abort();
    let _ = coordinator.task.await;
    let gone = serve(identity(&authority, &url, 10, 80)).await.expect_err("nobody is there");
    assert_eq!(gone.refusal(), None, "{}", chain(&gone));
}

/// Refused, the agent asks seldom and tells the daemon once; enrolled anew, it comes back by itself.
#[tokio::test]
async fn a_refused_agent_waits_for_a_new_identity() {
    let Stage { authority, dir, mut coordinator, url } = Stage::new().await;
    let old = identity(&authority, &url, 10, 80);
    let mut agent = Agent::start_with(
        &dir.path().join("spool"),
        old.clone(),
        settings(dir.path(), url.clone()),
    );
    let mut session = coordinator.session().await;
    session.welcome().await;
    let refused = Status::permission_denied("dc1.lab.test was revoked by an operator");
    session.say.send(Err(refused)).await.expect("it listens");
    assert_eq!(agent.order().await, Order::Welcomed { held: Vec::new() });
    assert_eq!(agent.order().await, Order::Refused);
    assert!(coordinator.sessions.try_recv().is_err(), "it does not come back at once");
    let new = identity(&authority, &url, 10, 80);
    new.save(dir.path()).expect("it is kept");
    let mut session = coordinator.session().await;
    assert_eq!(session.certificate, der(&new));
    session.welcome().await;
    assert_eq!(agent.order().await, Order::Welcomed { held: Vec::new() });
    agent.stop().await;
    coordinator.task.abort();
}
