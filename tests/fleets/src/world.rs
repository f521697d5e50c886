//! The truth: hosts, networks and name servers as they are at one moment, in the field's terms.
//! Nothing of it comes from the engine; faults change it, agents look at it.

use std::net::{IpAddr, Ipv4Addr};

use epmesh_common::facts::{
    Answer, Blank, BootMode, DnsName, HostsLine, LmhostsLine, NtdsSettings, Platform, Process,
    Record, RecordData, RecordType, RpcFilter, RpcSettings, ServiceState, StartType, Timestamp,
};
use uuid::Uuid;

pub use super::network::{
    Balancer, BindCut, Block, Device, Guise, Meddling, PortSet, Refusal, Scope, Way, Who,
};

/// A whole fleet and what lies between its hosts.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// The domain controllers.
    pub dcs: Vec<Dc>,
    /// Everybody else: member servers, DNS servers of another make.
    pub strangers: Vec<Stranger>,
    /// What the firewalls refuse.
    pub blocks: Vec<Block>,
    /// What else stands on the ways.
    pub devices: Vec<Device>,
    /// Load balancers.
    pub balancers: Vec<Balancer>,
    /// Whether agents can read what their directories record of inbound replication, and there is any.
    pub replicates: bool,
    /// An agent that states what it did not see, and what it states.
    pub liar: Option<(usize, Lie)>,
}

/// The statements of a mistaken or lying agent on the hosts that it looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// It gets through everywhere.
    AllWell,
    /// Nothing answers anywhere.
    NothingThere,
}

/// One domain controller.
#[derive(Clone, Debug)]
pub struct Dc {
    /// Its fully qualified name.
    pub name: DnsName,
    /// The DNS name of its domain, which need not be the parent of its own name.
    pub domain: DnsName,
    /// The forest root domain.
    pub forest: DnsName,
    /// The number of its site.
    pub site: usize,
    /// Windows or Samba.
    pub platform: Platform,
    /// Its addresses in DNS.
    pub addresses: Vec<IpAddr>,
    /// The address that it has behind address translation; those in DNS are then the translator's.
    pub inside: Option<IpAddr>,
    /// Addresses it owns and registers nowhere: a container bridge, a heartbeat.
    pub unregistered: Vec<IpAddr>,
    /// The objectGUID of its NTDS Settings object.
    pub guid: Uuid,
    /// When that object was made.
    pub created: Timestamp,
    /// A read-only domain controller.
    pub read_only: bool,
    /// Whether an agent runs there.
    pub agent: bool,
    /// Milliseconds by which its clock is ahead.
    pub ahead_ms: i64,
    /// Whether the host runs at all.
    pub up: bool,
    /// Whether its kernel takes connections and none of its programs ever does anything: its disk is
    /// gone, say. Its agent says nothing either.
    pub frozen: bool,
    /// Whether its own firewall is on. Windows' firewall does not answer at a port where nothing listens
    /// ("stealth mode").
    pub firewall: bool,
    /// The present life of the host.
    pub boot: Life,
    /// What serves the directory's interfaces.
    pub directory: Server,
    /// The endpoint mapper.
    pub mapper: Mapper,
    /// Its DNS server, where it has one.
    pub dns: Option<NameServer>,
    /// Where it gets names from.
    pub names: Names,
    /// NTDS Settings objects that its copy of the directory has otherwise than they are, by the
    /// number of the domain controller.
    pub stale_settings: Vec<(usize, NtdsSettings)>,
    /// The error with which its directory refuses to send changes, over a way that is open.
    pub sends_no_changes: Option<u32>,
    /// The error with which its directory refuses to take any.
    pub takes_no_changes: Option<u32>,
    /// Whether its Netlogon is paused.
    pub netlogon_paused: bool,
    /// Its RPC settings.
    pub rpc: RpcSettings,
    /// Its RPC filters.
    pub filters: Vec<RpcFilter>,
    /// What is used of its dynamic ports, in percent.
    pub ports_used: u8,
    /// Ports outside of them that other programs listen on.
    pub taken: Vec<u16>,
}

/// One life of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Life {
    /// Told from any other by this.
    pub id: String,
    /// When it began, by the true clock.
    pub at: Timestamp,
    /// How it was started.
    pub mode: BootMode,
}

/// The service that serves drsuapi.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its state.
    pub state: ServiceState,
    /// How it is started.
    pub start: StartType,
    /// Its process, by the true clock.
    pub process: Option<Process>,
    /// Whether it has the interface in the endpoint map.
    pub registered: Registered,
    /// The port in its registration.
    pub port: u16,
    /// What is behind that port.
    pub behind: Behind,
}

