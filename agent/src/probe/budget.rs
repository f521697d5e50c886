//! What one look may use: time, and sockets at once.

use std::time::Duration;

use epmesh_common::facts::Failure;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, timeout_at},
};

use super::{config::Config, gate::Gate};

/// Sockets at once for names. Names come before addresses, so that a look never has more than
/// eight.
const NAMES: usize = 8;
/// Sockets at once on the way to the interface.
const PATH: usize = 4;
/// Sockets at once that ask who answers. They have their own, so that silence there does not hold
/// up the way to the interface.
const IDENTITY: usize = 4;

/// What a socket is for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    Name,
    Path,
    Identity,
}

/// One look at one peer.
#[derive(Debug)]
pub(super) struct Budget<'a> {
    pub(super) config: &'a Config,
    pub(super) gate: &'a Gate,
    /// When the look ends.
    pub(super) end: Instant,
    names: Semaphore,
    path: Semaphore,
    identity: Semaphore,
}

impl<'a> Budget<'a> {
    pub(super) fn new(config: &'a Config, gate: &'a Gate) -> Self {
        Self {
            config,
            gate,
            end: Instant::now() + config.look,
            names: Semaphore::new(NAMES),
            path: Semaphore::new(PATH),
            identity: Semaphore::new(IDENTITY),
        }
    }

    /// When a stage that begins now ends.
    pub(super) fn stage(&self, time: Duration) -> Instant {
        self.end.min(Instant::now() + time)
    }

    /// Waits for the turn of one more socket.
    ///
    /// # Errors
    /// When it does not come before `end`.
    pub(super) async fn socket(
        &self,
        purpose: Purpose,
        end: Instant,
    ) -> Result<SemaphorePermit<'_>, Failure> {
        let turns = match purpose {
            Purpose::Name => &self.names,
            Purpose::Path => &self.path,
            Purpose::Identity => &self.identity,
        };
        let turn = match timeout_at(end, turns.acquire()).await {
            Ok(Ok(turn)) => turn,
            Ok(Err(_)) | Err(_) => return Err(Failure::TimedOut),
        };
        if self.gate.socket(end).await {
            Ok(turn)
        } else {
            Err(Failure::Local("the agent's limit of new sockets a minute is reached".to_owned()))
        }
    }
}

/// Milliseconds since `start`.
pub(super) fn millis_since(start: Instant) -> u32 {
    u32::try_from(start.elapsed().as_millis()).unwrap_or(u32::MAX)
}
