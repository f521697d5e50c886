//! The facts that the rules look at.

use epmesh_facts::{
    AddressFamily, DcFacts, EndpointMap, Host, PortRange, Ports, Process, RpcSettings, Service,
    Services, Transport,
};

use super::Release;

/// The facts known of a host, as far as the rules go.
pub(super) struct Known<'a> {
    pub(super) host: Option<&'a Host>,
    pub(super) release: Option<Release>,
    pub(super) services: Option<&'a Services>,
    pub(super) ports: Option<&'a Ports>,
    pub(super) map: Option<&'a EndpointMap>,
    pub(super) rpc: Option<&'a RpcSettings>,
}

impl<'a> Known<'a> {
    pub(super) fn of(facts: &'a DcFacts) -> Self {
        let host = facts.host.as_ref().map(|held| &held.fact);
        Self {
            host,
            release: host.and_then(|host| host.version.value()).and_then(Release::of),
            services: facts.services.as_ref().map(|held| &held.fact),
            ports: facts.ports.as_ref().map(|held| &held.fact),
            map: facts.endpoint_map.as_ref().map(|held| &held.fact),
            rpc: facts.rpc_settings.as_ref().map(|held| &held.fact),
        }
    }

    /// All services, where the list could be read.
    pub(super) fn list(&self) -> Option<&'a [Service]> {
        self.services?.list.value().map(Vec::as_slice)
    }

    /// The service with this name, where the list could be read and has it.
    pub(super) fn service(&self, name: &str) -> Option<&'a Service> {
        self.list()?.iter().find(|service| service.name.eq_ignore_ascii_case(name))
    }

    /// The dynamic TCP ports over IPv4, where they could be read.
    pub(super) fn dynamic_tcp(&self) -> Option<(u16, u16)> {
        let mut ranges = self.ports?.dynamic.value()?.iter();
        let tcp = |range: &&PortRange| {
            (range.family, range.transport) == (AddressFamily::V4, Transport::Tcp)
        };
        ranges.find(tcp).map(|range| (range.first, range.last))
    }

    /// The process of the service with this name, while it runs.
    pub(super) fn process(&self, name: &str) -> Option<&'a Process> {
        self.service(name)?.process.value()
    }
}
