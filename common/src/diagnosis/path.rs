//! How far a look got at one address.

use std::net::IpAddr;

use epmesh_facts::{AddressProbe, Failure, MapAnswer};
use epmesh_rpc::InterfaceId;

use super::{case::Case, sight::taken};

/// What came of one address, as far as the destination got with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Path<'a> {
    /// The interface was reached and took the bind; the port.
    Reached(u16),
    /// The endpoint mapper says "not registered"; the status.
    NotRegistered(u32),
    /// The endpoint mapper's port could not be reached.
    Unreached(&'a Failure),
    /// Something listens there and does not speak as an endpoint mapper must; the stage.
    Mapper(&'static str, &'a Failure),
    /// The port that the endpoint mapper named could not be reached.
    PortUnreached(u16, &'a Failure),
    /// The port was reached, the bind was not taken.
    PortBind(u16, &'a Failure),
    /// It was not looked at.
    NotSeen,
}

impl<'a> Case<'a> {
    /// How far the destination got at one address.
    pub(super) fn path(&self, address: IpAddr) -> Path<'a> {
        let Some(look) = self.look else { return Path::NotSeen };
        if let Some(port) = look.seen.sight().reached(address, self.interface()) {
            return Path::Reached(port);
        }
        path(self.probe(address), self.interface())
    }
}

/// How far a look got at one address.
pub(super) fn path(probe: Option<&AddressProbe>, interface: InterfaceId) -> Path<'_> {
    let Some(probe) = probe else { return Path::NotSeen };
    if let Err(failure) = &probe.connect.outcome {
        // What the observer could not try says nothing about the peer.
        if matches!(failure, Failure::Local(_)) {
            return Path::NotSeen;
        }
        return Path::Unreached(failure);
    }
    if let Some(Err(failure)) = probe.bind.as_ref().map(|bind| &bind.outcome) {
        return Path::Mapper("bind to the endpoint mapper", failure);
    }
    let asked = probe.interfaces.iter().find(|asked| asked.interface.offers(interface));
    let Some(asked) = asked else { return Path::NotSeen };
    match &asked.answer {
        MapAnswer::NotRegistered(status) => return Path::NotRegistered(*status),
        MapAnswer::Failed(failure) => return Path::Mapper("ept_map", failure),
        MapAnswer::Endpoints(_) => {}
    }
    if let Some(port) = asked.ports.iter().find_map(taken) {
        return Path::Reached(port);
    }
    for port in &asked.ports {
        match (&port.connect.outcome, port.bind.as_ref().map(|bind| &bind.outcome)) {
            (Err(failure), _) => return Path::PortUnreached(port.port, failure),
            (Ok(()), Some(Err(failure))) => return Path::PortBind(port.port, failure),
            _ => {}
        }
    }
    Path::NotSeen
}
