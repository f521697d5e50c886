//! Making, changing and removing the service.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use epmesh_agent_host::os::{
    private_files,
    windows::{
        access,
        service::{eventlog, privileges},
    },
};
use windows_service::{
    Error,
    service::{
        Service, ServiceAccess, ServiceAction, ServiceActionType, ServiceDependency,
        ServiceErrorControl, ServiceFailureActions, ServiceFailureResetPeriod, ServiceInfo,
        ServiceSidType, ServiceStartType, ServiceState, ServiceType,
    },
    service_manager::{ServiceManager, ServiceManagerAccess},
};
use windows_sys::Win32::Foundation::{
    ERROR_SERVICE_ALREADY_RUNNING, ERROR_SERVICE_DOES_NOT_EXIST, ERROR_SERVICE_NOT_ACTIVE,
};

use super::{
    identity::{Account, DISPLAY_NAME, NAME},
    run::STOPPING,
};
use crate::{
    app::config::{Config, program_data},
    enrolment::PendingEnrolment,
    session::{Identity, IdentityError},
};

const DESCRIPTION: &str = "Reads what this domain controller says of its RPC endpoints, services, \
    ports and names, and looks at those of its replication partners. Changes nothing.";

/// The one privilege it needs: to pass through folders on the way to a file that it may read.
/// Everything else that it reads is opened to it by access control lists.
const PRIVILEGES: [&str; 1] = ["SeChangeNotifyPrivilege"];

/// How long the service may take to reach a state that it was told to reach.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two questions for the state; the service control manager has no call that waits.
const PAUSE: Duration = Duration::from_millis(100);

/// Makes the service, or brings the one that is there up to date: it keeps its account unless
/// another is given, and its way of starting, which may be an administrator's own decision.
pub(super) fn install(account: Option<Account>, config: Option<PathBuf>) -> anyhow::Result<()> {
    secure_folder(&program_data())?;
    let manager = manager(ServiceManagerAccess::CONNECT | ServiceManagerAccess::CREATE_SERVICE)?;
    let wanted = ServiceAccess::QUERY_CONFIG
        | ServiceAccess::CHANGE_CONFIG
        | ServiceAccess::START // asked for by failure actions that restart it
        | ServiceAccess::QUERY_STATUS;
    let (service, done) = match open(&manager, wanted)? {
        Some(service) => {
            let before = service.query_config().map_err(system);
            let before = before.context("could not read the service's configuration")?;
            let info = info(account.map(Account::name), before.start_type, config)?;
            service.change_config(&info).map_err(system).context("could not change the service")?;
            (service, "brought up to date")
        }
        None => {
            let account = account.unwrap_or(Account::System).name();
            let info = info(Some(account), ServiceStartType::AutoStart, config)?;
            let made = manager.create_service(&info, wanted).map_err(system);
            (made.context("could not make the service")?, "installed")
        }
    };
    refine(&service);
    eventlog::register(NAME).context("could not register the source of events")?;
    println!("service {NAME} {done}");
    Ok(())
}

/// What the service is; without an account, the one that it has.
fn info(
    account: Option<&str>,
    start_type: ServiceStartType,
    config: Option<PathBuf>,
) -> anyhow::Result<ServiceInfo> {
    let program = std::env::current_exe().context("could not find out where this program is")?;
    Ok(ServiceInfo {
        name: NAME.into(),
        display_name: DISPLAY_NAME.into(),
        service_type: ServiceType::OWN_PROCESS,
        start_type,
        error_control: ServiceErrorControl::Normal,
        executable_path: program,
        launch_arguments: arguments(config),
        // Not RpcSs, NTDS or Netlogon: the agent has to run most of all when they do not.
        dependencies: vec![ServiceDependency::Service("Tcpip".into())],
        account_name: account.map(Into::into),
        account_password: None,
    })
}

