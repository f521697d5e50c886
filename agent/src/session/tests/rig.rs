//! A coordinator in this process, over real mutual TLS, and agents that connect to it.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use epmesh_agent_host::os::clock::SystemClock;
use epmesh_common::{
    facts::{Blank, Body, Directory, Report, Section, Statement, Timestamp},
    wire::Received,
};
use epmesh_proto::v1::{
    self as proto, FromAgent, ToAgent,
    agents_server::{Agents, AgentsServer},
    enrolment_server::{Enrolment as EnrolmentService, EnrolmentServer},
    from_agent, to_agent,
};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, CertifiedIssuer, IsCa,
    KeyPair, PublicKeyData as _,
};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle, time::timeout};
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tokio_util::sync::CancellationToken;
use tonic::{
    Request, Response, Status, Streaming,
    transport::{Certificate, Identity as TlsIdentity, Server, ServerTlsConfig},
};

use crate::session::*;

/// Longer than anything here takes; reached only when a test fails.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// A certificate authority and what it issues.
pub(crate) struct Authority {
    pub(crate) issuer: CertifiedIssuer<'static, KeyPair>,
    /// Whether certificates are renewed, and how often that was asked for.
    pub(crate) renews: AtomicBool,
    pub(crate) asked: AtomicUsize,
    /// What the next enrolments are answered instead of a certificate, in order.
    pub(crate) denials: Mutex<VecDeque<Status>>,
    /// The keys that enrolments were asked for, in order.
    pub(crate) keys: Mutex<Vec<Vec<u8>>>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self {
            issuer: CertifiedIssuer::self_signed(params, key).expect("a certificate"),
            renews: AtomicBool::new(false),
            asked: AtomicUsize::new(0),
            denials: Mutex::new(VecDeque::new()),
            keys: Mutex::new(Vec::new()),
        }
    }

    pub(crate) fn issue(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        (certificate.pem(), key.serialize_pem())
    }

    pub(crate) fn token(&self) -> JoinToken {
        let fingerprint = Fingerprint::of(self.issuer.der());
        let text = format!("epm1.AAAAAAAAAAAAAAAAAAAAAA.{fingerprint}");
        text.parse().expect("a token")
    }

    pub(crate) fn identity(&self, coordinator: &str) -> Identity {
        let (certificate, key) = self.issue("dc1.lab.test");
        Identity {
            name: "dc1.lab.test".parse().expect("a name"),
            coordinators: vec![coordinator.to_owned()],
            key,
            certificate,
            authority: self.issuer.pem(),
        }
    }
}

/// What a coordinator saw of one session, and the way to talk into it.
pub(crate) struct Session {
    pub(crate) heard: mpsc::Receiver<FromAgent>,
    pub(crate) say: mpsc::Sender<Result<ToAgent, Status>>,
    /// The certificate that the agent showed, DER.
    pub(crate) certificate: Vec<u8>,
}

impl Session {
    pub(crate) async fn next(&mut self) -> from_agent::Message {
        let message = timeout(LONG, self.heard.recv()).await.expect("in time").expect("one more");
        assert!(message.sent_at_ms > 0);
        message.message.expect("it says something")
    }

    pub(crate) async fn report(&mut self) -> Report {
        match self.next().await {
            from_agent::Message::Report(report) => {
                let received = Received::try_from(report).expect("a good report");
                assert_eq!(received.refused, []);
                received.report
            }
            other => panic!("no report: {other:?}"),
        }
    }

    pub(crate) async fn say(&self, message: to_agent::Message) {
        self.say.send(Ok(ToAgent { message: Some(message) })).await.expect("it listens");
    }

    pub(crate) async fn welcome(&mut self) {
        assert!(matches!(self.next().await, from_agent::Message::Hello(_)));
        self.say(to_agent::Message::Welcome(proto::Welcome::default())).await;
    }

    pub(crate) async fn acknowledge(&self, sequence: u64, wanted: Vec<proto::Subject>) {
        self.say(to_agent::Message::Acknowledge(proto::Acknowledge { sequence, wanted })).await;
    }
}

/// The coordinator: hands every session to the test.
pub(crate) struct Coordinator {
    sessions: mpsc::Sender<Session>,
    authority: Arc<Authority>,
}

#[tonic::async_trait]
impl Agents for Coordinator {
    type SessionStream = ReceiverStream<Result<ToAgent, Status>>;

    async fn session(
        &self,
        request: Request<Streaming<FromAgent>>,
    ) -> Result<Response<Self::SessionStream>, Status> {
        let shown = request.peer_certs();
        let Some(certificate) = shown.as_ref().and_then(|certificates| certificates.first()) else {
            return Err(Status::unauthenticated("no certificate"));
        };
        let certificate = certificate.to_vec();
        let mut stream = request.into_inner();
        let (hear, heard) = mpsc::channel(64);
        let (say, said) = mpsc::channel(64);
        tokio::spawn(async move {
            while let Ok(Some(message)) = stream.message().await {
                if hear.send(message).await.is_err() {
                    return;
                }
            }
        });
        self.sessions.send(Session { heard, say, certificate }).await.expect("the test runs");
        Ok(Response::new(ReceiverStream::new(said)))
    }
}

