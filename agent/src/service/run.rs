//! The service as the service control manager runs it.

use std::{
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use epmesh_agent_host::os::{
    log_file::LogFile,
    windows::service::{
        entry,
        eventlog::{self, Severity},
    },
};
use epmesh_common::error::chain;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;
use windows_service::{
    service::{
        ServiceControl, ServiceControlAccept, ServiceExitCode, ServiceState, ServiceStatus,
        ServiceType,
    },
    service_control_handler::{self, ServiceControlHandlerResult, ServiceStatusHandle},
};

use super::identity::{Context, NAME};
use crate::{
    app::{
        config::{self, Config},
        run::GRACE,
        start,
    },
    enrolment::PendingError,
    notice::{Notice, Notices},
};

/// The most time that a stop takes: the parts' own time, what the runtime waits for a blocking read, and a
/// margin. The service control manager is told, and waits that long.
pub(super) const STOPPING: Duration = Duration::from_secs(GRACE.as_secs() + 5);

/// How long reaching "running" takes at most; there is little to do before.
const STARTING: Duration = Duration::from_secs(10);

/// What ended the service when it was not told to (`dwServiceSpecificExitCode`).
const FAILED: u32 = 1;

/// The id of the event of a join that could not be left pending (see [`tell`] for the others).
pub(super) const NOT_PENDING: u32 = 14;

/// Handed from the command line to [`service_main`], which Windows calls with no argument of ours.
static CONTEXT: Mutex<Option<Context>> = Mutex::new(None);

/// Hands this process to the service control manager until the service has stopped.
///
/// # Errors
/// When it was not the service control manager that started it.
pub(super) fn run(context: Context) -> anyhow::Result<()> {
    *CONTEXT.lock().unwrap_or_else(PoisonError::into_inner) = Some(context);
    Ok(entry::dispatch(NAME, service_main)?)
}

/// The service's own thread.
fn service_main() {
    let context = CONTEXT.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(context) = context else { return };
    let notices = Notices::to(tell);
    if let Err(error) = serve(context, &notices) {
        // There is no handle to report a state with: all that is left is to say it.
        let why = chain(error.as_ref());
        notices.tell(&Notice::Failed(format!("the service could not begin: {why}")));
    }
}

fn serve(context: Context, notices: &Notices) -> anyhow::Result<()> {
    let shutdown = CancellationToken::new();
    let told = shutdown.clone();
    let handle = service_control_handler::register(NAME, move |control| match control {
        ServiceControl::Stop | ServiceControl::Shutdown | ServiceControl::Preshutdown => {
            // The thread that waits for this reports that it is stopping.
            told.cancel();
            ServiceControlHandlerResult::NoError
        }
        ServiceControl::Interrogate => ServiceControlHandlerResult::NoError,
        _ => ServiceControlHandlerResult::NotImplemented,
    })?;
    let states = States::new(handle);
    states.report(ServiceState::StartPending, STARTING)?;
    let outcome = work(context, notices, &states, &shutdown);
    // Without an identity another start ends in the same way: that is no failure to recover from.
    let exit = match outcome {
        Ok(()) => ServiceExitCode::NO_ERROR,
        Err(error) if matches!(error.downcast_ref(), Some(PendingError::Nothing { .. })) => {
            notices.tell(&Notice::NotEnrolled(format!("{error:#}")));
            ServiceExitCode::NO_ERROR
        }
        Err(error) => {
            notices.tell(&Notice::Failed(format!("epmesh-agent ended: {error:#}")));
            ServiceExitCode::ServiceSpecific(FAILED)
        }
    };
    states.stopped(exit)?;
    Ok(())
}

fn work(
    context: Context,
    notices: &Notices,
    states: &States,
    shutdown: &CancellationToken,
) -> anyhow::Result<()> {
    // A log that cannot be opened must not keep the agent from working; the event log remains.
    if let Err(error) = log_to_file(context.filter) {
        notices.tell(&Notice::Failed(format!("could not open the log file: {error}")));
    }
    let config = Config::load(context.config.as_deref())?;
    let chosen = config.platform.clone();
    let runtime = start::runtime()?;
    states.report(ServiceState::Running, Duration::ZERO)?;
    let agent = start::start(config, chosen.as_deref(), notices, shutdown.clone());
    let outcome = runtime.block_on(async {
        let stopping = async {
            shutdown.cancelled().await;
            // If it cannot be told now, it is told when the service has stopped.
            let _ = states.report(ServiceState::StopPending, STOPPING);
        };
        tokio::join!(
            async {
                let outcome = agent.await;
                shutdown.cancel();
                outcome
            },
            stopping
        )
        .0
    });
    // A blocking read that hangs must not hold up the end.
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome
}

/// Bounded, rotating, without colours: %ProgramData%\epmesh-agent\log\epmesh-agent.log.
fn log_to_file(filter: EnvFilter) -> std::io::Result<()> {
    let file = LogFile::open(&log_dir().join("epmesh-agent.log"))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(file)
        .with_ansi(false)
        .try_init()
        .map_err(std::io::Error::other)
}

fn log_dir() -> std::path::PathBuf {
    let mut folder = config::program_data();
    folder.push(Path::new("log"));
    folder
}

/// Into the event log. The ids stand in deploy/windows/README.md: they do not change.
fn tell(notice: &Notice) {
    let (severity, id) = match notice {
        Notice::Started(_) => (Severity::Information, 1),
        Notice::Stopped => (Severity::Information, 2),
        Notice::Enrolled(_) => (Severity::Information, 3),
        Notice::Failed(_) => (Severity::Error, 10),
        Notice::NotEnrolled(_) => (Severity::Error, 11),
        Notice::Refused(_) => (Severity::Error, 12),
        Notice::Unreachable(_) => (Severity::Warning, 13),
    };
    if let Err(error) = eventlog::report(NAME, severity, id, &notice.to_string()) {
        tracing::warn!(%error, "could not write to the event log");
    }
}

/// What the service control manager is told.
struct States {
    handle: ServiceStatusHandle,
    checkpoint: AtomicU32,
}

impl States {
    const fn new(handle: ServiceStatusHandle) -> Self {
        Self { handle, checkpoint: AtomicU32::new(1) }
    }

    /// `within` is how long the next report may take, in a state that is only passed through.
    fn report(&self, state: ServiceState, within: Duration) -> windows_service::Result<()> {
        let passing = !within.is_zero();
        self.set(ServiceStatus {
            service_type: ServiceType::OWN_PROCESS,
            current_state: state,
            controls_accepted: if state == ServiceState::Running {
                // Before the shutdown proper there is more time than in it.
                ServiceControlAccept::STOP
                    | ServiceControlAccept::SHUTDOWN
                    | ServiceControlAccept::PRESHUTDOWN
            } else {
                ServiceControlAccept::empty()
            },
            exit_code: ServiceExitCode::NO_ERROR,
            checkpoint: if passing { self.checkpoint.fetch_add(1, Ordering::Relaxed) } else { 0 },
            wait_hint: within,
            process_id: None,
        })
    }

    fn stopped(&self, exit_code: ServiceExitCode) -> windows_service::Result<()> {
        self.set(ServiceStatus {
            service_type: ServiceType::OWN_PROCESS,
            current_state: ServiceState::Stopped,
            controls_accepted: ServiceControlAccept::empty(),
            exit_code,
            checkpoint: 0,
            wait_hint: Duration::ZERO,
            process_id: None,
        })
    }

    fn set(&self, status: ServiceStatus) -> windows_service::Result<()> {
        self.handle.set_service_status(status)
    }
}
