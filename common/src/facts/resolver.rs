//! How a host turns names into addresses.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{DnsName, Reading};

/// The sources of names that a host is configured to use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Resolver {
    /// The hosts file.
    pub hosts: Reading<HostsFile>,
    /// The DNS servers, in the order in which they are asked.
    pub servers: Reading<Vec<IpAddr>>,
    /// The suffixes appended to single labels.
    pub search: Reading<Vec<DnsName>>,
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

/// One mapping of a hosts file.
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
