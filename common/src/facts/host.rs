//! Who the host is.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{DnsName, Reading, Timestamp};

/// What a domain controller says it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Host {
    /// The fully qualified name.
    pub name: DnsName,
    /// The NetBIOS computer name.
    pub netbios_name: Reading<String>,
    /// The DNS name of its domain.
    pub domain: Reading<DnsName>,
    /// The DNS name of the forest root domain.
    pub forest: Reading<DnsName>,
    /// Its site.
    pub site: Reading<String>,
    /// The objectGUID of its own NTDS Settings object: the label of its `_msdcs` CNAME.
    pub dsa_guid: Reading<Uuid>,
    /// The addresses it owns, loopback left out.
    pub addresses: Reading<Vec<InterfaceAddress>>,
    /// Which platform code read this.
    pub platform: Platform,
    /// The operating system as it names itself.
    pub os: Reading<String>,
    /// The current life of the host.
    pub boot: Reading<Boot>,
    /// The agent's version.
    pub agent_version: String,
}

/// An address and the network interface that carries it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct InterfaceAddress {
    /// The interface's name on the host.
    pub interface: String,
    /// The address.
    pub address: IpAddr,
}

/// One life of the host, from start to shutdown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Boot {
    /// Differs between any two starts of the host; its form is the platform's.
    pub id: String,
    /// When this life began, by the host's clock.
    pub at: Timestamp,
}

/// The platform whose code collected the facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Platform {
    /// A Samba AD DC on Linux.
    Samba,
    /// Windows Server.
    Windows,
    /// A simulated domain controller of the test suites and the demo.
    Simulated,
}
