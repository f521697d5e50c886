//! A list of an endpoint map, as a tool printed it.

use epmesh_rpc::{InterfaceId, names};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::outcome::Outcome;

/// The content of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct EndpointList {
    /// In the order of the list.
    pub endpoints: Vec<ListedEndpoint>,
    /// How many the tool says there are, at the end of its list. Without it the list may be cut off,
    /// and what is not in it may be there all the same.
    pub total: Option<u64>,
    /// Endpoints past the limit.
    #[serde(default)]
    pub left_out: u32,
}

/// An endpoint of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ListedEndpoint {
    /// The line of its binding.
    pub line: u32,
    /// The interface's UUID.
    pub interface: Uuid,
    /// What the server says the interface is.
    pub annotation: String,
    /// The protocol sequence: `ncacn_ip_tcp`.
    pub sequence: String,
    /// The port or pipe.
    pub endpoint: String,
}

impl EndpointList {
    /// Whether the list has its end: as many endpoints as the tool counted.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let listed = u64::try_from(self.endpoints.len()).unwrap_or(u64::MAX);
        self.total.is_some_and(|total| total <= listed.saturating_add(u64::from(self.left_out)))
    }

    /// Whether a client over `ncacn_ip_tcp` is served: not where the interface is registered for others
    /// alone. Of a list without it nothing follows, whole or not: its host may be no domain controller.
    #[must_use]
    pub fn outcome(&self, interface: InterfaceId) -> Outcome {
        let mut of = self.endpoints.iter().filter(|one| one.interface == interface.uuid).peekable();
        let registered = of.peek().is_some();
        let on_tcp = of.any(|one| one.sequence.eq_ignore_ascii_case("ncacn_ip_tcp"));
        match (on_tcp, registered && self.is_whole()) {
            (true, _) => Outcome::Succeeded,
            (false, true) => Outcome::Failed,
            (false, false) => Outcome::Unclear,
        }
    }

    /// The words of the list on an interface on `ncacn_ip_tcp`, which is what replication needs.
    #[must_use]
    pub fn words(&self, interface: InterfaceId) -> String {
        let name = names::label(interface);
        let of = |one: &&ListedEndpoint| one.interface == interface.uuid;
        let on_tcp = |one: &&ListedEndpoint| one.sequence.eq_ignore_ascii_case("ncacn_ip_tcp");
        let ports: Vec<&str> = self
            .endpoints
            .iter()
            .filter(|one| of(one) && on_tcp(one))
            .map(|one| one.endpoint.as_str())
            .collect();
        let others = self.endpoints.iter().filter(of).count();
        match (ports.is_empty(), others, self.is_whole()) {
            (false, ..) => format!("{name} is registered on ncacn_ip_tcp: {}", ports.join(", ")),
            (true, 0, true) => format!(
                "{name} is not in the list, and the list is whole: a client that asks this host for it is told \
                 1753. It is another host than the one that is meant, or its directory service is not registered"
            ),
            (true, _, true) => format!(
                "{name} is registered, but not on ncacn_ip_tcp, and the list is whole: a client over \
                 TCP is told 1753"
            ),
            (true, _, false) => format!(
                "{name} on ncacn_ip_tcp is not in the list, but the list may be cut off: nothing \
                 follows from that"
            ),
        }
    }
}
