//! The status of each domain controller, as operators see it.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use epmesh_common::{
    facts::{DnsName, Platform, Timestamp, holds_over_tcp},
    rpc::InterfaceId,
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{View, dc::Dc};

/// The status of one domain controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DcStatus {
    /// Its name.
    pub name: DnsName,
    /// Whether an agent is enrolled for it.
    pub agent: bool,
    /// Whether that agent is connected.
    pub connected: bool,
    /// The agent's version.
    pub agent_version: Option<String>,
    /// When a message of the agent last came.
    pub last_seen: Option<Timestamp>,
    /// Milliseconds by which its clock is ahead of the coordinator's; negative when behind.
    pub clock_skew_ms: Option<i64>,
    /// The addresses it owns.
    pub addresses: Vec<IpAddr>,
    /// Its site.
    pub site: Option<String>,
    /// Its domain.
    pub domain: Option<DnsName>,
    /// Its forest.
    pub forest: Option<DnsName>,
    /// Its platform.
    pub platform: Option<Platform>,
    /// Its operating system.
    pub os: Option<String>,
    /// Whether its own endpoint map holds each watched interface on TCP; an interface is left out
    /// when the map could not be seen.
    pub registered: BTreeMap<InterfaceId, bool>,
    /// When the map was read.
    pub registered_at: Option<Timestamp>,
    /// How many reports its agent lost before they were sent: its spool was full, or damaged.
    pub dropped: u64,
    /// What the agent says of its own state, then what the coordinator has to say.
    pub notes: Vec<String>,
}

/// No domain controller, or more than one, goes by this name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FindError {
    /// There is none.
    #[error("no domain controller {0:?} is known")]
    Unknown(String),
    /// There are several.
    #[error("{name:?} may be {}", either(candidates))]
    Ambiguous {
        /// The name.
        name: String,
        /// The domain controllers with that name.
        candidates: Vec<DnsName>,
    },
}

/// The most candidates that are named: there is a `dc1` in every forest, and an error has to fit into a
/// header.
const NAMED: usize = 8;

fn either(candidates: &[DnsName]) -> String {
    let named: Vec<&str> = candidates.iter().take(NAMED).map(DnsName::as_str).collect();
    let left = candidates.len().saturating_sub(NAMED);
    let others = if left == 0 { String::new() } else { format!(" or one of {left} more") };
    format!("{}{others}", named.join(" or "))
}

impl View {
    /// The status of every known domain controller, by name.
    #[must_use]
    pub fn statuses(&self) -> Vec<DcStatus> {
        let nothing = Dc::default();
        let known = self.known_names().into_iter();
        let status = known.map(|name| {
            let mut status = self.status(name, self.dcs.get(name).unwrap_or(&nothing));
            let member = self.members.get(name);
            status.forest = status.forest.or_else(|| member?.forest.clone());
            status
        });
        status.collect()
    }

    /// The known domain controller that `text` names: in full, or by its host name alone where
    /// that is no other's.
    ///
    /// # Errors
    /// When there is none or more than one.
    pub fn find(&self, text: &str) -> Result<DnsName, FindError> {
        let unknown = || FindError::Unknown(text.chars().take(80).collect());
        let name: DnsName = text.parse().map_err(|_| unknown())?;
        let known = self.known_names();
        if known.contains(&name) {
            return Ok(name);
        }
        let goes_by = |known: &&DnsName| known.host() == name.as_str();
        let mut candidates: Vec<_> = known.into_iter().filter(goes_by).cloned().collect();
        match (candidates.pop(), candidates.is_empty()) {
            (None, _) => Err(unknown()),
            (Some(only), true) => Ok(only),
            (Some(last), false) => {
                candidates.push(last);
                candidates.sort();
                Err(FindError::Ambiguous { name: name.to_string(), candidates })
            }
        }
    }

    /// The members, and those that were enrolled since they were worked out.
    fn known_names(&self) -> BTreeSet<&DnsName> {
        // A name without an agent that has a remark is a barred one.
        let shown = self.dcs.iter().filter(|(_, dc)| dc.enrolled || !dc.remarks.is_empty());
        self.members.keys().chain(shown.map(|(name, _)| name)).collect()
    }

    fn status(&self, name: &DnsName, dc: &Dc) -> DcStatus {
        let host = dc.facts.host.as_ref().map(|held| &held.fact);
        let addresses = host.and_then(|host| host.addresses.value()).into_iter().flatten();
        let map = dc.facts.endpoint_map.as_ref();
        let own = map.and_then(|held| held.fact.own());
        let registered = own.map(|endpoints| {
            let watched = self.settings.interfaces.iter();
            let holds = |wanted: &InterfaceId| Some((*wanted, holds_over_tcp(endpoints, *wanted)?));
            watched.filter_map(holds).collect()
        });
        DcStatus {
            name: name.clone(),
            agent: dc.enrolled,
            connected: dc.connected,
            agent_version: dc.agent_version.clone(),
            last_seen: dc.last_seen,
            clock_skew_ms: dc.skew.ahead_ms(),
            addresses: addresses.map(|owned| owned.address).collect(),
            site: host.and_then(|host| host.site.value().cloned()),
            domain: host.and_then(|host| host.domain.value().cloned()),
            forest: host.and_then(|host| host.forest.value().cloned()),
            platform: host.map(|host| host.platform),
            os: host.and_then(|host| host.os.value().cloned()),
            registered_at: map.filter(|_| own.is_some()).map(|held| held.at),
            registered: registered.unwrap_or_default(),
            dropped: dc.dropped,
            notes: dc.notes.iter().chain(&dc.remarks).chain(&dc.store_trouble).cloned().collect(),
        }
    }
}
