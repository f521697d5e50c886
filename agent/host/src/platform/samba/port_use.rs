//! The dynamic ports in use, from `/proc/net`.
//!
//! Linux has one range for both IP versions and both transports, and for each transport it hands
//! out a port that neither version uses. So a port in use counts for both versions.

use std::{
    path::Path,
    sync::{Arc, PoisonError},
    time::Instant,
};

use epmesh_facts::{AddressFamily, PortRange, PortUse, Reading, Transport};

use super::{live::Live, net, proc};
use crate::{
    os::read::{FileError, each_line},
    platform::port_use,
};

/// The most sockets of one file of the kernel that are kept: four times as many as there are ports.
const MAX_SOCKETS: usize = 262_144;

impl Live {
    /// Looks at the ports in use once; what it saw is kept for the peak and the trend.
    pub(super) fn port_use(&self, asked: Instant) -> PortUse {
        let dynamic = match self.dynamic() {
            Reading::Value(dynamic) => dynamic,
            Reading::Unreadable(why) => return no_use(&why),
            Reading::Absent | Reading::NotApplicable => return no_use("there is no dynamic range"),
        };
        let sockets = match self.sockets(asked) {
            Ok(sockets) => sockets,
            Err(error) => {
                let why = epmesh_facts::error::chain(&error);
                return no_use(&why);
            }
        };
        let plain: Vec<port_use::Socket> = sockets.iter().flat_map(|one| one.both(None)).collect();
        let counts = port_use::count(&dynamic, &plain);
        let rpc = self.rpc_ranges().map(|ranges| port_use::count(&ranges, &plain));
        let top = if port_use::has_top(&counts) {
            self.top(&dynamic, &sockets)
        } else {
            Reading::Value(Vec::new())
        };
        let mut history = self.port_history.lock().unwrap_or_else(PoisonError::into_inner);
        let (ranges, rpc) = history.both(asked, &counts, rpc);
        PortUse { ranges: Reading::Value(ranges), top, rpc }
    }

    fn top(
        &self,
        dynamic: &[PortRange],
        sockets: &[TransportSocket],
    ) -> Reading<Vec<epmesh_facts::ProcessUse>> {
        let dir = self.at(Path::new("/proc"));
        let owners = match proc::socket_owners(&dir) {
            Ok(owners) => owners,
            Err(why) => return Reading::Unreadable(why),
        };
        let owned: Vec<port_use::Socket> = sockets
            .iter()
            .flat_map(|one| one.both(owners.get(&one.socket.inode).copied()))
            .collect();
        let name = |pid: u32| self.read(&format!("/proc/{pid}/comm")).ok();
        Reading::Value(port_use::top(dynamic, &owned, |pid| {
            name(pid).map(|name| name.trim().to_owned()).filter(|name| !name.is_empty())
        }))
    }

    fn sockets(&self, asked: Instant) -> Result<Vec<TransportSocket>, FileError> {
        let with = |transport| move |socket| TransportSocket { socket, transport };
        let mut all: Vec<TransportSocket> =
            self.tcp(asked)?.iter().copied().map(with(Transport::Tcp)).collect();
        all.extend(self.table("udp")?.into_iter().map(with(Transport::Udp)));
        Ok(all)
    }

    /// All TCP sockets. The kernel goes through its whole table for each reading, however few there are.
    pub(super) fn tcp(&self, asked: Instant) -> Result<Arc<Vec<net::Socket>>, FileError> {
        self.tcp.get(asked, || self.table("tcp"))
    }

    /// The sockets of one transport, of both IP versions.
    fn table(&self, transport: &str) -> Result<Vec<net::Socket>, FileError> {
        let mut all = Vec::new();
        for version in ["", "6"] {
            let most = all.len() + MAX_SOCKETS;
            let path = self.at(Path::new("/proc/net")).join(format!("{transport}{version}"));
            let read = each_line(&path, |line| {
                all.extend(net::socket(line).filter(|_| all.len() < most));
            });
            match read {
                // A kernel without IPv6 has no such file.
                Err(error) if version == "6" && error.is_absent() => {}
                read => read?,
            }
        }
        Ok(all)
    }
}

/// A socket and its transport.
struct TransportSocket {
    socket: net::Socket,
    transport: Transport,
}

impl TransportSocket {
    /// The socket in the ports of both IP versions.
    fn both(&self, pid: Option<u32>) -> [port_use::Socket; 2] {
        let tcp = self.transport == Transport::Tcp;
        [AddressFamily::V4, AddressFamily::V6].map(|family| port_use::Socket {
            family,
            transport: self.transport,
            port: self.socket.port,
            time_wait: tcp && self.socket.state == net::TIME_WAIT,
            pid,
        })
    }
}

fn no_use(why: &str) -> PortUse {
    PortUse::blank(&epmesh_facts::Blank::unreadable(why))
}