#[tonic::async_trait]
impl EnrolmentService for Coordinator {
    async fn enrol(
        &self,
        request: Request<proto::EnrolRequest>,
    ) -> Result<Response<proto::EnrolReply>, Status> {
        let request = request.into_inner();
        if request.name != "dc1.lab.test" {
            return Err(Status::permission_denied(format!("not for {}", request.name)));
        }
        let csr = CertificateSigningRequestParams::from_pem(&request.certificate_request)
            .map_err(|error| Status::invalid_argument(error.to_string()))?;
        let key = csr.public_key.der_bytes().to_vec();
        self.authority.keys.lock().expect("no panic before").push(key);
        let denial = self.authority.denials.lock().expect("no panic before").pop_front();
        if let Some(denial) = denial {
            return Err(denial);
        }
        let certificate = csr.signed_by(&self.authority.issuer).expect("a certificate");
        Ok(Response::new(proto::EnrolReply {
            certificate: certificate.pem(),
            authority: self.authority.issuer.pem(),
        }))
    }

    async fn renew(
        &self,
        request: Request<proto::RenewRequest>,
    ) -> Result<Response<proto::EnrolReply>, Status> {
        self.authority.asked.fetch_add(1, Ordering::SeqCst);
        if !self.authority.renews.load(Ordering::SeqCst) {
            return Err(Status::unavailable("not now"));
        }
        if request.peer_certs().is_none_or(|certificates| certificates.is_empty()) {
            return Err(Status::unauthenticated("no certificate"));
        }
        let request = request.into_inner().certificate_request;
        let csr = CertificateSigningRequestParams::from_pem(&request)
            .map_err(|error| Status::invalid_argument(error.to_string()))?;
        let certificate = csr.signed_by(&self.authority.issuer).expect("a certificate");
        Ok(Response::new(proto::EnrolReply {
            certificate: certificate.pem(),
            authority: self.authority.issuer.pem(),
        }))
    }
}

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) sessions: mpsc::Receiver<Session>,
    pub(crate) task: JoinHandle<()>,
}

impl Running {
    pub(crate) async fn start(authority: &Arc<Authority>, at: Option<SocketAddr>) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (certificate, key) = authority.issue("localhost");
        let at = at.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0)));
        let listener = TcpListener::bind(at).await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let (sender, sessions) = mpsc::channel(8);
        let chain = format!("{certificate}{}", authority.issuer.pem());
        let tls = ServerTlsConfig::new()
            .identity(TlsIdentity::from_pem(chain, key))
            .client_ca_root(Certificate::from_pem(authority.issuer.pem()))
            .client_auth_optional(true);
        let service = || Coordinator { sessions: sender.clone(), authority: Arc::clone(authority) };
        let server = Server::builder()
            .tls_config(tls)
            .expect("good certificates")
            .add_service(AgentsServer::new(service()))
            .add_service(EnrolmentServer::new(service()))
            .serve_with_incoming(TcpListenerStream::new(listener));
        let task = tokio::spawn(async move { server.await.expect("it serves") });
        Self { address, sessions, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    pub(crate) async fn session(&mut self) -> Session {
        let session = timeout(LONG, self.sessions.recv()).await;
        session.expect("an agent comes in time").expect("the coordinator runs")
    }
}

/// A coordinator, and a folder for an agent that talks to it.
pub(crate) struct Stage {
    pub(crate) authority: Arc<Authority>,
    pub(crate) dir: TempDir,
    pub(crate) coordinator: Running,
    pub(crate) url: String,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let authority = Arc::new(Authority::new());
        let dir = tempfile::tempdir().expect("a directory");
        let coordinator = Running::start(&authority, None).await;
        let url = coordinator.url();
        Self { authority, dir, coordinator, url }
    }
}

pub(crate) fn statement(text: &str) -> Statement {
    let section = Section::Directory(Directory::blank(&Blank::unreadable(text)));
    Body::Own(Box::new(section)).stated(Timestamp::from_millis(7))
}

pub(crate) struct Agent {
    pub(crate) outbox: Outbox,
    pub(crate) orders: mpsc::Receiver<Order>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) task: JoinHandle<()>,
}

impl Agent {
    pub(crate) fn start(dir: &Path, identity: Identity, coordinators: Vec<String>) -> Self {
        let settings = SessionSettings { coordinators, ..SessionSettings::default() };
        Self::start_with(dir, identity, settings)
    }

    pub(crate) fn start_with(dir: &Path, identity: Identity, settings: SessionSettings) -> Self {
        let spool = Spool::open(dir, SpoolLimits::default()).expect("a spool");
        let outbox = Outbox::new(spool);
        let (sender, orders) = mpsc::channel(64);
        let shutdown = CancellationToken::new();
        let settings = SessionSettings {
            backoff: Backoff::between(Duration::from_millis(5), Duration::from_millis(20)),
            ..settings
        };
        let task = tokio::spawn(run(
            settings,
            identity,
            outbox.clone(),
            sender,
            Arc::new(SystemClock),
            shutdown.clone(),
        ));
        Self { outbox, orders, shutdown, task }
    }

    pub(crate) async fn push(&self, text: &str) -> u64 {
        let at = Timestamp::from_millis(7);
        self.outbox.push(at, vec![statement(text)], Vec::new()).await.expect("it is kept")
    }

    pub(crate) async fn order(&mut self) -> Order {
        timeout(LONG, self.orders.recv()).await.expect("in time").expect("an order")
    }

    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        timeout(LONG, self.task).await.expect("in time").expect("no panic");
    }
}
