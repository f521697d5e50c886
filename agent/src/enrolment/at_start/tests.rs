//! Enrolment at the start against a coordinator in this process.

use std::{
    collections::VecDeque,
    future::ready,
    sync::atomic::{AtomicBool, Ordering},
};

use epmesh_agent_host::platform::unreadable;
use epmesh_common::facts;
use tokio::{
    net::TcpListener,
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, timeout},
};
use tonic::Status;

use super::*;
use crate::session::{
    JoinToken,
    tests::rig::{Authority, LONG, Running},
};

/// A host that tells its name once `named` is set.
#[derive(Default)]
struct Starting {
    named: AtomicBool,
}

#[tonic::async_trait]
impl Platform for Starting {
    fn kind(&self) -> facts::Platform {
        facts::Platform::Simulated
    }

    async fn collect(&self, kind: SectionKind, _: std::time::Instant) -> Section {
        let named = self.named.load(Ordering::SeqCst);
        let name = if named { "dc1.lab.test".parse().expect("a name") } else { unnamed() };
        unreadable(kind, self.kind(), &name, "not looked at")
    }
}

/// An enrolment of this host with what tells its notices.
struct Enrolling {
    dir: tempfile::TempDir,
    host: Arc<Starting>,
    told: mpsc::UnboundedReceiver<Notice>,
    shutdown: CancellationToken,
    ended: JoinHandle<Result<Option<Identity>, PendingError>>,
}

impl Enrolling {
    fn begin(coordinator: String, token: &JoinToken) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let authority = token.authority();
        let token = format!("epm1.AAAAAAAAAAAAAAAAAAAAAA.{authority}");
        PendingEnrolment { coordinator, token, name: None, key: None }
            .save(dir.path())
            .expect("kept");
        let settings =
            EnrolmentSettings { state_dir: dir.path().to_owned(), server_name: None, name: None };
        let host = Arc::new(Starting::default());
        let platform: Arc<dyn Platform> = host.clone();
        let shutdown = CancellationToken::new();
        let stop = shutdown.clone();
        let (tell, told) = mpsc::unbounded_channel();
        let notices = Notices::to(move |notice| tell.send(notice.clone()).expect("it is heard"));
        let ended =
            tokio::spawn(async move { identity(&settings, &platform, &notices, &stop).await });
        Self { dir, host, told, shutdown, ended }
    }

    async fn notice(&mut self) -> Notice {
        timeout(LONG, self.told.recv()).await.expect("in time").expect("one more")
    }

    /// The key of the pending enrolment, which is there as long as it is not done.
    fn key(&self) -> Option<String> {
        let pending = PendingEnrolment::load(self.dir.path()).expect("it can be read");
        pending.expect("it is pending").key
    }
}

/// Lets `wait` pass for the tasks that sleep now, and for none that waits for a socket later.
async fn pass(wait: Duration) {
    tokio::time::pause();
    tokio::time::advance(wait).await;
    tokio::time::resume();
}

#[tokio::test]
async fn enrols_in_the_end_with_one_key_whatever_came_before() {
    let authority = Arc::new(Authority::new());
    // A port where nobody listens until later.
    let at = {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        listener.local_addr().expect("its address")
    };
    let mut enrolling =
        Enrolling::begin(format!("https://localhost:{}", at.port()), &authority.token());

    let notice = enrolling.notice().await;
    assert!(matches!(&notice, Notice::Unreachable(why) if why.contains("name yet")), "{notice:?}");
    let key = enrolling.key();
    assert!(key.is_some());

    enrolling.host.named.store(true, Ordering::SeqCst);
    pass(UNREACHED.0).await;
    let notice = enrolling.notice().await;
    assert!(matches!(&notice, Notice::Unreachable(why) if why.contains("connect")), "{notice:?}");

    let coordinator = Running::start(&authority, Some(at)).await;
    authority.denials.lock().expect("free").extend([
        Status::unavailable("the disk is full"),
        Status::permission_denied("the name is taken"),
    ]);
    pass(UNREACHED.1).await;
    let notice = enrolling.notice().await;
    assert!(matches!(&notice, Notice::Unreachable(why) if why.contains("disk")), "{notice:?}");
    pass(UNREACHED.1).await;
    let notice = enrolling.notice().await;
    assert!(matches!(&notice, Notice::Refused(why) if why.contains("taken")), "{notice:?}");
    assert_eq!(enrolling.key(), key);

    pass(REFUSED).await;
    let name: DnsName = "dc1.lab.test".parse().expect("a name");
    assert_eq!(enrolling.notice().await, Notice::Enrolled(name));
    let enrolled =
        enrolling.ended.await.expect("no panic").expect("enrolled").expect("not stopped");
    assert_eq!(Some(&enrolled.key), key.as_ref());
    assert_eq!(PendingEnrolment::load(enrolling.dir.path()).expect("that is no error"), None);
    assert_eq!(Identity::load(enrolling.dir.path()).expect("it was kept"), enrolled);
    let keys = authority.keys.lock().expect("free").clone();
    assert_eq!(keys.len(), 3);
    assert!(keys.windows(2).all(|pair| matches!(pair, [one, next] if one == next)));
    coordinator.task.abort();
}

#[tokio::test]
async fn stops_between_two_tries_and_stays_pending() {
    let token = Authority::new().token();
    let mut enrolling = Enrolling::begin("https://localhost:1".to_owned(), &token);
    enrolling.notice().await;
    enrolling.shutdown.cancel();
    assert!(enrolling.ended.await.expect("no panic").expect("that is no error").is_none());
    assert!(PendingEnrolment::load(enrolling.dir.path()).expect("it can be read").is_some());
}

#[tokio::test(start_paused = true)]
async fn waits_longer_where_it_is_refused_and_tells_each_turn_once() {
    let later = || AttemptError::Later("no way there".to_owned());
    let refused = || AttemptError::Refused("not you".to_owned());
    let mut answers: VecDeque<AttemptError> = (0..12).map(|_| later()).collect();
    answers.extend([refused(), refused(), later()]);
    let identity = Authority::new().identity("https://localhost:1");
    let (tell, mut told) = mpsc::unbounded_channel();
    let notices = Notices::to(move |notice| tell.send(notice.clone()).expect("it is heard"));
    let mut tries = Vec::new();
    let enrolled = until_admitted(
        || {
            tries.push(Instant::now());
            ready(answers.pop_front().map_or_else(|| Ok(identity.clone()), Err))
        },
        &notices,
    )
    .await;
    assert_eq!(enrolled, identity);

    let waits: Vec<Duration> = tries.windows(2).map(|pair| pair[1] - pair[0]).collect();
    // Timers go by whole milliseconds, rounded up.
    let millisecond = Duration::from_millis(1);
    let mut bound = UNREACHED.0;
    for wait in &waits[..12] {
        assert!(*wait <= bound + millisecond, "{waits:?}");
        bound = (bound * 2).min(UNREACHED.1);
    }
    assert!(waits[..12].iter().sum::<Duration>() > Duration::ZERO);
    assert_eq!(waits[12..14], [REFUSED, REFUSED]);
    assert!(waits[14] <= UNREACHED.1 + millisecond, "{waits:?}");

    drop(notices);
    let mut turns = Vec::new();
    while let Some(notice) = told.recv().await {
        turns.push(notice);
    }
    let unreachable = Notice::Unreachable("no way there".to_owned());
    assert_eq!(turns, [unreachable.clone(), Notice::Refused("not you".to_owned()), unreachable]);
}
