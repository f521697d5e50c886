//! The identity over time: renewed before it runs out, taken anew from the disk after an enrolment.

use std::{path::PathBuf, sync::Arc, time::Duration};

use epmesh_agent_host::os::clock::Clock;
use epmesh_common::{error::chain, facts::Timestamp};
use rand::{SeedableRng as _, rngs::StdRng};
use tokio::time::Instant;
use tonic::transport::Channel;

use super::{
    backoff::Backoff,
    certificate::Validity,
    enrolment::{EnrolError, renew},
    identity::Identity,
    outbox::Outbox,
};

/// The longest sleep before the clock is looked at again: it may be set, and the host may sleep.
const LONGEST: Duration = Duration::from_secs(3600);

/// The shortest pause between two tries.
const SHORTEST: Duration = Duration::from_secs(1);

/// The agent's present identity, and until when it is valid.
pub(super) struct CurrentIdentity {
    identity: Identity,
    validity: Option<Validity>,
    /// Where the identity is kept; nowhere in tests that bring their own.
    directory: Option<PathBuf>,
    clock: Arc<dyn Clock>,
    /// Milliseconds by which the coordinator's clock is ahead of this one's. Certificates are dated by
    /// the coordinator; a host whose clock is wrong must not renew too late, or all the time.
    ahead_ms: i64,
    backoff: Backoff,
    not_before: Option<Instant>,
    patience: Duration,
}

impl CurrentIdentity {
    pub(super) fn new(
        identity: Identity,
        directory: Option<PathBuf>,
        clock: Arc<dyn Clock>,
        backoff: Backoff,
        patience: Duration,
    ) -> Self {
        let validity = Validity::of(&identity.certificate);
        let current = Self {
            identity,
            validity,
            directory,
            clock,
            ahead_ms: 0,
            backoff,
            not_before: None,
            patience,
        };
        current.say();
        current
    }

    fn say(&self) {
        let Some(validity) = &self.validity else {
            tracing::warn!("the end of this agent's certificate cannot be read");
            return;
        };
        tracing::info!(
            expires = %validity.until,
            renewal_from = %validity.renewal,
            "this agent's certificate"
        );
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The present moment by the coordinator's clock, as far as that is known.
    fn now(&self) -> Timestamp {
        let by = Duration::from_millis(self.ahead_ms.unsigned_abs());
        let own = self.clock.now();
        if self.ahead_ms < 0 { own.minus(by) } else { own.plus(by) }
    }

    /// Takes the coordinator's clock, as it stood when it welcomed this agent; 0 from one that does
    /// not tell it.
    pub(super) fn welcomed(&mut self, at_ms: u64) {
        if at_ms == 0 {
            return;
        }
        let signed = |millis: u64| i64::try_from(millis).unwrap_or(i64::MAX);
        self.ahead_ms = signed(at_ms).saturating_sub(signed(self.clock.now().as_millis()));
    }

    /// Since when the certificate has run out, where it has.
    pub(super) fn expired(&self) -> Option<Timestamp> {
        let now = self.now();
        self.validity.filter(|validity| validity.is_over(now)).map(|validity| validity.until)
    }

    /// Waits until the certificate is to be renewed, renews it, and keeps the new identity on disk;
    /// tries until that has worked. To be dropped with the connection.
    pub(super) async fn renewed(&mut self, channel: Channel, outbox: &Outbox) {
        let mut random = StdRng::from_os_rng();
        loop {
            self.due().await;
            let wait = self.backoff.next(&mut random);
            match self.renew_once(channel.clone()).await {
                Ok(identity) => {
                    self.backoff.reset();
                    self.adopt(identity);
                    // Against a coordinator whose certificates are to be renewed at once.
                    self.pause(wait);
                    outbox.stand_by(None);
                    return;
                }
                Err(why) => {
                    let wait = self.pause(wait);
                    self.failed(&why, wait, outbox).await;
                }
            }
        }
    }

    /// Puts the next try off by `wait`, but by no more than a tenth of what is left.
    fn pause(&mut self, wait: Duration) -> Duration {
        let now = self.now();
        let left = self.validity.map_or(wait, |validity| validity.left(now));
        let wait = wait.min(left / 10).max(self.backoff.first().min(SHORTEST));
        self.not_before = Some(Instant::now() + wait);
        wait
    }

    /// The time until the certificate is to be renewed; never, where its end cannot be read.
    pub(super) fn due_in(&self) -> Option<Duration> {
        let left = self.now().until(self.validity?.renewal);
        let pause = self.not_before.map_or(Duration::ZERO, |not_before| {
            not_before.saturating_duration_since(Instant::now())
        });
        Some(left.max(pause))
    }

    async fn due(&self) {
        while let Some(wait) = self.due_in() {
            if wait.is_zero() {
                return;
            }
            tokio::time::sleep(wait.min(LONGEST)).await;
        }
        std::future::pending::<()>().await;
    }

    async fn renew_once(&self, channel: Channel) -> Result<Identity, String> {
        let renewing = renew(channel, &self.identity);
        let renewed = tokio::time::timeout(self.patience, renewing)
            .await
            .map_err(|_| EnrolError::Silent { after: self.patience })
            .and_then(|renewed| renewed)
            .map_err(|error| chain(&error))?;
        if let Some(directory) = self.directory.clone() {
            // Before it is used: until the coordinator has seen it used, the old one is good too.
            let kept = renewed.clone();
            let saved = tokio::task::spawn_blocking(move || kept.save(&directory)).await;
            saved.map_err(|error| error.to_string())?.map_err(|error| chain(&error))?;
        }
        Ok(renewed)
    }

    async fn failed(&self, why: &str, wait: Duration, outbox: &Outbox) {
        let Some(validity) = &self.validity else { return };
        let until = validity.until;
        let again_in_s = wait.as_secs();
        let name = &self.identity.name;
        if validity.is_urgent(self.now()) {
            tracing::error!(
                %why, expires = %until, again_in_s,
                "the certificate could not be renewed and runs out soon; if this does not end, run \
                 `epmesh release {name}` and `epmesh token create --dc {name}` on the coordinator \
                 and `epmesh-agent enroll` here"
            );
        } else {
            tracing::warn!(%why, expires = %until, again_in_s, "the certificate could not be renewed");
        }
        outbox.stand_by(Some(format!(
            "the agent's certificate runs out at {until} and could not be renewed: {why}"
        )));
        // The note goes out now, and with every report until it has worked.
        outbox.push(self.clock.now(), Vec::new(), Vec::new()).await;
    }

    fn adopt(&mut self, identity: Identity) {
        self.validity = Validity::of(&identity.certificate);
        self.identity = identity;
        self.say();
    }

    /// Takes the identity from the disk where it is another one: this agent was enrolled anew. Says
    /// whether it was.
    pub(super) async fn reload(&mut self) -> bool {
        let Some(directory) = self.directory.clone() else { return false };
        let loaded = tokio::task::spawn_blocking(move || Identity::load(&directory)).await;
        let Ok(Ok(identity)) = loaded else { return false };
        if identity == self.identity {
            return false;
        }
        if identity.name != self.identity.name {
            tracing::warn!(
                name = %identity.name,
                "this agent was enrolled under another name: it has to be started anew"
            );
            return false;
        }
        tracing::info!("this agent was enrolled anew");
        self.adopt(identity);
        true
    }
}
