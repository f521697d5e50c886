//! Plans and requests: what a coordinator asks agents to look at.

use epmesh_rpc::InterfaceId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{DnsName, SectionKind};

/// The standing task of one agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Plan {
    /// Rises with every change, so that an agent can tell an old plan from a new one.
    pub version: u64,
    /// The time between two looks at the same peer, in milliseconds; the agent adds jitter and
    /// holds it above its own configured minimum.
    pub interval_ms: u32,
    /// The peers to look at.
    pub targets: Vec<Target>,
    /// The interfaces to ask for at each.
    pub interfaces: Vec<InterfaceId>,
}

/// A peer to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Target {
    /// Its name.
    pub name: DnsName,
    /// The GUID of its NTDS Settings object, the label of its `_msdcs` CNAME, where known.
    pub dsa_guid: Option<Uuid>,
    /// The forest under whose `_msdcs` zone that CNAME stands, where known.
    pub forest: Option<DnsName>,
    /// Whether to read the whole endpoint map too, not only the watched interfaces.
    pub whole_map: bool,
    /// Whether to try the well-known ports of a domain controller too: some ten connections more,
    /// so that not every witness does it.
    #[serde(default)]
    pub well_known: bool,
}

/// A request to look now, out of turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LookRequest {
    /// Comes back with the answer.
    pub id: u64,
    /// The sections of the agent's own facts to read again.
    pub own: Vec<SectionKind>,
    /// The peers to look at.
    pub targets: Vec<Target>,
    /// The interfaces to ask for at each.
    pub interfaces: Vec<InterfaceId>,
}

/// Adds those of `more` that are not among `interfaces` yet.
pub fn add_interfaces(interfaces: &mut Vec<InterfaceId>, more: &[InterfaceId]) {
    for interface in more {
        if !interfaces.contains(interface) {
            interfaces.push(*interface);
        }
    }
}
