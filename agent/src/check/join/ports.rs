//! The well-known ports of a domain controller that a join uses, by plain connections.

use std::{
    collections::BTreeSet,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use epmesh_common::facts::Failure;
use serde::Serialize;
use tokio::{net::TcpStream, task::JoinSet, time::timeout};

use crate::probe::failure_of;

/// The most addresses of one domain controller whose ports are tried.
const MAX_ADDRESSES: usize = 4;

/// The ports, what for, and whether a join cannot do without. 135 and the ports behind it are in
/// the report on the interfaces.
const PORTS: [(u16, &str, bool); 7] = [
    (53, "DNS, where it is a DNS server", false),
    (88, "Kerberos", true),
    (389, "LDAP", true),
    (445, "SMB: the pipes of lsarpc and samr, SYSVOL", true),
    (464, "Kerberos password change", true),
    (636, "LDAP over TLS, where it is set up", false),
    (3268, "global catalog, where it is one", false),
];

/// One port at one address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Port {
    pub(super) address: IpAddr,
    pub(super) port: u16,
    pub(super) purpose: &'static str,
    /// Whether a join cannot do without.
    pub(super) needed: bool,
    /// Why no connection came about, where none did.
    pub(super) failure: Option<Failure>,
}

/// Tries every port of every address at the same time; silence is tried once more.
pub(super) async fn probe(addresses: BTreeSet<IpAddr>, connect: Duration) -> Vec<Port> {
    let mut trying = JoinSet::new();
    for address in addresses.into_iter().take(MAX_ADDRESSES) {
        for (port, purpose, needed) in PORTS {
            trying.spawn(async move {
                let to = SocketAddr::new(address, port);
                let mut outcome = once(to, connect).await;
                if outcome == Err(Failure::TimedOut) {
                    outcome = once(to, connect).await;
                }
                Port { address, port, purpose, needed, failure: outcome.err() }
            });
        }
    }
    let mut ports = trying.join_all().await;
    ports.sort_by_key(|port| (port.address, port.port));
    ports
}

async fn once(to: SocketAddr, connect: Duration) -> Result<(), Failure> {
    match timeout(connect, TcpStream::connect(to)).await {
        Err(_) => Err(Failure::TimedOut),
        Ok(Err(error)) => Err(failure_of(&error)),
        Ok(Ok(_)) => Ok(()),
    }
}
