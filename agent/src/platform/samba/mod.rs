//! A Samba AD domain controller on Linux.
//!
//! Everything that parses is a function over text or bytes in a file of its own; this file says
//! which file or socket each section is read from.

mod host;
pub mod ldap;
pub mod net;
mod package;
mod port_use;
pub mod proc;
mod registered;
pub mod resolv;
mod resolver;
pub mod services;
mod shared;
pub mod smb_conf;
pub mod systemd;

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use epmesh_common::{
    error::chain,
    facts::{
        self, AddressFamily, Blank, Directory, DnsName, EndpointMap, Events, Filters, Listener,
        PortRange, PortUse, Ports, Reading, Replication, Resolver, RpcSettings, Section,
        SectionKind, Services, Timestamp, Transport,
    },
    wire::limits::LISTENERS,
};
use tonic::async_trait;

use self::{ldap::Connection, shared::Shared, smb_conf::SmbConf};
use super::{
    Platform,
    directory::{self, DirectoryError, ask::reading},
    file::{FileError, read_text},
    mapper::{self, Limits},
    port_use::History,
};

/// The most open files of one process that are looked through for sockets.
const MAX_FDS: usize = 4096;

/// Where things stand on this host.
#[derive(Clone, Debug)]
pub struct SambaSettings {
    /// In front of every path; `/` but in tests.
    pub root: PathBuf,
    /// The configuration of Samba.
    pub smb_conf: PathBuf,
    /// The folder of the ncalrpc sockets.
    pub ncalrpc_dir: PathBuf,
    /// The privileged `ldapi` socket of the directory.
    pub ldapi: PathBuf,
    /// The TCP port of the endpoint mapper.
    pub endpoint_mapper_port: u16,
    /// The name this agent was enrolled under, for when the host does not tell its own.
    pub name: Option<DnsName>,
}

impl Default for SambaSettings {
    fn default() -> Self {
        Self {
            root: PathBuf::from("/"),
            smb_conf: PathBuf::from("/etc/samba/smb.conf"),
            ncalrpc_dir: PathBuf::from("/run/samba/ncalrpc"),
            ldapi: PathBuf::from("/var/lib/samba/private/ldap_priv/ldapi"),
            endpoint_mapper_port: 135,
            name: None,
        }
    }
}

/// The platform.
#[derive(Debug)]
pub struct Samba {
    here: Arc<Here>,
}

/// What the blocking reads need.
#[derive(Debug)]
struct Here {
    settings: SambaSettings,
    /// The kernel's start as first read: see [`Here::boot`].
    boot: Mutex<Option<Timestamp>>,
    /// What was seen of the ports in use.
    port_history: Mutex<History>,
    /// The kernel's TCP sockets.
    tcp: Shared<Vec<net::Socket>>,
    /// The processes of Samba.
    processes: Shared<Vec<proc::Running>>,
    /// The package manager's file as last read, and the Samba that it names.
    package: Mutex<Option<(package::Sign, Option<String>)>>,
}

impl Samba {
    /// This host, with its things at the places that `settings` names.
    #[must_use]
    pub fn new(settings: SambaSettings) -> Self {
        Self {
            here: Arc::new(Here {
                settings,
                boot: Mutex::default(),
                port_history: Mutex::default(),
                tcp: Shared::default(),
                processes: Shared::default(),
                package: Mutex::default(),
            }),
        }
    }

