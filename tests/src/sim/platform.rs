//! The platform of an agent on a simulated domain controller.

use std::{net::IpAddr, sync::Arc};

use epmesh_agent_host::{
    platform::Platform,
    rpc::endpoint_map::{self, Limits},
};
use epmesh_common::facts::{
    self, AddressFamily, Blank, Directory, EndpointMap, Host, HostsFile, InterfaceAddress,
    Listener, MapView, PortRange, Ports, Reading, Replication, Resolver, Section, SectionKind,
    ServiceState, Services, Through, Transport,
};
use tonic::async_trait;

use super::{State, names::SITE, ports::RPC_SERVERS, shared::Shared};

/// The well-known port that the simulated one stands for: facts name it, since the diagnosis
/// reasons about it.
const ENDPOINT_MAPPER: u16 = 135;

/// The platform of a simulated domain controller. What the host knows of itself comes from its
/// state; its endpoint map as the network shows it is read through the network.
pub struct SimPlatform {
    shared: Arc<Shared>,
}

impl SimPlatform {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    fn host(&self, state: &State) -> Host {
        let who = &self.shared.who;
        let address = InterfaceAddress { interface: "sim0".to_owned(), address: who.ip() };
        Host {
            name: who.name.clone(),
            netbios_name: Reading::Value(who.netbios.clone()),
            domain: Reading::Value(who.domain.clone()),
            forest: Reading::Value(who.domain.clone()),
            site: Reading::Value(SITE.to_owned()),
            dsa_guid: Reading::Value(who.dsa_guid),
            addresses: Reading::Value(vec![address]),
            platform: facts::Platform::Simulated,
            os: Reading::Value("simulated domain controller".to_owned()),
            boot: Reading::Value(state.boot.clone()),
            version: Reading::NotApplicable,
            boot_mode: Reading::NotApplicable,
            agent_version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    async fn endpoint_map(&self, state: &State) -> EndpointMap {
        let mut listed = state.registered(&self.shared.endpoints);
        listed.sort();
        let endpoints = match state.endpoint_mapper.state {
            ServiceState::Running => Ok(listed),
            _ => Err(facts::Failure::Refused),
        };
        let local = MapView { through: Through::Local, endpoints };
        let port = self.shared.ports.endpoint_mapper;
        let own =
            endpoint_map::through_address(self.shared.who.ip(), port, Limits::default()).await;
        EndpointMap { views: vec![local, own] }
    }

    /// Filters stand in front of listeners, they do not take them away.
    fn ports(&self, state: &State) -> Ports {
        let ports = self.shared.ports;
        let address = self.shared.who.ip();
        let process = |service: &super::SimService| service.process.map(|process| process.pid);
        let mut listeners = Vec::new();
        let mut listen = |port, pid| listeners.push(Listener { port, address, pid });
        if state.endpoint_mapper.state == ServiceState::Running {
            listen(ENDPOINT_MAPPER, process(&state.endpoint_mapper));
        }
        for server in 0..RPC_SERVERS {
            listen(ports.rpc(server), process(&state.directory));
        }
        listeners.sort();
        let range = PortRange {
            family: AddressFamily::V4,
            transport: Transport::Tcp,
            first: ports.first_rpc,
            last: ports.rpc(RPC_SERVERS - 1),
        };
        Ports {
            dynamic: Reading::Value(vec![range]),
            rpc: Reading::Value(vec![range]),
            listeners: Reading::Value(listeners),
        }
    }

    fn resolver(&self, state: &State) -> Resolver {
        let servers: Vec<IpAddr> = self
            .shared
            .dns_servers
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone();
        let hosts = HostsFile { path: "/etc/hosts".to_owned(), lines: state.hosts.clone() };
        Resolver {
            hosts: Reading::Value(hosts),
            servers: Reading::Value(servers),
            search: Reading::Value(vec![self.shared.who.domain.clone()]),
            ..Resolver::blank(&Blank::NotApplicable)
        }
    }
}

#[async_trait]
impl Platform for SimPlatform {
    fn kind(&self) -> facts::Platform {
        facts::Platform::Simulated
    }

    async fn collect(&self, kind: SectionKind, _: std::time::Instant) -> Section {
        let state = self.shared.state();
        match kind {
            SectionKind::Host => Section::Host(self.host(&state)),
            SectionKind::EndpointMap => Section::EndpointMap(self.endpoint_map(&state).await),
            SectionKind::Services => {
                Section::Services(Services { list: Reading::Value(state.services()) })
            }
            SectionKind::Ports => Section::Ports(self.ports(&state)),
            SectionKind::Resolver => Section::Resolver(self.resolver(&state)),
            SectionKind::Directory => {
                let settings = Reading::Value(state.settings);
                Section::Directory(Directory {
                    settings,
                    ..Directory::blank(&Blank::NotApplicable)
                })
            }
            SectionKind::Replication => {
                Section::Replication(Replication { neighbours: Reading::Value(state.neighbours) })
            }
            // A simulated domain controller has nothing to say of the others.
            _ => Section::blank(kind, &Blank::NotApplicable, || self.host(&state)),
        }
    }
}
