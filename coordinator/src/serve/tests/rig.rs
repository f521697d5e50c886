//! A coordinator on loopback and agents made by hand.

use std::{collections::VecDeque, path::Path, sync::Arc, time::Duration};

use epmesh_common::{
    facts::{Body, DnsName, Report, Statement},
    wire,
};
use epmesh_proto::v1::{
    self as proto, agents_client::AgentsClient, enrolment_client::EnrolmentClient, from_agent,
    to_agent,
};
use rcgen::{CertificateParams, KeyPair};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{
    Status, Streaming,
    transport::{Certificate, Channel, ClientTlsConfig, Identity},
};

use crate::{
    clock,
    config::ServeOptions,
    pki::{Authority, Registry, Restriction, days},
    serve::{Bound, Parts, run::run},
    store::Store,
};

/// Long enough for anything on loopback; nothing is timed by it.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

pub(super) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it does not take that long")
}

pub(super) struct Rig {
    pub(super) authority: Arc<Authority>,
    pub(super) registry: Registry,
    pub(super) bound: Bound,
    pub(super) parts: Parts,
    stop: CancellationToken,
    running: JoinHandle<anyhow::Result<()>>,
}

impl Rig {
    pub(super) async fn start(directory: &Path, store: Arc<dyn Store>) -> Self {
        let now = clock::now().as_millis();
        let authority = Authority::open_or_create(&directory.join("pki"), now);
        let authority = Arc::new(authority.expect("an authority"));
        let mut options = ServeOptions::new(directory.to_owned(), ([127, 0, 0, 1], 0).into());
        options.web = Some(([127, 0, 0, 1], 0).into());
        let stop = CancellationToken::new();
        let (ready, bound) = oneshot::channel();
        let registry = Registry::new(Arc::clone(&store), Arc::clone(&authority), days(90));
        let tell = |bound, parts: &Parts| {
            ready.send((bound, parts.clone())).expect("the test waits for it");
        };
        let running = tokio::spawn(run(options, store, Arc::clone(&authority), stop.clone(), tell));
        let (bound, parts) = soon(bound).await.expect("it starts");
        Self { authority, registry, bound, parts, stop, running }
    }

    pub(super) async fn stop(self) {
        self.stop.cancel();
        drop(self.parts);
        soon(self.running).await.expect("it does not panic").expect("it ends in order");
    }

    pub(super) async fn channel(&self, identity: Option<Identity>) -> Channel {
        let authority = Certificate::from_pem(self.authority.certificate_pem());
        let mut tls = ClientTlsConfig::new().ca_certificate(authority).domain_name("localhost");
        if let Some(identity) = identity {
            tls = tls.identity(identity);
        }
        let endpoint = Channel::from_shared(format!("https://{}", self.bound.listen));
        let endpoint = endpoint.expect("a URL").tls_config(tls).expect("TLS");
        soon(endpoint.connect()).await.expect("a connection")
    }

    pub(super) async fn token(&self, restriction: Restriction) -> String {
        let now = clock::now().as_millis();
        let made = self.registry.create_token(restriction, now + 60_000, now).await;
        made.expect("a token").0.to_string()
    }

    /// Enrols `dc` with a token of its own.
    pub(super) async fn enrol(&self, dc: &str) -> Identity {
        let token = self.token(Restriction::Dc { name: dc.to_owned() }).await;
        self.enrol_with(&token, dc).await.expect("it is let in")
    }

    pub(super) async fn enrol_with(&self, token: &str, dc: &str) -> Result<Identity, Status> {
        let key = KeyPair::generate().expect("a key");
        let request = CertificateParams::default().serialize_request(&key).expect("a request");
        let request = proto::EnrolRequest {
            token: token.to_owned(),
            name: dc.to_owned(),
            certificate_request: request.pem().expect("PEM"),
        };
        let mut client = EnrolmentClient::new(self.channel(None).await);
        let reply = client.enrol(request).await?.into_inner();
        assert_eq!(reply.authority, self.authority.certificate_pem());
        Ok(Identity::from_pem(reply.certificate, key.serialize_pem()))
    }
}

/// A session of an agent made by hand.
pub(super) struct FakeAgent {
    sender: mpsc::Sender<proto::FromAgent>,
    stream: Streaming<proto::ToAgent>,
    passed: VecDeque<to_agent::Message>,
    pub(super) welcome: proto::Welcome,
}