/// What the endpoint map holds of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registered {
    /// TCP, pipe and LRPC.
    All,
    /// Pipe and LRPC only.
    NoTcp,
    /// Nothing.
    Nothing,
}

/// What listens on the registered port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    /// The server itself.
    Itself,
    /// Another RPC server.
    Another,
    /// Nothing.
    Nobody,
}

/// The endpoint mapper of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapper {
    /// Whether it runs and listens on 135.
    pub runs: bool,
    /// How its service is started.
    pub start: StartType,
    /// Whether it refuses anonymous callers.
    pub refuses: bool,
    /// Whether a filter on the host hides drsuapi from callers over the network.
    pub hides: bool,
    /// The callers from whom a filter with a condition on their address hides it.
    pub hides_from: Vec<usize>,
}

/// A DNS server: the zones are the forest's, as they ought to be, but for `overrides`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameServer {
    /// Whether it does not know the forest's zones: a resolver of the Internet provider's.
    pub is_outside: bool,
    /// What its copy of a zone answers otherwise.
    pub overrides: Vec<(DnsName, RecordType, Answer)>,
}

/// A host's sources of names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// Its DNS servers, in its order.
    pub servers: Vec<IpAddr>,
    /// Its hosts file.
    pub hosts: Vec<HostsLine>,
    /// Its LMHOSTS file.
    pub lmhosts: Vec<LmhostsLine>,
    /// Its WINS server, where it has one.
    pub wins: Option<Wins>,
    /// Whether the agent may read neither the hosts file nor LMHOSTS.
    pub unread: bool,
    /// What its DNS client remembers: answers that are not asked for again.
    pub cache: Vec<(DnsName, RecordType, Answer)>,
}

/// A WINS server as one of its clients finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wins {
    /// Its address.
    pub server: IpAddr,
    /// What it holds: NetBIOS names and addresses.
    pub holds: Vec<(String, IpAddr)>,
}

/// A host that is no domain controller.
#[derive(Clone, Debug)]
pub struct Stranger {
    /// Its name.
    pub name: DnsName,
    /// Its address.
    pub address: IpAddr,
    /// Its site.
    pub site: usize,
    /// What it is.
    pub kind: StrangerKind,
    /// Its DNS server, where it is one.
    pub dns: Option<NameServer>,
}

/// What a stranger is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StrangerKind {
    /// A Windows member server: an endpoint mapper without drsuapi.
    Member,
    /// Something without RPC: 135 is refused.
    Appliance,
}

impl World {
    /// The domain controller called `name`.
    #[must_use]
    pub fn find(&self, name: &DnsName) -> Option<usize> {
        self.dcs.iter().position(|dc| dc.name == *name)
    }

    /// Whose address this is.
    #[must_use]
    pub fn owner(&self, address: IpAddr) -> Option<Who> {
        let dc = self.dcs.iter().position(|dc| dc.addresses.contains(&address));
        let stranger = || self.strangers.iter().position(|other| other.address == address);
        dc.map(Who::Dc).or_else(|| stranger().map(Who::Stranger))
    }

    /// What `asker` gets from the DNS server at `server`; `None` for no answer in time.
    #[must_use]
    pub fn ask(
        &self,
        asker: usize,
        server: IpAddr,
        name: &DnsName,
        kind: RecordType,
    ) -> Option<Answer> {
        let who = if server.is_loopback() {
            Who::Dc(asker)
        } else {
            match self.way(asker, server, 53) {
                Way::Through(who) => who,
                Way::Rejected | Way::Prohibited | Way::Silent | Way::NoWay => return None,
            }
        };
        let (dns, forest) = match who {
            Who::Dc(dc) => (self.dcs[dc].dns.as_ref(), Some(&self.dcs[dc].forest)),
            Who::Stranger(other) => (self.strangers[other].dns.as_ref(), None),
        };
        if matches!(who, Who::Dc(dc) if self.dcs[dc].frozen) {
            return None;
        }
        let Some(dns) = dns else { return Some(Answer::Unreachable("refused".to_owned())) };
        if dns.is_outside {
            return Some(Answer::NoSuchName);
        }
        let own = dns.overrides.iter().find(|(held, of, _)| held == name && *of == kind);
        Some(own.map_or_else(|| self.zone(forest, name, kind), |(_, _, answer)| answer.clone()))
    }

