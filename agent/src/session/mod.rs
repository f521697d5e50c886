//! The life of the connection to a coordinator: enrolment, the stream, the spool, back-off.

mod backoff;
mod certificate;
mod enrolment;
mod identity;
mod keeper;
mod link;
mod outbox;
mod pin;
mod spool;

use std::{path::PathBuf, sync::Arc, time::Duration};

use epmesh_common::{
    error::chain,
    facts::{Digest, LookRequest, Plan, StatementKey, Timestamp},
};
use rand::{SeedableRng as _, rngs::StdRng};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

pub use self::{
    backoff::Backoff,
    certificate::Validity,
    enrolment::{EnrolError, Enrolment, enrol},
    identity::{Identity, IdentityError},
    link::LinkError,
    outbox::Outbox,
    pin::{Fingerprint, FingerprintError, JoinToken, Pinned, TokenError},
    spool::{Spool, SpoolError, SpoolLimits},
};
use self::{keeper::Keeper, link::Refusal};
use crate::clock::Clock;

/// How often a refused agent looks whether it was enrolled anew.
const LOOK_AT_DISK: Duration = Duration::from_secs(5);

/// What a coordinator has for the daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// A session began; the coordinator holds these digests and nothing else.
    Welcomed {
        /// What it holds.
        held: Vec<(StatementKey, Digest)>,
    },
    /// Every coordinator refuses this agent: it is to look at nobody.
    Refused,
    /// The standing task.
    Plan(Plan),
    /// Look now, out of turn.
    Look(LookRequest),
    /// The report with this number and all before it are safe; these subjects are wanted in full.
    Acknowledged {
        /// The report.
        sequence: u64,
        /// What was sent by digest alone and is not held.
        wanted: Vec<StatementKey>,
    },
}

/// How a session connects.
#[derive(Clone, Debug)]
pub struct SessionSettings {
    /// The coordinators, as `https://HOST:PORT`, tried in turn.
    pub coordinators: Vec<String>,
    /// The name that their certificates carry, where it is not the host of the address.
    pub server_name: Option<String>,
    /// How long connecting and the welcome may take, each.
    pub patience: Duration,
    /// The time between two signs of life.
    pub keep_alive: Duration,
    /// The waits between failed tries.
    pub backoff: Backoff,
    /// The waits between tries while the coordinators refuse this agent.
    pub refused: Backoff,
    /// The waits between tries to renew the certificate.
    pub renewal: Backoff,
    /// Where the identity is kept: a renewed one is written there, and one that enrolment put there is
    /// taken from there.
    pub identity_dir: Option<PathBuf>,
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self {
            coordinators: Vec::new(),
            server_name: None,
            patience: Duration::from_secs(10),
            keep_alive: Duration::from_secs(20),
            backoff: Backoff::default(),
            refused: Backoff::between(Duration::from_secs(120), Duration::from_secs(1800)),
            renewal: Backoff::between(Duration::from_secs(60), Duration::from_secs(3600)),
            identity_dir: None,
        }
    }
}

/// Keeps a session with one of the coordinators until `shutdown`.
pub async fn run(
    settings: SessionSettings,
    identity: Identity,
    outbox: Outbox,
    orders: mpsc::Sender<Order>,
    clock: Arc<dyn Clock>,
    shutdown: CancellationToken,
) {
    let keeper = Keeper::new(
        identity,
        settings.identity_dir.clone(),
        Arc::clone(&clock),
        settings.renewal,
        settings.patience,
    );
    let mut life = Life {
        backoff: settings.backoff,
        slow: settings.refused,
        random: StdRng::from_os_rng(),
        settings,
        keeper,
        outbox,
        orders,
        clock,
        refused: 0,
        said: None,
    };
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = life.live() => {}
    }
}

/// Session after session.
struct Life {
    settings: SessionSettings,
    keeper: Keeper,
    outbox: Outbox,
    orders: mpsc::Sender<Order>,
    clock: Arc<dyn Clock>,
    random: StdRng,
    backoff: Backoff,
    slow: Backoff,
    /// How many coordinators have refused this agent, one after the other.
    refused: usize,
    /// The refusal that was told last.
    said: Option<String>,
}

