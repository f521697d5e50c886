//! A Samba AD domain controller on Linux.
//!
//! Everything that parses is a function over text or bytes in a file of its own; this file says
//! which file or socket each section is read from.

mod addresses;
mod host;
pub mod ldap;
mod live;
mod live_services;
pub mod net;
pub mod package;
mod port_use;
mod ports;
pub mod proc;
pub mod registered;
pub mod resolv;
mod resolver;
pub mod services;
mod shared;
pub mod smb_conf;
pub mod systemd;

use std::{
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    sync::Arc,
    time::Instant,
};

use epmesh_facts::{
    self as facts, Blank, DirectoryObjects, Events, Filters, PortUse, Ports, Reading, Replication,
    Resolver, RpcSettings, Section, SectionKind, Services,
};
use tonic::async_trait;

pub use self::live::SambaSettings;
use self::{ldap::Connection, live::Live};
use super::{
    contract::Platform,
    directory::{self, DirectoryError, ask::reading},
};
use crate::rpc::endpoint_map::{self, Limits};

/// A Samba domain controller as a platform.
#[derive(Debug)]
pub struct Samba {
    live: Arc<Live>,
}

impl Samba {
    /// This host, with its things at the places that `settings` names.
    #[must_use]
    pub fn new(settings: SambaSettings) -> Self {
        Self { live: Arc::new(Live::new(settings)) }
    }

    /// Runs a read of files apart from the async threads.
    async fn files<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Live) -> T + Send + 'static,
        otherwise: impl FnOnce(&str) -> T,
    ) -> T {
        let live = Arc::clone(&self.live);
        match tokio::task::spawn_blocking(move || read(&live)).await {
            Ok(value) => value,
            Err(_) => otherwise("reading it was cut short"),
        }
    }

    /// Whether there is a directory on this host to be read.
    async fn expects_directory(&self) -> bool {
        // Where smb.conf does not tell, the attempt to read will.
        self.files(|live| live.conf().ok().and_then(|conf| conf.is_domain_controller()), |_| None)
            .await
            != Some(false)
    }

    async fn directory_read<T: Send + 'static>(
        &self,
        read: impl Future<Output = Result<T, DirectoryError>> + Send + 'static,
    ) -> Reading<T> {
        if self.expects_directory().await {
            reading(ldap::apart(read).await)
        } else {
            Reading::NotApplicable
        }
    }

    fn ldapi(&self) -> PathBuf {
        self.live.at(&self.live.settings.ldapi)
    }

    async fn host(&self) -> Section {
        let socket = self.ldapi();
        let whoami = self
            .directory_read(async move {
                directory::whoami(&mut Connection::open(&socket).await?).await
            })
            .await;
        let host = self
            .files(
                {
                    let whoami = whoami.clone();
                    move |live| live.host(&whoami)
                },
                |why| host::unreadable(&whoami, why),
            )
            .await;
        Section::Host(host)
    }

    async fn directory(&self, socket: PathBuf) -> Section {
        let other = socket.clone();
        let (settings, own) = tokio::join!(
            self.directory_read(async move {
                directory::settings(&mut Connection::open(&socket).await?).await
            }),
            self.directory_read(async move {
                directory::own(&mut Connection::open(&other).await?).await
            }),
        );
        Section::Directory(directory::section(settings, own))
    }

    async fn endpoint_map(&self) -> Section {
        let limits = Limits::default();
        let settings = &self.live.settings;
        let socket = self.live.at(&settings.ncalrpc_dir).join("EPMAPPER");
        let port = settings.endpoint_mapper_port;
        let own = self.files(Live::addresses, |why| Reading::unseen(why)).await;
        let own = own.value().into_iter().flatten().map(|own| own.address);
        let loopback = self.files(Live::loopback, |_| vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]).await;
        let tcp = endpoint_map::through_each(&loopback, own, port, limits);
        let local = async move { endpoint_map::through_socket(&socket, limits).await };
        Section::EndpointMap(endpoint_map::joined(tcp, local).await)
    }
}

#[async_trait]
impl Platform for Samba {
    fn kind(&self) -> facts::Platform {
        facts::Platform::Samba
    }

    async fn collect(&self, kind: SectionKind, asked: Instant) -> Section {
        fn no<T>(why: &str) -> Reading<T> {
            Reading::unseen(why)
        }
        let socket = self.ldapi();
        match kind {
            SectionKind::Host => self.host().await,
            SectionKind::EndpointMap => self.endpoint_map().await,
            SectionKind::Services => Section::Services(
                self.files(move |live| live.services(asked), |why| Services { list: no(why) })
                    .await,
            ),
            SectionKind::Ports => Section::Ports(
                self.files(
                    move |live| live.ports(asked),
                    |why| Ports::blank(&Blank::unreadable(why)),
                )
                .await,
            ),
            SectionKind::Resolver => {
                let own = self
                    .directory_read(async move {
                        directory::own(&mut Connection::open(&socket).await?).await
                    })
                    .await;
                let read = move |live: &Live| live.resolver(&own);
                let resolver = self.files(read, |why| Resolver::blank(&Blank::unreadable(why)));
                Section::Resolver(resolver.await)
            }
            SectionKind::Directory => self.directory(socket).await,
            SectionKind::Replication => Section::Replication(Replication {
                neighbours: self
                    .directory_read(async move {
                        directory::neighbours(&mut Connection::open(&socket).await?).await
                    })
                    .await,
            }),
            SectionKind::RpcSettings => Section::RpcSettings(RpcSettings {
                samba_ports: self.files(Live::static_ports, no).await,
                ..RpcSettings::blank(&Blank::NotApplicable)
            }),
            SectionKind::PortUse => {
                let read = move |live: &Live| live.port_use(asked);
                let blank = |why: &str| PortUse::blank(&Blank::unreadable(why));
                Section::PortUse(self.files(read, blank).await)
            }
            SectionKind::Filters => Section::Filters(Filters::blank(&Blank::NotApplicable)),
            SectionKind::Events => Section::Events(Events::blank(&Blank::NotApplicable)),
            SectionKind::DirectoryObjects => {
                let read = self.directory_read(async move {
                    let mut connection = Connection::open(&socket).await?;
                    directory::origins(&mut connection, facts::Platform::Samba).await
                });
                Section::DirectoryObjects(read.await.or_blank(DirectoryObjects::blank))
            }
        }
    }
}

#[cfg(test)]
mod tests;