/// What the service control manager starts.
fn arguments(config: Option<PathBuf>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec!["service".into(), "run".into()];
    if let Some(config) = config {
        arguments.extend(["--config".into(), config.into_os_string()]);
    }
    arguments
}

/// What a service can do without, one by one: where Windows does not take it, that is said, and the
/// service works all the same.
fn refine(service: &Service) {
    let restart = |seconds| ServiceAction {
        action_type: ServiceActionType::Restart,
        delay: Duration::from_secs(seconds),
    };
    let recovery = ServiceFailureActions {
        reset_period: ServiceFailureResetPeriod::After(Duration::from_secs(24 * 3600)),
        reboot_msg: None,
        command: None,
        actions: Some(vec![restart(5), restart(30), restart(300)]),
    };
    let windows = |outcome: windows_service::Result<()>| outcome.map_err(system);
    let outcomes = [
        ("the description", windows(service.set_description(DESCRIPTION))),
        ("the delayed start", windows(service.set_delayed_auto_start(true))),
        ("the recovery actions", windows(service.update_failure_actions(recovery))),
        (
            "recovery from a failure without a crash",
            windows(service.set_failure_actions_on_non_crash_failures(true)),
        ),
        (
            "the service's own SID",
            windows(service.set_config_service_sid_info(ServiceSidType::Unrestricted)),
        ),
        ("the time before a shutdown", windows(service.set_preshutdown_timeout(STOPPING))),
        ("the list of privileges", privileges::require(service, &PRIVILEGES)),
    ];
    for (what, outcome) in outcomes {
        if let Err(error) = outcome {
            eprintln!("epmesh-agent: could not set {what} of the service: {error}");
        }
    }
}

/// Makes the folder of configuration, identity and log private. Everybody may make folders beside
/// it: one that somebody else made before us could hold a configuration of theirs, and is refused.
fn secure_folder(folder: &Path) -> anyhow::Result<()> {
    let shown = folder.display();
    private_files::private_dir(folder)
        .with_context(|| format!("could not make the folder {shown}"))?;
    let owner = access::owner_of(folder)
        .with_context(|| format!("could not find out who owns the folder {shown}"))?;
    let ours = access::is_ours(folder)
        .with_context(|| format!("could not compare the owner of {shown} with this user"))?;
    ensure!(
        ours || is_trusted(&owner),
        "the folder {shown} belongs to {owner}, who is neither SYSTEM nor an administrator: look \
         at what is in it, delete it, and install again"
    );
    access::make_private(folder, true)
        .with_context(|| format!("could not make the folder {shown} private"))
}

/// SYSTEM, the administrators (`LA` is the built-in one), the service itself.
fn is_trusted(owner: &str) -> bool {
    matches!(owner, "SY" | "BA" | "LA") || owner == access::SERVICE_SID
}

/// Stops and removes the service; with `purge` everything that it kept.
pub(super) fn uninstall(purge: bool) -> anyhow::Result<()> {
    let manager = manager(ServiceManagerAccess::CONNECT)?;
    let wanted = ServiceAccess::QUERY_STATUS | ServiceAccess::STOP | ServiceAccess::DELETE;
    let found = open(&manager, wanted)?;
    let was_there = found.is_some();
    if let Some(service) = found {
        stopped(&service)?;
        service.delete().map_err(system).context("could not remove the service")?;
    }
    eventlog::unregister(NAME).context("could not remove the source of events")?;
    if purge {
        let folder = program_data();
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).context(format!("could not delete {}", folder.display()));
            }
            _ => {}
        }
    }
    println!("service {NAME} {}", if was_there { "removed" } else { "was not there" });
    Ok(())
}

/// Whether a start would find an identity or a pending enrolment.
pub(super) fn is_ready(config: Option<&Path>) -> anyhow::Result<bool> {
    let config = Config::load(config)?;
    match Identity::load(&config.state_dir) {
        Ok(_) => Ok(true),
        Err(IdentityError::NotEnrolled { .. }) => {
            Ok(PendingEnrolment::load(&config.state_dir)?.is_some())
        }
        Err(error) => Err(error.into()),
    }
}

