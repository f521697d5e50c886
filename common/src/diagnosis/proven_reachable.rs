//! The parts of a link that a look shows to work.

use std::net::IpAddr;

use epmesh_facts::Timestamp;
use serde::{Deserialize, Serialize};

use super::fault::ServerName;

/// The parts of a link that the destination's look shows to work, whatever the verdict. A fault that would
/// break one of them does not exist.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProvenReachable {
    /// When the destination looked; `None` when it has not, and then nothing is shown.
    pub at: Option<Timestamp>,
    /// Whether port 135 of the source answered.
    pub mapper: bool,
    /// The port on which the interface was reached.
    pub port: Option<u16>,
    /// Whether that port is of the source's dynamic range. For one outside of it, set by hand, a
    /// firewall between sites has a rule of its own.
    pub dynamic: bool,
    /// Whether an answer of several packets arrived from it.
    #[serde(skip_serializing_if = "is_false")]
    pub large: bool,
    /// The addresses of the source that answered.
    pub reached: Vec<IpAddr>,
    /// The addresses that stand for the source and did not answer.
    pub missed: Vec<IpAddr>,
    /// The DNS servers that are right about the source.
    pub right: Vec<ServerName>,
    /// The DNS server whose answer the destination uses.
    pub decided_by: Option<ServerName>,
    /// The destination's site.
    pub destination_site: Option<String>,
    /// The source's site.
    pub source_site: Option<String>,
}

/// For a field that is left out of JSON where it says nothing.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}
