//! The true state of a simulated domain controller.

use std::{collections::BTreeSet, time::Duration};

use epmesh_common::{
    facts::{
        Blank, Boot, DnsName, HostsLine, Neighbour, NtdsSettings, Process, Reading, Service,
        ServiceRole, ServiceState, StartType, Timestamp,
    },
    rpc::{Endpoint, InterfaceId, ProtocolSequence},
};
use uuid::Uuid;

use super::{
    gate::Way,
    table::{DRSUAPI_ID, NETLOGON_ID},
};

/// How long a simulated host has been up when it is made, and after a simulated reboot. Nobody
/// waits for it: the start lies back in time, past the grace that starting services are given.
const UPTIME: Duration = Duration::from_secs(3 * 3600);
/// How long after the boot the services start.
const STARTUP: Duration = Duration::from_secs(40);

/// A service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimService {
    /// Whether it runs.
    pub state: ServiceState,
    /// How it is started.
    pub start: StartType,
    /// Its process, while it runs.
    pub process: Option<Process>,
}

/// The state of a simulated domain controller: everything that can change on it. Its network services and its
/// agent's facts both follow from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// This life of the host.
    pub boot: Boot,
    /// The directory: LDAP, and the drsuapi interface.
    pub directory: SimService,
    /// Netlogon: its interface.
    pub netlogon: SimService,
    /// The endpoint mapper.
    pub endpoint_mapper: SimService,
    /// The DNS server.
    pub dns: SimService,
    /// Interfaces that their running service has not registered.
    pub unregistered: BTreeSet<InterfaceId>,
    /// Interfaces that are registered and kept from callers over the network, as an RPC filter
    /// does it.
    pub hidden: BTreeSet<InterfaceId>,
    /// Interfaces whose entry in the map names a port where another process listens.
    pub stale: BTreeSet<InterfaceId>,
    /// Whether the endpoint mapper turns anonymous callers away.
    pub refuses_anonymous: bool,
    /// What a filter in front of the endpoint mapper's port does.
    pub mapper_way: Way,
    /// What a filter in front of the RPC servers' ports does.
    pub rpc_way: Way,
    /// The hosts file.
    pub hosts: Vec<HostsLine>,
    /// This domain controller's copy of the NTDS Settings objects.
    pub settings: Vec<NtdsSettings>,
    /// Its inbound replication.
    pub neighbours: Vec<Neighbour>,
    next_pid: u32,
}

impl State {
    /// A healthy domain controller that knows nobody yet.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        let stopped =
            SimService { state: ServiceState::Stopped, start: StartType::Automatic, process: None };
        let mut state = Self {
            boot: Boot { id: String::new(), at: now },
            directory: stopped.clone(),
            netlogon: stopped.clone(),
            endpoint_mapper: stopped.clone(),
            dns: stopped,
            unregistered: BTreeSet::new(),
            hidden: BTreeSet::new(),
            stale: BTreeSet::new(),
            refuses_anonymous: false,
            mapper_way: Way::Open,
            rpc_way: Way::Open,
            hosts: Vec::new(),
            settings: Vec::new(),
            neighbours: Vec::new(),
            next_pid: 600,
        };
        state.reboot(now);
        state
    }

    /// A new life of the host, which began some hours before `now`: all services start.
    pub fn reboot(&mut self, now: Timestamp) {
        let at = now.minus(UPTIME);
        self.boot = Boot { id: Uuid::new_v4().to_string(), at };
        self.next_pid = 600;
        let started = at.plus(STARTUP);
        self.endpoint_mapper = self.running(started);
        self.directory = self.running(started);
        self.netlogon = self.running(started);
        self.dns = self.running(started);
    }

    /// A service that runs since `started`, in a new process.
    pub fn running(&mut self, started: Timestamp) -> SimService {
        let pid = self.next_pid;
        self.next_pid += 4;
        SimService {
            state: ServiceState::Running,
            start: StartType::Automatic,
            process: Some(Process { pid, started }),
        }
    }

    /// A service that does not run.
    #[must_use]
    pub fn stopped(start: StartType) -> SimService {
        SimService { state: ServiceState::Stopped, start, process: None }
    }

    /// Whether the service behind `interface` runs.
    #[must_use]
    pub fn serves(&self, interface: InterfaceId) -> bool {
        let service = match interface {
            DRSUAPI_ID => &self.directory,
            NETLOGON_ID => &self.netlogon,
            _ => return true,
        };
        service.state == ServiceState::Running
    }

    /// The endpoint map out of `all` that this host could have.
    #[must_use]
    pub fn registered(&self, all: &[Endpoint]) -> Vec<Endpoint> {
        let held = |endpoint: &&Endpoint| {
            let interface = endpoint.interface;
            self.serves(interface) && !self.unregistered.contains(&interface)
        };
        all.iter().filter(held).cloned().collect()
    }

    /// The endpoints of `all` that callers over the network are told.
    #[must_use]
    pub fn told(&self, all: &[Endpoint]) -> Vec<Endpoint> {
        let mut told = self.registered(all);
        told.retain(|endpoint| !self.hidden.contains(&endpoint.interface));
        told
    }

    /// Whether the process behind `port` takes binds to `interface`.
    #[must_use]
    pub fn offers(&self, all: &[Endpoint], port: u16, interface: InterfaceId) -> bool {
        !self.stale.contains(&interface)
            && self.registered(all).iter().any(|endpoint| {
                endpoint.interface == interface
                    && endpoint.binding.sequence == ProtocolSequence::NcacnIpTcp
                    && endpoint.binding.port() == Some(port)
            })
    }

    /// The treatment that a client meets at the endpoint mapper's port.
    #[must_use]
    pub fn mapper_gate(&self) -> Way {
        match self.endpoint_mapper.state {
            ServiceState::Running => self.mapper_way,
            _ => Way::Refused,
        }
    }

    /// The services as a service manager lists them.
    #[must_use]
    pub fn services(&self) -> Vec<Service> {
        use ServiceRole::{
            Directory, DirectoryRpc, Dns, EndpointMapper, Kdc, Ldap, Netlogon, Replication,
        };
        let service = |name: &str, roles: &[ServiceRole], sim: &SimService| Service {
            roles: roles.to_vec(),
            start: Reading::Value(sim.start),
            process: sim.process.into(),
            ..Service::blank(name, sim.state, &Blank::NotApplicable)
        };
        vec![
            service("DNS", &[Dns], &self.dns),
            service("NTDS", &[Directory, DirectoryRpc, Replication, Ldap, Kdc], &self.directory),
            service("Netlogon", &[Netlogon], &self.netlogon),
            service("RpcEptMapper", &[EndpointMapper], &self.endpoint_mapper),
        ]
    }

    /// Gives the directory's copy of the NTDS Settings object of `host` this GUID.
    pub fn rename_settings(&mut self, host: &DnsName, dsa_guid: Uuid) {
        for row in &mut self.settings {
            if row.host.as_ref() == Some(host) {
                row.dsa_guid = dsa_guid;
            }
        }
        self.settings.sort_by_key(|row| row.dsa_guid);
    }
}
