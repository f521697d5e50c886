//! The life of the connection to a coordinator: enrolment, the stream, the spool, back-off.

mod backoff;
mod enrolment;
mod identity;
mod link;
mod outbox;
mod pin;
mod spool;

use std::{sync::Arc, time::Duration};

use epmesh_common::facts::{Digest, Look, Plan, Subject};
use rand::{SeedableRng as _, rngs::StdRng};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub use self::{
    backoff::Backoff,
    enrolment::{EnrolError, Enrolment, enrol},
    identity::{Identity, IdentityError},
    link::LinkError,
    outbox::Outbox,
    pin::{Fingerprint, JoinToken, Pinned, TokenError},
    spool::{Spool, SpoolError, SpoolLimits},
};
use crate::clock::Clock;

/// What a coordinator has for the daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// A session began; the coordinator holds these digests and nothing else.
    Welcomed {
        /// What it holds.
        held: Vec<(Subject, Digest)>,
    },
    /// The standing task.
    Plan(Plan),
    /// Look now, out of turn.
    Look(Look),
    /// The report with this number and all before it are safe; these subjects are wanted in full.
    Acknowledged {
        /// The report.
        sequence: u64,
        /// What was sent by digest alone and is not held.
        wanted: Vec<Subject>,
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
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self {
            coordinators: Vec::new(),
            server_name: None,
            patience: Duration::from_secs(10),
            keep_alive: Duration::from_secs(20),
            backoff: Backoff::default(),
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
    let mut backoff = settings.backoff;
    let mut random = StdRng::from_os_rng();
    for address in settings.coordinators.iter().cycle() {
        let link = link::Link {
            address,
            settings: &settings,
            identity: &identity,
            outbox: &outbox,
            orders: &orders,
            clock: clock.as_ref(),
        };
        let mut welcomed = false;
        let ended = tokio::select! {
            () = shutdown.cancelled() => return,
            ended = link.serve(&mut welcomed) => ended,
        };
        if welcomed {
            backoff.reset();
        }
        let wait = backoff.next(&mut random);
        if let Err(error) = ended {
            tracing::warn!(
                coordinator = %address,
                error = %epmesh_common::error::chain(&error),
                again_in_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
                "no session with the coordinator"
            );
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

#[cfg(test)]
mod tests;
