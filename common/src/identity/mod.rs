//! Who answers at an address, without credentials: codecs only.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Who answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Identity {
    /// The DNS host name.
    pub dns_name: Option<String>,
    /// The NetBIOS computer name.
    pub netbios_name: Option<String>,
    /// The DNS domain name.
    pub domain: Option<String>,
    /// The forest.
    pub forest: Option<String>,
    /// The site.
    pub site: Option<String>,
    /// The DSA GUID.
    pub dsa_guid: Option<Uuid>,
    /// Whether it says that it is a domain controller.
    pub is_domain_controller: Option<bool>,
}
