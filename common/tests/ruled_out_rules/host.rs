//! Facts that rule out causes at an end: its own word.

use epmesh_common::{
    diagnosis::Registration,
    facts::{BootMode, Neighbour, Reading, ServiceRole, ServiceState, Transport},
};

use crate::seen::{Seen, fresh, numbers};

/// The words name a service of the source that runs.
fn runs(seen: &Seen<'_>, why: &str) -> bool {
    let running = seen.running();
    running.iter().any(|service| why.contains(&format!("reports that {} runs ", service.name)))
}

/// The words name the last time at which the interface was seen registered in this life of the host.
fn was_registered(seen: &Seen<'_>, why: &str) -> bool {
    let last = |known: &&Registration| why.contains(&format!("until {}", known.last));
    seen.registrations().iter().any(last)
}

/// The words name the ports on which the source's own map has the interface.
fn is_listed(seen: &Seen<'_>, why: &str) -> bool {
    let Some(own) = seen.listed() else { return false };
    let named = numbers(why, &format!("itself lists {} on port ", seen.interface()));
    !named.is_empty() && named.iter().all(|port| own.contains(port))
}

pub(crate) fn was_started(seen: &Seen<'_>, why: &str) -> bool {
    runs(seen, why) || was_registered(seen, why)
}

/// It runs; or what never was there has not died.
pub(crate) fn has_not_died(seen: &Seen<'_>, why: &str) -> bool {
    runs(seen, why) || never_registered(seen, why)
}

fn never_registered(seen: &Seen<'_>, why: &str) -> bool {
    let is_said = why.contains("was not seen to list") || why.contains("was never seen to have");
    let started =
        fresh!(seen, source, Services, services).and_then(|services| services.list.value());
    let own = |known: &&Registration| {
        let process = known.process.map(|process| process.pid);
        let running = started.into_iter().flatten().filter_map(|service| service.process.value());
        running.into_iter().any(|running| Some(running.pid) == process)
    };
    let known = seen.registrations();
    is_said && (known.is_empty() || !known.iter().any(own)) && seen.evidence.watched_since.is_some()
}

pub(crate) fn is_not_unregistered(seen: &Seen<'_>, why: &str) -> bool {
    is_listed(seen, why) || never_registered(seen, why) || is_gone(seen, why)
}

/// The process of the last registration is gone: its service does not run, or another process serves.
fn is_gone(seen: &Seen<'_>, why: &str) -> bool {
    let is_said = why.contains("its process ended") || why.contains("its service does not run");
    let list = fresh!(seen, source, Services, services).and_then(|services| services.list.value());
    let Some(list) = list else { return false };
    let last = seen.registrations().into_iter().max_by_key(|known| known.last);
    let process = last.and_then(|known| known.process);
    let lives = |pid: u32| {
        let mut running = list.iter().filter_map(|service| service.process.value());
        running.any(|running| running.pid == pid)
    };
    let is_down = list.iter().any(|service| service.state != ServiceState::Running);
    is_said && (process.is_some_and(|process| !lives(process.pid)) || is_down)
}

pub(crate) fn has_registered(seen: &Seen<'_>, why: &str) -> bool {
    is_listed(seen, why) || was_registered(seen, why)
}

pub(crate) fn normal_mode(seen: &Seen<'_>) -> bool {
    let host = fresh!(seen, source, Host, host);
    host.is_some_and(|host| host.boot_mode.value() == Some(&BootMode::Normal))
}

pub(crate) fn client_protocols(seen: &Seen<'_>) -> bool {
    let values = fresh!(seen, source, RpcSettings, rpc_settings)
        .and_then(|rpc| rpc.client_protocols.value());
    values.into_iter().flatten().any(|value| {
        value.name.eq_ignore_ascii_case("ncacn_ip_tcp")
            && value.data.trim().eq_ignore_ascii_case("rpcrt4.dll")
    })
}

pub(crate) fn bind(seen: &Seen<'_>) -> bool {
    fresh!(seen, source, RpcSettings, rpc_settings)
        .is_some_and(|rpc| matches!(rpc.bind, Reading::Absent))
}

/// There is no list, or each of its entries is a port or two with a dash (KB 154596).
pub(crate) fn internet_ports(seen: &Seen<'_>) -> bool {
    let Some(rpc) = fresh!(seen, source, RpcSettings, rpc_settings) else { return false };
    let is_port = |text: &str| text.parse::<u16>().is_ok();
    match &rpc.internet_ports {
        Reading::Absent => true,
        Reading::Value(entries) => entries.iter().all(|entry| match entry.split_once('-') {
            Some((first, last)) => is_port(first) && is_port(last),
            None => is_port(entry),
        }),
        _ => false,
    }
}

