//! An agent's identity over time, with the real agent and the real coordinator: renewed again and
//! again, revoked, taken back.
#![cfg(test)]

use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use epmesh::{
    config::ServeOptions,
    fleet::DcStatus,
    query::NewToken,
    serve::{Bound, serve},
};
use epmesh_agent::{
    app::config::{Config, Probe},
    app::run::{self, Parts},
    enrolment::enroll,
    probe::Peers,
    session::Identity,
};
use epmesh_agent_host::{
    os::clock::SystemClock,
    platform::{Platform, unreadable},
};
use epmesh_common::{
    facts::{
        Blank, Directory, DnsName, NtdsSettings, PeerObservation, Platform as Kind, Reading,
        Resolver, Section, SectionKind, Target,
    },
    rpc::InterfaceId,
};
use epmesh_proto::v1::{
    CreateTokenRequest, DcsRequest, ReleaseRequest, RevokeRequest, create_token_request::Scope,
    operate_client::OperateClient, query_client::QueryClient,
};
use tokio::{sync::oneshot, task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity as TlsIdentity};

const DC: &str = "dc1.lab.test";
const PEER: &str = "dc2.lab.test";

/// Far longer than anything here takes; reached only when a test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// Knows of one peer and nothing else.
struct Host;

#[tonic::async_trait]
impl Platform for Host {
    fn kind(&self) -> Kind {
        Kind::Simulated
    }

    async fn collect(&self, kind: SectionKind, _: std::time::Instant) -> Section {
        if kind != SectionKind::Directory {
            return unreadable(kind, self.kind(), &name(DC), "it has none");
        }
        let row = |dc: &str| NtdsSettings {
            server: dc.to_owned(),
            host: Some(name(dc)),
            dsa_guid: uuid::Uuid::from_u128(1 + u128::from(dc == DC)),
            site: None,
            created: None,
        };
        Section::Directory(Directory {
            settings: Reading::Value(vec![row(DC), row(PEER)]),
            ..Directory::blank(&Blank::Absent)
        })
    }
}

/// Counts the looks.
#[derive(Default)]
struct Looks(AtomicUsize);

#[tonic::async_trait]
impl Peers for Looks {
    async fn look(&self, target: &Target, _: &[InterfaceId], _: &Resolver) -> PeerObservation {
        self.0.fetch_add(1, Ordering::SeqCst);
        PeerObservation {
            peer: target.name.clone(),
            dsa_guid: None,
            lookups: Vec::new(),
            addresses: Vec::new(),
        }
    }
}

fn name(text: &str) -> DnsName {
    text.parse().expect("a name")
}