    /// What the zones hold as they ought to be; a domain controller's server knows those of its
    /// own forest.
    fn zone(&self, forest: Option<&DnsName>, name: &DnsName, kind: RecordType) -> Answer {
        let mut here =
            self.dcs.iter().filter(|dc| forest.is_none_or(|forest| dc.forest == *forest));
        if name.as_str().contains("._msdcs.") {
            let held = here.find(|dc| dc.alias() == *name);
            return match (held, kind) {
                (None, _) => Answer::NoSuchName,
                (Some(dc), RecordType::Cname) => {
                    Answer::Records(vec![record(name, RecordData::Alias(dc.name.clone()))])
                }
                (Some(_), _) => Answer::NoData,
            };
        }
        let stranger = self.strangers.iter().find(|other| other.name == *name);
        let addresses = match (here.find(|dc| dc.name == *name), stranger) {
            (Some(dc), _) => dc.addresses.clone(),
            (None, Some(other)) => vec![other.address],
            (None, None) => return Answer::NoSuchName,
        };
        addresses_of(name, kind, &addresses)
    }
}

/// The answer that has those of `addresses` that `kind` asks for.
#[must_use]
pub fn addresses_of(name: &DnsName, kind: RecordType, addresses: &[IpAddr]) -> Answer {
    let wanted = |address: &&IpAddr| match kind {
        RecordType::A => address.is_ipv4(),
        RecordType::Aaaa => address.is_ipv6(),
        RecordType::Cname | RecordType::Nb => false,
    };
    let records = addresses.iter().filter(wanted);
    let records: Vec<Record> =
        records.map(|address| record(name, RecordData::Address(*address))).collect();
    if records.is_empty() { Answer::NoData } else { Answer::Records(records) }
}

/// A record as DNS has it.
#[must_use]
pub fn record(name: &DnsName, data: RecordData) -> Record {
    Record { name: name.clone(), data, ttl: Some(600), line: None }
}

impl Dc {
    /// The name that replication partners look for.
    #[must_use]
    pub fn alias(&self) -> DnsName {
        alias(&self.forest, self.guid)
    }

    /// A moment of the true clock as this host's own clock tells it.
    #[must_use]
    pub fn clock(&self, at: Timestamp) -> Timestamp {
        super::dice::shifted(at, self.ahead_ms)
    }

    /// The addresses that it says are its own.
    #[must_use]
    pub fn own_addresses(&self) -> Vec<IpAddr> {
        let outside = || self.addresses.clone();
        let registered = self.inside.map_or_else(outside, |inside| vec![inside]);
        [registered, self.unregistered.clone()].concat()
    }

    /// Whether its programs run.
    #[must_use]
    pub const fn lives(&self) -> bool {
        self.up && !self.frozen
    }

    /// Whether the directory's own services (LDAP among them) run.
    #[must_use]
    pub fn serves(&self) -> bool {
        self.lives() && self.directory.state == ServiceState::Running
    }

    /// Whether it has no port left to connect from.
    #[must_use]
    pub const fn is_out_of_ports(&self) -> bool {
        self.ports_used >= 100
    }

    /// An address of the same family as `other`, for a host that has one.
    #[must_use]
    pub fn address_like(&self, other: IpAddr) -> Option<IpAddr> {
        self.addresses.iter().copied().find(|own| own.is_ipv4() == other.is_ipv4())
    }
}

/// `<guid>._msdcs.<forest>`.
#[must_use]
pub fn alias(forest: &DnsName, guid: Uuid) -> DnsName {
    forest.dsa_alias(guid).expect("a forest's name is short")
}

/// The loopback address, as a DNS server's.
pub const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// The RPC settings of a host on which nobody ever changed any.
#[must_use]
pub fn plain_settings(platform: Platform) -> RpcSettings {
    if platform != Platform::Windows {
        return RpcSettings::blank(&Blank::NotApplicable);
    }
    let protocols = ["ncacn_http", "ncacn_ip_tcp", "ncacn_ip_udp", "ncacn_np"];
    RpcSettings {
        client_protocols: epmesh_common::facts::Reading::Value(
            protocols
                .iter()
                .map(|name| epmesh_common::facts::RegistryText {
                    name: (*name).to_owned(),
                    data: "rpcrt4.dll".to_owned(),
                })
                .collect(),
        ),
        near_misses: epmesh_common::facts::Reading::Value(Vec::new()),
        ..RpcSettings::blank(&Blank::Absent)
    }
}
