//! The sections of a Windows domain controller, each with the calls that it is read with.

mod boot;
mod cache;
mod command;
mod directory;
mod events;
mod filters;
mod host;
mod host_state;
mod ports;
mod resolver;
mod services;
mod settings;
mod wmi;

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Instant,
};

use epmesh_facts::{self as facts, Failure, MapView, Reason, Section, SectionKind, Through};
use tokio::sync::Semaphore;
use tonic::async_trait;

use self::host_state::Live;
pub use self::host_state::WindowsSettings;
use super::ffi;
use crate::{
    platform::{
        contract::{Platform, unnamed, unreadable},
        name_cache::NameCache,
    },
    rpc::endpoint_map::{self, Limits},
};

/// A Windows domain controller as a platform.
#[derive(Debug)]
pub struct Windows {
    live: Arc<Live>,
    /// One read of a kind at a time. A call that hangs then holds one thread, not one a round.
    turns: BTreeMap<SectionKind, Arc<Semaphore>>,
}

impl Windows {
    /// This host.
    #[must_use]
    pub fn new(settings: WindowsSettings) -> Self {
        let turn = |kind| (kind, Arc::new(Semaphore::new(1)));
        Self {
            live: Arc::new(Live::new(settings)),
            turns: SectionKind::ALL.into_iter().map(turn).collect(),
        }
    }

    /// Runs a read apart from the async threads, in its turn. `None` when it did not come back.
    async fn apart<T: Send + 'static>(
        &self,
        kind: SectionKind,
        read: impl FnOnce(&Live) -> T + Send + 'static,
    ) -> Option<T> {
        let turn = Arc::clone(self.turns.get(&kind)?).acquire_owned().await.ok()?;
        let live = Arc::clone(&self.live);
        let reading = tokio::task::spawn_blocking(move || {
            // Held until the call returns, also when nobody waits for it any more.
            let _turn = turn;
            read(&live)
        });
        reading.await.ok()
    }

    /// The map through the system and through TCP at each own address.
    async fn endpoint_map(&self) -> Section {
        let local = self.apart(SectionKind::EndpointMap, |_| {
            (ffi::endpoints::local(), Live::own_addresses(), Live::loopback())
        });
        let (local, own, loopback) = match local.await {
            Some((local, own, loopback)) => (
                local.map_err(|error| Failure::Local(Reason::of(&error))),
                own.unwrap_or_default(),
                loopback,
            ),
            None => {
                let why = Failure::local("reading it was cut short");
                (Err(why), Vec::new(), vec![IpAddr::V4(Ipv4Addr::LOCALHOST)])
            }
        };
        let port = self.live.settings.endpoint_mapper_port;
        let own = own.into_iter().map(|own| own.address).filter(reachable);
        let tcp = endpoint_map::through_each(&loopback, own, port, Limits::default());
        let local = async { MapView { through: Through::Local, endpoints: local } };
        Section::EndpointMap(endpoint_map::joined(tcp, local).await)
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
            SectionKind::Host => |live: &Live| Section::Host(live.host()),
            SectionKind::Services => |live: &Live| Section::Services(live.services()),
            SectionKind::Ports => |live: &Live| Section::Ports(live.ports()),
            SectionKind::Resolver => |live: &Live| Section::Resolver(live.resolver()),
            SectionKind::Directory => |live: &Live| Section::Directory(live.directory()),
            SectionKind::Replication => |live: &Live| Section::Replication(live.replication()),
            SectionKind::RpcSettings => |live: &Live| Section::RpcSettings(live.rpc_settings()),
            SectionKind::PortUse => |live: &Live| Section::PortUse(live.port_use()),
            SectionKind::Filters => |live: &Live| Section::Filters(live.filters()),
            SectionKind::Events => |live: &Live| Section::Events(live.events()),
            SectionKind::DirectoryObjects => {
                |live: &Live| Section::DirectoryObjects(live.directory_objects())
            }
        };
        match self.apart(kind, read).await {
            Some(section) => section,
            None => {
                let name = self.live.settings.name.clone().unwrap_or_else(unnamed);
                unreadable(kind, self.kind(), &name, "reading it was cut short")
            }
        }
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

#[cfg(test)]
mod tests;
