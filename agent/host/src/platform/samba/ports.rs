//! The ports of this host: the ranges they are taken from, those that smb.conf fixes, and who listens.

use std::{collections::BTreeMap, fs, path::Path, time::Instant};

use epmesh_facts::{AddressFamily, Listener, PortRange, Ports, Reading, RegistryText, Transport};
use epmesh_wire::limits::LISTENERS;

use super::{live::Live, net, proc};

/// The most open files of one process that are looked through for sockets.
const MAX_FDS: usize = 4096;

impl Live {
    pub(super) fn ports(&self, asked: Instant) -> Ports {
        Ports { dynamic: self.dynamic(), rpc: self.rpc_ranges(), listeners: self.listeners(asked) }
    }

    pub(super) fn dynamic(&self) -> Reading<Vec<PortRange>> {
        match self.read("/proc/sys/net/ipv4/ip_local_port_range") {
            Ok(text) => net::dynamic(&text).map_or_else(
                || Reading::unseen("ip_local_port_range does not hold two ports"),
                Reading::Value,
            ),
            Err(error) => Reading::unreadable(&error),
        }
    }

    pub(super) fn rpc_ranges(&self) -> Reading<Vec<PortRange>> {
        match self.conf() {
            Ok(conf) => conf.rpc_range().map(|(first, last)| {
                let (family, transport) = (AddressFamily::V4, Transport::Tcp);
                vec![PortRange { family, transport, first, last }]
            }),
            Err(error) => Reading::unreadable(&error),
        }
    }

    pub(super) fn static_ports(&self) -> Reading<Vec<RegistryText>> {
        match self.conf() {
            Ok(conf) => conf.static_ports(),
            Err(error) => Reading::unreadable(&error),
        }
    }

    fn listeners(&self, asked: Instant) -> Reading<Vec<Listener>> {
        let sockets = match self.tcp(asked) {
            Ok(sockets) => sockets,
            Err(error) => return Reading::unreadable(&error),
        };
        let dir = self.at(Path::new("/proc"));
        let owners = self.processes(asked).map(|all| owners(&dir, &all)).unwrap_or_default();
        let mut listeners: Vec<Listener> = sockets
            .iter()
            .filter(|socket| socket.state == net::LISTEN)
            .map(|socket| Listener {
                port: socket.port,
                address: socket.address,
                pid: owners.get(&socket.inode).copied(),
            })
            .collect();
        listeners.sort();
        listeners.dedup();
        Reading::whole(listeners, LISTENERS, "listening sockets")
    }
}

/// Which process of Samba holds which socket, by inode; where several do, the one that started
/// first.
fn owners(dir: &Path, processes: &[proc::Running]) -> BTreeMap<u64, u32> {
    let mut owners = BTreeMap::new();
    for running in processes {
        let fds = fs::read_dir(dir.join(running.pid.to_string()).join("fd"));
        for inode in fds.into_iter().flatten().flatten().take(MAX_FDS) {
            if let Some(inode) = proc::socket_inode(&inode.path()) {
                owners.entry(inode).or_insert(running.pid);
            }
        }
    }
    owners
}
