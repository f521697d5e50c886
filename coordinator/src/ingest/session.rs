//! The stream of one agent.

use std::{sync::Arc, time::Duration};

use epmesh_common::{
    facts::{DnsName, LookRequest, Timestamp},
    wire::{self, Longhand, OnWire},
};
use epmesh_proto::v1::{self as proto, agents_server::Agents, from_agent, to_agent};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use super::{
    hub::{Attached, Ended, Hub},
    peer,
};
use crate::{
    clock,
    pki::{PeerCertificate, Registry},
};

/// The time in which an agent has to say hello.
const HELLO: Duration = Duration::from_secs(10);

/// The time in which an agent has to read a message before its session ends.
const UNREAD: Duration = Duration::from_secs(30);

/// The most messages on their way to an agent.
const OUTBOUND: usize = 16;

/// The most looks for which a session remembers that their report has not come yet.
const OPEN_LOOKS: usize = 64;

/// The most characters that are kept of an agent's version.
const VERSION_CHARS: usize = 64;

/// The service that every enrolled agent keeps a stream to.
#[derive(Debug, Clone)]
pub struct AgentsService {
    hub: Arc<Hub>,
    registry: Arc<Registry>,
    stopping: CancellationToken,
}

impl AgentsService {
    /// Serves agents that `registry` admits until `stopping` is cancelled.
    #[must_use]
    pub const fn new(hub: Arc<Hub>, registry: Arc<Registry>, stopping: CancellationToken) -> Self {
        Self { hub, registry, stopping }
    }
}

type Outbound = mpsc::Sender<Result<proto::ToAgent, Status>>;

#[tonic::async_trait]
impl Agents for AgentsService {
    type SessionStream = ReceiverStream<Result<proto::ToAgent, Status>>;

    async fn session(
        &self,
        request: Request<Streaming<proto::FromAgent>>,
    ) -> Result<Response<Self::SessionStream>, Status> {
        let (dc, certificate) = peer::agent(&self.registry, &request).await?;
        let from = request.remote_addr();
        let inbound = request.into_inner();
        let (outbound, stream) = mpsc::channel(OUTBOUND);
        let hub = Arc::clone(&self.hub);
        let (stopping, registry) = (self.stopping.clone(), Arc::clone(&self.registry));
        tokio::spawn(async move {
            let admission = Admission { registry: &registry, dc: &dc, certificate: &certificate };
            let end = serve(&hub, &admission, inbound, &outbound, &stopping).await;
            match &end {
                Ok(()) => tracing::info!(%dc, ?from, "agent disconnected"),
                Err(status) => {
                    tracing::warn!(%dc, ?from, reason = status.message(), "session ended");
                }
            }
            if let Err(status) = end {
                // An agent that reads no more need not be told.
                let _ = tokio::time::timeout(UNREAD, outbound.send(Err(status))).await;
            }
        });
        Ok(Response::new(ReceiverStream::new(stream)))
    }
}

/// The admitted agent and its certificate.
struct Admission<'a> {
    registry: &'a Registry,
    dc: &'a DnsName,
    certificate: &'a PeerCertificate,
}

impl Admission<'_> {
    /// Asks the registry once more: when an operator took the admission away before the session was
    /// attached, there was no session to end.
    async fn confirm(&self) -> Result<(), Status> {
        let confirmed = self.registry.begin_session(self.dc.as_str(), self.certificate).await;
        confirmed.map(drop).map_err(|error| peer::refusal(&error))
    }

    /// Waits until the certificate runs out: a session lasts no longer than the certificate that it began
    /// with.
    async fn expiry(&self) -> Status {
        let end = Timestamp::from_millis(self.certificate.not_after);
        loop {
            let left = clock::now().until(end);
            if left.is_zero() {
                return Status::unauthenticated(format!(
                    "the certificate of {} ran out at {end}; enrol again with a new join token",
                    self.dc
                ));
            }
            // The wait is in steps, because the clock may be set meanwhile.
            tokio::time::sleep(left.min(Duration::from_secs(3600))).await;
        }
    }
}

async fn serve(
    hub: &Hub,
    admission: &Admission<'_>,
    mut inbound: Streaming<proto::FromAgent>,
    outbound: &Outbound,
    stopping: &CancellationToken,
) -> Result<(), Status> {
    let dc = admission.dc;
    let hello = tokio::time::timeout(HELLO, inbound.message());
    let hello = hello.await.map_err(|_| Status::deadline_exceeded("no hello came"))??;
    let Some(proto::FromAgent { sent_at_ms, message: Some(from_agent::Message::Hello(hello)) }) =
        hello
    else {
        return Err(Status::invalid_argument("the first message of a session is a hello"));
    };
    let name: DnsName =
        hello.name.parse().map_err(|error| Status::invalid_argument(format!("{error}")))?;
    if name != *dc {
        return Err(Status::permission_denied(format!(
            "the certificate is for {dc}, the agent says it speaks for {name}"
        )));
    }
    let version: String =
        hello.agent_version.chars().filter(|c| !c.is_control()).take(VERSION_CHARS).collect();
    tracing::info!(%dc, version, "agent connected");
    let attached = hub.attach(dc, version);
    let id = attached.id;
    hub.fleet.change(|view| {
        view.heard(dc, Timestamp::from_millis(sent_at_ms), clock::now());
        if view.has_moved() {
            // A new agent gets a plan at once; the others get theirs soon.
            view.plan_for_newcomer(dc, clock::now());
        }
    });
    let session = Session {
        hub,
        dc,
        outbound,
        plan_version: 0,
        open_looks: Vec::new(),
        longhand: Longhand::default(),
    };
    let end = async {
        admission.confirm().await?;
        tokio::select! {
            end = session.run(inbound, attached, stopping) => end,
            expired = admission.expiry() => Err(expired),
        }
    };
    let end = end.await;
    hub.detach(dc, id);
    end
}

