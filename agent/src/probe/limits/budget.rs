//! The budget of one look: time, sockets at once and in all, and bytes.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use epmesh_common::facts::Failure;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, timeout_at},
};

use super::{bytes::ByteCount, rare::Rare, rate::RateLimit};
use crate::probe::{config::Config, peers::Priority};

/// Sockets at once for names. Names come before addresses, so that a look never has more than ten.
const NAMES: usize = 8;
/// Sockets at once on the way to the interface.
const PATH: usize = 4;
/// Sockets at once that ask who answers. They have their own, so that silence there does not hold
/// up the way to the interface.
const IDENTITY: usize = 4;
/// Sockets at once at well-known ports: of all questions the least urgent.
const WELL_KNOWN: usize = 2;
/// Sockets of one look in all. A look at one address takes about eight, with every well-known port
/// twenty; names that give dozens of addresses are no reason to knock at all of them.
pub(in crate::probe) const MAX_SOCKETS: u32 = 256;

/// The purpose of a socket.
#[derive(Clone, Copy, Debug)]
pub(in crate::probe) enum Purpose {
    Name,
    Path,
    Identity,
    WellKnown,
}

/// When the questions that are asked rarely were last asked, by all looks.
#[derive(Debug, Default)]
pub(in crate::probe) struct Questions {
    /// For the NTLM challenge.
    pub(in crate::probe) challenged: Rare,
    /// For the node status, without an answer.
    pub(in crate::probe) silent: Rare,
}

/// The budget of one look at one peer.
#[derive(Debug)]
pub(in crate::probe) struct Budget<'a> {
    pub(in crate::probe) config: &'a Config,
    pub(in crate::probe) rate: &'a RateLimit,
    pub(in crate::probe) questions: &'a Questions,
    /// When the look ends.
    pub(in crate::probe) end: Instant,
    pub(in crate::probe) bytes: ByteCount<'a>,
    priority: Priority,
    opened: AtomicU32,
    names: Semaphore,
    path: Semaphore,
    identity: Semaphore,
    well_known: Semaphore,
}

impl<'a> Budget<'a> {
    pub(in crate::probe) fn new(
        config: &'a Config,
        rate: &'a RateLimit,
        questions: &'a Questions,
        priority: Priority,
    ) -> Self {
        Self {
            config,
            rate,
            questions,
            end: Instant::now() + config.look,
            bytes: ByteCount::new(rate),
            priority,
            opened: AtomicU32::new(0),
            names: Semaphore::new(NAMES),
            path: Semaphore::new(PATH),
            identity: Semaphore::new(IDENTITY),
            well_known: Semaphore::new(WELL_KNOWN),
        }
    }

    /// The time at which a stage that begins now ends.
    pub(in crate::probe) fn stage(&self, time: Duration) -> Instant {
        self.end.min(Instant::now() + time)
    }

    /// Whether there is time for one more try.
    pub(in crate::probe) fn has_time(&self) -> bool {
        Instant::now() < self.end
    }

    /// Waits for the turn of one more socket.
    ///
    /// # Errors
    /// [`Failure::Local`]: when it does not come before `end`, or the budget does not have it.
    /// Neither is a word about the peer.
    pub(in crate::probe) async fn socket(
        &self,
        purpose: Purpose,
        end: Instant,
    ) -> Result<SemaphorePermit<'_>, Failure> {
        let turns = match purpose {
            Purpose::Name => &self.names,
            Purpose::Path => &self.path,
            Purpose::Identity => &self.identity,
            Purpose::WellKnown => &self.well_known,
        };
        let late = || Failure::local("the look's time was used up before its turn");
        let turn = match timeout_at(end, turns.acquire()).await {
            Ok(Ok(turn)) if Instant::now() < end => turn,
            Ok(_) | Err(_) => return Err(late()),
        };
        self.open()?;
        Ok(turn)
    }

    /// Takes one more socket out of the budget, for a second try in the same turn.
    ///
    /// # Errors
    /// [`Failure::Local`], when the budget does not have it.
    pub(in crate::probe) fn open(&self) -> Result<(), Failure> {
        if self.opened.fetch_add(1, Ordering::Relaxed) >= MAX_SOCKETS {
            let why = format!("the agent opens no more than {MAX_SOCKETS} sockets in one look");
            return Err(Failure::local(why));
        }
        self.rate.take(self.priority).map_err(|spent| Failure::local(spent.words()))
    }
}

/// Milliseconds since `start`.
pub(in crate::probe) fn millis_since(start: Instant) -> u32 {
    u32::try_from(start.elapsed().as_millis()).unwrap_or(u32::MAX)
}
