//! What a domain controller's own copy of the directory says.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{DnsName, Reading, Timestamp};

/// The NTDS Settings objects in this domain controller's copy of the configuration naming context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Directory {
    /// Every NTDS Settings object, sorted by GUID.
    pub settings: Reading<Vec<NtdsSettings>>,
}

/// One NTDS Settings object (`objectClass=nTDSDSA`, MS-ADTS 6.1.1.2.2.1.2.1.1): what makes a
/// domain controller known to the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct NtdsSettings {
    /// The name of the server object above it.
    pub server: String,
    /// The `dNSHostName` of the server object.
    pub host: Option<DnsName>,
    /// The objectGUID.
    pub dsa_guid: Uuid,
    /// The site it lies in.
    pub site: Option<String>,
    /// When the object was created.
    pub created: Option<Timestamp>,
}

/// Inbound replication as this domain controller, the destination, recorded it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Replication {
    /// One row for each naming context and source (`repsFrom`, MS-DRSR 5.170).
    pub neighbours: Reading<Vec<Neighbour>>,
}

/// One inbound replication neighbour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Neighbour {
    /// The distinguished name of the naming context.
    pub naming_context: String,
    /// The source's DSA GUID.
    pub source: Uuid,
    /// The result of the last attempt; 0 is success. Windows numbers on Windows, Samba's own on
    /// Samba.
    pub last_result: u32,
    /// When it was last tried.
    pub last_attempt: Option<Timestamp>,
    /// When it last succeeded.
    pub last_success: Option<Timestamp>,
    /// Failures since then.
    pub failures: u32,
}
