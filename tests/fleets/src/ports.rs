//! An agent's statements on its host's ports: which listen, which are dynamic, how much of them is
//! used.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use epmesh_common::{
    facts::{
        AddressFamily, Listener, PortRange, PortUse, Ports, RangeUse, Reading, Transport, Trend,
    },
    windows::rpc_ranges,
};

use super::world::{Behind, Dc, World};

/// The process that the directory and its like run in.
const OWN: u32 = 640;
/// One that has nothing to do with them.
const ANOTHER: u32 = 4120;

fn ranges() -> Vec<PortRange> {
    [AddressFamily::V4, AddressFamily::V6]
        .map(|family| PortRange { family, transport: Transport::Tcp, first: 49152, last: 65535 })
        .to_vec()
}

/// The ranges that RPC servers take their ports from, where these are others.
fn of_rpc(dc: &Dc) -> Reading<Vec<PortRange>> {
    rpc_ranges(&dc.rpc, &Reading::Value(ranges()))
}

/// The sockets that listen, and the ranges.
pub(super) fn ports(world: &World, at: usize) -> Ports {
    let dc = &world.dcs[at];
    let mut open: Vec<u16> = vec![445];
    if dc.serves() {
        open.extend([88, 389, 464, 636]);
    }
    if dc.mapper.runs {
        open.extend([135, 49664]);
    }
    if dc.dns.is_some() {
        open.push(53);
    }
    if dc.directory.behind != Behind::Nobody && !open.contains(&dc.directory.port) {
        open.push(dc.directory.port);
    }
    let any: [IpAddr; 2] = [Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()];
    // On Samba the task that serves RPC is a process of its own.
    let serves = |port: u16| port == dc.directory.port && dc.directory.behind == Behind::Itself;
    let task = dc.directory.process.map_or(OWN, |process| process.pid);
    let own = open.iter().map(|port| (*port, if serves(*port) { task } else { OWN }));
    let others = dc.taken.iter().map(|port| (*port, ANOTHER));
    let mut listeners: Vec<Listener> = own
        .chain(others)
        .flat_map(|(port, pid)| any.map(|address| Listener { port, address, pid: Some(pid) }))
        .collect();
    if world.guise_on_host(at).is_some() {
        let own = dc.own_addresses().into_iter();
        listeners.extend(own.map(|address| Listener { port: 135, address, pid: Some(ANOTHER) }));
    }
    listeners.sort();
    Ports {
        dynamic: Reading::Value(ranges()),
        rpc: of_rpc(dc),
        listeners: Reading::Value(listeners),
    }
}

/// How much of each range is used.
pub(super) fn port_use(dc: &Dc) -> PortUse {
    let row = |range, used_percent| RangeUse {
        range,
        used_percent,
        time_wait_percent: 0,
        trend: Trend::Steady,
    };
    let taken = |range: PortRange| {
        let all = usize::from(range.last.saturating_sub(range.first)) + 1;
        let held = dc.taken.iter().filter(|port| (range.first..=range.last).contains(port)).count();
        // Rounded up to five, as agents do.
        u8::try_from((held * 100).div_ceil(all * 5) * 5).unwrap_or(100)
    };
    let rpc = of_rpc(dc).map(|all| all.into_iter().map(|range| row(range, taken(range))).collect());
    PortUse {
        ranges: Reading::Value(ranges().into_iter().map(|it| row(it, dc.ports_used)).collect()),
        top: Reading::Value(Vec::new()),
        rpc,
    }
}
