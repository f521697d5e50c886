//! Obstacles: what keeps a service of the source from registering.

use std::fmt;

use epmesh_facts::StaticPortOwner;
use epmesh_windows::{Release, static_port_setting};

use super::super::{cause::Cause, culprit_kind::CulpritKind};
use super::network::FilterName;

/// A setting or a state of the source with which a service does not register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The registry key `Rpc\ClientProtocols`.
    ClientProtocols(ProtocolsTrouble),
    /// The value Bind of `Rpc\Linkage`, which is there and empty.
    EmptyBind,
    /// The value Ports of `Rpc\Internet`.
    InternetPorts(PortsTrouble),
    /// An RPC filter that blocks registrations.
    Filter(FilterName),
    /// The port that a service is told to use.
    StaticPort {
        /// The service.
        owner: StaticPortOwner,
        /// The port.
        port: u32,
        /// The other user of the port.
        conflict: PortConflict,
    },
    /// A service that RPC needs.
    RpcService {
        /// Its name.
        service: String,
        /// What is wrong with it.
        trouble: RpcServiceTrouble,
    },
    /// The ports that servers take theirs from are used up.
    PortsUsedUp(ServerPorts),
    /// The dynamic range is smaller than Windows lets anybody make it.
    FewDynamicPorts {
        /// The first port.
        first: u16,
        /// The last port.
        last: u16,
        /// How many ports in all.
        count: u32,
        /// How much of them is in use, in percent.
        used_percent: Option<u8>,
        /// The fewest that Windows sets.
        least: u32,
    },
}

/// The trouble with `Rpc\ClientProtocols`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProtocolsTrouble {
    /// The key does not exist.
    NoKey,
    /// The key has no values.
    NoValues,
    /// The value for TCP is missing.
    NoTcp,
    /// The value for TCP names another library.
    OtherLibrary(String),
}

/// The trouble with Ports of `Rpc\Internet`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortsTrouble {
    /// An entry is invalid.
    Invalid {
        /// The entry.
        entry: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// What RPC makes of it is not documented; the reason.
    Undocumented(String),
    /// The list takes all dynamic ports away from servers.
    NoneLeft {
        /// The first of the ranges that it takes away.
        without: Vec<(u16, u16)>,
        /// The first and the last dynamic port.
        dynamic: (u16, u16),
    },
    /// All of the ports that it gives are taken.
    AllTaken(u32),
    /// The list has too few ports.
    Few {
        /// The first of its ranges, each with its first and its last port.
        ranges: Vec<(u16, u16)>,
        /// Whether these are what it leaves of the dynamic range; else it lists them.
        is_left: bool,
        /// How many ports in all.
        count: u32,
        /// How many of them are taken.
        taken: u32,
        /// How many are enough.
        enough: u32,
    },
}

/// The other user of a port that a service is told to use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortConflict {
    /// Another process listens on it.
    Process(u32),
    /// Another service is told to use it, too.
    Owner(StaticPortOwner),
    /// The port is a well-known one of a domain controller.
    WellKnown,
}

/// The trouble with a service that RPC needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RpcServiceTrouble {
    /// The service runs under another account than its release has it.
    OtherAccount {
        /// The account.
        is: String,
        /// The release.
        release: Release,
        /// The account by default.
        default: &'static str,
    },
    /// The service does not run.
    NotRunning,
}

/// The ports that RPC servers of a host take theirs from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerPorts {
    /// The dynamic range.
    Dynamic {
        /// The first port.
        first: u16,
        /// The last port.
        last: u16,
    },
    /// The ranges of `Rpc\Internet`.
    Listed {
        /// The first port of the first range.
        first: u16,
        /// The last port of the first range.
        last: u16,
        /// How many more ranges there are.
        more: usize,
    },
}

/// The consequence of an obstacle, past or to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consequence {
    /// This service has not registered since it started.
    NotRegistered {
        /// The service.
        service: String,
        /// Other causes that would explain it, and that were seen as well.
        also: Vec<Cause>,
    },
    /// The next restart will show it.
    AtNextRestart,
    /// The host's own calls to other hosts fail with this error.
    OwnCallsFail(i64),
    /// They will, at the latest from the next restart on, with this error.
    OwnCallsWillFail(i64),
}

impl fmt::Display for Consequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRegistered { service, also } => {
                write!(f, "; {service} has not registered since it started")?;
                let also: Vec<&str> = also.iter().map(|cause| cause.as_str()).collect();
                if also.is_empty() { Ok(()) } else { write!(f, "; also seen: {}", also.join(", ")) }
            }
            Self::AtNextRestart => f.write_str("; this takes effect at the next restart"),
            Self::OwnCallsFail(error) => {
                write!(f, "; calls of its own to other hosts end with error {error}")
            }
            Self::OwnCallsWillFail(error) => write!(
                f,
                "; at the latest from its next restart on, calls of its own to other hosts end with error \
                 {error}"
            ),
        }
    }
}

