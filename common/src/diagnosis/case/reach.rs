//! The destination's reach at one address: how far it got, what a client does next, and the error
//! it reports.

use std::net::IpAddr;

use epmesh_facts::{AddressProbe, Failure, MapAnswer};
use epmesh_rpc::{InterfaceId, Status};

use super::{
    super::{culprit::MapperStage, observation_index::taken},
    fresh_evidence::Case,
};

/// The reach of a witness at one address: how far it got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::diagnosis) enum Reach<'a> {
    /// The interface was reached and took the bind; the port.
    Reached(u16),
    /// The endpoint mapper says "not registered"; the status.
    NotRegistered(u32),
    /// The endpoint mapper's port could not be reached.
    Unreached(&'a Failure),
    /// Something listens there and does not speak as an endpoint mapper must; the stage.
    Mapper(MapperStage, &'a Failure),
    /// The port that the endpoint mapper named could not be reached.
    PortUnreached(u16, &'a Failure),
    /// The port was reached, the bind was not taken.
    PortBind(u16, &'a Failure),
    /// The witness did not look there, or could not try.
    NotSeen,
}

impl<'a> Reach<'a> {
    /// The failure, where something that was tried failed.
    pub(in crate::diagnosis) const fn failure(&self) -> Option<&'a Failure> {
        match self {
            Self::Unreached(failure)
            | Self::Mapper(_, failure)
            | Self::PortUnreached(_, failure)
            | Self::PortBind(_, failure) => Some(failure),
            Self::Reached(_) | Self::NotRegistered(_) | Self::NotSeen => None,
        }
    }
}

impl<'a> Case<'a> {
    /// The destination's reach at one address.
    pub(in crate::diagnosis) fn reach(&self, address: IpAddr) -> Reach<'a> {
        let Some(look) = self.look else { return Reach::NotSeen };
        if let Some(port) = look.seen.index().reached(address, self.interface()) {
            return Reach::Reached(port);
        }
        reach(self.probe(address), self.interface())
    }
}

/// The reach of a look at one address.
pub(in crate::diagnosis) fn reach(
    probe: Option<&AddressProbe>,
    interface: InterfaceId,
) -> Reach<'_> {
    let Some(probe) = probe else { return Reach::NotSeen };
    if let Err(failure) = &probe.connect.outcome {
        // What the observer could not try says nothing about the peer.
        if matches!(failure, Failure::Local(_)) {
            return Reach::NotSeen;
        }
        return Reach::Unreached(failure);
    }
    if let Some(Err(failure)) = probe.bind.as_ref().map(|bind| &bind.outcome) {
        return Reach::Mapper(MapperStage::Bind, failure);
    }
    let asked = probe.interfaces.iter().find(|asked| asked.interface.offers(interface));
    let Some(asked) = asked else { return Reach::NotSeen };
    match &asked.answer {
        MapAnswer::NotRegistered(status) => return Reach::NotRegistered(*status),
        MapAnswer::Failed(failure) => return Reach::Mapper(MapperStage::Map, failure),
        MapAnswer::Endpoints(_) => {}
    }
    if let Some(port) = asked.ports.iter().find_map(taken) {
        return Reach::Reached(port);
    }
    for port in &asked.ports {
        match (&port.connect.outcome, port.bind.as_ref().map(|bind| &bind.outcome)) {
            (Err(failure), _) => return Reach::PortUnreached(port.port, failure),
            (Ok(()), Some(Err(failure))) => return Reach::PortBind(port.port, failure),
            _ => {}
        }
    }
    Reach::NotSeen
}

/// Whether the destination has no route for the IP version of this address. It does not use such addresses,
/// and misses nothing.
pub(in crate::diagnosis) fn has_no_way(
    case: &Case<'_>,
    address: IpAddr,
    reach: &Reach<'_>,
) -> bool {
    case.probe(address).is_some_and(|probe| has_no_way_to(probe, reach))
}

/// Whether a witness has no way to an address, by what it saw there.
pub(in crate::diagnosis) fn has_no_way_to(probe: &AddressProbe, reach: &Reach<'_>) -> bool {
    matches!(reach, Reach::Unreached(Failure::Unreachable(_))) && probe.local.is_none()
}

/// Whether a client goes on to the next address after this one: it does where this one is silent, and does
/// not where it says no.
pub(in crate::diagnosis) const fn goes_on(reach: &Reach<'_>) -> bool {
    matches!(reach, Reach::Unreached(_) | Reach::PortUnreached(..))
}

/// The error that a client reports when it trusts a wrong address.
pub(in crate::diagnosis) fn error_at(reach: &Reach<'_>) -> i64 {
    match reach {
        // SEC_E_WRONG_PRINCIPAL: the ticket is for another machine.
        Reach::Reached(_) => -2_146_893_022,
        Reach::Unreached(failure) | Reach::PortUnreached(_, failure) => connect_code(failure),
        Reach::PortBind(_, failure) | Reach::Mapper(_, failure) => windows_code(failure),
        Reach::NotRegistered(_) | Reach::NotSeen => 1753,
    }
}

/// The error a Windows client reports for a failure on the way to or at an RPC server.
pub(in crate::diagnosis) fn windows_code(failure: &Failure) -> i64 {
    match failure {
        // The caller waits for the rest of an unfinished answer as it waits for an answer.
        Failure::Refused | Failure::TimedOut | Failure::Unfinished | Failure::Unreachable(_) => {
            1722
        }
        Failure::Reset => 1727,
        Failure::Protocol(_) => 1728,
        Failure::AccessDenied(_) => 5,
        Failure::Fault(code) => as_windows(Status::from_fault(*code), i64::from(*code)),
        Failure::Status(code) => as_windows(Status::from_mapper(*code), i64::from(*code)),
        Failure::BindRejected { result: 2, reason: 2 } => 1730,
        Failure::BindRejected { .. } => 1717,
        // Without a reason that Windows has an error for: the call was not executed.
        Failure::BindNak(reason) => as_windows(Status::BindNak { reason: *reason }, 1727),
        Failure::Local(_) => 0,
    }
}

/// The error a Windows client reports where no connection was made, for whatever reason.
pub(in crate::diagnosis) const fn connect_code(failure: &Failure) -> i64 {
    if matches!(failure, Failure::Local(_)) { 0 } else { 1722 }
}

/// What a Windows client reports of a status; `other` where that is not known for certain.
fn as_windows(status: Status, other: i64) -> i64 {
    status.windows_error().map_or(other, i64::from)
}