    /// Runs a read of files apart from the async threads.
    async fn files<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Here) -> T + Send + 'static,
        otherwise: impl FnOnce(&str) -> T,
    ) -> T {
        let here = Arc::clone(&self.here);
        match tokio::task::spawn_blocking(move || read(&here)).await {
            Ok(value) => value,
            Err(_) => otherwise("reading it was cut short"),
        }
    }

    /// Whether there is a directory on this host to be read.
    async fn expects_directory(&self) -> bool {
        // Where smb.conf does not tell, the attempt to read will.
        self.files(|here| here.conf().ok().and_then(|conf| conf.is_domain_controller()), |_| None)
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
        self.here.at(&self.here.settings.ldapi)
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
                    move |here| here.host(&whoami)
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
        Section::Directory(Directory {
            settings: settings.clone().map(|settings| settings.list),
            settings_unread: settings.map(|settings| settings.unread),
            invocation_id: own.clone().map(|own| own.invocation_id),
            levels: own.clone().map(|own| own.levels),
            global_catalog: own.clone().map(|own| own.global_catalog),
            read_only: own.map(|own| own.read_only),
        })
    }

    async fn endpoint_map(&self) -> Section {
        let limits = Limits::default();
        let settings = &self.here.settings;
        let socket = self.here.at(&settings.ncalrpc_dir).join("EPMAPPER");
        let port = settings.endpoint_mapper_port;
        let own = self.files(Here::addresses, |why| Reading::Unreadable(why.to_owned())).await;
        let own = own.value().into_iter().flatten().map(|own| own.address);
        let loopback = self.files(Here::loopback, |_| vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]).await;
        let mut asked = mapper::through_each(&loopback, own, port, limits);
        asked.spawn(async move { mapper::through_socket(&socket, limits).await });
        let mut views = asked.join_all().await;
        views.sort_by_key(|view| view.through);
        Section::EndpointMap(EndpointMap { views })
    }
}

#[async_trait]
impl Platform for Samba {
    fn kind(&self) -> facts::Platform {
        facts::Platform::Samba
    }

    async fn collect(&self, kind: SectionKind, asked: Instant) -> Section {
        fn no<T>(why: &str) -> Reading<T> {
            Reading::Unreadable(why.to_owned())
        }
        let socket = self.ldapi();
        match kind {
            SectionKind::Host => self.host().await,
            SectionKind::EndpointMap => self.endpoint_map().await,
            SectionKind::Services => Section::Services(
                self.files(move |here| here.services(asked), |why| Services { list: no(why) })
                    .await,
            ),
            SectionKind::Ports => Section::Ports(
                self.files(
                    move |here| here.ports(asked),
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
                let read = move |here: &Here| here.resolver(&own);
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
                samba_ports: self.files(Here::static_ports, no).await,
                ..RpcSettings::blank(&Blank::NotApplicable)
            }),
            SectionKind::PortUse => {
                let read = move |here: &Here| here.port_use(asked);
                let blank = |why: &str| PortUse::blank(&Blank::unreadable(why));
                Section::PortUse(self.files(read, blank).await)
            }
            SectionKind::Filters => Section::Filters(Filters::blank(&Blank::NotApplicable)),
            SectionKind::Events => Section::Events(Events::blank(&Blank::NotApplicable)),
        }
    }
}

