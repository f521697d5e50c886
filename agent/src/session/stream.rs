//! A connection to one coordinator.

use std::{collections::VecDeque, pin::Pin, time::Duration};

use epmesh_agent_host::os::clock::Clock;
use epmesh_common::{
    error::chain,
    facts::{LookRequest, Plan, StatementKey},
    wire::{OnWire, Shorthand, WireError, held_from, limits::MESSAGE_BYTES},
};
use epmesh_proto::v1::{
    self as proto, FromAgent, ToAgent, agents_client::AgentsClient, from_agent, to_agent,
};
use thiserror::Error;
use tokio::{
    sync::mpsc,
    time::{Instant, timeout},
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{
    Code, Status, Streaming,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity as TlsIdentity},
};

use super::{
    identity::Identity, order::Order, outbox::Outbox, renewal::CurrentIdentity,
    settings::SessionSettings,
};

/// How many reports may be on their way without having been acknowledged.
const WINDOW: usize = 16;

/// How rustls calls the alert `certificate_expired`.
const EXPIRED_ALERT: &str = "CertificateExpired";

/// A session could not be had, or ended.
#[derive(Debug, Error)]
pub enum SessionError {
    /// The address is no URL, or the certificates cannot be used.
    #[error("could not set up a connection to {address}")]
    Setup {
        /// The coordinator.
        address: String,
        /// What is wrong.
        #[source]
        source: tonic::transport::Error,
    },
    /// No connection.
    #[error("could not connect to {address}")]
    Connect {
        /// The coordinator.
        address: String,
        /// Why.
        #[source]
        source: tonic::transport::Error,
    },
    /// The coordinator was silent for too long.
    #[error("the coordinator gave no {what} within {} ms", after.as_millis())]
    Silent {
        /// What was awaited.
        what: &'static str,
        /// How long.
        after: Duration,
    },
    /// The coordinator ended the session.
    #[error("the coordinator ended the session: {}: {message}", words(*code))]
    Ended {
        /// The gRPC code.
        code: Code,
        /// Its words.
        message: String,
    },
    /// The coordinator closed the stream.
    #[error("the coordinator closed the session")]
    Closed,
    /// The coordinator sent something that it must not.
    #[error("the coordinator sent a bad message: {0}")]
    Message(&'static str),
    /// The coordinator sent something out of bounds.
    #[error("the coordinator sent a bad message")]
    Wire(#[from] WireError),
    /// The agent itself is going down.
    #[error("the agent is stopping")]
    Stopping,
}

impl From<Status> for SessionError {
    fn from(status: Status) -> Self {
        // Where the connection broke, why is in the sources.
        let text = match status.code() {
            Code::Unknown | Code::Unavailable | Code::Internal => chain(&status),
            _ => status.message().to_owned(),
        };
        Self::Ended { code: status.code(), message: text.chars().take(300).collect() }
    }
}

/// The meaning of a refusal for the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Its identity is not accepted any more, and will not be by itself.
    Rejected,
    /// Its certificate is not valid, by a clock at least.
    Expired,
}

impl SessionError {
    /// Whether the coordinator refuses this identity, so that trying again soon is of no use.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Ended { code: Code::PermissionDenied, .. } => Some(Refusal::Rejected),
            Self::Ended { code: Code::Unauthenticated, .. } => Some(Refusal::Expired),
            // The alert of TLS (RFC 8446, 6.2), in the words of rustls.
            Self::Ended { message, .. } if message.contains(EXPIRED_ALERT) => {
                Some(Refusal::Expired)
            }
            error @ Self::Connect { .. } if chain(error).contains(EXPIRED_ALERT) => {
                Some(Refusal::Expired)
            }
            _ => None,
        }
    }
}

fn words(code: Code) -> &'static str {
    match code {
        Code::PermissionDenied => "refused",
        code => code.description(),
    }
}

/// The parts of one connection.
pub(super) struct Stream<'a> {
    pub(super) address: &'a str,
    pub(super) settings: &'a SessionSettings,
    pub(super) identity: &'a Identity,
    /// Whether the session before ended because the identity was renewed: what was asked of it is
    /// still awaited.
    pub(super) goes_on: bool,
    pub(super) outbox: &'a Outbox,
    pub(super) orders: &'a mpsc::Sender<Order>,
    pub(super) clock: &'a dyn Clock,
}

