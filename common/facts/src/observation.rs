//! Observations: what one domain controller saw when it looked at another.

use std::{fmt, net::IpAddr};

use epmesh_identity::Identity;
use epmesh_rpc::{Binding, InterfaceId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{DnsName, Failure, MapView, Transport};

/// The observation of a peer, one look, stage by stage: every source of its name by itself, every address so
/// found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PeerObservation {
    /// The peer that was meant.
    pub peer: DnsName,
    /// The DSA GUID under which it was looked for.
    pub dsa_guid: Option<Uuid>,
    /// Every question to every source.
    pub lookups: Vec<Lookup>,
    /// Every address found, and what answers there.
    pub addresses: Vec<AddressProbe>,
}

/// A question to one source of names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Lookup {
    /// Who was asked.
    pub source: Source,
    /// What was asked.
    pub question: Question,
    /// What came back.
    pub answer: Answer,
    /// The operating system's error number behind a failure, where it gave one; see [`Stage::code`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<i32>,
    /// The observer's own address towards the server that was asked, where one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local: Option<IpAddr>,
    /// How long it took, in milliseconds.
    pub took_ms: u32,
    /// Whether it was asked a second time, because the first brought no answer in time.
    #[serde(default, skip_serializing_if = "is_false")]
    pub retried: bool,
}

impl Lookup {
    /// A question and its answer, to the first time that it was asked.
    #[must_use]
    pub const fn new(source: Source, question: Question, answer: Answer, took_ms: u32) -> Self {
        Self { source, question, answer, code: None, local: None, took_ms, retried: false }
    }
}

/// For fields that are left out of JSON where they say nothing.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

/// As [`is_false`].
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(value: &u32) -> bool {
    *value == 0
}

/// A source of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The hosts file.
    Hosts,
    /// This DNS server, asked by itself.
    Dns(IpAddr),
    /// The operating system's own resolver, with its cache and whatever else it asks.
    System,
    /// The LMHOSTS file: NetBIOS names, which Windows takes where DNS has no answer.
    Lmhosts,
    /// This WINS server, asked by itself for the NetBIOS name.
    Wins(IpAddr),
    /// The DNS client's cache, as it stood before anything else was asked.
    Cache,
}

impl Source {
    /// Whether it holds NetBIOS names, which are asked for only where DNS has no answer (events
    /// 2087 and 2088 describe that order).
    #[must_use]
    pub const fn is_netbios(self) -> bool {
        matches!(self, Self::Lmhosts | Self::Wins(_))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hosts => f.write_str("the hosts file"),
            Self::Dns(server) => write!(f, "DNS server {server}"),
            Self::System => f.write_str("the system's resolver"),
            Self::Lmhosts => f.write_str("the LMHOSTS file"),
            Self::Wins(server) => write!(f, "WINS server {server}"),
            Self::Cache => f.write_str("the DNS client's cache"),
        }
    }
}

/// A question to a source of names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Question {
    /// The name.
    pub name: DnsName,
    /// The record type.
    pub kind: RecordType,
}

/// The record types that are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RecordType {
    /// An alias.
    Cname,
    /// An IPv4 address.
    A,
    /// An IPv6 address.
    Aaaa,
    /// The IPv4 addresses of a NetBIOS name (RFC 1002 4.2.1.3, type 0x0020). The name is one label
    /// of at most 15 octets; asked for is its workstation form, with 0x00 as the sixteenth octet:
    /// that is what Windows makes of a host name (0x20 is what file clients ask for).
    Nb,
}

impl RecordType {
    /// The type of the record that holds an address.
    #[must_use]
    pub const fn of(address: IpAddr) -> Self {
        if address.is_ipv4() { Self::A } else { Self::Aaaa }
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cname => "CNAME",
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Nb => "NB",
        })
    }
}

/// The answer of a source of names. Only `Records`, `NoSuchName` and `NoData` are answers to the question; the
/// rest say why there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", content = "value", rename_all = "kebab-case")]
pub enum Answer {
    /// Records of the answer section, in order; never empty.
    Records(Vec<Record>),
    /// The name does not exist (NXDOMAIN; NAM_ERR of a WINS server; no line in a file).
    NoSuchName,
    /// The name exists, a record of this type does not.
    NoData,
    /// The server refused the question (REFUSED).
    Refused,
    /// The server failed (SERVFAIL).
    ServerFailure,
    /// Another response code.
    OtherCode(u16),
    /// No answer within the stage's time.
    TimedOut,
    /// The server could not be reached, and why.
    Unreachable(String),
    /// The answer could not be understood, and why.
    Malformed(String),
    /// The observer itself could not ask, and why: its own budget, no socket, a file it may not
    /// read.
    NotAsked(String),
}

