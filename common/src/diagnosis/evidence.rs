//! The evidence on one link.

use std::{collections::BTreeMap, net::IpAddr};

use epmesh_facts::shared::Shared;
use epmesh_facts::{DcFacts, DnsName, Process, SectionKind, Timestamp};
use epmesh_rpc::InterfaceId;
use serde::{Deserialize, Serialize};

use super::indexed_observation::IndexedObservation;

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

/// The evidence on one link: everything known that bears on it. `None` and an empty list mean that nobody said
/// anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Evidence {
    /// The link.
    pub link: Link,
    /// What the destination says of itself.
    pub destination: Shared<DcFacts>,
    /// What the source says of itself.
    pub source: Shared<DcFacts>,
    /// What was seen of the source, by the destination and by others.
    pub observations: Vec<Observed>,
    /// The known registrations of the interface at the source, oldest first.
    pub registrations: Vec<Registration>,
    /// Address ownership, as each domain controller reports it.
    pub owners: BTreeMap<IpAddr, DnsName>,
    /// The greatest age at which a fact still decides anything, in milliseconds.
    pub fresh_for_ms: u64,
    /// The moment since which reports of the source have come without a gap, so that no registration
    /// can have come and gone unseen; `None` where nobody kept count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watched_since: Option<Timestamp>,
    /// The site of the destination by another domain controller's copy of the directory, where the
    /// destination cannot say it: its own directory may not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination_site: Option<String>,
    /// The site of the source by another domain controller's copy of the directory, where the source
    /// cannot say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_site: Option<String>,
}

impl Evidence {
    /// The sections of the destination's own facts that a verdict is made of.
    pub const OF_DESTINATION: [SectionKind; 9] = [
        SectionKind::Host,
        SectionKind::EndpointMap,
        SectionKind::Services,
        SectionKind::Resolver,
        SectionKind::Directory,
        SectionKind::Replication,
        SectionKind::RpcSettings,
        SectionKind::PortUse,
        SectionKind::DirectoryObjects,
    ];

    /// The sections of the source's own facts that a verdict is made of.
    pub const OF_SOURCE: [SectionKind; 10] = [
        SectionKind::Host,
        SectionKind::EndpointMap,
        SectionKind::Services,
        SectionKind::Ports,
        SectionKind::Resolver,
        SectionKind::Directory,
        SectionKind::RpcSettings,
        SectionKind::PortUse,
        SectionKind::Filters,
        SectionKind::DirectoryObjects,
    ];

    /// A link of which nothing is known yet.
    #[must_use]
    pub fn empty(link: Link, fresh_for_ms: u64) -> Self {
        Self {
            link,
            destination: Shared::default(),
            source: Shared::default(),
            observations: Vec::new(),
            registrations: Vec::new(),
            owners: BTreeMap::new(),
            fresh_for_ms,
            watched_since: None,
            destination_site: None,
            source_site: None,
        }
    }
}

/// One witness's look at the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Observed {
    /// The domain controller that looked.
    pub witness: DnsName,
    /// The time of its last look with this result.
    pub at: Timestamp,
    /// The time of its first look with this result, with no other result between; `None` where only the
    /// last is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// What it saw.
    pub seen: IndexedObservation,
}

/// A stretch of time over which the source's own endpoint map held the interface on
/// `ncacn_ip_tcp`, within one life of the process that serves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Registration {
    /// The interface.
    pub interface: InterfaceId,
    /// The life of the host, [`epmesh_facts::Boot::id`], where known.
    pub boot: Option<String>,
    /// The process that serves it, where known.
    pub process: Option<Process>,
    /// When it was first seen.
    pub first: Timestamp,
    /// When it was last seen.
    pub last: Timestamp,
    /// When the first map without it was read afterwards, where one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<Timestamp>,
}