impl Life {
    async fn live(&mut self) {
        let coordinators = self.settings.coordinators.clone();
        let mut turn = coordinators.iter().cycle();
        let Some(mut address) = turn.next() else { return };
        let mut goes_on = false;
        loop {
            let mut welcomed = false;
            let identity = self.keeper.identity().clone();
            let link = link::Link {
                address,
                settings: &self.settings,
                identity: &identity,
                goes_on,
                outbox: &self.outbox,
                orders: &self.orders,
                clock: self.clock.as_ref(),
            };
            let ended = link.serve(&mut self.keeper, &mut welcomed).await;
            if welcomed {
                self.backoff.reset();
                self.slow.reset();
                (self.refused, self.said) = (0, None);
            }
            goes_on = ended.is_ok();
            let Err(error) = ended else {
                tracing::info!("the certificate was renewed; the session begins anew with it");
                continue;
            };
            match error.refusal() {
                Some(refusal) => self.wait_refused(address, refusal, &error).await,
                None => self.wait(address, &error).await,
            }
            let Some(next) = turn.next() else { return };
            address = next;
        }
    }

    async fn wait(&mut self, address: &str, error: &LinkError) {
        let wait = self.backoff.next(&mut self.random);
        tracing::warn!(
            coordinator = %address,
            error = %chain(error),
            again_in_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            "no session with the coordinator"
        );
        if let Some(since) = self.keeper.expired() {
            self.say_expired(Some(since), error);
        }
        tokio::time::sleep(wait).await;
    }

    /// The next coordinator may think otherwise and is asked at once; when all have refused, the agent
    /// waits long, or until it was enrolled anew.
    async fn wait_refused(&mut self, address: &str, refusal: Refusal, error: &LinkError) {
        self.refused = self.refused.saturating_add(1);
        match refusal {
            Refusal::Rejected => self.say_refused(address, error),
            Refusal::Expired => self.say_expired(self.keeper.expired(), error),
        }
        if self.refused < self.settings.coordinators.len() {
            return;
        }
        if refusal == Refusal::Rejected {
            // Who is not to report is not to look at others either.
            let _ = self.orders.send(Order::Refused).await;
        }
        let bound = self.slow.bound();
        let wait = bound / 2 + self.slow.next(&mut self.random) / 2;
        tracing::debug!(again_in_s = wait.as_secs(), "refused");
        let until = Instant::now() + wait;
        while Instant::now() < until {
            tokio::time::sleep_until(until.min(Instant::now() + LOOK_AT_DISK)).await;
            if self.keeper.reload().await {
                self.slow.reset();
                return;
            }
        }
    }

    fn say_refused(&mut self, address: &str, error: &LinkError) {
        let name = &self.keeper.identity().name;
        let text = chain(error);
        if self.said.as_ref() != Some(&text) {
            tracing::error!(
                coordinator = %address,
                error = %text,
                "the coordinator does not accept this agent: it looks at nobody and asks again now and \
                 then; if it is to come back, run `epmesh release {name}` and `epmesh token create \
                 --dc {name}` on the coordinator and `epmesh-agent enroll` here"
            );
            self.said = Some(text);
        }
    }

    fn say_expired(&mut self, since: Option<Timestamp>, error: &LinkError) {
        let name = &self.keeper.identity().name;
        let when = since.map_or_else(
            || "by the coordinator's clock (is this host's right?)".to_owned(),
            |since| format!("at {since}"),
        );
        let text = format!("the certificate of this agent ran out {when}");
        if self.said.as_ref() != Some(&text) {
            tracing::error!(
                error = %chain(error),
                "{text}: run `epmesh release {name}` and `epmesh token create --dc {name}` on the \
                 coordinator and `epmesh-agent enroll` here; reports are kept meanwhile"
            );
            self.said = Some(text);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