impl Here {
    /// `path` on this host.
    fn at(&self, path: &Path) -> PathBuf {
        self.settings.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    fn read(&self, path: &str) -> Result<String, FileError> {
        read_text(&self.at(Path::new(path)))
    }

    fn conf(&self) -> Result<SmbConf, FileError> {
        let text = read_text(&self.at(&self.settings.smb_conf))?;
        Ok(SmbConf::with_includes(&text, &|path| match read_text(&self.at(path)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.is_absent() => Ok(None),
            Err(error) => Err(chain(&error)),
        }))
    }

    /// When the kernel started.
    ///
    /// The kernel derives this from its two clocks at each read, so that it moves with every small
    /// correction of the time, and with it the start of every process. The first reading is kept
    /// until it is more than two seconds off: a clock that was set, not trimmed.
    fn boot(&self) -> Option<Timestamp> {
        let read = proc::parse_boot(&self.read("/proc/stat").ok()?)?;
        let mut kept = self.boot.lock().unwrap_or_else(PoisonError::into_inner);
        let near = kept
            .is_some_and(|kept| kept.until(read).max(read.until(kept)) <= Duration::from_secs(2));
        if !near {
            *kept = Some(read);
        }
        *kept
    }

    fn addresses(&self) -> Reading<Vec<facts::InterfaceAddress>> {
        let four = || {
            let trie = self.read("/proc/net/fib_trie")?;
            Ok::<_, FileError>(net::ipv4(&trie, &self.read("/proc/net/route")?))
        };
        let mut all = match four() {
            Ok(four) => four,
            Err(error) => return Reading::unreadable(&error),
        };
        match self.read("/proc/net/if_inet6") {
            Ok(text) => all.extend(net::ipv6(&text)),
            // A kernel without IPv6 has no such file.
            Err(error) if error.is_absent() => {}
            Err(error) => return Reading::unreadable(&error),
        }
        all.sort();
        Reading::Value(all)
    }

    /// The addresses of loopback: that of IPv6 where the host has it. One without is no fault.
    fn loopback(&self) -> Vec<IpAddr> {
        let six = self.read("/proc/net/if_inet6").is_ok_and(|text| net::has_ipv6_loopback(&text));
        let six = six.then_some(IpAddr::V6(Ipv6Addr::LOCALHOST));
        std::iter::once(IpAddr::V4(Ipv4Addr::LOCALHOST)).chain(six).collect()
    }

    /// To find them, every process of the host is looked at.
    fn processes(&self, asked: Instant) -> Result<Arc<Vec<proc::Running>>, FileError> {
        let read = || proc::of_root(&self.at(Path::new("/proc")), services::is_sambas);
        self.processes.get(asked, read)
    }

    fn services(&self, asked: Instant) -> Services {
        let dir = self.at(Path::new("/proc"));
        let processes = match self.processes(asked) {
            Ok(processes) => processes,
            Err(error) => return Services { list: Reading::unreadable(&error) },
        };
        let conf = self.conf().ok();
        let passwd = self.read("/etc/passwd").map_err(|error| chain(&error));
        Services {
            list: services::list(&services::Seen {
                processes: &processes,
                all: proc::sees_all(&dir),
                conf: conf.as_ref(),
                start: systemd::samba_start(&self.settings.root),
                boot: self.boot(),
                passwd: passwd.as_deref().map_err(String::as_str),
            }),
        }
    }

    fn dynamic(&self) -> Reading<Vec<PortRange>> {
        match self.read("/proc/sys/net/ipv4/ip_local_port_range") {
            Ok(text) => net::dynamic(&text).map_or_else(
                || Reading::Unreadable("ip_local_port_range does not hold two ports".to_owned()),
                Reading::Value,
            ),
            Err(error) => Reading::unreadable(&error),
        }
    }

    fn ports(&self, asked: Instant) -> Ports {
        Ports { dynamic: self.dynamic(), rpc: self.rpc_ranges(), listeners: self.listeners(asked) }
    }

    fn rpc_ranges(&self) -> Reading<Vec<PortRange>> {
        match self.conf() {
            Ok(conf) => conf.rpc_range().map(|(first, last)| {
                let (family, transport) = (AddressFamily::V4, Transport::Tcp);
                vec![PortRange { family, transport, first, last }]
            }),
            Err(error) => Reading::unreadable(&error),
        }
    }

    fn static_ports(&self) -> Reading<Vec<facts::RegistryText>> {
        match self.conf() {
            Ok(conf) => conf.static_ports(),
            Err(error) => Reading::unreadable(&error),
        }
    }

    fn listeners(&self, asked: Instant) -> Reading<Vec<Listener>> {
        let sockets = match self.tcp(asked) {
            Ok(sockets) => sockets,
            Err(error) => return Reading::unreadable(&error),
        };
        let dir = self.at(Path::new("/proc"));
        let owners = self.processes(asked).map(|all| owners(&dir, &all)).unwrap_or_default();
        let mut listeners: Vec<Listener> = sockets
            .iter()
            .filter(|socket| socket.state == net::LISTEN)
            .map(|socket| Listener {
                port: socket.port,
                address: socket.address,
                pid: owners.get(&socket.inode).copied(),
            })
            .collect();
        listeners.sort();
        listeners.dedup();
        Reading::whole(listeners, LISTENERS, "listening sockets")
    }
}

/// Which process of Samba holds which socket, by inode; where several do, the one that started
/// first.
fn owners(dir: &Path, processes: &[proc::Running]) -> std::collections::BTreeMap<u64, u32> {
    let mut owners = std::collections::BTreeMap::new();
    for running in processes {
        let fds = std::fs::read_dir(dir.join(running.pid.to_string()).join("fd"));
        for inode in fds.into_iter().flatten().flatten().take(MAX_FDS) {
            if let Some(inode) = proc::socket_inode(&inode.path()) {
                owners.entry(inode).or_insert(running.pid);
            }
        }
    }
    owners
}

#[cfg(test)]
mod tests;
