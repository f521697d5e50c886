//! Bindings and endpoints.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::InterfaceId;

/// A protocol sequence.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProtocolSequence {
    /// TCP.
    NcacnIpTcp,
    /// Named pipe.
    NcacnNp,
}

/// Where an interface is to be found.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Binding {
    /// The protocol sequence.
    pub sequence: ProtocolSequence,
    /// The endpoint.
    pub endpoint: String,
    /// The host.
    pub host: Option<String>,
}

/// One entry of an endpoint map.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Endpoint {
    /// The interface.
    pub interface: InterfaceId,
    /// The object UUID.
    pub object: Option<Uuid>,
    /// Where it is.
    pub binding: Binding,
    /// Free text.
    pub annotation: String,
}

impl std::fmt::Display for ProtocolSequence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ncacn_ip_tcp")
    }
}
