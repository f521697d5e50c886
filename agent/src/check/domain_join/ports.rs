//! The well-known ports of a domain controller that a join uses, out of what the look saw of them.

use std::net::IpAddr;

use epmesh_common::facts::{Failure, PeerObservation, Transport};
use serde::Serialize;

/// The TCP ports, what for, and whether a join cannot do without. 135 and the ports behind it are in
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

/// A port at one address.
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

impl Port {
    /// Whether it is known that a join misses something here. What the agent itself could not try
    /// says nothing.
    pub(super) const fn is_missed(&self) -> bool {
        self.needed
            && matches!(&self.failure, Some(failure) if !matches!(failure, Failure::Local(_)))
    }
}

/// The ports of every address that was looked at.
pub(super) fn of(seen: &PeerObservation) -> Vec<Port> {
    let mut ports = Vec::new();
    for probe in &seen.addresses {
        for (port, purpose, needed) in PORTS {
            let tried = probe
                .well_known
                .iter()
                .find(|tried| tried.port == port && tried.transport == Transport::Tcp);
            ports.extend(tried.map(|tried| Port {
                address: probe.address,
                port,
                purpose,
                needed,
                failure: tried.stage.outcome.clone().err(),
            }));
        }
    }
    ports
}
