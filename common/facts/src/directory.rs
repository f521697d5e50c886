//! Facts from a domain controller's own copy of the directory.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Blank, DnsName, Reading, Timestamp};

/// The NTDS Settings objects in this domain controller's copy of the configuration naming context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Directory {
    /// Every NTDS Settings object, sorted by GUID.
    pub settings: Reading<Vec<NtdsSettings>>,
    /// The objects that are there and are not, or not wholly, in that list: which, and why. What is not in the
    /// list may be one of them.
    #[serde(default = "Reading::untold")]
    pub settings_unread: Reading<Vec<String>>,
    /// The invocation id of this domain controller's own database.
    pub invocation_id: Reading<Uuid>,
    /// Functional levels.
    pub levels: Reading<FunctionalLevels>,
    /// Whether this domain controller is a global catalog.
    pub global_catalog: Reading<bool>,
    /// Whether it is a read-only domain controller.
    pub read_only: Reading<bool>,
}

impl Directory {
    /// A directory of which nothing is known.
    #[must_use]
    pub fn blank(blank: &Blank) -> Self {
        Self {
            settings: blank.reading(),
            settings_unread: blank.reading(),
            invocation_id: blank.reading(),
            levels: blank.reading(),
            global_catalog: blank.reading(),
            read_only: blank.reading(),
        }
    }

    /// Whether the directory holds NTDS Settings objects that could not be read, so that one which is
    /// not in the list may still be there.
    #[must_use]
    pub fn holds_unread_settings(&self) -> bool {
        self.settings_unread.value().is_some_and(|unread| !unread.is_empty())
    }
}

/// Functional levels (`msDS-Behavior-Version`, MS-ADTS 6.1.4.2 to 6.1.4.4): 0 is Windows 2000, 7 is
/// Windows Server 2016.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct FunctionalLevels {
    /// The level of the forest.
    pub forest: u32,
    /// The level of the domain.
    pub domain: u32,
    /// What this domain controller is able to.
    pub controller: u32,
}

/// An NTDS Settings object (`objectClass=nTDSDSA`, MS-ADTS 6.1.1.2.2.1.2.1.1): what makes a domain controller
/// known to the others.
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

impl Replication {
    /// Replication of which nothing is known.
    #[must_use]
    pub fn blank(blank: &Blank) -> Self {
        Self { neighbours: blank.reading() }
    }
}

/// An inbound replication neighbour.
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
    /// When it was last tried. An agent states only the hour of a row whose last result is 0, unless its
    /// own look at the source fails.
    pub last_attempt: Option<Timestamp>,
    /// When it last succeeded, likewise.
    pub last_success: Option<Timestamp>,
    /// Failures since then.
    pub failures: u32,
}
