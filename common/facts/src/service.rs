//! Services, their processes, and the ports of the host.

use std::{fmt, net::IpAddr};

use serde::{Deserialize, Deserializer, Serialize};

use super::{Blank, Reading, Timestamp};

/// The services of a host that a domain controller needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Services {
    /// All that were found, by name.
    pub list: Reading<Vec<Service>>,
}

impl Services {
    /// Services of which nothing is known.
    #[must_use]
    pub fn blank(blank: &Blank) -> Self {
        Self { list: blank.reading() }
    }

    /// The service with this role, where the list could be read and has one.
    #[must_use]
    pub fn with_role(&self, role: ServiceRole) -> Option<&Service> {
        self.list.value()?.iter().find(|service| service.roles.contains(&role))
    }
}

/// A service as the host's service manager, or its process table, tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Service {
    /// Its name on this platform: `NTDS`, `RpcEptMapper`; `samba`, `samba task[rpc]`.
    pub name: String,
    /// What it does for a domain controller.
    pub roles: Vec<ServiceRole>,
    /// Whether it runs.
    pub state: ServiceState,
    /// How it is started.
    pub start: Reading<StartType>,
    /// Whether an automatic start is put off until the services without a delay have been started
    /// (Windows, `SERVICE_DELAYED_AUTO_START_INFO`); does not apply to other start types.
    pub delayed: Reading<bool>,
    /// The process, while it runs.
    pub process: Reading<Process>,
    /// The account it runs under, as the service manager writes it.
    pub account: Reading<String>,
    /// The exit code of its last run; on Windows the service-specific one where there is one.
    pub exit_code: Reading<u32>,
    /// The services that it needs, by name.
    pub dependencies: Reading<Vec<String>>,
}

impl Service {
    /// A service of which only the state is known.
    #[must_use]
    pub fn blank(name: &str, state: ServiceState, blank: &Blank) -> Self {
        Self {
            name: name.to_owned(),
            roles: Vec::new(),
            state,
            start: blank.reading(),
            delayed: blank.reading(),
            process: blank.reading(),
            account: blank.reading(),
            exit_code: blank.reading(),
            dependencies: blank.reading(),
        }
    }
}

/// The role of a service on a domain controller; on Samba one task carries several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceRole {
    /// The domain controller's main service: NTDS on Windows, the samba root process on Samba.
    Directory,
    /// Serves the endpoint mapper: RpcEptMapper; `samba task[rpc]`.
    EndpointMapper,
    /// Serves the RPC interfaces of the directory (drsuapi, lsarpc, samr).
    DirectoryRpc,
    /// Serves the netlogon interface.
    Netlogon,
    /// The DNS server.
    Dns,
    /// Pulls replication.
    Replication,
    /// The LDAP server.
    Ldap,
    /// Kerberos.
    Kdc,
}

/// Whether a service runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceState {
    /// The service runs.
    Running,
    /// The service is being started.
    Starting,
    /// The service is being stopped.
    Stopping,
    /// The service does not run.
    Stopped,
    /// The service is being paused (Windows).
    Pausing,
    /// The service is paused: its process runs, and it does not do its work (Windows).
    Paused,
    /// The service is being brought back from a pause (Windows).
    Resuming,
}

impl fmt::Display for ServiceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Running => "running",
            Self::Starting => "starting",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Pausing => "pausing",
            Self::Paused => "paused",
            Self::Resuming => "resuming",
        })
    }
}

/// The start type of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StartType {
    /// With the system.
    Automatic,
    /// On demand.
    Manual,
    /// Not at all.
    Disabled,
}

/// A process; two with the same id and different start times are different processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Process {
    /// The process id.
    pub pid: u32,
    /// When it started, by the host's clock.
    pub started: Timestamp,
}

/// Ports of the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Ports {
    /// The ephemeral ranges of the operating system.
    pub dynamic: Reading<Vec<PortRange>>,
    /// The ranges that RPC servers take their ports from, where they are others: sorted, none of them
    /// touching another.
    #[serde(deserialize_with = "one_or_several")]
    pub rpc: Reading<Vec<PortRange>>,
    /// The sockets that listen, TCP, sorted.
    pub listeners: Reading<Vec<Listener>>,
}

impl Ports {
    /// Ports of which nothing is known.
    #[must_use]
    pub fn blank(blank: &Blank) -> Self {
        Self { dynamic: blank.reading(), rpc: blank.reading(), listeners: blank.reading() }
    }

    /// Whether something listens on TCP `port` for connections to `address`; `None` when the
    /// listeners could not be read.
    #[must_use]
    pub fn listens(&self, address: IpAddr, port: u16) -> Option<bool> {
        let listeners = self.listeners.value()?;
        // An IPv6 wildcard socket takes IPv4 too unless told otherwise, which is not visible here.
        let takes = |l: &Listener| {
            l.port == port
                && (l.address == address
                    || (l.address.is_unspecified() && (l.address.is_ipv6() || address.is_ipv4())))
        };
        Some(listeners.iter().any(takes))
    }
}

/// As it stands in bundles: a version before this one knew of one range only.
fn one_or_several<'de, D: Deserializer<'de>>(from: D) -> Result<Reading<Vec<PortRange>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Ranges {
        Several(Vec<PortRange>),
        One(PortRange),
    }
    Ok(Reading::deserialize(from)?.map(|ranges| match ranges {
        Ranges::Several(ranges) => ranges,
        Ranges::One(range) => vec![range],
    }))
}

/// A range of ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PortRange {
    /// IPv4 or IPv6.
    pub family: AddressFamily,
    /// TCP or UDP.
    pub transport: Transport,
    /// The first port.
    pub first: u16,
    /// The last port, included.
    pub last: u16,
}

/// The IP version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddressFamily {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// TCP or UDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// A listening TCP socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Listener {
    /// The port.
    pub port: u16,
    /// The local address; unspecified means all.
    pub address: IpAddr,
    /// Who owns it, where that can be seen.
    pub pid: Option<u32>,
}