struct Session<'a> {
    hub: &'a Hub,
    dc: &'a DnsName,
    outbound: &'a Outbound,
    /// The version of the plan that the agent has.
    plan_version: u64,
    /// Looks that are done, each with the report to wait for.
    open_looks: Vec<proto::LookDone>,
    /// The keys and digests that the agent's handles stand for.
    longhand: Longhand,
}

impl Session<'_> {
    async fn run(
        mut self,
        mut inbound: Streaming<proto::FromAgent>,
        mut attached: Attached,
        stopping: &CancellationToken,
    ) -> Result<(), Status> {
        let Attached { ended, replanned, looks, .. } = &mut attached;
        let dc = self.dc;
        let work = async {
            self.welcome().await?;
            loop {
                tokio::select! {
                    () = replanned.notified() => self.send_plan().await?,
                    Some(look) = looks.recv() => self.send_look(&look).await?,
                    message = inbound.message() => match message? {
                        Some(message) => self.handle(message).await?,
                        None => return Ok(()),
                    },
                }
            }
        };
        tokio::select! {
            end = work => end,
            why = ended => Err(match why {
                Ok(Ended::Released) => Status::permission_denied(format!(
                    "{dc} was released by an operator and has to enrol again"
                )),
                Ok(Ended::Revoked) => {
                    Status::permission_denied(format!("{dc} was revoked by an operator"))
                }
                Ok(Ended::Replaced) | Err(_) => {
                    Status::aborted("a newer session of this agent took over")
                }
            }),
            () = stopping.cancelled() => Err(Status::unavailable("the coordinator stops")),
        }
    }

    async fn welcome(&mut self) -> Result<(), Status> {
        let (held, plan) = self.hub.fleet.read(|view| (view.held(self.dc), view.plan(self.dc)));
        self.plan_version = plan.as_ref().map_or(0, |plan| plan.version);
        let held = held.iter().map(|(subject, digest)| wire::held(subject, *digest)).collect();
        let plan = plan.as_ref().map(OnWire::to_wire);
        self.send(to_agent::Message::Welcome(proto::Welcome {
            held,
            plan,
            at_ms: clock::now().as_millis(),
            handles: wire::limits::HANDLES,
        }))
        .await
    }

    async fn send_plan(&mut self) -> Result<(), Status> {
        let plan = self.hub.fleet.read(|view| view.plan(self.dc));
        match plan {
            Some(plan) if plan.version != self.plan_version => {
                self.plan_version = plan.version;
                self.send(to_agent::Message::Plan(plan.to_wire())).await
            }
            _ => Ok(()),
        }
    }

    async fn send_look(&mut self, look: &LookRequest) -> Result<(), Status> {
        self.send(to_agent::Message::Look(look.to_wire())).await
    }

    async fn handle(&mut self, message: proto::FromAgent) -> Result<(), Status> {
        let sent = Timestamp::from_millis(message.sent_at_ms);
        let received = self.hub.fleet.change(|view| view.heard(self.dc, sent, clock::now()));
        match message.message {
            Some(from_agent::Message::Report(mut report)) => {
                self.longhand
                    .expand(&mut report)
                    .map_err(|error| Status::invalid_argument(error.to_string()))?;
                let acknowledge = self
                    .hub
                    .take(self.dc, report, sent, received)
                    .await
                    .map_err(|error| Status::unavailable(error.to_string()))?;
                self.close_looks();
                self.send(to_agent::Message::Acknowledge(acknowledge)).await
            }
            Some(from_agent::Message::LookDone(done)) => {
                if self.open_looks.len() >= OPEN_LOOKS {
                    self.open_looks.remove(0);
                }
                self.open_looks.push(done);
                self.close_looks();
                Ok(())
            }
            Some(from_agent::Message::Hello(_)) => {
                Err(Status::invalid_argument("a session has one hello"))
            }
            // It is a message of a later version.
            None => Ok(()),
        }
    }

    /// Tells the callers that wait for a look that its report is in the view.
    fn close_looks(&mut self) {
        if self.open_looks.is_empty() {
            return;
        }
        let reached = self.hub.fleet.read(|view| view.acknowledged(self.dc)).sequence;
        self.open_looks.retain(|done| {
            let open = done.sequence > reached;
            if !open {
                self.hub.answered(self.dc, done.id);
            }
            open
        });
    }

    async fn send(&self, message: to_agent::Message) -> Result<(), Status> {
        let message = proto::ToAgent { message: Some(message) };
        match tokio::time::timeout(UNREAD, self.outbound.send(Ok(message))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Status::cancelled("the agent closed the stream")),
            Err(_) => Err(Status::deadline_exceeded("the agent does not read what it is sent")),
        }
    }
}
