//! The start of an agent, the same from a console and from a service manager.

use std::{io, sync::Arc, time::Duration};

use epmesh_agent_host::os::clock::SystemClock;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::{config::Config, detect::detect, run};
use crate::{
    enrolment,
    notice::{Notice, Notices},
    probe::{Peers, Prober},
};

/// More than can hang at the same time: one read of each section of own facts, and the calls of the
/// system's resolver. The spool needs a thread when all of these do.
const BLOCKING_THREADS: usize = 32;

/// The runtime, with one thread: all of this waits, it does not work. What blocks (the disk, the host's
/// resolver) has threads of its own, with small stacks and gone soon after.
///
/// # Errors
/// What the system says.
pub fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(BLOCKING_THREADS)
        .thread_stack_size(512 * 1024)
        .thread_keep_alive(Duration::from_secs(2))
        .enable_all()
        .build()
}

/// Runs the agent of this host until `shutdown`, enrolling it first where an enrolment is pending.
/// `chosen` is the platform, where it is not the one that the program was built for.
///
/// # Errors
/// When it is not enrolled and no enrolment is pending ([`enrolment::PendingError`]), its state cannot
/// be used, or there is no such platform ([`super::PlatformError`]).
pub async fn start(
    config: Config,
    chosen: Option<&str>,
    notices: &Notices,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    tracing::info!("epmesh-agent {}", env!("CARGO_PKG_VERSION"));
    let unnamed = detect(chosen, &config, None)?;
    let settings = (&config).into();
    let enrolled = enrolment::identity(&settings, &unnamed, notices, &shutdown).await?;
    let Some(identity) = enrolled else { return Ok(()) };
    let platform = detect(chosen, &config, Some(identity.name.clone()))?;
    notices.tell(&Notice::Started(identity.name.clone()));
    let clock = Arc::new(SystemClock);
    let prober = Prober::new((&config).into());
    let prober = match platform.name_cache() {
        Some(cache) => prober.with_cache(cache),
        None => prober,
    };
    let peers: Arc<dyn Peers> = Arc::new(prober);
    let parts = run::Parts { config, identity, platform, peers: Some(peers), clock };
    run::run(parts, shutdown).await?;
    notices.tell(&Notice::Stopped);
    Ok(())
}
