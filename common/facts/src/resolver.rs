//! Facts on name resolution: how a host turns names into addresses.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{Blank, DnsName, Reading};

/// The sources of names that a host is configured to use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Resolver {
    /// The hosts file.
    pub hosts: Reading<HostsFile>,
    /// The DNS servers, in the order in which they are asked. Where a service of the host stands between
    /// (systemd-resolved), those that it asks, and not its own address.
    pub servers: Reading<Vec<IpAddr>>,
    /// The suffixes appended to single labels.
    pub search: Reading<Vec<DnsName>>,
    /// The LMHOSTS file.
    pub lmhosts: Reading<LmhostsFile>,
    /// The WINS servers, in the order in which they are asked.
    pub wins: Reading<Vec<IpAddr>>,
    /// What each network interface is told.
    pub interfaces: Reading<Vec<InterfaceDns>>,
    /// The records that this domain controller wants in DNS: `netlogon.dns`, on Samba
    /// `dns_update_list`.
    pub registered: Reading<Vec<RegisteredName>>,
    /// What remembers names on this host beside these sources, where a look looks into it.
    #[serde(default = "Reading::untold")]
    pub cache: Reading<String>,
}

impl Resolver {
    /// Sources of names of which nothing is known.
    #[must_use]
    pub fn blank(blank: &Blank) -> Self {
        Self {
            hosts: blank.reading(),
            servers: blank.reading(),
            search: blank.reading(),
            lmhosts: blank.reading(),
            wins: blank.reading(),
            interfaces: blank.reading(),
            registered: blank.reading(),
            cache: blank.reading(),
        }
    }
}

/// The DNS settings of one network interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct InterfaceDns {
    /// The interface's name on the host.
    pub interface: String,
    /// Its DNS servers, in the order in which they are asked.
    pub servers: Vec<IpAddr>,
    /// Its own DNS suffix.
    pub suffix: Option<DnsName>,
    /// Whether the host registers its addresses on this interface in DNS.
    #[serde(default = "Reading::untold")]
    pub registers: Reading<bool>,
}

/// A record that a domain controller wants in DNS (MS-ADTS 6.3.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RegisteredName {
    /// The name of the record.
    pub name: DnsName,
    /// Its type: `A`, `CNAME`, `SRV` …
    pub kind: String,
    /// Its data, as the file writes it.
    pub data: String,
}

/// An LMHOSTS file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LmhostsFile {
    /// Where it stands on that host.
    pub path: String,
    /// Its mappings, in order.
    pub lines: Vec<LmhostsLine>,
    /// The files it includes (`#INCLUDE`), as written; they are not followed.
    pub includes: Vec<String>,
}

/// A mapping of an LMHOSTS file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LmhostsLine {
    /// The line number, from 1.
    pub line: u32,
    /// The address.
    pub address: IpAddr,
    /// The NetBIOS name, upper case.
    pub name: String,
    /// The sixteenth byte of the name, where the line gives it.
    pub suffix: Option<u8>,
    /// `#PRE`: it stands in the name cache from the start, before WINS and broadcasts.
    pub preload: bool,
    /// `#DOM:`: the domain that it is a domain controller of.
    pub domain: Option<String>,
}

/// A hosts file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct HostsFile {
    /// Where it stands on that host.
    pub path: String,
    /// Its mappings, in order. Comments and lines that map nothing are left out.
    pub lines: Vec<HostsLine>,
}

/// A mapping of a hosts file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct HostsLine {
    /// The line number, from 1.
    pub line: u32,
    /// The address.
    pub address: IpAddr,
    /// The names mapped to it.
    pub names: Vec<DnsName>,
}