/// A record of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Record {
    /// The name the record belongs to.
    pub name: DnsName,
    /// What it says.
    pub data: RecordData,
    /// Its time to live in seconds, from DNS.
    pub ttl: Option<u32>,
    /// Its line number, from a hosts or LMHOSTS file.
    pub line: Option<u32>,
}

/// The data of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordData {
    /// A or AAAA.
    Address(IpAddr),
    /// CNAME.
    Alias(DnsName),
}

impl RecordData {
    /// The type of the record.
    #[must_use]
    pub const fn kind(&self) -> RecordType {
        match self {
            Self::Address(address) => RecordType::of(*address),
            Self::Alias(_) => RecordType::Cname,
        }
    }
}

impl fmt::Display for RecordData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Alias(target) => target.fmt(f),
        }
    }
}

/// A stage that either worked or did not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Stage {
    /// `Ok`, or why not; of the second try, where there was one.
    pub outcome: Result<(), Failure>,
    /// The operating system's error number behind a failure, where it gave one. It belongs to the
    /// observer's system: 111 on Linux is 10061 on Windows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<i32>,
    /// How long it took, in milliseconds; the last try alone.
    pub took_ms: u32,
    /// Whether it was tried a second time, at once. There is no third.
    #[serde(default, skip_serializing_if = "is_false")]
    pub retried: bool,
}

impl Stage {
    /// A stage that worked.
    #[must_use]
    pub const fn ok(took_ms: u32) -> Self {
        Self { outcome: Ok(()), code: None, took_ms, retried: false }
    }

    /// A stage that failed without an error of the operating system.
    #[must_use]
    pub const fn failed(failure: Failure, took_ms: u32) -> Self {
        Self { outcome: Err(failure), code: None, took_ms, retried: false }
    }
}

/// The look at one address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AddressProbe {
    /// The address.
    pub address: IpAddr,
    /// The observer's own address towards it, where the system has a way there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local: Option<IpAddr>,
    /// The TCP connection to the endpoint mapper's port.
    pub connect: Stage,
    /// The bind to the endpoint mapper, once connected.
    pub bind: Option<Stage>,
    /// Each watched interface, once bound.
    pub interfaces: Vec<InterfaceProbe>,
    /// The whole endpoint map as this peer sees it, where the plan asks for it.
    pub map: Option<MapView>,
    /// The operating system's error number behind a map that could not be read, where it gave one; see
    /// [`Stage::code`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map_code: Option<i32>,
    /// How long reading the whole map took, in milliseconds; 0 where it was not read.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub map_took_ms: u32,
    /// One entry of the map, a small answer, where the whole map was asked for and did not arrive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_entry: Option<Stage>,
    /// Who answers there.
    pub identity: Vec<IdentityProbe>,
    /// The well-known ports of a domain controller, where the plan asks for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub well_known: Vec<WellKnownPort>,
}

impl AddressProbe {
    /// The failure of the whole endpoint map to arrive, where one entry of it, a small answer to the same question,
    /// arrived.
    #[must_use]
    pub fn large_lost(&self) -> Option<&Failure> {
        let failure = self.map.as_ref()?.endpoints.as_ref().err()?;
        let is_lost = matches!(failure, Failure::TimedOut | Failure::Unfinished | Failure::Reset);
        let small_passes = self.one_entry.as_ref().is_some_and(|stage| stage.outcome.is_ok());
        (is_lost && small_passes).then_some(failure)
    }

    /// Whether the look reached every interface that it asked for, at every port that was named, and read the map where
    /// it was to.
    #[must_use]
    pub fn gets_through(&self) -> bool {
        let is_served = |port: &PortProbe| {
            let bind = port.bind.as_ref().map(|bind| &bind.outcome);
            port.connect.outcome.is_ok() && !port.altered && bind.is_none_or(Result::is_ok)
        };
        let is_reached = |asked: &InterfaceProbe| {
            let is_named =
                matches!(&asked.answer, MapAnswer::Endpoints(found) if !found.is_empty());
            is_named && asked.ports.iter().all(is_served)
        };
        self.bind.as_ref().is_some_and(|bind| bind.outcome.is_ok())
            && self.interfaces.iter().all(is_reached)
            && self.map.as_ref().is_none_or(|map| map.endpoints.is_ok())
    }

    /// The DNS name of the host that answered on port 135, by its NTLM challenge.
    #[must_use]
    pub fn mapper_host(&self) -> Option<&str> {
        let mut answers = self.identity.iter();
        let there = answers.find(|answer| answer.method == IdentityMethod::NtlmChallenge)?;
        there.outcome.as_ref().ok()?.dns_name.as_deref()
    }

