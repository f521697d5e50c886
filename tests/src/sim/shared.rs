//! State that the parts of a simulated domain controller share: who it is, and what is true on it.

use std::sync::{Mutex, PoisonError};

use epmesh_common::{
    identity::ntlm::Challenge,
    rpc::{Endpoint, InterfaceId, epm::EPMAPPER},
};

use super::{RpcHost, SimPorts, State, Who, association::MGMT, challenge::domain_challenge};

/// The state that the parts of a domain controller share.
pub(super) struct Shared {
    pub(super) who: Who,
    pub(super) ports: SimPorts,
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) state: Mutex<State>,
    pub(super) dns_servers: Mutex<Vec<std::net::IpAddr>>,
}

impl Shared {
    /// The state as it is now.
    pub(super) fn state(&self) -> State {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl RpcHost for Shared {
    fn endpoints(&self) -> Vec<Endpoint> {
        self.state().told(&self.endpoints)
    }

    fn refuses_anonymous(&self) -> bool {
        self.state().refuses_anonymous
    }

    fn offers(&self, port: u16, interface: InterfaceId) -> bool {
        if port == self.ports.endpoint_mapper {
            return interface == EPMAPPER || interface == MGMT;
        }
        interface == MGMT || self.state().offers(&self.endpoints, port, interface)
    }

    fn challenge(&self) -> Challenge {
        domain_challenge(&self.who)
    }
}
