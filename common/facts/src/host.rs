//! Facts on the host itself: names, addresses, boot.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Blank, DnsName, Reading, Timestamp};

/// The host, as a domain controller itself tells it.
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
    /// The version of the operating system, in numbers.
    pub version: Reading<OsVersion>,
    /// How it was started.
    pub boot_mode: Reading<BootMode>,
    /// The agent's version.
    pub agent_version: String,
}

impl Host {
    /// A host of which nothing but the name is known.
    #[must_use]
    pub fn blank(name: DnsName, platform: Platform, agent_version: &str, blank: &Blank) -> Self {
        Self {
            name,
            netbios_name: blank.reading(),
            domain: blank.reading(),
            forest: blank.reading(),
            site: blank.reading(),
            dsa_guid: blank.reading(),
            addresses: blank.reading(),
            platform,
            os: blank.reading(),
            boot: blank.reading(),
            version: blank.reading(),
            boot_mode: blank.reading(),
            agent_version: agent_version.to_owned(),
        }
    }
}

/// The version of an operating system; on Windows 10.0.20348 is Windows Server 2022.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct OsVersion {
    /// The first number.
    pub major: u32,
    /// The second.
    pub minor: u32,
    /// The build.
    pub build: u32,
}

/// The mode in which a Windows host was started (`SafeBoot\Option`, `SM_CLEANBOOT`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BootMode {
    /// As usual.
    Normal,
    /// Safe mode.
    Safe,
    /// Safe mode with networking.
    SafeWithNetwork,
    /// Directory Services Repair Mode, earlier Restore Mode: without the directory.
    DirectoryRepair,
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

/// A life of the host, from start to shutdown.
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
