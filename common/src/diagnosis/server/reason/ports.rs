//! The ports that a service would register: too few, used up, written wrong, or taken by another.

use epmesh_facts::{
    Platform, PortRange, RangeUse, Service, ServiceRole, StaticPortOwner, Transport,
};
use epmesh_windows::{RpcPorts, WELL_KNOWN, rpc_ports};

use super::{
    super::super::{Cause, case::Case, latent::full},
    Reason,
};

/// Fewer ports than these are risky (KB 154596).
const ENOUGH: u32 = 100;

/// The fewest dynamic ports that netsh sets (KB 929851).
const LEAST: u32 = 255;

pub(super) fn range(case: &Case<'_>) -> Option<Reason> {
    let (cause, value, certain) = match rpc_ports(case.source_rpc?) {
        RpcPorts::Invalid { entry, why } => {
            (Cause::RpcInternetPortsInvalid, format!("the entry {entry:?} of Ports {why}"), true)
        }
        RpcPorts::Listed(ranges) => {
            let listed = |port: u16| ranges.iter().any(|(a, z)| (*a..=*z).contains(&port));
            let sizes = ranges.iter().map(|(a, z)| u32::from(z.saturating_sub(*a)) + 1);
            let count: u32 = sizes.sum();
            let held = case.source_ports.and_then(|ports| ports.fact.listeners.value());
            let mut held: Vec<u16> = held.into_iter().flatten().map(|l| l.port).collect();
            held.sort_unstable();
            held.dedup();
            let held = held.into_iter().filter(|port| listed(*port)).count();
            let held = u32::try_from(held).unwrap_or(u32::MAX);
            if count > 0 && held >= count {
                let value = format!("all of its {count} ports are taken");
                (Cause::PortRangeExhausted, value, false)
            } else if count < ENOUGH {
                let sets: Vec<String> = ranges.iter().take(5).map(range_words).collect();
                let value = format!(
                    "Ports is {}: {count} ports, {held} of them taken, and fewer than {ENOUGH} are \
                     too few",
                    sets.join(", ")
                );
                (Cause::PortRangeConstrained, value, false)
            } else {
                return None;
            }
        }
        _ => return None,
    };
    Some(Reason {
        cause,
        kind: "registry-value",
        name: r"HKLM\SOFTWARE\Microsoft\Rpc\Internet".to_owned(),
        value,
        certain,
    })
}

fn range_words((first, last): &(u16, u16)) -> String {
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}

/// The dynamic range is smaller than Windows itself lets anybody make it.
pub(super) fn constrained(case: &Case<'_>) -> Option<Reason> {
    let listed = matches!(case.source_rpc.map(rpc_ports), Some(RpcPorts::Listed(_)));
    if listed || case.source_platform() != Some(Platform::Windows) {
        return None;
    }
    let ranges = case.source_ports?.fact.dynamic.value()?;
    let size = |range: &PortRange| u32::from(range.last.saturating_sub(range.first)) + 1;
    let small = |range: &&PortRange| range.transport == Transport::Tcp && size(range) < LEAST;
    let range = ranges.iter().find(small)?;
    let rows = case.source_port_use.and_then(|ports| ports.ranges.value());
    let used = rows.into_iter().flatten().find(|row| row.range == *range);
    let used = used.map_or(String::new(), |row| format!(", {} % in use", row.used_percent));
    Some(Reason {
        cause: Cause::PortRangeConstrained,
        kind: "port-range",
        name: format!("dynamic TCP ports {}-{}", range.first, range.last),
        value: format!("{} ports{used}; {LEAST} are the least", size(range)),
        certain: false,
    })
}

/// The dynamic ports, where RPC servers take theirs from all of them and all are used up: neither a
/// server nor a client finds one.
pub(in super::super::super) fn dynamic_used_up(case: &Case<'_>) -> Option<(u16, u16)> {
    let ports = case.source_port_use?;
    let has_rows = ports.rpc.value().is_some_and(|rows| !rows.is_empty());
    match case.source_rpc.map(rpc_ports) {
        Some(RpcPorts::Listed(_)) => None,
        // Without them, what is left of a dynamic range that is full is full too.
        Some(RpcPorts::NotListed(_)) if has_rows => None,
        _ => full(ports),
    }
}

/// The ports that RPC servers alone take theirs from, where all of them are used up.
fn listed_used_up(case: &Case<'_>) -> Option<String> {
    let settings = case.source_rpc.map(rpc_ports);
    if !matches!(settings, Some(RpcPorts::Listed(_) | RpcPorts::NotListed(_))) {
        return None;
    }
    let rows = case.source_port_use?.rpc.value()?;
    // Only these count then, and a port is left as long as one of the ranges has one.
    let is_full = |row: &RangeUse| row.used_percent >= 100;
    let first = rows.iter().all(is_full).then(|| rows.first())??.range;
    let more = match rows.len() {
        1 => String::new(),
        many => format!(" and {} more ranges", many - 1),
    };
    Some(format!("the ports {}-{}{more} of Rpc\\Internet", first.first, first.last))
}

/// The ports that RPC servers take theirs from are used up: those of the dynamic range by default.
pub(super) fn exhausted(case: &Case<'_>) -> Option<Reason> {
    let dynamic =
        || dynamic_used_up(case).map(|(first, last)| format!("dynamic TCP ports {first}-{last}"));
    let name = listed_used_up(case).or_else(dynamic)?;
    Some(Reason {
        cause: Cause::PortRangeExhausted,
        kind: "port-range",
        name,
        value: "more than 95 % were in use".to_owned(),
        certain: false,
    })
}

pub(super) fn static_port(case: &Case<'_>, service: &Service) -> Option<Reason> {
    let owner = match service.name.to_ascii_lowercase().as_str() {
        "netlogon" => StaticPortOwner::Netlogon,
        "dfsr" => StaticPortOwner::Dfsr,
        "ntfrs" => StaticPortOwner::Ntfrs,
        _ if service.roles.contains(&ServiceRole::Directory) => StaticPortOwner::Ntds,
        _ => return None,
    };
    let rows = &case.source_rpc?.static_ports;
    let port = rows.iter().find(|row| row.owner == owner)?.port.value().copied()?;
    let twin = rows.iter().find(|row| row.owner != owner && row.port.value() == Some(&port));
    let holder = || {
        let process = service.process.value()?;
        let listeners = case.source_ports?.fact.listeners.value()?;
        let mut there = listeners.iter().filter(|held| u32::from(held.port) == port).peekable();
        there.peek()?;
        let pids: Option<Vec<u32>> = there.map(|held| held.pid).collect();
        let pids = pids.filter(|pids| !pids.contains(&0) && !pids.contains(&process.pid))?;
        pids.first().copied()
    };
    let value = match (twin, holder()) {
        (_, Some(pid)) => format!("process {pid} listens on {port}"),
        (Some(twin), None) => format!("{port} is the port of {} too", twin.owner),
        (None, None) if WELL_KNOWN.contains(&port) => {
            format!("{port} is a well-known port of a domain controller (KB 832017)")
        }
        (None, None) => return None,
    };
    Some(Reason {
        cause: Cause::StaticPortConflict,
        kind: "static-port",
        name: format!("the static port of {owner}"),
        value,
        certain: false,
    })
}
