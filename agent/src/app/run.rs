//! The parts of a running agent, put together.

use std::{sync::Arc, time::Duration};

use epmesh_agent_host::{os::clock::Clock, platform::Platform};
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{config::Config, settings};
use crate::{
    daemon::Daemon,
    probe::Peers,
    session::{self, Identity, Outbox, Spool, SpoolError},
};

/// The time that the parts have to end once they were told to.
pub const GRACE: Duration = Duration::from_secs(5);

/// The parts of an agent; tests bring their own platform, peers and clock.
pub struct Parts {
    /// The configuration.
    pub config: Config,
    /// Who it is to a coordinator.
    pub identity: Identity,
    /// How it reads its own host.
    pub platform: Arc<dyn Platform>,
    /// How it looks at peers; without it, it looks at nobody.
    pub peers: Option<Arc<dyn Peers>>,
    /// Its clock.
    pub clock: Arc<dyn Clock>,
}

/// Runs an agent until `shutdown`, then waits for its parts, at most [`GRACE`]. The future is boxed, and so
/// compiled here once, and not again in each program that awaits it.
///
/// # Errors
/// When the spool cannot be opened. A spool that cannot be written later is no error.
pub fn run(
    parts: Parts,
    shutdown: CancellationToken,
) -> BoxFuture<'static, Result<(), SpoolError>> {
    Box::pin(run_parts(parts, shutdown))
}

async fn run_parts(parts: Parts, shutdown: CancellationToken) -> Result<(), SpoolError> {
    let Parts { config, identity, platform, peers, clock } = parts;
    let (directory, limits) = (config.state_dir.join("spool"), config.spool);
    let opened = tokio::task::spawn_blocking({
        let directory = directory.clone();
        move || Spool::open(&directory, limits)
    });
    let outbox = Outbox::new(match opened.await {
        Ok(opened) => opened?,
        Err(error) => {
            return Err(SpoolError { directory, source: std::io::Error::other(error) });
        }
    });
    let session = settings::session(&config, &identity);
    let daemon = Daemon::new(
        settings::daemon(&config, &identity),
        platform,
        peers,
        Arc::clone(&clock),
        outbox.clone(),
    );
    // Bounded: a coordinator that gives orders faster than they are taken waits for them.
    let (sender, orders) = mpsc::channel(64);
    let tracker = TaskTracker::new();
    tracker.spawn(daemon.run(orders, shutdown.clone()));
    tracker.spawn(session::run(session, identity, outbox, sender, clock, shutdown.clone()));
    tracker.close();
    shutdown.cancelled().await;
    if tokio::time::timeout(GRACE, tracker.wait()).await.is_err() {
        tracing::warn!("not every part of the agent ended in time");
    }
    Ok(())
}
