//! The settings of a session.

use std::{path::PathBuf, time::Duration};

use super::backoff::Backoff;

/// The settings of a session: with whom, how patient, and where the identity is kept.
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
