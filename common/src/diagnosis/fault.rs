//! Faults: what can be broken, and the candidates that would each explain a link's trouble.

use std::{fmt, net::IpAddr};

use epmesh_facts::{DnsName, RecordType};
use epmesh_rpc::{InterfaceId, names};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    cause::{Cause, Side},
    culprit_kind::CulpritKind,
};

/// A single fault that would explain a link's trouble by itself.
///
/// The fault is equal over all links that it breaks, so that these links can have one incident. Cause and
/// places may differ from link to link, with what each could see.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CandidateFault {
    /// The cause, as far as this link's evidence tells it.
    pub cause: Cause,
    /// On which side it lies.
    pub side: Side,
    /// What is broken.
    #[serde(rename = "subject")]
    pub fault: Fault,
    /// Where this link's evidence shows it: the DNS servers that hold a record, say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<String>,
}

/// A fault: the thing that is broken, by a name that is the same on every link that it breaks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Fault {
    /// A service of a domain controller.
    Service {
        /// The domain controller.
        dc: DnsName,
        /// The service's own name.
        service: String,
    },
    /// A state of one domain controller that goes by the name of its cause: a boot mode, a
    /// setting, ports used up.
    Condition {
        /// The domain controller.
        dc: DnsName,
        /// The state.
        cause: Cause,
    },
    /// Replication that a domain controller takes part in, over ways that are open.
    Refusal {
        /// The domain controller.
        dc: DnsName,
        /// The error that it ends with, as tools print it.
        error: i64,
    },
    /// The registration of one interface in a domain controller's endpoint map.
    Registration {
        /// The domain controller.
        dc: DnsName,
        /// The interface.
        interface: InterfaceId,
    },
    /// All RPC interfaces of a domain controller.
    Application {
        /// The domain controller.
        dc: DnsName,
    },
    /// The endpoint mapper of a domain controller, or whatever else answers on its port 135.
    EndpointMapper {
        /// The domain controller.
        dc: DnsName,
    },
    /// One TCP port of a domain controller.
    Port {
        /// The domain controller.
        dc: DnsName,
        /// The port.
        port: u16,
    },
    /// A line of a hosts or LMHOSTS file.
    HostsLine {
        /// The domain controller whose file it is.
        dc: DnsName,
        /// The path of the file.
        path: String,
        /// The line, from 1.
        line: Option<u32>,
    },
    /// The cache of a domain controller's resolver.
    Cache {
        /// The domain controller.
        dc: DnsName,
    },
    /// A record, wherever it is held: zones are copied from server to server.
    DnsRecord {
        /// Its name.
        name: DnsName,
        /// Its type.
        record: RecordType,
        /// What it says; `None` for a record that is missing.
        value: Option<String>,
    },
    /// An NTDS Settings object that is not the source's present one, in copies of the directory.
    NtdsSettings {
        /// The domain controller that it stands for.
        source: DnsName,
        /// Its objectGUID.
        guid: Uuid,
    },
    /// A DNS server as a whole: it answers nobody, or is wrong about everything.
    DnsServer {
        /// The server.
        server: ServerName,
    },
    /// All of a domain controller's DNS.
    Resolver {
        /// The domain controller.
        dc: DnsName,
    },
    /// The way in which one domain controller finds the address of one other.
    Names {
        /// The domain controller that looks for it.
        from: DnsName,
        /// The domain controller whose address it is.
        of: DnsName,
    },
    /// The path from one domain controller to one other.
    Path {
        /// Where it begins.
        from: DnsName,
        /// Where it ends.
        to: DnsName,
        /// What does not get through.
        traffic: Traffic,
    },
    /// The path between two domain controllers, in both directions.
    Between {
        /// The first by name.
        one: DnsName,
        /// The other.
        other: DnsName,
        /// What does not get through.
        traffic: Traffic,
    },
    /// Every path to a domain controller: it is down, or its firewall is closed.
    Dc {
        /// The domain controller.
        dc: DnsName,
        /// What does not get through.
        traffic: Traffic,
    },
    /// Every path from a domain controller.
    Client {
        /// The domain controller.
        dc: DnsName,
        /// What does not get through.
        traffic: Traffic,
    },
    /// Every path to and from a domain controller.
    Isolated {
        /// The domain controller.
        dc: DnsName,
        /// What does not get through.
        traffic: Traffic,
    },
    /// The path from one site to another.
    SitePath {
        /// Where it begins.
        from: String,
        /// Where it ends.
        to: String,
        /// What does not get through.
        traffic: Traffic,
    },
    /// The path between two sites, in both directions.
    BetweenSites {
        /// The first by name.
        one: String,
        /// The other.
        other: String,
        /// What does not get through.
        traffic: Traffic,
    },
    /// Every path to and from a site.
    Site {
        /// The site.
        site: String,
        /// What does not get through.
        traffic: Traffic,
    },
}

