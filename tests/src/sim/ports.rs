//! The ports of a simulated forest.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};

use anyhow::{Result, bail};
use uuid::Uuid;

/// The RPC servers of a domain controller, each on a port of its own.
pub(super) const RPC_SERVERS: u16 = 3;

/// How many ports one forest takes.
const COUNT: u16 = 4 + RPC_SERVERS;

/// A set of unprivileged ports for every host of a simulated forest: they stand for the real ones, which only
/// root may bind. Each host binds them on its own address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SimPorts {
    /// TCP, for 135.
    pub endpoint_mapper: u16,
    /// UDP and TCP, for 53.
    pub dns: u16,
    /// UDP and TCP, for 389.
    pub ldap: u16,
    /// UDP, for 137.
    pub node_status: u16,
    /// TCP, the first of three consecutive ports, for 49152 and up.
    pub first_rpc: u16,
}

impl SimPorts {
    /// Ports that are free on every one of `addresses` at this moment.
    ///
    /// # Errors
    /// When none of 64 tries finds such a set: an address that is not this machine's, or a machine
    /// out of ports.
    pub fn pick(addresses: &[Ipv4Addr]) -> Result<Self> {
        for _ in 0..64 {
            let base = 20_000 + random() % 1500 * 8;
            let free = (base..base + COUNT)
                .all(|port| addresses.iter().all(|address| is_free(*address, port)));
            if free {
                return Ok(Self::from_base(base));
            }
        }
        bail!("no {COUNT} consecutive free ports on {addresses:?}")
    }

    const fn from_base(base: u16) -> Self {
        Self {
            endpoint_mapper: base,
            dns: base + 1,
            ldap: base + 2,
            node_status: base + 3,
            first_rpc: base + 4,
        }
    }

    /// The port of the RPC server with this number, from 0.
    #[must_use]
    pub const fn rpc(&self, server: u16) -> u16 {
        self.first_rpc + server
    }
}

fn is_free(address: Ipv4Addr, port: u16) -> bool {
    let address = SocketAddr::from((address, port));
    TcpListener::bind(address).is_ok() && UdpSocket::bind(address).is_ok()
}

/// Two random bytes.
pub(super) fn random() -> u16 {
    let [first, second, ..] = Uuid::new_v4().into_bytes();
    u16::from_be_bytes([first, second])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_ports_that_are_free() {
        let address = Ipv4Addr::new(127, 0, 0, 1);
        let ports = SimPorts::pick(&[address]).expect("there are free ports");
        let _held = TcpListener::bind((address, ports.endpoint_mapper)).expect("it is free");
        assert!(!is_free(address, ports.endpoint_mapper));
        assert!(is_free(address, ports.rpc(RPC_SERVERS - 1)));
    }
}
