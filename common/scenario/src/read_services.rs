//! The services, the endpoint map and the ports of one computer.

use std::collections::BTreeMap;

use epmesh_config::Section;
use epmesh_facts::{
    AddressFamily, Failure, Listener, Process, ProcessUse, Reading, Service, ServiceState,
    Transport, Trend,
};
use epmesh_rpc::{InterfaceId, ProtocolSequence};

use super::{
    age::age,
    consequences::FOREIGN_PID,
    words,
    world::{Machine, ago},
};

/// Services by the names that a scenario may use.
pub(super) fn read(machine: &mut Machine, table: &Section<'_>) {
    if let Some(services) = table.table("services") {
        for key in services.keys() {
            if machine.service(&key).is_some() {
                one(machine, &services, &key);
            }
        }
    }
    // After a restart of its process a service has another id, and what the map holds is its own.
    let pids: BTreeMap<InterfaceId, u32> = machine
        .servers
        .keys()
        .filter_map(|interface| Some((*interface, machine.pid_of(*interface)?)))
        .collect();
    adopt(machine, &pids);
    if let Some(map) = table.table("map") {
        endpoint_map(machine, &map);
    }
    if let Some(ports) = table.table("ports") {
        listeners(machine, &ports);
        ranges(machine, &ports);
        usage(machine, &ports);
    }
}

/// One service: a state, or a table.
fn one(machine: &mut Machine, services: &Section<'_>, key: &str) {
    let name = machine.service(key).map(|service| service.name.clone()).unwrap_or_default();
    let restarted = FOREIGN_PID - 1000;
    let Some(service) = machine.service_mut(key) else { return };
    let before = service.process.value().copied();
    let mut since = None;
    if !services.has_table(key) {
        if key == "missing" {
            return;
        }
        let read = |text: &str| {
            if text == "not installed" { Ok(None) } else { words::service_state(text).map(Some) }
        };
        match services.parse(key, read) {
            Some(Some(state)) => set_state(service, state),
            Some(None) => {
                machine.services.retain(|service| service.name != name);
                return;
            }
            None => return,
        }
    } else if let Some(row) = services.table(key) {
        if let Some(state) = row.parse("state", words::service_state) {
            set_state(service, state);
        }
        since = age(&row, "for");
        if let Some(start) = row.parse("start", words::start_type) {
            service.start = Reading::Value(start);
        }
        if let Some(account) = row.text("account") {
            service.account = Reading::Value(account);
        }
        if let Some(code) = row.integer("exit-code", 0..=i64::from(u32::MAX)) {
            service.exit_code = Reading::Value(u32::try_from(code).unwrap_or(u32::MAX));
        }
        if let Some(started) = age(&row, "started") {
            let pid = row.integer("pid", 1..=i64::from(u32::MAX));
            let pid = pid.and_then(|pid| u32::try_from(pid).ok()).unwrap_or(restarted);
            service.process = Reading::Value(Process { pid, started: ago(started) });
        }
    }
    // The process that its listeners have now, where it is another.
    let now = machine.service(&name).and_then(|service| service.process.value().copied());
    if let (Some(before), Some(now)) = (before, now)
        && before.pid != now.pid
        && let Reading::Value(list) = &mut machine.ports.listeners
    {
        for listener in list.iter_mut().filter(|one| one.pid == Some(before.pid)) {
            listener.pid = Some(now.pid);
        }
    }
    machine.in_state_for.extend(since.map(|since| (name.clone(), since)));
    machine.stated_services.insert(name);
}

fn set_state(service: &mut Service, state: ServiceState) {
    service.state = state;
    if state == ServiceState::Stopped {
        service.process = Reading::Absent;
    }
}

/// Ports of the map that no process of the list has belong to the service that serves the interface.
fn adopt(machine: &mut Machine, pids: &BTreeMap<InterfaceId, u32>) {
    let wanted: Vec<(u16, u32)> = machine
        .map
        .iter()
        .filter(|endpoint| endpoint.binding.sequence == ProtocolSequence::NcacnIpTcp)
        .filter_map(|endpoint| Some((endpoint.binding.port()?, *pids.get(&endpoint.interface)?)))
        .collect();
    for (port, pid) in wanted {
        let has = machine.ports.listeners.value().into_iter().flatten().any(|one| one.port == port);
        if !has {
            machine.listen(port, Some(pid));
        }
    }
}

