//! The consequences, on a computer, of what a scenario states of it.

use std::time::Duration;

use epmesh_common::diagnosis::Registration;
use epmesh_facts::{BootMode, Failure, Platform, Reading, SectionKind, ServiceState, Timestamp};
use epmesh_rpc::{InterfaceId, ProtocolSequence};

use super::world::{Kind, Machine, NOW, World, is_up};

/// The services that Windows stops together with `NTDS`, because they depend on it.
const ON_NTDS: [&str; 4] = ["Kdc", "IsmServ", "DFSR", "DNS"];

/// Applies the consequences to every computer.
pub(super) fn apply(world: &mut World) {
    let interface = world.link.interface;
    for machine in &mut world.machines {
        safe_boot(machine);
        dependents(machine);
        endpoints(machine);
        listeners(machine);
        current_registration(machine, interface);
    }
}

/// In a safe mode the directory, and the services that need it, do not start.
fn safe_boot(machine: &mut Machine) {
    let mode = machine.host.boot_mode.value().copied().unwrap_or(BootMode::Normal);
    let left_out: &[&str] = match mode {
        BootMode::Normal => &[],
        BootMode::DirectoryRepair => &["NTDS", "Netlogon", "ADWS"],
        BootMode::SafeWithNetwork => &["NTDS", "ADWS"],
        BootMode::Safe => &["NTDS", "Netlogon", "ADWS", "LanmanServer"],
    };
    for name in left_out {
        stop(machine, name);
    }
}

fn dependents(machine: &mut Machine) {
    if machine.host.platform == Platform::Windows
        && machine.service("NTDS").is_some_and(|ntds| ntds.state == ServiceState::Stopped)
    {
        for name in ON_NTDS {
            stop(machine, name);
        }
    }
}

/// Stops a service whose state the scenario does not state itself.
fn stop(machine: &mut Machine, name: &str) {
    if machine.stated_services.contains(name) {
        return;
    }
    if let Some(service) = machine.service_mut(name) {
        service.state = ServiceState::Stopped;
        service.process = Reading::Absent;
    }
}

/// A service that does not run has nothing in the endpoint map.
fn endpoints(machine: &mut Machine) {
    let silent: Vec<InterfaceId> = machine
        .servers
        .iter()
        .filter(|(interface, service)| {
            !machine.runs(service) && !machine.stated_map.contains(interface)
        })
        .map(|(interface, _)| *interface)
        .collect();
    machine.map.retain(|endpoint| !silent.contains(&endpoint.interface));
    if !mapper_runs(machine) && machine.kind != Kind::Other {
        machine.map_failure = Some(Failure::local("the endpoint mapper does not run"));
    }
}

/// Whether the endpoint mapper runs.
fn mapper_runs(machine: &Machine) -> bool {
    let name = match machine.host.platform {
        Platform::Windows if machine.service("RpcEptMapper").is_none() => "RpcSs",
        Platform::Windows => "RpcEptMapper",
        _ => "samba task[rpc]",
    };
    machine.runs(name)
}

/// A service that does not run does not listen; a port that several services of one process share stays open.
fn listeners(machine: &mut Machine) {
    let alive: Vec<u32> = machine
        .services
        .iter()
        .filter(|service| is_up(service.state))
        .filter_map(|service| service.process.value().map(|process| process.pid))
        .collect();
    let stopped = |name: &str| machine.service(name).is_some_and(|service| !is_up(service.state));
    let mut closed: Vec<u16> = Vec::new();
    for (service, ports) in [
        ("NTDS", [389, 636, 3268, 3269].as_slice()),
        ("Kdc", &[88, 464]),
        ("DNS", &[53]),
        ("RpcEptMapper", &[135]),
        ("ADWS", &[9389]),
        ("LanmanServer", &[445]),
    ] {
        if stopped(service) {
            closed.extend(ports);
        }
    }
    if let Reading::Value(list) = &mut machine.ports.listeners {
        let known =
            |pid: Option<u32>| pid.is_none_or(|pid| pid >= FOREIGN_PID || alive.contains(&pid));
        list.retain(|one| known(one.pid) && !closed.contains(&one.port));
    }
}

/// Processes from this id on belong to programs that are no services of the domain controller.
pub(super) const FOREIGN_PID: u32 = 7000;

/// What the map holds now has been there since the process started, or since the last stretch that
/// the scenario states ended.
fn current_registration(machine: &mut Machine, interface: InterfaceId) {
    let listed = machine.map_failure.is_none()
        && machine.map.iter().any(|endpoint| {
            endpoint.interface == interface
                && endpoint.binding.sequence == ProtocolSequence::NcacnIpTcp
        });
    if machine.kind != Kind::Dc || !listed || !machine.has_agent {
        return;
    }
    let server = machine.servers.get(&interface).copied().unwrap_or_default();
    let Some(process) = machine.service(server).and_then(|one| one.process.value().copied()) else {
        return;
    };
    let before: Option<Timestamp> = machine.registrations.iter().map(|known| known.last).max();
    let started = process.started.plus(Duration::from_secs(30));
    let first = before.map_or(started, |last| started.max(last.plus(Duration::from_secs(60))));
    let said = machine.said_of.get(&SectionKind::EndpointMap).copied().unwrap_or(machine.said);
    let last = NOW.minus(said);
    machine.registrations.push(Registration {
        interface,
        boot: machine.boot().map(|boot| boot.id.clone()),
        process: Some(process),
        first: first.min(last),
        last,
        lost: None,
    });
}
