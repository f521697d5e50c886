//! A simulated host that is no domain controller.

use std::{net::SocketAddr, sync::Arc};

use anyhow::Result;
use epmesh_common::{
    identity::ntlm::{Challenge, NegotiateFlags},
    rpc::{Endpoint, InterfaceId, epm::EPMAPPER},
};

use super::{
    RpcHost, SimPorts, Way, Who, challenge::challenge_of, dc::serve_rpc, gate::Gate,
    member_endpoints,
};

/// A host with an endpoint mapper and without any role in the directory: it names itself in its
/// NTLM challenge, answers no LDAP, and has none of a domain controller's interfaces. Where a
/// stale record leads, such hosts are found.
pub struct SimHost {
    who: Who,
    _mapper: Gate,
}

struct Member {
    who: Who,
    ports: SimPorts,
}

impl RpcHost for Member {
    fn endpoints(&self) -> Vec<Endpoint> {
        member_endpoints(&self.ports, self.who.address)
    }

    fn refuses_anonymous(&self) -> bool {
        false
    }

    fn offers(&self, port: u16, interface: InterfaceId) -> bool {
        port == self.ports.endpoint_mapper && interface == EPMAPPER
    }

    fn challenge(&self) -> Challenge {
        // In no domain: its own name stands where the domain's would.
        Challenge {
            target_name: Some(self.who.netbios.clone()),
            flags: NegotiateFlags::TARGET_TYPE_SERVER.union(NegotiateFlags::REQUEST_TARGET),
            netbios_domain: Some(self.who.netbios.clone()),
            ..challenge_of(&self.who)
        }
    }
}

impl SimHost {
    /// Starts one.
    ///
    /// # Errors
    /// When its port cannot be bound.
    pub async fn start(who: Who, ports: SimPorts) -> Result<Self> {
        let port = ports.endpoint_mapper;
        let address = SocketAddr::from((who.address, port));
        let host = Arc::new(Member { who: who.clone(), ports });
        let mut mapper = Gate::new(address, serve_rpc(host, port));
        mapper.set(Way::Open).await?;
        Ok(Self { who, _mapper: mapper })
    }

    /// The names of the member.
    #[must_use]
    pub fn who(&self) -> &Who {
        &self.who
    }
}