/// The words name the greatest use of the dynamic ports that was told.
pub(crate) fn ports_in_use(seen: &Seen<'_>, why: &str) -> bool {
    let ranges = fresh!(seen, source, PortUse, port_use).and_then(|ports| ports.ranges.value());
    let tcp = ranges.into_iter().flatten().filter(|row| row.range.transport == Transport::Tcp);
    let most = tcp.map(|row| row.used_percent).max();
    most.is_some_and(|most| most < 90 && why.starts_with(&format!("at most {most} %")))
}

pub(crate) fn no_static_port(seen: &Seen<'_>) -> bool {
    let rows = fresh!(seen, source, RpcSettings, rpc_settings).map(|rpc| &rpc.static_ports);
    rows.is_some_and(|rows| {
        !rows.is_empty() && rows.iter().all(|row| matches!(row.port, Reading::Absent))
    })
}

/// The words name a static port that is set, and it lies inside the dynamic range, or outside.
pub(crate) fn static_port(seen: &Seen<'_>, why: &str, inside: bool) -> bool {
    let rows = fresh!(seen, source, RpcSettings, rpc_settings).map(|rpc| &rpc.static_ports);
    let mut set =
        rows.into_iter().flatten().filter_map(|row| Some((row.owner, *row.port.value()?)));
    let ports = fresh!(seen, source, Ports, ports).and_then(|ports| ports.dynamic.value());
    let used = fresh!(seen, source, PortUse, port_use).and_then(|ports| ports.ranges.value());
    let told = ports.into_iter().flatten().chain(used.into_iter().flatten().map(|row| &row.range));
    let tcp: Vec<_> = told.filter(|range| range.transport == Transport::Tcp).collect();
    let lies_inside = |port: u32| {
        tcp.iter().any(|range| (u32::from(range.first)..=u32::from(range.last)).contains(&port))
    };
    !tcp.is_empty()
        && set.any(|(owner, port)| {
            why.starts_with(&format!("the static port {port} of {owner} "))
                && lies_inside(port) == inside
        })
}

pub(crate) fn destination_serves(seen: &Seen<'_>) -> bool {
    let services = fresh!(seen, destination, Services, services);
    let directory = services.and_then(|services| services.with_role(ServiceRole::Directory));
    directory.is_some_and(|service| service.state == ServiceState::Running)
}

/// Each naming context was replicated from the source at the last attempt.
pub(crate) fn replicated(seen: &Seen<'_>) -> bool {
    let rows = fresh!(seen, destination, Replication, replication)
        .and_then(|held| held.neighbours.value());
    let own = fresh!(seen, source, Host, host).and_then(|host| host.dsa_guid.value()).copied();
    let known =
        fresh!(seen, destination, Directory, directory).and_then(|held| held.settings.value());
    let by_name =
        known.into_iter().flatten().filter(|row| row.host.as_ref() == Some(seen.source()));
    let looked = seen.look.and_then(|look| look.seen.dsa_guid);
    let guids: Vec<_> =
        own.into_iter().chain(by_name.map(|row| row.dsa_guid)).chain(looked).collect();
    let rows: Vec<_> =
        rows.into_iter().flatten().filter(|row| guids.contains(&row.source)).collect();
    // An attempt whose result is 0 is a success.
    let has_time = |row: &&Neighbour| row.last_success.or(row.last_attempt).is_some();
    !rows.is_empty() && rows.iter().all(|row| row.last_result == 0 && has_time(row))
}

/// None of the source's RPC filters, all of which were read, blocks the interface.
pub(crate) fn no_filter(seen: &Seen<'_>) -> bool {
    let filters = fresh!(seen, source, Filters, filters).filter(|filters| filters.rpc_is_whole());
    let rows = filters.and_then(|filters| filters.rpc.value());
    rows.is_some_and(|rows| !rows.iter().any(|row| row.blocks(seen.evidence.link.interface.uuid)))
}

/// The source's own map does not have it, so that there is nothing to hide.
pub(crate) fn is_unlisted(seen: &Seen<'_>) -> bool {
    seen.listed().is_some_and(|own| own.is_empty())
}
