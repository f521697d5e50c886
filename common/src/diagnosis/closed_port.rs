//! The well-known ports that a join needs, and those of them that are closed.

use epmesh_facts::{AddressProbe, Failure, PeerObservation, Transport};
use serde::{Deserialize, Serialize};

/// The TCP ports that a join cannot do without, in its order, and what for; 135 and the ports behind
/// it are in the verdicts.
pub const JOIN_PORTS: [(u16, &str); 4] = [
    (389, "LDAP"),
    (445, "SMB: the pipes of lsarpc and samr"),
    (88, "Kerberos"),
    (464, "Kerberos password change"),
];

/// A well-known port that the joining computer did not get through to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ClosedPort {
    /// The port.
    pub port: u16,
    /// What a join needs it for.
    pub purpose: String,
    /// How the connection failed.
    pub failure: Failure,
}

/// Ports of [`JOIN_PORTS`] that do not answer at `probe`. What the observer itself could not try
/// says nothing.
#[must_use]
pub fn closed_ports(probe: &AddressProbe) -> Vec<ClosedPort> {
    let of = |&(port, purpose): &(u16, &str)| {
        let tried = probe
            .well_known
            .iter()
            .find(|tried| tried.port == port && tried.transport == Transport::Tcp)?;
        match &tried.stage.outcome {
            Err(failure) if !matches!(failure, Failure::Local(_)) => {
                Some(ClosedPort { port, purpose: purpose.to_owned(), failure: failure.clone() })
            }
            _ => None,
        }
    };
    JOIN_PORTS.iter().filter_map(of).collect()
}

/// The ports of [`JOIN_PORTS`] that one computer got through to at no address of the domain controller that
/// it looked at: it goes on from one that does not answer to the next. What another host lets in, which
/// answers by its own name where a record is wrong, is no way in.
#[must_use]
pub fn closed_everywhere(looks: &[&PeerObservation]) -> Vec<ClosedPort> {
    let is_named = |look: &PeerObservation, name: &str| {
        name.trim_end_matches('.').eq_ignore_ascii_case(look.peer.as_str())
    };
    let is_other = |look: &PeerObservation, probe: &AddressProbe| {
        let answers = probe.identity.iter().filter_map(|answer| answer.outcome.as_ref().ok());
        let mut names = answers.filter_map(|who| who.dns_name.as_deref()).peekable();
        names.peek().is_some() && !names.any(|name| is_named(look, name))
    };
    let is_open = |port: u16| {
        looks.iter().any(|look| {
            let probes = look.addresses.iter().filter(|probe| !is_other(look, probe));
            let mut rows = probes.flat_map(|probe| &probe.well_known);
            rows.any(|row| {
                (row.port, row.transport) == (port, Transport::Tcp) && row.stage.outcome.is_ok()
            })
        })
    };
    let mut closed: Vec<ClosedPort> = Vec::new();
    for port in looks.iter().flat_map(|look| &look.addresses).flat_map(closed_ports) {
        if !is_open(port.port) && !closed.iter().any(|known| known.port == port.port) {
            closed.push(port);
        }
    }
    closed.sort_by_key(|closed| JOIN_PORTS.iter().position(|(port, _)| *port == closed.port));
    closed
}