impl FakeAgent {
    pub(super) async fn connect(rig: &Rig, identity: &Identity, dc: &str) -> Result<Self, Status> {
        let mut client = AgentsClient::new(rig.channel(Some(identity.clone())).await);
        let (sender, receiver) = mpsc::channel(64);
        let hello = proto::Hello { name: dc.to_owned(), agent_version: "0.0-test".to_owned() };
        let agent_hello = message(from_agent::Message::Hello(hello));
        sender.send(agent_hello).await.expect("there is room");
        let stream = soon(client.session(ReceiverStream::new(receiver))).await?.into_inner();
        let (welcome, passed) = (proto::Welcome::default(), VecDeque::new());
        let mut agent = Self { sender, stream, passed, welcome };
        match agent.next().await? {
            to_agent::Message::Welcome(welcome) => agent.welcome = welcome,
            other => panic!("not a welcome: {other:?}"),
        }
        Ok(agent)
    }

    pub(super) async fn next(&mut self) -> Result<to_agent::Message, Status> {
        let message = soon(self.stream.message()).await?;
        let message = message.ok_or_else(|| Status::ok("the stream has ended"))?;
        Ok(message.message.expect("a message that this version knows"))
    }

    /// The next message that `wanted` takes; others are kept for later.
    pub(super) async fn wait<T>(
        &mut self,
        wanted: impl Fn(&to_agent::Message) -> Option<T>,
    ) -> Result<T, Status> {
        if let Some(index) = self.passed.iter().position(|message| wanted(message).is_some()) {
            let message = self.passed.remove(index).expect("it was just found");
            return Ok(wanted(&message).expect("it was just taken"));
        }
        loop {
            let message = self.next().await?;
            match wanted(&message) {
                Some(found) => return Ok(found),
                None => self.passed.push_back(message),
            }
        }
    }

    pub(super) async fn send(&self, what: from_agent::Message) {
        self.sender.send(message(what)).await.expect("the session is open");
    }

    /// Sends a report and waits for its acknowledgement.
    pub(super) async fn report(
        &mut self,
        sequence: u64,
        bodies: Vec<Body>,
    ) -> Result<proto::Acknowledge, Status> {
        let statements = bodies.into_iter().map(|body| body.stated(clock::now())).collect();
        self.send_statements(sequence, statements).await;
        self.acknowledged().await
    }

    pub(super) async fn send_statements(&self, sequence: u64, statements: Vec<Statement>) {
        let at = clock::now();
        let report = Report { sequence, at, statements, dropped: 0, notes: Vec::new() };
        self.send(from_agent::Message::Report(wire::report(&report))).await;
    }

    pub(super) async fn acknowledged(&mut self) -> Result<proto::Acknowledge, Status> {
        self.wait(|message| match message {
            to_agent::Message::Acknowledge(acknowledge) => Some(acknowledge.clone()),
            _ => None,
        })
        .await
    }

    /// Waits for the end of the session, whatever comes before it.
    pub(super) async fn ended(&mut self) -> Status {
        match self.wait(|_| None::<()>).await {
            Err(end) => end,
            Ok(()) => Status::ok("nothing is waited for"),
        }
    }

    /// Waits until the plan has this many targets.
    pub(super) async fn wait_for_plan(&mut self, targets: usize) -> proto::Plan {
        let welcomed = self.welcome.plan.clone();
        if let Some(plan) = welcomed.filter(|plan| plan.targets.len() == targets) {
            return plan;
        }
        let plan = self.wait(|message| match message {
            to_agent::Message::Plan(plan) if plan.targets.len() == targets => Some(plan.clone()),
            _ => None,
        });
        plan.await.expect("the session goes on")
    }

    /// The subjects whose digests the welcome holds.
    pub(super) fn held(&self) -> Vec<String> {
        let held = self.welcome.held.iter().cloned();
        let subjects = held.map(wire::held_from);
        let mut held: Vec<_> =
            subjects.map(|held| held.expect("a subject with a digest").0.to_string()).collect();
        held.sort();
        held
    }

    /// The names of the plan's targets.
    pub(super) fn targets(&self) -> Vec<String> {
        let plan = self.welcome.plan.as_ref().expect("a plan");
        plan.targets.iter().map(|target| target.name.clone()).collect()
    }
}

fn message(message: from_agent::Message) -> proto::FromAgent {
    proto::FromAgent { sent_at_ms: clock::now().as_millis(), message: Some(message) }
}

pub(super) fn name(text: &str) -> DnsName {
    text.parse().expect("a host name")
}