    /// A look that has come as far as this connection.
    #[must_use]
    pub const fn connected(address: IpAddr, connect: Stage) -> Self {
        Self {
            address,
            local: None,
            connect,
            bind: None,
            interfaces: Vec::new(),
            map: None,
            map_code: None,
            map_took_ms: 0,
            one_entry: None,
            identity: Vec::new(),
            well_known: Vec::new(),
        }
    }

    /// A look that came through to an interface on the port that the endpoint mapper named, each stage in
    /// `took_ms`. Who answered was not asked.
    #[must_use]
    pub fn reached(address: IpAddr, interface: InterfaceId, port: u16, took_ms: u32) -> Self {
        let ok = Stage::ok(took_ms);
        let answer = MapAnswer::Endpoints(vec![Binding::tcp(port)]);
        let (connect, bind) = (ok.clone(), Some(ok.clone()));
        let port = PortProbe { port, connect, bind, altered: false };
        Self {
            bind: Some(ok.clone()),
            interfaces: vec![InterfaceProbe {
                ports: vec![port],
                ..InterfaceProbe::answered(interface, answer, took_ms)
            }],
            ..Self::connected(address, ok)
        }
    }
}

/// A well-known port of a domain controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct WellKnownPort {
    /// The port.
    pub port: u16,
    /// TCP: a connection was made. UDP: a question that needs no credentials was answered.
    pub transport: Transport,
    /// How the try ended. Silence on UDP is no proof that nothing listens.
    pub stage: Stage,
}

/// An interface at one address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct InterfaceProbe {
    /// The interface.
    pub interface: InterfaceId,
    /// What `ept_map` answered; to the second question, where there was one.
    pub answer: MapAnswer,
    /// The operating system's error number behind a failure, where it gave one; see [`Stage::code`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<i32>,
    /// How long that took, in milliseconds.
    pub took_ms: u32,
    /// Whether it was asked a second time: after silence, a cut connection, and "not registered".
    #[serde(default, skip_serializing_if = "is_false")]
    pub retried: bool,
    /// Each TCP port of the answer.
    pub ports: Vec<PortProbe>,
}

impl InterfaceProbe {
    /// An answer to the first time that it was asked, before any port that it names was tried.
    #[must_use]
    pub const fn answered(interface: InterfaceId, answer: MapAnswer, took_ms: u32) -> Self {
        Self { interface, answer, code: None, took_ms, retried: false, ports: Vec::new() }
    }
}

/// The answer of `ept_map` (MS-RPCE 2.2.1.2.5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MapAnswer {
    /// Where the interface is to be found; never empty.
    Endpoints(Vec<Binding>),
    /// Not registered; the status, 0x16C9A0D6 or 0 with no tower. What a Windows caller reports
    /// as 1753.
    NotRegistered(u32),
    /// No answer to the question.
    Failed(Failure),
}

/// A TCP port that the endpoint mapper named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PortProbe {
    /// The port.
    pub port: u16,
    /// The TCP connection to it.
    pub connect: Stage,
    /// The bind to the interface there, once connected.
    pub bind: Option<Stage>,
    /// Whether the interface was added with an alter_context (C706 12.6.4.1) to the connection of
    /// an earlier interface on the same port, instead of bound on one of its own. Only what was
    /// accepted so is stated so.
    #[serde(default, skip_serializing_if = "is_false")]
    pub altered: bool,
}

impl PortProbe {
    /// Whether the port took the bind. A bind that is denied to a caller without credentials counts as taken.
    #[must_use]
    pub fn takes_bind(&self) -> bool {
        let bind = self.bind.as_ref().map(|bind| &bind.outcome);
        self.connect.outcome.is_ok() && matches!(bind, Some(Ok(()) | Err(Failure::AccessDenied(_))))
    }
}

/// A way of asking who answers at an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct IdentityProbe {
    /// The way.
    pub method: IdentityMethod,
    /// Who answered, or why nobody did.
    pub outcome: Result<Identity, Failure>,
    /// The operating system's error number behind a failure, where it gave one; see [`Stage::code`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<i32>,
    /// How long it took, in milliseconds.
    pub took_ms: u32,
    /// Whether it was asked a second time, after silence.
    #[serde(default, skip_serializing_if = "is_false")]
    pub retried: bool,
}

/// The ways of asking who answers, strongest first. None of them logs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdentityMethod {
    /// LDAP rootDSE with the extended-DN control: gives the DSA GUID.
    RootDse,
    /// The NTLMSSP challenge inside an RPC bind on the endpoint mapper's port.
    NtlmChallenge,
    /// The CLDAP netlogon ping.
    LdapPing,
    /// The NetBIOS node status.
    NodeStatus,
}

impl fmt::Display for IdentityMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RootDse => "rootDSE",
            Self::NtlmChallenge => "NTLM challenge on 135",
            Self::LdapPing => "LDAP ping",
            Self::NodeStatus => "NetBIOS node status",
        })
    }
}