/// Asks until the answer is there.
async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(Instant::now() < end, "waiting for {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

struct Coordinator {
    url: String,
    channel: Channel,
    stop: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Coordinator {
    async fn start(data: &Path, validity: Duration) -> Self {
        let mut options = ServeOptions::new(data.to_owned(), SocketAddr::from(([127, 0, 0, 1], 0)));
        options.interval = Duration::from_secs(1);
        options.agent_validity = validity;
        let stop = CancellationToken::new();
        let (ready, bound) = oneshot::channel::<Bound>();
        let task = tokio::spawn(serve(options, stop.clone(), ready));
        let url = format!("https://{}", bound.await.expect("it starts").listen);
        let read = |file: &str| std::fs::read(data.join("pki").join(file)).expect("it is there");
        let tls = ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(read("ca.pem")))
            .identity(TlsIdentity::from_pem(read("operator.pem"), read("operator.key")));
        let endpoint = Endpoint::from_shared(url.clone()).expect("a URL").tls_config(tls);
        let channel = endpoint.expect("TLS").connect().await.expect("a connection");
        Self { url, channel, stop, task }
    }

    async fn enrol(&self, config: &Config) -> Identity {
        let scope = Some(Scope::Dc(DC.to_owned()));
        let request = CreateTokenRequest { ttl_seconds: 600, scope };
        let made = OperateClient::new(self.channel.clone()).create_token(request).await;
        let made: NewToken =
            serde_json::from_slice(&made.expect("a token").into_inner().json).expect("a token");
        let token = made.token.parse().expect("a token");
        enroll(&config.into(), self.url.clone(), token, name(DC)).await.expect("it is let in")
    }

    async fn status(&self) -> Option<DcStatus> {
        let answer = QueryClient::new(self.channel.clone()).dcs(DcsRequest {}).await;
        let all: Vec<DcStatus> =
            serde_json::from_slice(&answer.expect("an answer").into_inner().json).expect("rows");
        all.into_iter().find(|status| status.name == name(DC))
    }

    async fn stop(self) {
        self.stop.cancel();
        drop(self.channel);
        self.task.await.expect("no panic").expect("it ends in order");
    }
}

struct Agent {
    config: Config,
    looks: Arc<Looks>,
    stop: CancellationToken,
    task: JoinHandle<Result<(), epmesh_agent::session::SpoolError>>,
}

impl Agent {
    fn start(config: Config, identity: Identity) -> Self {
        let (looks, stop) = (Arc::new(Looks::default()), CancellationToken::new());
        let peers: Arc<dyn Peers> = Arc::<Looks>::clone(&looks);
        let parts = Parts {
            config: config.clone(),
            identity,
            platform: Arc::new(Host),
            peers: Some(peers),
            clock: Arc::new(SystemClock),
        };
        let task = tokio::spawn(run::run(parts, stop.clone()));
        Self { config, looks, stop, task }
    }

    fn looks(&self) -> usize {
        self.looks.0.load(Ordering::SeqCst)
    }

    async fn stop(self) {
        self.stop.cancel();
        self.task.await.expect("no panic").expect("it ends in order");
    }
}

fn config(state: &Path) -> Config {
    let mut config = Config { state_dir: state.to_owned(), ..Config::default() };
    config.probe =
        Probe { concurrency: 4, min_interval: Duration::from_millis(500), ..config.probe };
    config
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_are_renewed_one_after_the_other_and_reports_go_on() {
    let dir = tempfile::tempdir().expect("a directory");
    let coordinator =
        Coordinator::start(&dir.path().join("coordinator"), Duration::from_secs(9)).await;
    let config = config(&dir.path().join("agent"));
    let first = coordinator.enrol(&config).await;
    let agent = Agent::start(config.clone(), first.clone());
    let mut identity = first.clone();
    for _ in 0..3 {
        identity = until("another identity", async || {
            Identity::load(&config.state_dir).ok().filter(|kept| kept.key != identity.key)
        })
        .await;
        assert_eq!((&identity.name, &identity.authority), (&first.name, &first.authority));
        // It reports with the new one.
        let since = coordinator.status().await.and_then(|status| status.last_seen);
        let status = until("a report", async || {
            coordinator.status().await.filter(|now| now.connected && now.last_seen > since)
        })
        .await;
        assert_eq!((status.dropped, status.notes), (0, Vec::new()));
    }
    agent.stop().await;
    coordinator.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_agent_stops_looking_and_comes_back_once_enrolled_anew() {
    let dir = tempfile::tempdir().expect("a directory");
    let data = dir.path().join("coordinator");
    let coordinator = Coordinator::start(&data, Duration::from_secs(86_400)).await;
    let config = config(&dir.path().join("agent"));
    let identity = coordinator.enrol(&config).await;
    let agent = Agent::start(config.clone(), identity);
    until("some looks", async || (agent.looks() > 2).then_some(())).await;

    let mut operate = OperateClient::new(coordinator.channel.clone());
    operate.revoke(RevokeRequest { dc: DC.to_owned() }).await.expect("it is enrolled");
    let status = coordinator.status().await.expect("it is listed");
    assert!(!status.agent && !status.connected, "{status:?}");
    assert!(status.notes.iter().any(|note| note.contains("revoked")), "{status:?}");
    let plan = agent.config.state_dir.join("plan.json");
    until("the plan to be forgotten", async || (!plan.exists()).then_some(())).await;
    // An interval is a second: were it still looking, there would be more by now.
    let looks = agent.looks();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(agent.looks(), looks, "it looks at nobody");
    assert!(!coordinator.status().await.expect("it is listed").connected);

    operate.release(ReleaseRequest { dc: DC.to_owned() }).await.expect("it was enrolled");
    coordinator.enrol(&agent.config).await;
    until("looks", async || (agent.looks() > looks + 1).then_some(())).await;
    let status =
        until("a session", async || coordinator.status().await.filter(|status| status.connected))
            .await;
    assert!(status.agent, "{status:?}");
    agent.stop().await;
    coordinator.stop().await;
}
