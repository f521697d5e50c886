//! Objects of the directory that tell where a wrong record or an old password came from. They are read rarely:
//! nothing is decided by them alone.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{Blank, DnsName, Reading, RecordData, Timestamp};

/// DNS zones, DNS names of domain controllers, and machine accounts, in this domain controller's copy of the
/// directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct DirectoryObjects {
    /// The zones of the directory that hold names of domain controllers, sorted by name.
    pub zones: Reading<Vec<DnsZone>>,
    /// The names of domain controllers in these zones, sorted by name.
    pub names: Reading<Vec<StoredName>>,
    /// The machine accounts of the domain's domain controllers, sorted by host.
    pub accounts: Reading<Vec<MachineAccount>>,
}

impl DirectoryObjects {
    /// Objects of which nothing is known.
    #[must_use]
    pub fn blank(blank: &Blank) -> Self {
        Self { zones: blank.reading(), names: blank.reading(), accounts: blank.reading() }
    }

    /// Whether a part could not be seen, so that it is worth another try soon.
    #[must_use]
    pub const fn is_unread(&self) -> bool {
        matches!(self.zones, Reading::Unreadable(_))
            || matches!(self.names, Reading::Unreadable(_))
            || matches!(self.accounts, Reading::Unreadable(_))
    }

    /// The zone of this name in this naming context.
    #[must_use]
    pub fn zone(&self, name: &DnsName, partition: &str) -> Option<&DnsZone> {
        let mut zones = self.zones.value()?.iter();
        zones.find(|zone| zone.name == *name && zone.partition == partition)
    }

    /// What the zones hold of `name`, one row for each zone.
    pub fn of_name(&self, name: &DnsName) -> impl Iterator<Item = &StoredName> {
        self.names.value().into_iter().flatten().filter(move |row| row.name == *name)
    }
}

/// A DNS zone that is stored in the directory (`dnsZone`, MS-DNSP 2.3.1.1), with its settings (`dNSProperty`,
/// 2.3.2.1). A setting without a value of its own is absent: the DNS server's default holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct DnsZone {
    /// Its name.
    pub name: DnsName,
    /// The naming context that holds it, by its distinguished name.
    pub partition: String,
    /// Which dynamic updates it takes.
    pub updates: Reading<DynamicUpdates>,
    /// Whether its records age, so that stale ones are scavenged.
    pub aging: Reading<bool>,
    /// The hours after a refresh in which the time stamp of a record is not refreshed again.
    pub no_refresh_hours: Reading<u32>,
    /// The hours after those in which it may be, and after which the record counts as stale.
    pub refresh_hours: Reading<u32>,
    /// The servers that scavenge it; absent where any server may.
    pub scavenging_servers: Reading<Vec<IpAddr>>,
    /// The WINS servers that are asked for names which the zone has not; absent where none is.
    pub wins: Reading<Vec<IpAddr>>,
    /// The seconds for which a client may remember that a name is not there (the minimum of the SOA record).
    pub negative_ttl_s: Reading<u32>,
}

/// The dynamic updates that a zone takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DynamicUpdates {
    /// None.
    Off,
    /// Those of anybody.
    Unsecure,
    /// Those of authenticated clients alone.
    Secure,
}

/// A name of a domain controller in a zone of the directory (`dnsNode`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StoredName {
    /// The name, whole.
    pub name: DnsName,
    /// The zone.
    pub zone: DnsName,
    /// The naming context that holds the zone.
    pub partition: String,
    /// Its addresses and its alias; absent where the zone has no object of this name.
    pub records: Reading<Vec<StoredRecord>>,
    /// When its records were deleted, where the object is kept as a tombstone.
    pub deleted: Reading<Timestamp>,
}

/// A record of a name, as the directory stores it (`dnsRecord`, MS-DNSP 2.3.2.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StoredRecord {
    /// The data.
    pub data: RecordData,
    /// The hour of its last refresh by dynamic update; `None` for a static record, which nothing scavenges.
    pub refreshed: Option<Timestamp>,
}

/// The machine account of a domain controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct MachineAccount {
    /// Its `dNSHostName`.
    pub host: DnsName,
    /// When its password was last set, by this copy of the directory (`pwdLastSet`).
    pub password_set: Reading<Timestamp>,
}
