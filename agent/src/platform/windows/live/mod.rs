//! What each section of a Windows domain controller is read from.

mod boot;
mod cache;
mod command;
mod directory;
mod events;
mod filters;
mod host;
mod ports;
mod resolver;
mod services;
mod wmi;

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Instant,
};

use epmesh_common::facts::{
    self, DnsName, EndpointMap, Failure, MapView, PortRange, Reading, RpcSettings, Section,
    SectionKind, StaticPort, StaticPortOwner, Through, Timestamp,
};
use tokio::sync::Semaphore;
use tonic::async_trait;

use super::{
    super::{
        Platform,
        mapper::{self, Limits},
        port_use::History,
        unnamed, unreadable,
    },
    dfsr_config, event_watch, ffi,
    kept::Kept,
    registry::Registry,
    rpc_settings,
};
use crate::probe::NameCache;

/// What the platform has to be told.
#[derive(Clone, Debug)]
pub struct WindowsSettings {
    /// The name this agent was enrolled under, for when the host does not tell its own.
    pub name: Option<DnsName>,
    /// Where the agent keeps what has to outlive it.
    pub state_dir: PathBuf,
    /// The TCP port of the endpoint mapper.
    pub endpoint_mapper_port: u16,
}

/// The platform.
#[derive(Debug)]
pub struct Windows {
    here: Arc<Here>,
    /// One read of a kind at a time. A call that hangs then holds one thread, not one a round.
    turns: BTreeMap<SectionKind, Arc<Semaphore>>,
}

/// What the blocking reads need.
#[derive(Debug)]
struct Here {
    settings: WindowsSettings,
    registry: ffi::registry::LocalMachine,
    /// The system's start as first read: see [`boot`].
    boot: Mutex<Option<Timestamp>>,
    /// The dynamic ranges as last read: see [`ports`].
    dynamic: Kept<Vec<PortRange>>,
    /// DFS Replication's static port as last read.
    dfsr_port: Kept<u32>,
    /// What was seen of the ports in use.
    port_history: Mutex<History>,
    /// What was seen of the events.
    watch: Mutex<Option<event_watch::Watch>>,
}

impl Windows {
    /// This host.
    #[must_use]
    pub fn new(settings: WindowsSettings) -> Self {
        let turn = |kind| (kind, Arc::new(Semaphore::new(1)));
        Self {
            here: Arc::new(Here {
                settings,
                registry: ffi::registry::LocalMachine,
                boot: Mutex::default(),
                dynamic: Kept::default(),
                dfsr_port: Kept::default(),
                port_history: Mutex::default(),
                watch: Mutex::default(),
            }),
            turns: SectionKind::ALL.into_iter().map(turn).collect(),
        }
    }

    /// Runs a read apart from the async threads, in its turn. `None` when it did not come back.
    async fn apart<T: Send + 'static>(
        &self,
        kind: SectionKind,
        read: impl FnOnce(&Here) -> T + Send + 'static,
    ) -> Option<T> {
        let turn = Arc::clone(self.turns.get(&kind)?).acquire_owned().await.ok()?;
        let here = Arc::clone(&self.here);
        let reading = tokio::task::spawn_blocking(move || {
            // Held until the call returns, also when nobody waits for it any more.
            let _turn = turn;
            read(&here)
        });
        reading.await.ok()
    }

    /// The map through the system and through TCP at each own address.
    async fn endpoint_map(&self) -> Section {
        let local = self.apart(SectionKind::EndpointMap, |_| {
            (ffi::endpoints::local(), Here::own_addresses(), Here::loopback())
        });
        let (local, own, loopback) = match local.await {
            Some((local, own, loopback)) => (
                local.map_err(|error| Failure::Local(epmesh_common::error::chain(&error))),
                own.unwrap_or_default(),
                loopback,
            ),
            None => {
                let why = Failure::Local("reading it was cut short".to_owned());
                (Err(why), Vec::new(), vec![IpAddr::V4(Ipv4Addr::LOCALHOST)])
            }
        };
        let local = local.map(|mut endpoints| {
            endpoints.sort();
            endpoints
        });
        let port = self.here.settings.endpoint_mapper_port;
        let own = own.into_iter().map(|own| own.address).filter(reachable);
        let mut asked = mapper::through_each(&loopback, own, port, Limits::default());
        asked.spawn(async { MapView { through: Through::Local, endpoints: local } });
        let mut views = asked.join_all().await;
        views.sort_by_key(|view| view.through);
        Section::EndpointMap(EndpointMap { views })
    }
}

#[async_trait]
impl Platform for Windows {
    fn kind(&self) -> facts::Platform {
        facts::Platform::Windows
    }

    fn name_cache(&self) -> Option<Arc<dyn NameCache>> {
        Some(Arc::new(cache::DnsClient))
    }

    /// Every section is read for itself: nothing is shared.
    async fn collect(&self, kind: SectionKind, _asked: Instant) -> Section {
        let read = match kind {
            SectionKind::EndpointMap => return self.endpoint_map().await,
            SectionKind::Host => |here: &Here| Section::Host(here.host()),
            SectionKind::Services => |here: &Here| Section::Services(here.services()),
            SectionKind::Ports => |here: &Here| Section::Ports(here.ports()),
            SectionKind::Resolver => |here: &Here| Section::Resolver(here.resolver()),
            SectionKind::Directory => |here: &Here| Section::Directory(here.directory()),
            SectionKind::Replication => |here: &Here| Section::Replication(here.replication()),
            SectionKind::RpcSettings => |here: &Here| Section::RpcSettings(here.rpc_settings()),
            SectionKind::PortUse => |here: &Here| Section::PortUse(here.port_use()),
            SectionKind::Filters => |here: &Here| Section::Filters(here.filters()),
            SectionKind::Events => |here: &Here| Section::Events(here.events()),
        };
        match self.apart(kind, read).await {
            Some(section) => section,
            None => {
                let name = self.here.settings.name.clone().unwrap_or_else(unnamed);
                unreadable(kind, self.kind(), &name, "reading it was cut short")
            }
        }
    }
}

impl Here {
    fn registry(&self) -> &dyn Registry {
        &self.registry
    }

    /// The registry's settings, and the one that is not there.
    fn rpc_settings(&self) -> RpcSettings {
        let mut told = rpc_settings::read(self.registry());
        let is_of_dfsr = |row: &&mut StaticPort| row.owner == StaticPortOwner::Dfsr;
        if let Some(row) = told.static_ports.iter_mut().find(is_of_dfsr)
            && row.port == Reading::Unreadable(rpc_settings::DFSR_ELSEWHERE.to_owned())
        {
            row.port = self.dfsr_port.get(|| dfsr_config::port(wmi::dfsr_config()));
        }
        told
    }
}

/// Whether an own address can be connected to as it stands: a link-local one of IPv6 leads nowhere
/// without its interface.
fn reachable(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(_) => true,
        IpAddr::V6(address) => !address.is_unicast_link_local(),
    }
}

/// A text that the system writes empty where it has nothing to say.
fn text(result: std::io::Result<String>) -> Reading<String> {
    match result {
        Ok(text) if text.is_empty() => Reading::Absent,
        Ok(text) => Reading::Value(text),
        Err(error) => Reading::unreadable(&error),
    }
}

/// A name out of such a text.
fn name(text: Reading<String>) -> Reading<DnsName> {
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

#[cfg(test)]
mod tests;
