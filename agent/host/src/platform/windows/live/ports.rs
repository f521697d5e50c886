//! The ports of this host, and how much of the dynamic ranges is in use.

use std::{
    path::PathBuf,
    sync::PoisonError,
    time::{Duration, Instant},
};

use epmesh_facts::{
    AddressFamily, Blank, Listener, PortRange, PortUse, Ports, Reading, Reason, Transport,
};
use epmesh_windows::rpc_ranges;
use epmesh_wire::limits::LISTENERS;

use super::{command::output, host_state::Live, wmi};
use crate::platform::{
    port_use,
    windows::{
        ffi::{self, sockets::State},
        net_setting, netsh,
    },
};

/// How long one netsh may take.
const NETSH: Duration = Duration::from_secs(4);
impl Live {
    pub(super) fn ports(&self) -> Ports {
        let listeners = match ffi::sockets::all() {
            Ok(sockets) => {
                let mut listeners: Vec<Listener> =
                    sockets.iter().filter_map(ffi::sockets::Socket::listener).collect();
                listeners.sort();
                listeners.dedup();
                Reading::whole(listeners, LISTENERS, "listening sockets")
            }
            Err(error) => Reading::unreadable(&error),
        };
        let dynamic = self.dynamic();
        let rpc = rpc_ranges(&self.registry_settings(), &dynamic);
        Ports { dynamic, rpc, listeners }
    }

    /// Looks at the ports in use once; what it saw is kept for the peak and the trend.
    pub(super) fn port_use(&self) -> PortUse {
        let dynamic = self.dynamic();
        let ranges = match &dynamic {
            Reading::Value(ranges) => ranges,
            Reading::Unreadable(why) => return PortUse::blank(&Blank::unreadable(why.clone())),
            Reading::Absent | Reading::NotApplicable => return PortUse::blank(&Blank::Absent),
        };
        let sockets = match ffi::sockets::all() {
            Ok(sockets) => sockets,
            Err(error) => return PortUse::blank(&Blank::unreadable(Reason::of(&error))),
        };
        let sockets: Vec<port_use::Socket> = sockets
            .iter()
            .map(|socket| port_use::Socket {
                family: socket.family(),
                transport: socket.transport,
                port: socket.port,
                time_wait: socket.state == State::TimeWait,
                pid: socket.pid,
            })
            .collect();
        let counts = port_use::count(ranges, &sockets);
        let rpc = rpc_ranges(&self.registry_settings(), &dynamic)
            .map(|ranges| port_use::count(&ranges, &sockets));
        let processes = ffi::process::all().unwrap_or_default();
        let top = port_use::top(ranges, &sockets, |pid| {
            let program = processes.get(&pid).map(|running| running.program.clone());
            program.filter(|program| !program.is_empty())
        });
        let top = if top.is_empty() && port_use::has_top(&counts) && sockets.iter().all(unowned) {
            Reading::unseen("the system does not say whose the sockets are")
        } else {
            Reading::Value(top)
        };
        let mut history = self.port_history.lock().unwrap_or_else(PoisonError::into_inner);
        let (ranges, rpc) = history.both(Instant::now(), &counts, rpc);
        PortUse { ranges: Reading::Value(ranges), top, rpc }
    }

    /// The dynamic ranges, read anew now and then: that asks WMI and starts two programs.
    fn dynamic(&self) -> Reading<Vec<PortRange>> {
        self.dynamic.get(read_dynamic)
    }
}

fn unowned(socket: &port_use::Socket) -> bool {
    socket.pid.is_none()
}

/// All four ranges: those of IPv4 from WMI, else from netsh; those of IPv6 from netsh alone (see
/// [`net_setting`]). When one cannot be read, none: a list with a hole would be taken for the whole.
pub(super) fn read_dynamic() -> Reading<Vec<PortRange>> {
    let seen = wmi::port_settings();
    let mut ranges = Vec::new();
    for (family, ip) in [(AddressFamily::V4, "ipv4"), (AddressFamily::V6, "ipv6")] {
        for (transport, protocol) in [(Transport::Tcp, "tcp"), (Transport::Udp, "udp")] {
            let by_wmi = match family {
                AddressFamily::V4 => seen
                    .as_ref()
                    .map_err(Clone::clone)
                    .and_then(|seen| Ok(net_setting::range(transport, seen.of(transport))?)),
                AddressFamily::V6 => Err("WMI does not tell it".into()),
            };
            let range = by_wmi.or_else(|why| {
                let asked = by_netsh(family, ip, transport, protocol);
                // Where netsh would do, what is missing is netsh's.
                asked.map_err(|then| {
                    let words = format!("{ip} {protocol}: {why}; {then}");
                    Reason { words, ..then }
                })
            });
            match range {
                Ok(range) => ranges.push(range),
                Err(why) => return Reading::Unreadable(why.cut()),
            }
        }
    }
    Reading::Value(ranges)
}

fn by_netsh(
    family: AddressFamily,
    ip: &str,
    transport: Transport,
    protocol: &str,
) -> Result<PortRange, Reason> {
    let folder = ffi::names::windows_folder()?;
    let netsh = PathBuf::from(folder).join(r"System32\netsh.exe");
    let printed = output(&netsh, &["int", ip, "show", "dynamicport", protocol], NETSH)
        .map_err(|error| Reason::of(&error))?;
    match netsh::dynamic_port(family, transport, &printed) {
        Reading::Value(range) => Ok(range),
        Reading::Unreadable(why) => Err(why),
        Reading::Absent | Reading::NotApplicable => Err("netsh has no range".into()),
    }
}
