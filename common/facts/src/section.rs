//! The sections into which a host's facts about itself are divided.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{
    Directory, EndpointMap, Events, Filters, Host, PortUse, Ports, Replication, Resolver,
    RpcSettings, Services,
};

/// One section of what a host says of itself. A section is sent again only when it changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "section", content = "facts", rename_all = "kebab-case")]
pub enum Section {
    /// Who it is.
    Host(Host),
    /// Its endpoint map.
    EndpointMap(EndpointMap),
    /// Its services.
    Services(Services),
    /// Its ports.
    Ports(Ports),
    /// Its sources of names.
    Resolver(Resolver),
    /// Its copy of the directory.
    Directory(Directory),
    /// Its inbound replication.
    Replication(Replication),
    /// The settings of its RPC runtime.
    RpcSettings(RpcSettings),
    /// How much of its ports is in use.
    PortUse(PortUse),
    /// What filters RPC on it.
    Filters(Filters),
    /// What its event logs say.
    Events(Events),
}

impl Section {
    /// Which section this is.
    #[must_use]
    pub const fn kind(&self) -> SectionKind {
        match self {
            Self::Host(_) => SectionKind::Host,
            Self::EndpointMap(_) => SectionKind::EndpointMap,
            Self::Services(_) => SectionKind::Services,
            Self::Ports(_) => SectionKind::Ports,
            Self::Resolver(_) => SectionKind::Resolver,
            Self::Directory(_) => SectionKind::Directory,
            Self::Replication(_) => SectionKind::Replication,
            Self::RpcSettings(_) => SectionKind::RpcSettings,
            Self::PortUse(_) => SectionKind::PortUse,
            Self::Filters(_) => SectionKind::Filters,
            Self::Events(_) => SectionKind::Events,
        }
    }
}

/// The name of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SectionKind {
    /// [`Section::Host`].
    Host,
    /// [`Section::EndpointMap`].
    EndpointMap,
    /// [`Section::Services`].
    Services,
    /// [`Section::Ports`].
    Ports,
    /// [`Section::Resolver`].
    Resolver,
    /// [`Section::Directory`].
    Directory,
    /// [`Section::Replication`].
    Replication,
    /// [`Section::RpcSettings`].
    RpcSettings,
    /// [`Section::PortUse`].
    PortUse,
    /// [`Section::Filters`].
    Filters,
    /// [`Section::Events`].
    Events,
}

impl SectionKind {
    /// All of them, in the order in which they are collected.
    pub const ALL: [Self; 11] = [
        Self::Host,
        Self::EndpointMap,
        Self::Services,
        Self::Ports,
        Self::Resolver,
        Self::Directory,
        Self::Replication,
        Self::RpcSettings,
        Self::PortUse,
        Self::Filters,
        Self::Events,
    ];

    /// The name as it stands in keys and on the screen.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::EndpointMap => "endpoint-map",
            Self::Services => "services",
            Self::Ports => "ports",
            Self::Resolver => "resolver",
            Self::Directory => "directory",
            Self::Replication => "replication",
            Self::RpcSettings => "rpc-settings",
            Self::PortUse => "port-use",
            Self::Filters => "filters",
            Self::Events => "events",
        }
    }
}

impl fmt::Display for SectionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no section.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no such section; there are {}", SectionKind::ALL.map(SectionKind::as_str).join(", "))]
pub struct NoSuchSection;

impl FromStr for SectionKind {
    type Err = NoSuchSection;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(NoSuchSection)
    }
}