/// The traffic that does not get through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Traffic {
    /// Not even port 135.
    EndpointMapper,
    /// Port 135 does, the ports that it names do not.
    DynamicPorts,
    /// Connections do, and the answers of RPC over them do not, or not as they were sent.
    Rpc,
    /// Small answers do, an answer of several packets does not.
    LargePackets,
    /// Nothing over IPv4; IPv6 does.
    Ipv4,
    /// Nothing over IPv6; IPv4 does.
    Ipv6,
    /// Nothing to this address; another of the same host does.
    Address(IpAddr),
}

/// A DNS server: the domain controller that it is, where that is known, else its address. One that
/// is asked through a loopback address is the domain controller that asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServerName {
    /// A domain controller.
    Dc(DnsName),
    /// A host for which no domain controller speaks.
    Address(IpAddr),
}

impl Fault {
    /// The order among faults that explain equally many links: the smallest is preferred.
    /// What lies nearer to the two ends of a link comes first.
    #[must_use]
    pub const fn rank(&self) -> u8 {
        match self {
            Self::Service { .. } => 0,
            Self::Condition { .. } => 1,
            Self::Refusal { .. } => 2,
            Self::HostsLine { .. } => 3,
            Self::Cache { .. } => 4,
            Self::DnsRecord { .. } => 5,
            Self::NtdsSettings { .. } => 6,
            Self::EndpointMapper { .. } => 7,
            Self::Path { .. } => 8,
            Self::Port { .. } => 9,
            Self::Registration { .. } => 10,
            Self::Application { .. } => 11,
            Self::Names { .. } => 12,
            Self::Resolver { .. } => 13,
            Self::DnsServer { .. } => 14,
            Self::Dc { .. } => 15,
            Self::Client { .. } => 16,
            Self::Between { .. } => 17,
            Self::Isolated { .. } => 18,
            Self::SitePath { .. } => 19,
            Self::BetweenSites { .. } => 20,
            Self::Site { .. } => 21,
        }
    }

    /// The kind of fault; its word is that of the fault's own JSON too.
    #[must_use]
    pub const fn kind(&self) -> CulpritKind {
        match self {
            Self::Service { .. } => CulpritKind::Service,
            Self::Condition { .. } => CulpritKind::Condition,
            Self::Refusal { .. } => CulpritKind::Refusal,
            Self::Registration { .. } => CulpritKind::Registration,
            Self::Application { .. } => CulpritKind::Application,
            Self::EndpointMapper { .. } => CulpritKind::EndpointMapper,
            Self::Port { .. } => CulpritKind::Port,
            Self::HostsLine { .. } => CulpritKind::HostsLine,
            Self::Cache { .. } => CulpritKind::Cache,
            Self::DnsRecord { .. } => CulpritKind::DnsRecord,
            Self::NtdsSettings { .. } => CulpritKind::NtdsSettings,
            Self::DnsServer { .. } => CulpritKind::DnsServer,
            Self::Resolver { .. } => CulpritKind::Resolver,
            Self::Names { .. } => CulpritKind::Names,
            Self::Path { .. } => CulpritKind::Path,
            Self::Between { .. } => CulpritKind::Between,
            Self::Dc { .. } => CulpritKind::Dc,
            Self::Client { .. } => CulpritKind::Client,
            Self::Isolated { .. } => CulpritKind::Isolated,
            Self::SitePath { .. } => CulpritKind::SitePath,
            Self::BetweenSites { .. } => CulpritKind::BetweenSites,
            Self::Site { .. } => CulpritKind::Site,
        }
    }
}

