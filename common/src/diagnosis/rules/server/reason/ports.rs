//! The ports that a service would register: too few, used up, written wrong, or taken by another.

use epmesh_facts::{
    Platform, PortRange, RangeUse, Service, ServiceRole, StaticPortOwner, Transport,
};
use epmesh_windows::{Release, RpcPorts, WELL_KNOWN, joined, ports_left, rpc_ports};

use super::{
    super::super::super::{
        case::{Case, full},
        cause::Cause,
        culprit::{Obstacle, PortConflict, PortsTrouble, ServerPorts},
    },
    obstacles::Reason,
};

/// Fewer ports than these are risky (KB 154596).
const ENOUGH: u32 = 100;

/// The fewest dynamic ports that netsh sets (KB 929851).
const LEAST: u32 = 255;

/// At most so many ranges are named.
const NAMED: usize = 5;

/// The ports that `Rpc\Internet` lists, or leaves, are invalid, none at all, all taken, or few.
pub(super) fn range(case: &Case<'_>) -> Option<Reason> {
    let (ranges, without) = match rpc_ports(case.source_rpc?) {
        RpcPorts::Invalid { entry, why } => {
            let obstacle = Obstacle::InternetPorts(PortsTrouble::Invalid { entry, why });
            return Some(Reason { cause: Cause::RpcInternetPortsInvalid, obstacle, certain: true });
        }
        RpcPorts::Undocumented(why) => {
            let obstacle = Obstacle::InternetPorts(PortsTrouble::Undocumented(why));
            return Some(Reason {
                cause: Cause::RpcInternetPortsInvalid,
                obstacle,
                certain: false,
            });
        }
        RpcPorts::Listed(ranges) => (joined(&ranges), None),
        RpcPorts::NotListed(without) => (ports_left(dynamic(case), &without), Some(without)),
        _ => return None,
    };
    let listed = |port: u16| ranges.iter().any(|(a, z)| (*a..=*z).contains(&port));
    let sizes = ranges.iter().map(|(a, z)| u32::from(z.saturating_sub(*a)) + 1);
    let count: u32 = sizes.sum();
    let held = case.source_ports.and_then(|ports| ports.fact.listeners.value());
    let mut held: Vec<u16> = held.into_iter().flatten().map(|l| l.port).collect();
    held.sort_unstable();
    held.dedup();
    let taken = held.into_iter().filter(|port| listed(*port)).count();
    let taken = u32::try_from(taken).unwrap_or(u32::MAX);
    let is_left = without.is_some();
    let (cause, trouble, certain) = match without {
        Some(mut without) if count == 0 => {
            without.truncate(NAMED);
            let none = PortsTrouble::NoneLeft { without, dynamic: dynamic(case) };
            // The range of a host that has not said it is that of its release; and a service with a port of
            // its own does not take one from there.
            let certain = case.source_range().is_some() && !has_static_port(case);
            (Cause::PortRangeConstrained, none, certain)
        }
        _ if count > 0 && taken >= count => {
            (Cause::PortRangeExhausted, PortsTrouble::AllTaken(count), false)
        }
        _ if count < ENOUGH => {
            let ranges = ranges.into_iter().take(NAMED).collect();
            let few = PortsTrouble::Few { ranges, is_left, count, taken, enough: ENOUGH };
            (Cause::PortRangeConstrained, few, false)
        }
        _ => return None,
    };
    Some(Reason { cause, obstacle: Obstacle::InternetPorts(trouble), certain })
}

/// Whether the service that serves the interface is told to use a port of its own.
fn has_static_port(case: &Case<'_>) -> bool {
    let owner = case.service().and_then(owner_of);
    let rows = case.source_rpc.into_iter().flat_map(|rpc| &rpc.static_ports);
    rows.filter(|row| Some(row.owner) == owner).any(|row| row.port.value().is_some())
}

/// The dynamic range of the source; where it has not said which that is, the default of its release.
fn dynamic(case: &Case<'_>) -> (u16, u16) {
    let release = case.source_host.and_then(|host| Release::of(host.fact.version.value()?));
    let is_early = release.is_some_and(|release| release < Release::Windows2008);
    let default = if is_early { (1025, 5000) } else { (49_152, 65_535) };
    case.source_range().map_or(default, |range| (range.first, range.last))
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
    let obstacle = Obstacle::FewDynamicPorts {
        first: range.first,
        last: range.last,
        count: size(range),
        used_percent: used.map(|row| row.used_percent),
        least: LEAST,
    };
    Some(Reason { cause: Cause::PortRangeConstrained, obstacle, certain: false })
}

/// The dynamic ports, where RPC servers take theirs from all of them and all are used up: neither a
/// server nor a client finds one.
pub(in crate::diagnosis) fn dynamic_used_up(case: &Case<'_>) -> Option<(u16, u16)> {
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
fn listed_used_up(case: &Case<'_>) -> Option<ServerPorts> {
    let settings = case.source_rpc.map(rpc_ports);
    if !matches!(settings, Some(RpcPorts::Listed(_) | RpcPorts::NotListed(_))) {
        return None;
    }
    let rows = case.source_port_use?.rpc.value()?;
    // Only these count then, and a port is left as long as one of the ranges has one.
    let is_full = |row: &RangeUse| row.used_percent >= 100;
    let first = rows.iter().all(is_full).then(|| rows.first())??.range;
    let more = rows.len().saturating_sub(1);
    Some(ServerPorts::Listed { first: first.first, last: first.last, more })
}

/// The ports that RPC servers take theirs from are used up: those of the dynamic range by default.
pub(super) fn exhausted(case: &Case<'_>) -> Option<Reason> {
    let dynamic =
        || dynamic_used_up(case).map(|(first, last)| ServerPorts::Dynamic { first, last });
    let obstacle = Obstacle::PortsUsedUp(listed_used_up(case).or_else(dynamic)?);
    Some(Reason { cause: Cause::PortRangeExhausted, obstacle, certain: false })
}

/// The port that the service is told to use belongs to another.
pub(super) fn static_port(case: &Case<'_>, service: &Service) -> Option<Reason> {
    let owner = owner_of(service)?;
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
    let conflict = match (twin, holder()) {
        (_, Some(pid)) => PortConflict::Process(pid),
        (Some(twin), None) => PortConflict::Owner(twin.owner),
        (None, None) if WELL_KNOWN.contains(&port) => PortConflict::WellKnown,
        (None, None) => return None,
    };
    let obstacle = Obstacle::StaticPort { owner, port, conflict };
    Some(Reason { cause: Cause::StaticPortConflict, obstacle, certain: false })
}

/// The owner of the static port that the service may have.
fn owner_of(service: &Service) -> Option<StaticPortOwner> {
    match service.name.to_ascii_lowercase().as_str() {
        "netlogon" => Some(StaticPortOwner::Netlogon),
        "dfsr" => Some(StaticPortOwner::Dfsr),
        "ntfrs" => Some(StaticPortOwner::Ntfrs),
        _ if service.roles.contains(&ServiceRole::Directory) => Some(StaticPortOwner::Ntds),
        _ => None,
    }
}
