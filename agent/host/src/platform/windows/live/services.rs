//! The services that a domain controller needs.

use epmesh_facts::{
    Blank, Process, Reading, Reason, Service, ServiceState, Services, StartType, Timestamp,
};
use epmesh_wire::limits::DEPENDENCIES;
use windows_sys::Win32::{
    Foundation::ERROR_SERVICE_SPECIFIC_ERROR,
    System::Services::{
        SERVICE_AUTO_START, SERVICE_BOOT_START, SERVICE_CONTINUE_PENDING, SERVICE_DEMAND_START,
        SERVICE_DISABLED, SERVICE_PAUSE_PENDING, SERVICE_PAUSED, SERVICE_RUNNING,
        SERVICE_START_PENDING, SERVICE_STOPPED, SERVICE_SYSTEM_START,
    },
};

use super::host_state::Live;
use crate::platform::windows::{
    ffi::{
        self,
        services::{Config, Manager, Status},
    },
    processes::Processes,
    services,
};

impl Live {
    pub(super) fn services(&self) -> Services {
        let names: Vec<&str> = services::ASKED.iter().map(|asked| asked.name).collect();
        Services { list: listed(&names).map_or_else(Reading::unseen, Reading::Value) }
    }
}

/// The services of `names` that are there. One that cannot be asked spoils the list: what is missing in it
/// counts as absent.
pub(super) fn listed(names: &[&str]) -> Result<Vec<Service>, String> {
    let manager = Manager::connect().map_err(|error| format!("service manager: {error}"))?;
    let processes = ffi::process::all();
    let mut list = Vec::new();
    for name in names {
        let fail = |error: std::io::Error| format!("service {name}: {error}");
        if let Some(service) = manager.service(name).map_err(fail)? {
            let status = service.status().map_err(fail)?;
            let config = service.config();
            let delayed = match &config {
                Ok(config) if config.start == SERVICE_AUTO_START => match service.delayed() {
                    Ok(delayed) => Reading::Value(delayed),
                    Err(error) => Reading::unreadable(&error),
                },
                Ok(_) => Reading::NotApplicable,
                Err(error) => Reading::unreadable(error),
            };
            list.push(Service {
                delayed,
                ..described(name, process(&status, &processes), &status, config)
            });
        }
    }
    if list.is_empty() {
        return Err("the service manager knows none of the services that every host has".to_owned());
    }
    let present: Vec<String> = list.iter().map(|service| service.name.clone()).collect();
    let present: Vec<&str> = present.iter().map(String::as_str).collect();
    for service in &mut list {
        service.roles = services::roles(&service.name, &present);
    }
    Ok(list)
}

fn described(
    name: &str,
    process: Reading<Process>,
    status: &Status,
    config: std::io::Result<Config>,
) -> Service {
    let blank = Service::blank(name, state(status.state), &Blank::Absent);
    let service = Service {
        process,
        // While it runs, the exit code of the run before is not kept.
        exit_code: match status.state {
            SERVICE_STOPPED if status.exit_code == ERROR_SERVICE_SPECIFIC_ERROR => {
                Reading::Value(status.specific_exit_code)
            }
            SERVICE_STOPPED => Reading::Value(status.exit_code),
            _ => Reading::Absent,
        },
        ..blank
    };
    match config {
        Ok(config) => Service {
            start: match config.start {
                SERVICE_BOOT_START | SERVICE_SYSTEM_START | SERVICE_AUTO_START => {
                    Reading::Value(StartType::Automatic)
                }
                SERVICE_DEMAND_START => Reading::Value(StartType::Manual),
                SERVICE_DISABLED => Reading::Value(StartType::Disabled),
                other => Reading::unseen(format!("the start type is {other}")),
            },
            // Drivers have none.
            account: if config.account.is_empty() {
                Reading::Absent
            } else {
                Reading::Value(config.account)
            },
            dependencies: Reading::whole(
                config
                    .dependencies
                    .into_iter()
                    // A group of services, not one.
                    .filter(|needed| !needed.starts_with('+'))
                    .collect(),
                DEPENDENCIES,
                "services that it needs",
            ),
            ..service
        },
        Err(error) => Service {
            start: Reading::unreadable(&error),
            account: Reading::unreadable(&error),
            dependencies: Reading::unreadable(&error),
            ..service
        },
    }
}

/// The state by its number (Microsoft: "SERVICE_STATUS_PROCESS").
fn state(state: u32) -> ServiceState {
    match state {
        SERVICE_RUNNING => ServiceState::Running,
        SERVICE_START_PENDING => ServiceState::Starting,
        SERVICE_STOPPED => ServiceState::Stopped,
        SERVICE_PAUSE_PENDING => ServiceState::Pausing,
        SERVICE_PAUSED => ServiceState::Paused,
        SERVICE_CONTINUE_PENDING => ServiceState::Resuming,
        _ => ServiceState::Stopping,
    }
}

fn process(status: &Status, processes: &std::io::Result<Processes>) -> Reading<Process> {
    if status.pid == 0 {
        return Reading::Absent;
    }
    let started = match processes {
        Ok(processes) => started(processes, status.pid).map_err(|error| Reason::of(&error)),
        Err(error) => Err(Reason::of(error)),
    };
    match started {
        Ok(started) => Reading::Value(Process { pid: status.pid, started }),
        Err(why) => Reading::unseen(why.about(format_args!("process {}", status.pid))),
    }
}

/// The time at which a process was made.
pub(super) fn started(processes: &Processes, pid: u32) -> std::io::Result<Timestamp> {
    let running = processes.get(&pid);
    running
        .and_then(|running| running.started)
        .ok_or_else(|| std::io::Error::other("the system's list of processes does not have it"))
}