/// `[dc2.map]`: the endpoints of an interface, as the computer itself lists them.
fn endpoint_map(machine: &mut Machine, map: &Section<'_>) {
    if let Some(why) = map.text("could-not-be-read") {
        machine.map_failure = Some(Failure::local(why));
    }
    for key in map.keys() {
        if key == "could-not-be-read" {
            continue;
        }
        let Ok(interface) = words::interface(&key) else { continue };
        let Some(rows) = map.list(&key, |text| words::endpoint(interface, text)) else { continue };
        machine.map.retain(|endpoint| endpoint.interface != interface);
        machine.map.extend(rows);
        machine.stated_map.insert(interface);
        let pid = machine.pid_of(interface);
        let pids = pid.map(|pid| BTreeMap::from([(interface, pid)])).unwrap_or_default();
        adopt(machine, &pids);
    }
}

/// Who listens where, as far as it differs.
fn listeners(machine: &mut Machine, ports: &Section<'_>) {
    let port = |number: i64| u16::try_from(number).ok();
    for closed in ports.integers("closed", 1..=65_535).unwrap_or_default() {
        port(closed).into_iter().for_each(|port| machine.close(port));
    }
    for taken in ports.integers("taken-by-another-process", 1..=65_535).unwrap_or_default() {
        port(taken).into_iter().for_each(|port| machine.listen(port, Some(FOREIGN_PID + 31)));
    }
    let only = |machine: &mut Machine, port: u16, address: std::net::IpAddr| {
        let pid = machine.listener(address, port).flatten();
        machine.close(port);
        if let Reading::Value(list) = &mut machine.ports.listeners {
            list.push(Listener { port, address, pid });
            list.sort();
        }
    };
    for local in ports.integers("only-on-loopback", 1..=65_535).unwrap_or_default() {
        let loopback = std::net::IpAddr::from([127, 0, 0, 1]);
        port(local).into_iter().for_each(|port| only(machine, port, loopback));
    }
    if let Some(rows) = ports.list("only-on", |text| {
        let (port, address) =
            text.split_once(" at ").ok_or("not of the form `135 at 10.0.1.12`")?;
        let port: u16 = port.parse().map_err(|_| "no port")?;
        Ok::<_, &str>((port, address.parse::<std::net::IpAddr>().map_err(|_| "no address")?))
    }) {
        rows.into_iter().for_each(|(port, address)| only(machine, port, address));
    }
}

/// The dynamic port ranges.
fn ranges(machine: &mut Machine, ports: &Section<'_>) {
    use AddressFamily::{V4, V6};
    for (key, families, transport) in [
        ("dynamic-tcp", [V4, V6].as_slice(), Transport::Tcp),
        ("dynamic-tcp-ipv4", &[V4], Transport::Tcp),
        ("dynamic-tcp-ipv6", &[V6], Transport::Tcp),
        ("dynamic-udp", &[V4, V6], Transport::Udp),
    ] {
        let Some(to) = ports.parse(key, words::span) else { continue };
        let all = [&mut machine.ports.dynamic];
        for dynamic in all {
            if let Reading::Value(list) = dynamic {
                list.iter_mut()
                    .filter(|range| {
                        families.contains(&range.family) && range.transport == transport
                    })
                    .for_each(|range| words::resized(range, to));
            }
        }
        if let Reading::Value(list) = &mut machine.port_use.ranges {
            list.iter_mut()
                .map(|use_of| &mut use_of.range)
                .filter(|range| families.contains(&range.family) && range.transport == transport)
                .for_each(|range| words::resized(range, to));
        }
    }
}

/// How much of the TCP ranges is used.
fn usage(machine: &mut Machine, ports: &Section<'_>) {
    let percent =
        |key: &str| ports.integer(key, 0..=100).and_then(|percent| u8::try_from(percent).ok());
    let (used, waiting) = (percent("used-percent"), percent("time-wait-percent"));
    let trend = ports.parse("trend", |text| match text {
        "steady" => Ok(Trend::Steady),
        "rising" => Ok(Trend::Rising),
        "falling" => Ok(Trend::Falling),
        _ => Err(format!("{text:?} is none of steady, rising, falling")),
    });
    if let Reading::Value(list) = &mut machine.port_use.ranges {
        for row in list.iter_mut().filter(|row| row.range.transport == Transport::Tcp) {
            row.used_percent = used.unwrap_or(row.used_percent);
            row.time_wait_percent = waiting.unwrap_or(row.time_wait_percent);
            row.trend = trend.unwrap_or(row.trend);
        }
    }
    let top = ports.list("most-used-by", |text| {
        let (name, percent) = text.rsplit_once(' ').ok_or("not of the form `backup.exe 80`")?;
        let used_percent = percent.parse().map_err(|_| "no percentage")?;
        Ok::<_, &str>(ProcessUse { pid: FOREIGN_PID + 77, name: name.to_owned(), used_percent })
    });
    if let Some(top) = top {
        machine.port_use.top = Reading::Value(top);
    }
}