impl Obstacle {
    pub(super) const fn kind(&self) -> CulpritKind {
        match self {
            Self::ClientProtocols(_) | Self::EmptyBind | Self::InternetPorts(_) => {
                CulpritKind::RegistryValue
            }
            Self::Filter(_) => CulpritKind::RpcFilter,
            Self::StaticPort { .. } => CulpritKind::StaticPort,
            Self::RpcService { .. } => CulpritKind::Service,
            Self::PortsUsedUp(_) | Self::FewDynamicPorts { .. } => CulpritKind::PortRange,
        }
    }

    /// The thing itself.
    pub(super) fn name(&self) -> String {
        match self {
            Self::ClientProtocols(_) => r"HKLM\SOFTWARE\Microsoft\Rpc\ClientProtocols".to_owned(),
            Self::EmptyBind => {
                r"HKLM\SYSTEM\CurrentControlSet\Services\Rpc\Linkage, Bind".to_owned()
            }
            Self::InternetPorts(_) => r"HKLM\SOFTWARE\Microsoft\Rpc\Internet".to_owned(),
            Self::Filter(filter) => filter.to_string(),
            Self::StaticPort { owner, .. } => {
                format!("the static port of {owner} ({})", static_port_setting(*owner))
            }
            Self::RpcService { service, .. } => service.clone(),
            Self::PortsUsedUp(ServerPorts::Dynamic { first, last })
            | Self::FewDynamicPorts { first, last, .. } => dynamic_ports(*first, *last),
            Self::PortsUsedUp(ServerPorts::Listed { first, last, more }) => {
                let more = match more {
                    0 => String::new(),
                    more => format!(" and {more} more ranges"),
                };
                format!("the ports {first}-{last}{more} of Rpc\\Internet")
            }
        }
    }
}

pub(super) fn dynamic_ports(first: u16, last: u16) -> String {
    format!("dynamic TCP ports {first}-{last}")
}

/// What is wrong with it.
impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClientProtocols(trouble) => trouble.fmt(f),
            Self::EmptyBind => f.write_str("the value exists and is empty"),
            Self::InternetPorts(trouble) => trouble.fmt(f),
            Self::Filter(_) => f.write_str("the filter blocks registrations"),
            Self::StaticPort { port, conflict, .. } => match conflict {
                PortConflict::Process(pid) => write!(f, "process {pid} listens on {port}"),
                PortConflict::Owner(other) => write!(f, "{port} is the port of {other} as well"),
                PortConflict::WellKnown => {
                    write!(f, "{port} is a well-known port of a domain controller (KB 832017)")
                }
            },
            Self::RpcService { trouble, .. } => match trouble {
                RpcServiceTrouble::OtherAccount { is, release, default } => {
                    write!(f, "the service runs as {is}; the default of {release} is {default}")
                }
                RpcServiceTrouble::NotRunning => f.write_str("the service does not run"),
            },
            Self::PortsUsedUp(_) => f.write_str("more than 95 % were in use"),
            Self::FewDynamicPorts { count, used_percent, least, .. } => {
                let used = used_percent.map_or(String::new(), |used| format!(", {used} % in use"));
                write!(f, "{count} ports{used}; Windows sets at least {least}")
            }
        }
    }
}

impl fmt::Display for ProtocolsTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKey => f.write_str("the key is missing"),
            Self::NoValues => f.write_str("the key has no values"),
            Self::NoTcp => f.write_str("ncacn_ip_tcp is missing"),
            Self::OtherLibrary(data) => write!(f, "ncacn_ip_tcp is {data:?}, not rpcrt4.dll"),
        }
    }
}

impl fmt::Display for PortsTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid { entry, why } => write!(f, "the entry {entry:?} of Ports {why}"),
            Self::Undocumented(why) => {
                write!(f, "what RPC makes of Ports is not documented: {why}")
            }
            Self::NoneLeft { without, dynamic: (first, last) } => write!(
                f,
                "Ports ({}) takes every one of the dynamic ports {first}-{last} away from servers, because \
                 PortsInternetAvailable and UseInternetPorts differ",
                sets(without)
            ),
            Self::AllTaken(count) => write!(f, "all of its {count} ports are taken"),
            Self::Few { ranges, is_left, count, taken, enough } => {
                let how = if *is_left { "leaves" } else { "is" };
                write!(
                    f,
                    "Ports {how} {}: {count} ports, {taken} of them taken; at least {enough} are needed",
                    sets(ranges)
                )
            }
        }
    }
}

fn sets(ranges: &[(u16, u16)]) -> String {
    let range = |(first, last): &(u16, u16)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    let sets: Vec<String> = ranges.iter().map(range).collect();
    sets.join(", ")
}
