//! The settings that decide whether RPC servers of a Windows host can register their endpoints.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Blank, Reading};

/// RPC settings of the registry, as they stand there. What follows from it is for the crate `epmesh-windows`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RpcSettings {
    /// All values of `HKLM\SOFTWARE\Microsoft\Rpc\ClientProtocols`, sorted by name.
    pub client_protocols: Reading<Vec<RegistryText>>,
    /// `Ports` of `HKLM\SOFTWARE\Microsoft\Rpc\Internet`.
    pub internet_ports: Reading<Vec<String>>,
    /// `PortsInternetAvailable` there.
    pub internet_ports_available: Reading<String>,
    /// `UseInternetPorts` there.
    pub use_internet_ports: Reading<String>,
    /// `Bind` of `HKLM\SYSTEM\CurrentControlSet\Services\Rpc\Linkage`.
    pub bind: Reading<Vec<String>>,
    /// The ports that services are told to use; one row an owner.
    pub static_ports: Vec<StaticPort>,
    /// Values whose name is almost one that counts.
    pub near_misses: Reading<Vec<NearMiss>>,
    /// How many of them there are beyond those.
    #[serde(default = "Reading::untold")]
    pub near_misses_left_out: Reading<u32>,
    /// The parameters of Samba's configuration that give RPC servers ports of their own, as they stand
    /// there: `rpc server port`, which counts for all but netlogon, and `rpc server port:NAME` for one
    /// interface (smb.conf(5)).
    #[serde(default = "Reading::untold")]
    pub samba_ports: Reading<Vec<RegistryText>>,
    /// `RestrictRemoteClients` of `HKLM\SOFTWARE\Policies\Microsoft\Windows NT\Rpc`.
    pub restrict_remote_clients: Reading<u32>,
    /// `EnableAuthEpResolution` there.
    pub enable_auth_ep_resolution: Reading<u32>,
}

impl RpcSettings {
    /// Settings of which nothing is known.
    #[must_use]
    pub fn blank(blank: &Blank) -> Self {
        Self {
            client_protocols: blank.reading(),
            internet_ports: blank.reading(),
            internet_ports_available: blank.reading(),
            use_internet_ports: blank.reading(),
            bind: blank.reading(),
            static_ports: StaticPortOwner::ALL
                .map(|owner| StaticPort { owner, port: blank.reading() })
                .to_vec(),
            near_misses: blank.reading(),
            near_misses_left_out: blank.reading(),
            samba_ports: blank.reading(),
            restrict_remote_clients: blank.reading(),
            enable_auth_ep_resolution: blank.reading(),
        }
    }
}

/// A setting that is text: a value of the registry, a parameter of smb.conf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RegistryText {
    /// Its name.
    pub name: String,
    /// Its data.
    pub data: String,
}

/// A port that a service is told to use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StaticPort {
    /// The service.
    pub owner: StaticPortOwner,
    /// The number as it stands there, whether or not it is a port.
    pub port: Reading<u32>,
}

/// A service that can be told to use a port of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StaticPortOwner {
    /// `NTDS\Parameters`, "TCP/IP Port" (KB 224196).
    Ntds,
    /// `Netlogon\Parameters`, "DCTcpipPort" (KB 224196).
    Netlogon,
    /// `NTFRS\Parameters`, "RPC TCP/IP Port Assignment" (KB 319553).
    Ntfrs,
    /// DFS Replication, `dfsrdiag StaticRPC`.
    Dfsr,
}

impl StaticPortOwner {
    /// All owners of a static port.
    pub const ALL: [Self; 4] = [Self::Ntds, Self::Netlogon, Self::Ntfrs, Self::Dfsr];
}

impl fmt::Display for StaticPortOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ntds => "NTDS",
            Self::Netlogon => "Netlogon",
            Self::Ntfrs => "NTFRS",
            Self::Dfsr => "DFSR",
        })
    }
}

/// A value whose name is almost one that counts, and that therefore does nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct NearMiss {
    /// The key it stands in.
    pub key: String,
    /// Its name.
    pub name: String,
    /// The name that was probably meant.
    pub meant: String,
    /// Its data, as text.
    pub data: String,
}