/// The fault in words: `service NTDS on dc2.lab.test`.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service { dc, service } => write!(f, "service {service} on {dc}"),
            Self::Condition { dc, cause } => write!(f, "{cause} on {dc}"),
            Self::Refusal { dc, error } => write!(f, "replication with {dc} (error {error})"),
            Self::Registration { dc, interface } => {
                write!(f, "registration of {} on {dc}", names::label(*interface))
            }
            Self::Application { dc } => write!(f, "all RPC interfaces of {dc}"),
            Self::EndpointMapper { dc } => write!(f, "endpoint mapper of {dc}"),
            Self::Port { dc, port } => write!(f, "port {port} of {dc}"),
            Self::HostsLine { dc, path, line: Some(line) } => write!(f, "{path}:{line} on {dc}"),
            Self::HostsLine { dc, path, line: None } => write!(f, "{path} on {dc}"),
            Self::Cache { dc } => write!(f, "resolver cache of {dc}"),
            Self::DnsRecord { name, record, value: Some(value) } => {
                write!(f, "{record} {name} = {value}")
            }
            Self::DnsRecord { name, record, value: None } => write!(f, "{record} {name}, missing"),
            Self::NtdsSettings { source, guid } => write!(f, "NTDS Settings {guid} of {source}"),
            Self::DnsServer { server } => write!(f, "DNS server {server}"),
            Self::Resolver { dc } => write!(f, "name resolution of {dc}"),
            Self::Names { from, of } => write!(f, "name resolution of {from} for {of}"),
            Self::Path { from, to, traffic } => write!(f, "path {from} -> {to} ({traffic})"),
            Self::Between { one, other, traffic } => {
                write!(f, "path {one} <-> {other} ({traffic})")
            }
            Self::Dc { dc, traffic } => write!(f, "every path to {dc} ({traffic})"),
            Self::Client { dc, traffic } => write!(f, "every path from {dc} ({traffic})"),
            Self::Isolated { dc, traffic } => write!(f, "every path to and from {dc} ({traffic})"),
            Self::SitePath { from, to, traffic } => {
                write!(f, "path site {from} -> site {to} ({traffic})")
            }
            Self::BetweenSites { one, other, traffic } => {
                write!(f, "path site {one} <-> site {other} ({traffic})")
            }
            Self::Site { site, traffic } => {
                write!(f, "every path to and from site {site} ({traffic})")
            }
        }
    }
}

impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EndpointMapper => f.write_str("port 135"),
            Self::DynamicPorts => f.write_str("dynamic ports"),
            Self::Rpc => f.write_str("RPC over port 135"),
            Self::LargePackets => f.write_str("large packets"),
            Self::Ipv4 => f.write_str("IPv4"),
            Self::Ipv6 => f.write_str("IPv6"),
            Self::Address(address) => write!(f, "address {address}"),
        }
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dc(name) => name.fmt(f),
            Self::Address(address) => address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each, in the order of their ranks.
    fn every() -> Vec<Fault> {
        let name = |text: &str| -> DnsName { text.parse().expect("a name") };
        let (dc, other) = (name("dc1.lab.test"), name("dc2.lab.test"));
        let (here, there) = ("Main".to_owned(), "Branch".to_owned());
        let traffic = Traffic::EndpointMapper;
        let interface = InterfaceId::new(Uuid::from_u128(1), 4, 0);
        let (from, to) = (dc.clone(), other.clone());
        let server = ServerName::Dc(dc.clone());
        vec![
            Fault::Service { dc: dc.clone(), service: "NTDS".to_owned() },
            Fault::Condition { dc: dc.clone(), cause: Cause::PortExhaustion },
            Fault::Refusal { dc: dc.clone(), error: 5 },
            Fault::HostsLine { dc: dc.clone(), path: "hosts".to_owned(), line: Some(1) },
            Fault::Cache { dc: dc.clone() },
            Fault::DnsRecord { name: dc.clone(), record: RecordType::A, value: None },
            Fault::NtdsSettings { source: dc.clone(), guid: Uuid::from_u128(2) },
            Fault::EndpointMapper { dc: dc.clone() },
            Fault::Path { from: from.clone(), to: to.clone(), traffic },
            Fault::Port { dc: dc.clone(), port: 49_152 },
            Fault::Registration { dc: dc.clone(), interface },
            Fault::Application { dc: dc.clone() },
            Fault::Names { from: from.clone(), of: to.clone() },
            Fault::Resolver { dc: dc.clone() },
            Fault::DnsServer { server },
            Fault::Dc { dc: dc.clone(), traffic },
            Fault::Client { dc: dc.clone(), traffic },
            Fault::Between { one: from, other: to, traffic },
            Fault::Isolated { dc, traffic },
            Fault::SitePath { from: here.clone(), to: there.clone(), traffic },
            Fault::BetweenSites { one: here.clone(), other: there, traffic },
            Fault::Site { site: here, traffic },
        ]
    }

    #[test]
    fn the_kind_in_json_is_the_word_of_the_kind() {
        for (rank, fault) in (0..).zip(every()) {
            assert_eq!(fault.rank(), rank, "{fault}");
            let json = serde_json::to_value(&fault).expect("JSON");
            assert_eq!(json["kind"], fault.kind().as_str());
        }
    }
}