/// Starts the service and waits until it runs.
pub(super) fn start() -> anyhow::Result<()> {
    let service = existing(ServiceAccess::QUERY_STATUS | ServiceAccess::START)?;
    match service.start::<OsString>(&[]) {
        Err(error) if !is(&error, ERROR_SERVICE_ALREADY_RUNNING) => {
            return Err(system(error)).context("could not start the service");
        }
        _ => {}
    }
    reach(&service, ServiceState::Running)
}

/// Stops the service and waits until it has stopped.
pub(super) fn stop() -> anyhow::Result<()> {
    stopped(&existing(ServiceAccess::QUERY_STATUS | ServiceAccess::STOP)?)
}

/// Prints the state.
pub(super) fn status() -> anyhow::Result<()> {
    let status = existing(ServiceAccess::QUERY_STATUS)?.query_status().map_err(system)?;
    let state = match status.current_state {
        ServiceState::Stopped => "stopped",
        ServiceState::StartPending => "starting",
        ServiceState::StopPending => "stopping",
        ServiceState::Running => "running",
        ServiceState::ContinuePending | ServiceState::PausePending | ServiceState::Paused => {
            "paused"
        }
    };
    match status.process_id {
        Some(id) => println!("{state}, process {id}"),
        None => println!("{state}"),
    }
    Ok(())
}

fn stopped(service: &Service) -> anyhow::Result<()> {
    if let Err(error) = service.stop()
        && !is(&error, ERROR_SERVICE_NOT_ACTIVE)
        // It may be on its way already; whether it gets there is seen below.
        && service.query_status().map_err(system)?.current_state != ServiceState::StopPending
    {
        return Err(system(error)).context("could not stop the service");
    }
    reach(service, ServiceState::Stopped)
}

/// Waits until the service is in this state.
fn reach(service: &Service, wanted: ServiceState) -> anyhow::Result<()> {
    let begin = Instant::now();
    loop {
        let state = service.query_status().map_err(system)?.current_state;
        if state == wanted {
            return Ok(());
        }
        if state == ServiceState::Stopped {
            bail!("the service has stopped; the application event log says why (source {NAME})");
        }
        if begin.elapsed() > PATIENCE {
            bail!(
                "the service is not {wanted:?} after {} seconds, but {state:?}",
                PATIENCE.as_secs()
            );
        }
        std::thread::sleep(PAUSE);
    }
}

fn manager(wanted: ServiceManagerAccess) -> anyhow::Result<ServiceManager> {
    ServiceManager::local_computer(None::<&str>, wanted).map_err(system).context(
        "could not open the service control manager (an elevated prompt is needed for this)",
    )
}

/// The service, if there is one.
fn open(manager: &ServiceManager, wanted: ServiceAccess) -> anyhow::Result<Option<Service>> {
    match manager.open_service(NAME, wanted) {
        Ok(service) => Ok(Some(service)),
        Err(error) if is(&error, ERROR_SERVICE_DOES_NOT_EXIST) => Ok(None),
        Err(error) => Err(system(error)).context("could not open the service"),
    }
}

fn existing(wanted: ServiceAccess) -> anyhow::Result<Service> {
    open(&manager(ServiceManagerAccess::CONNECT)?, wanted)?
        .with_context(|| format!("there is no service {NAME}: run `epmesh-agent service install`"))
}

fn is(error: &Error, code: u32) -> bool {
    matches!(error, Error::Winapi(error) if error.raw_os_error() == Some(code.cast_signed()))
}

/// The crate's own words for a failed call are only that: what the system said is beneath them.
fn system(error: Error) -> io::Error {
    match error {
        Error::Winapi(error) => error,
        other => io::Error::other(other),
    }
}
