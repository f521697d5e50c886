//! The loop over sessions: one after the other, for as long as the agent runs.

use std::{sync::Arc, time::Duration};

use epmesh_agent_host::os::clock::Clock;
use epmesh_common::{error::chain, facts::Timestamp};
use rand::{SeedableRng as _, rngs::StdRng};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    backoff::Backoff,
    identity::Identity,
    order::Order,
    outbox::Outbox,
    renewal::CurrentIdentity,
    settings::SessionSettings,
    stream::{Refusal, SessionError, Stream},
};

/// How often a refused agent looks whether it was enrolled anew.
const LOOK_AT_DISK: Duration = Duration::from_secs(5);

/// Keeps a session with one of the coordinators until `shutdown`.
pub async fn run(
    settings: SessionSettings,
    identity: Identity,
    outbox: Outbox,
    orders: mpsc::Sender<Order>,
    clock: Arc<dyn Clock>,
    shutdown: CancellationToken,
) {
    let current = CurrentIdentity::new(
        identity,
        settings.identity_dir.clone(),
        Arc::clone(&clock),
        settings.renewal,
        settings.patience,
    );
    let mut sessions = SessionLoop {
        backoff: settings.backoff,
        slow: settings.refused,
        random: StdRng::from_os_rng(),
        settings,
        current,
        outbox,
        orders,
        clock,
        refused: 0,
        said: None,
    };
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = sessions.run() => {}
    }
}

/// The loop that opens one session after the other, and waits between them.
struct SessionLoop {
    settings: SessionSettings,
    current: CurrentIdentity,
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

impl SessionLoop {
    async fn run(&mut self) {
        let coordinators = self.settings.coordinators.clone();
        let mut turn = coordinators.iter().cycle();
        let Some(mut address) = turn.next() else { return };
        let mut goes_on = false;
        loop {
            let mut welcomed = false;
            let identity = self.current.identity().clone();
            let stream = Stream {
                address,
                settings: &self.settings,
                identity: &identity,
                goes_on,
                outbox: &self.outbox,
                orders: &self.orders,
                clock: self.clock.as_ref(),
            };
            let ended = stream.serve(&mut self.current, &mut welcomed).await;
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

    async fn wait(&mut self, address: &str, error: &SessionError) {
        let wait = self.backoff.next(&mut self.random);
        tracing::warn!(
            coordinator = %address,
            error = %chain(error),
            again_in_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            "no session with the coordinator"
        );
        if let Some(since) = self.current.expired() {
            self.say_expired(Some(since), error);
        }
        tokio::time::sleep(wait).await;
    }

    /// The next coordinator may think otherwise and is asked at once; when all have refused, the agent
    /// waits long, or until it was enrolled anew.
    async fn wait_refused(&mut self, address: &str, refusal: Refusal, error: &SessionError) {
        self.refused = self.refused.saturating_add(1);
        match refusal {
            Refusal::Rejected => self.say_refused(address, error),
            Refusal::Expired => self.say_expired(self.current.expired(), error),
        }
        if self.refused < self.settings.coordinators.len() {
            return;
        }
        if refusal == Refusal::Rejected {
            // An agent that is not to report is not to look at others either.
            let _ = self.orders.send(Order::Refused).await;
        }
        let bound = self.slow.bound();
        let wait = bound / 2 + self.slow.next(&mut self.random) / 2;
        tracing::debug!(again_in_s = wait.as_secs(), "refused");
        let until = Instant::now() + wait;
        while Instant::now() < until {
            tokio::time::sleep_until(until.min(Instant::now() + LOOK_AT_DISK)).await;
            if self.current.reload().await {
                self.slow.reset();
                return;
            }
        }
    }

    fn say_refused(&mut self, address: &str, error: &SessionError) {
        let name = &self.current.identity().name;
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

    fn say_expired(&mut self, since: Option<Timestamp>, error: &SessionError) {
        let name = &self.current.identity().name;
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
