//! The world of a scenario: what is truly so, out of which every witness's facts follow.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use epmesh_common::diagnosis::{Link, Registration};
use epmesh_facts::{
    Answer, Boot, Directory, DirectoryObjects, DnsName, Events, Failure, Filters, Host,
    IdentityMethod, MapAnswer, Neighbour, PortUse, Ports, Record, RecordData, RecordType, Resolver,
    RpcSettings, SectionKind, Service, ServiceState, Timestamp,
};
use epmesh_rpc::{Endpoint, InterfaceId};
use uuid::Uuid;

/// The moment of every scenario: 2026-11-21T12:00:00Z.
pub(super) const NOW: Timestamp = Timestamp::from_millis(1_795_262_400_000);

/// The age up to which a fact decides: three intervals of a minute.
pub(super) const FRESH_FOR: Duration = Duration::from_secs(180);

/// A moment so long before now.
pub(super) fn ago(age: Duration) -> Timestamp {
    NOW.minus(age)
}

/// The world of a scenario: everything there is.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) forest: DnsName,
    pub(super) machines: Vec<Machine>,
    pub(super) dns: BTreeMap<IpAddr, Zone>,
    /// What a DNS server says to one asker, by the asker's name, where that differs.
    pub(super) dns_for: BTreeMap<(String, IpAddr), Zone>,
    pub(super) wins: BTreeMap<IpAddr, WinsServer>,
    pub(super) blocks: Vec<Block>,
    pub(super) translations: Vec<Translation>,
    pub(super) stated_looks: Vec<StatedLook>,
    pub(super) link: Link,
}

/// A computer of a scenario.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    /// The name that a scenario calls it by: `dc2`.
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) has_agent: bool,
    /// Switched off: nothing answers, and nothing is said.
    pub(super) is_off: bool,
    pub(super) host: Host,
    pub(super) map: Vec<Endpoint>,
    /// Why its own endpoint map could not be read.
    pub(super) map_failure: Option<Failure>,
    /// Interfaces whose endpoints the scenario states, so that nothing else changes them.
    pub(super) stated_map: BTreeSet<InterfaceId>,
    /// Who serves an interface: the service's name.
    pub(super) servers: BTreeMap<InterfaceId, &'static str>,
    pub(super) services: Vec<Service>,
    /// Services whose state the scenario states.
    pub(super) stated_services: BTreeSet<String>,
    /// How long the coordinator has seen services come into their states, by name.
    pub(super) in_state_for: BTreeMap<String, Duration>,
    pub(super) ports: Ports,
    pub(super) port_use: PortUse,
    pub(super) resolver: Resolver,
    /// What the DNS client's cache holds; `None` where the platform has none.
    pub(super) cache: Option<Vec<Record>>,
    pub(super) directory: Directory,
    pub(super) neighbours: Vec<Neighbour>,
    /// What its copy of the directory holds of DNS zones and machine accounts; `None` where the scenario does not
    /// speak of it.
    pub(super) directory_objects: Option<DirectoryObjects>,
    pub(super) rpc: RpcSettings,
    pub(super) filters: Filters,
    /// Witnesses that an RPC filter is limited to; empty for all.
    pub(super) filtered_for: BTreeSet<String>,
    pub(super) events: Events,
    /// Stretches of registration that the scenario states.
    pub(super) registrations: Vec<Registration>,
    /// How old what it says of itself is, and single sections where they differ.
    pub(super) said: Duration,
    pub(super) said_of: BTreeMap<SectionKind, Duration>,
    /// How old its looks are; `None` where it has not looked.
    pub(super) looked: Option<Duration>,
    /// For how long before the last look its looks came to the same; `None` where it is the first.
    pub(super) same_for: Option<Duration>,
    /// How long ago the coordinator began to hear of it without a gap; `None` where nobody kept
    /// count.
    pub(super) heard_since: Option<Duration>,
    pub(super) clock_ahead_ms: i64,
    /// Sections that nobody heard of, and those that could not be read, with the reason.
    pub(super) not_said: BTreeSet<SectionKind>,
    pub(super) unreadable: BTreeMap<SectionKind, String>,
}

/// The kind of a computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A domain controller.
    Dc,
    /// A Windows computer that is a member of the domain.
    Member,
    /// Something without an endpoint mapper: a printer, a Linux server.
    Other,
}

/// The zone of one DNS server, or why the server does not answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Zone {
    pub(super) records: BTreeMap<(DnsName, RecordType), Vec<RecordData>>,
    pub(super) reply: Option<Answer>,
}

/// The names of one WINS server.
#[derive(Clone, Debug, Default)]
pub(super) struct WinsServer {
    pub(super) names: BTreeMap<String, Vec<IpAddr>>,
    pub(super) reply: Option<Answer>,
}

/// A filter on the way.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// Witnesses; empty for all.
    pub(super) from: BTreeSet<String>,
    pub(super) to: BTreeSet<IpAddr>,
    pub(super) ports: Vec<(u16, u16)>,
    pub(super) failure: Failure,
    /// Whether it stops only what is large, whatever the port.
    pub(super) is_of_large: bool,
}

/// An address that stands for another behind address translation.
#[derive(Clone, Debug)]
pub(super) struct Translation {
    pub(super) from: BTreeSet<String>,
    pub(super) outside: IpAddr,
    pub(super) inside: IpAddr,
}

