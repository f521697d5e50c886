//! The evidence on one link.

use std::{collections::BTreeMap, net::IpAddr};

use serde::{Deserialize, Serialize};

use crate::{
    facts::{
        Directory, DnsName, EndpointMap, Host, PeerObservation, Ports, Process, Replication,
        Resolver, Section, Services, Timestamp,
    },
    rpc::InterfaceId,
};

/// A client that needs one RPC interface of a server.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Link {
    /// The destination DC: the client, which pulls.
    pub destination: DnsName,
    /// The source DC: the server.
    pub source: DnsName,
    /// The interface that the client needs.
    pub interface: InterfaceId,
}

/// Everything known that bears on one link. What is missing is missing: `None` and an empty list
/// mean that nobody said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Evidence {
    /// The link.
    pub link: Link,
    /// What the destination says of itself.
    pub destination: DcFacts,
    /// What the source says of itself.
    pub source: DcFacts,
    /// What was seen of the source, by the destination and by others.
    pub observations: Vec<Observed>,
    /// The known registrations of the interface at the source, oldest first.
    pub registrations: Vec<Registration>,
    /// Who owns which address, by what each domain controller says of itself.
    pub owners: BTreeMap<IpAddr, DnsName>,
    /// How old a fact may be and still decide anything, in milliseconds.
    pub fresh_for_ms: u64,
}

impl Evidence {
    /// A link of which nothing is known yet.
    #[must_use]
    pub fn empty(link: Link, fresh_for_ms: u64) -> Self {
        Self {
            link,
            destination: DcFacts::default(),
            source: DcFacts::default(),
            observations: Vec::new(),
            registrations: Vec::new(),
            owners: BTreeMap::new(),
            fresh_for_ms,
        }
    }
}

/// A fact and when it was last seen to be so, on the coordinator's clock: the observer's clock
/// corrected by its measured offset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Stamped<T> {
    /// When it was last seen to be so.
    pub at: Timestamp,
    /// The fact.
    pub fact: T,
}

/// What a domain controller says of itself, section by section.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DcFacts {
    /// Milliseconds by which its clock is ahead of the coordinator's; negative when it is behind.
    /// Times inside the facts (a boot, the start of a process) are on its own clock.
    pub clock_ahead_ms: i64,
    /// Who it is.
    pub host: Option<Stamped<Host>>,
    /// Its endpoint map.
    pub endpoint_map: Option<Stamped<EndpointMap>>,
    /// Its services.
    pub services: Option<Stamped<Services>>,
    /// Its ports.
    pub ports: Option<Stamped<Ports>>,
    /// Its sources of names.
    pub resolver: Option<Stamped<Resolver>>,
    /// Its copy of the directory.
    pub directory: Option<Stamped<Directory>>,
    /// Its inbound replication.
    pub replication: Option<Stamped<Replication>>,
}

impl DcFacts {
    /// Puts a section in, in the place of the one of its kind.
    pub fn put(&mut self, at: Timestamp, section: Section) {
        match section {
            Section::Host(fact) => self.host = Some(Stamped { at, fact }),
            Section::EndpointMap(fact) => self.endpoint_map = Some(Stamped { at, fact }),
            Section::Services(fact) => self.services = Some(Stamped { at, fact }),
            Section::Ports(fact) => self.ports = Some(Stamped { at, fact }),
            Section::Resolver(fact) => self.resolver = Some(Stamped { at, fact }),
            Section::Directory(fact) => self.directory = Some(Stamped { at, fact }),
            Section::Replication(fact) => self.replication = Some(Stamped { at, fact }),
        }
    }
}

/// One witness's look at the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Observed {
    /// Who looked.
    pub witness: DnsName,
    /// When it was last seen to be so.
    pub at: Timestamp,
    /// What it saw.
    pub seen: PeerObservation,
}

/// A stretch of time over which the source's own endpoint map held the interface on
/// `ncacn_ip_tcp`, within one life of the process that serves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Registration {
    /// The interface.
    pub interface: InterfaceId,
    /// The life of the host, [`crate::facts::Boot::id`], where known.
    pub boot: Option<String>,
    /// The process that serves it, where known.
    pub process: Option<Process>,
    /// When it was first seen.
    pub first: Timestamp,
    /// When it was last seen.
    pub last: Timestamp,
}