impl Stream<'_> {
    /// Serves the session until it ends; `welcomed` says whether it began. It ends well when the
    /// current has a new identity: then nothing is under way any more.
    pub(super) async fn serve(
        &self,
        current: &mut CurrentIdentity,
        welcomed: &mut bool,
    ) -> Result<(), SessionError> {
        let (channel, mut sender, mut stream) = self.open().await?;
        let patience = self.settings.patience;
        let first = timeout(patience, stream.message())
            .await
            .map_err(|_| SessionError::Silent { what: "welcome", after: patience })??
            .ok_or(SessionError::Closed)?;
        let Some(to_agent::Message::Welcome(welcome)) = first.message else {
            return Err(SessionError::Message("something else where a welcome was due"));
        };
        if !self.goes_on {
            self.outbox.forget_done();
        }
        current.welcomed(welcome.at_ms);
        let held = welcome.held.into_iter().map(held_from).collect::<Result<Vec<_>, _>>()?;
        self.order(Order::Welcomed { held }).await?;
        if let Some(plan) = welcome.plan {
            self.order(Order::Plan(Plan::from_wire(plan)?)).await?;
        }
        *welcomed = true;
        tracing::info!(coordinator = %self.address, "session begun");
        let renewed = std::pin::pin!(current.renewed(channel, self.outbox));
        let shorthand = Shorthand::new(welcome.handles);
        self.talk(&mut sender, &mut stream, shorthand, renewed).await
    }

    async fn open(
        &self,
    ) -> Result<(Channel, mpsc::Sender<FromAgent>, Streaming<ToAgent>), SessionError> {
        let setup = |source| SessionError::Setup { address: self.address.to_owned(), source };
        let mut tls = ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(&self.identity.authority))
            .identity(TlsIdentity::from_pem(&self.identity.certificate, &self.identity.key));
        if let Some(name) = &self.settings.server_name {
            tls = tls.domain_name(name);
        }
        let endpoint = Endpoint::from_shared(self.address.to_owned())
            .and_then(|endpoint| endpoint.tls_config(tls))
            .map_err(setup)?
            .connect_timeout(self.settings.patience)
            .http2_keep_alive_interval(self.settings.keep_alive)
            .keep_alive_timeout(self.settings.patience)
            .keep_alive_while_idle(true);
        let silent = |_| SessionError::Silent { what: "connection", after: self.settings.patience };
        let channel: Channel = timeout(self.settings.patience, endpoint.connect())
            .await
            .map_err(silent)?
            .map_err(|source| SessionError::Connect { address: self.address.to_owned(), source })?;
        let mut client = AgentsClient::new(channel.clone())
            .max_decoding_message_size(MESSAGE_BYTES)
            .max_encoding_message_size(MESSAGE_BYTES);
        let (sender, receiver) = mpsc::channel(WINDOW);
        let hello = proto::Hello {
            name: self.identity.name.to_string(),
            agent_version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        self.send(&sender, from_agent::Message::Hello(hello)).await?;
        let answer = timeout(self.settings.patience, client.session(ReceiverStream::new(receiver)))
            .await
            .map_err(|_| SessionError::Silent {
                what: "answer",
                after: self.settings.patience,
            })??;
        Ok((channel, sender, answer.into_inner()))
    }

    async fn talk(
        &self,
        sender: &mut mpsc::Sender<FromAgent>,
        stream: &mut Streaming<ToAgent>,
        mut shorthand: Shorthand,
        mut renewed: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<(), SessionError> {
        let mut news = self.outbox.news();
        let mut sent = 0;
        let mut closing = None;
        let mut unacknowledged: VecDeque<u64> = VecDeque::new();
        loop {
            news.mark_unchanged();
            if closing.is_some_and(|until| unacknowledged.is_empty() || until <= Instant::now()) {
                return Ok(());
            }
            while closing.is_none()
                && unacknowledged.len() < WINDOW
                && let Some(report) = self.outbox.after(sent).await
            {
                sent = report.sequence;
                unacknowledged.push_back(sent);
                self.send(sender, from_agent::Message::Report(shorthand.report(&report))).await?;
            }
            for (id, sequence) in self.outbox.take_done(sent) {
                let done = proto::LookDone { id, sequence };
                self.send(sender, from_agent::Message::LookDone(done)).await?;
            }
            tokio::select! {
                () = &mut renewed, if closing.is_none() => {
                    closing = Some(Instant::now() + self.settings.patience);
                }
                () = at(closing), if closing.is_some() => {}
                changed = news.changed() => changed.map_err(|_| SessionError::Stopping)?,
                message = stream.message() => {
                    let message = message?.ok_or(SessionError::Closed)?;
                    self.receive(message, sent, &mut unacknowledged).await?;
                }
            }
        }
    }

    async fn receive(
        &self,
        message: ToAgent,
        sent: u64,
        unacknowledged: &mut VecDeque<u64>,
    ) -> Result<(), SessionError> {
        match message.message {
            Some(to_agent::Message::Plan(plan)) => {
                self.order(Order::Plan(Plan::from_wire(plan)?)).await
            }
            Some(to_agent::Message::Look(look)) => {
                self.order(Order::Look(LookRequest::from_wire(look)?)).await
            }
            Some(to_agent::Message::Acknowledge(acknowledge)) => {
                let sequence = acknowledge.sequence;
                if sequence > sent {
                    return Err(SessionError::Message("it acknowledges what was not sent"));
                }
                let wanted = acknowledge
                    .wanted
                    .into_iter()
                    .map(StatementKey::from_wire)
                    .collect::<Result<_, _>>()?;
                self.outbox.acknowledge(sequence).await;
                unacknowledged.retain(|waiting| *waiting > sequence);
                self.order(Order::Acknowledged { sequence, wanted }).await
            }
            Some(to_agent::Message::Welcome(_)) => Err(SessionError::Message("a second welcome")),
            // Something that a newer coordinator says and this version does not know.
            None => Ok(()),
        }
    }

    async fn order(&self, order: Order) -> Result<(), SessionError> {
        self.orders.send(order).await.map_err(|_| SessionError::Stopping)
    }

    async fn send(
        &self,
        sender: &mpsc::Sender<FromAgent>,
        message: from_agent::Message,
    ) -> Result<(), SessionError> {
        let message =
            FromAgent { sent_at_ms: self.clock.now().as_millis(), message: Some(message) };
        sender.send(message).await.map_err(|_| SessionError::Closed)
    }
}

/// Waits for a moment that may never come.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