/// A look of a witness, where the scenario states itself what it saw.
#[derive(Clone, Debug)]
pub(super) struct StatedLook {
    /// Witnesses; empty for all.
    pub(super) by: BTreeSet<String>,
    pub(super) at: IpAddr,
    pub(super) connect: Option<Result<(), Failure>>,
    pub(super) mapper_bind: Option<Result<(), Failure>>,
    pub(super) answer: Option<MapAnswer>,
    pub(super) port_connect: Option<Result<(), Failure>>,
    pub(super) port_bind: Option<Result<(), Failure>>,
    pub(super) whole_map: Option<Result<(), Failure>>,
    pub(super) one_entry: Option<Result<(), Failure>>,
    /// The computer that says on port 135 who it is.
    pub(super) mapper_of: Option<String>,
    pub(super) silent_identities: BTreeSet<IdentityMethod>,
}

/// Whether a service in this state has its endpoints and its ports.
pub(super) const fn is_up(state: ServiceState) -> bool {
    use ServiceState::{Paused, Pausing, Resuming, Running};
    matches!(state, Running | Pausing | Paused | Resuming)
}

impl Machine {
    pub(super) fn addresses(&self) -> Vec<IpAddr> {
        let own = self.host.addresses.value().into_iter().flatten();
        own.map(|own| own.address).collect()
    }

    pub(super) fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name.eq_ignore_ascii_case(name))
    }

    pub(super) fn service_mut(&mut self, name: &str) -> Option<&mut Service> {
        self.services.iter_mut().find(|service| service.name.eq_ignore_ascii_case(name))
    }

    /// Whether a service has what it had when it started: its endpoints and its ports. One that is paused
    /// has.
    pub(super) fn runs(&self, name: &str) -> bool {
        self.service(name).is_some_and(|service| is_up(service.state))
    }

    /// The process id of the service that serves `interface`, while it runs.
    pub(super) fn pid_of(&self, interface: InterfaceId) -> Option<u32> {
        let server = self.servers.get(&interface)?;
        self.service(server)?.process.value().map(|process| process.pid)
    }

    pub(super) fn guid(&self) -> Option<Uuid> {
        self.host.dsa_guid.value().copied()
    }

    pub(super) fn boot(&self) -> Option<&Boot> {
        self.host.boot.value()
    }

    /// Whether something listens on TCP `port` at one of its addresses, and which process.
    pub(super) fn listener(&self, address: IpAddr, port: u16) -> Option<Option<u32>> {
        let takes = |bound: IpAddr| {
            bound == address || (bound.is_unspecified() && bound.is_ipv4() == address.is_ipv4())
        };
        let mut all = self.ports.listeners.value().into_iter().flatten();
        all.find(|one| one.port == port && takes(one.address)).map(|one| one.pid)
    }

    /// Has `port` listened on at every address, by `pid`.
    pub(super) fn listen(&mut self, port: u16, pid: Option<u32>) {
        if let epmesh_facts::Reading::Value(list) = &mut self.ports.listeners {
            list.retain(|one| one.port != port);
            for address in [IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)] {
                list.push(epmesh_facts::Listener { port, address, pid });
            }
            list.sort();
        }
    }

    pub(super) fn close(&mut self, port: u16) {
        if let epmesh_facts::Reading::Value(list) = &mut self.ports.listeners {
            list.retain(|one| one.port != port);
        }
    }
}

impl World {
    pub(super) fn machine(&self, name: &str) -> Option<&Machine> {
        self.machines.iter().find(|machine| machine.name == name)
    }

    pub(super) fn by_dns_name(&self, name: &DnsName) -> Option<&Machine> {
        self.machines.iter().find(|machine| machine.host.name == *name)
    }

    /// The computer that `witness` gets to under `address`, and the address there.
    pub(super) fn reached(&self, witness: &Machine, address: IpAddr) -> Option<(&Machine, IpAddr)> {
        let from = |names: &BTreeSet<String>| names.is_empty() || names.contains(&witness.name);
        let mut inside = address;
        for translation in self.translations.iter().filter(|one| from(&one.from)) {
            if translation.outside == address {
                inside = translation.inside;
            } else if translation.inside == address {
                // Its inner address has no way there from outside.
                return None;
            }
        }
        let owner = self.machines.iter().find(|machine| machine.addresses().contains(&inside))?;
        (!owner.is_off).then_some((owner, inside))
    }

    /// The block that stops packets from `witness` to `port` at `address`; nothing stops a computer on the way
    /// to itself.
    pub(super) fn blocked(
        &self,
        witness: &Machine,
        address: IpAddr,
        port: u16,
    ) -> Option<&Failure> {
        if witness.addresses().contains(&address) {
            return None;
        }
        let stops = |block: &&Block| {
            !block.is_of_large
                && (block.from.is_empty() || block.from.contains(&witness.name))
                && block.to.contains(&address)
                && block.ports.iter().any(|(first, last)| (*first..=*last).contains(&port))
        };
        self.blocks.iter().find(stops).map(|block| &block.failure)
    }

    /// The block that stops large packets between `witness` and `address`.
    pub(super) fn loses_large(&self, witness: &Machine, address: IpAddr) -> Option<&Failure> {
        let stops = |block: &&Block| {
            block.is_of_large
                && (block.from.is_empty() || block.from.contains(&witness.name))
                && block.to.contains(&address)
        };
        self.blocks.iter().find(stops).map(|block| &block.failure)
    }

    /// Whether anything is said of large answers: only then do witnesses read the whole map.
    pub(super) fn speaks_of_large(&self) -> bool {
        self.blocks.iter().any(|block| block.is_of_large)
            || self.stated_looks.iter().any(|look| look.whole_map.is_some())
    }
}
