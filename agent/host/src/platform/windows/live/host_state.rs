//! This host as it is read: its settings, its registry, and what is kept of earlier readings.

use std::{path::PathBuf, sync::Mutex};

use epmesh_facts::{DnsName, PortRange, Reading, Timestamp};

use crate::platform::{
    port_use::History,
    windows::{
        event_watch::Watch, ffi, own_directory::Connections, reading_cache::ReadingCache,
        registry::Registry,
    },
};

/// The settings of the platform.
#[derive(Clone, Debug)]
pub struct WindowsSettings {
    /// The name this agent was enrolled under, for when the host does not tell its own.
    pub name: Option<DnsName>,
    /// Where the agent keeps what has to outlive it.
    pub state_dir: PathBuf,
    /// The TCP port of the endpoint mapper.
    pub endpoint_mapper_port: u16,
}

/// This host, and what is kept of it between two readings. Its methods block; each file beside this one
/// adds those of its section.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) settings: WindowsSettings,
    registry: ffi::registry::LocalMachine,
    /// The system's start as first read: see `boot`.
    pub(super) boot: Mutex<Option<Timestamp>>,
    /// The dynamic ranges as last read: see `ports`.
    pub(super) dynamic: ReadingCache<Vec<PortRange>>,
    /// DFS Replication's static port as last read.
    pub(super) dfsr_port: ReadingCache<u32>,
    /// What was seen of the ports in use.
    pub(super) port_history: Mutex<History>,
    /// What was seen of the events.
    pub(super) watch: Mutex<Option<Watch>>,
    /// The connections to the own directory that are kept.
    pub(super) connections: Connections<ffi::ldap::Connection>,
}

impl Live {
    pub(super) fn new(settings: WindowsSettings) -> Self {
        Self {
            settings,
            registry: ffi::registry::LocalMachine,
            boot: Mutex::default(),
            dynamic: ReadingCache::default(),
            dfsr_port: ReadingCache::default(),
            port_history: Mutex::default(),
            watch: Mutex::default(),
            connections: Connections::default(),
        }
    }

    pub(super) fn registry(&self) -> &dyn Registry {
        &self.registry
    }
}

/// A text that the system writes empty where it has nothing to say.
pub(super) fn text(result: std::io::Result<String>) -> Reading<String> {
    match result {
        Ok(text) if text.is_empty() => Reading::Absent,
        Ok(text) => Reading::Value(text),
        Err(error) => Reading::unreadable(&error),
    }
}

/// A name out of such a text.
pub(super) fn name(text: Reading<String>) -> Reading<DnsName> {
    match text {
        Reading::Value(text) => match text.parse() {
            Ok(name) => Reading::Value(name),
            Err(error) => Reading::unreadable(&error),
        },
        Reading::Absent => Reading::Absent,
        Reading::NotApplicable => Reading::NotApplicable,
        Reading::Unreadable(why) => Reading::Unreadable(why),
    }
}
