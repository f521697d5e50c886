//! A Samba AD domain controller on Linux.
//!
//! Everything that parses is a function over text or bytes in a file of its own; this file says
//! which file or socket each section is read from.

pub mod directory;
pub mod dn;
mod host;
pub mod ldap;
pub mod net;
pub mod proc;
pub mod repsfrom;
pub mod resolv;
pub mod services;
pub mod smb_conf;
pub mod systemd;

use std::{
    net::{IpAddr, Ipv4Addr},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use epmesh_common::facts::{
    self, AddressFamily, Blank, Directory, DnsName, EndpointMap, Events, Filters, Listener,
    PortRange, PortUse, Ports, Reading, Replication, Resolver, RpcSettings, Section, SectionKind,
    Services, Timestamp, Transport,
};
use tonic::async_trait;

use self::smb_conf::SmbConf;
use super::{
    Platform,
    file::{FileError, read_text},
    hosts,
    mapper::{self, Limits},
};

/// The most own addresses whose endpoint mapper is asked.
const MAX_VIEWS: usize = 16;

/// Why a fact is not there that this version cannot read.
const NOT_YET: &str = "this version does not read it on Samba yet";

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
}

impl Samba {
    /// This host, with its things at the places that `settings` names.
    #[must_use]
    pub fn new(settings: SambaSettings) -> Self {
        Self { here: Arc::new(Here { settings, boot: Mutex::new(None) }) }
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
        read: impl Future<Output = Result<T, ldap::DirectoryError>> + Send + 'static,
    ) -> Reading<T> {
        if self.expects_directory().await {
            ldap::reading(ldap::apart(read).await)
        } else {
            Reading::NotApplicable
        }
    }

    fn ldapi(&self) -> PathBuf {
        self.here.at(&self.here.settings.ldapi)
    }

    async fn host(&self) -> Section {
        let socket = self.ldapi();
        let whoami = self.directory_read(async move { directory::whoami(&socket).await }).await;
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

    async fn endpoint_map(&self) -> Section {
        let limits = Limits::default();
        let settings = &self.here.settings;
        let socket = self.here.at(&settings.ncalrpc_dir).join("EPMAPPER");
        let port = settings.endpoint_mapper_port;
        let mut addresses = vec![IpAddr::V4(Ipv4Addr::LOCALHOST)];
        let own = self.files(Here::addresses, |why| Reading::Unreadable(why.to_owned())).await;
        addresses.extend(own.value().into_iter().flatten().map(|own| own.address).take(MAX_VIEWS));
        let mut asked: tokio::task::JoinSet<facts::MapView> = addresses
            .into_iter()
            .map(|address| mapper::through_address(address, port, limits))
            .collect();
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

    async fn collect(&self, kind: SectionKind) -> Section {
        fn no<T>(why: &str) -> Reading<T> {
            Reading::Unreadable(why.to_owned())
        }
        let socket = self.ldapi();
        match kind {
            SectionKind::Host => self.host().await,
            SectionKind::EndpointMap => self.endpoint_map().await,
            SectionKind::Services => Section::Services(
                self.files(Here::services, |why| Services { list: no(why) }).await,
            ),
            SectionKind::Ports => Section::Ports(
                self.files(Here::ports, |why| Ports::blank(&Blank::unreadable(why))).await,
            ),
            SectionKind::Resolver => Section::Resolver(
                self.files(Here::resolver, |why| Resolver::blank(&Blank::unreadable(why))).await,
            ),
            SectionKind::Directory => Section::Directory(Directory {
                settings: self
                    .directory_read(async move { directory::settings(&socket).await })
                    .await,
                ..Directory::blank(&Blank::unreadable(NOT_YET))
            }),
            SectionKind::Replication => Section::Replication(Replication {
                neighbours: self
                    .directory_read(async move { directory::neighbours(&socket).await })
                    .await,
            }),
            SectionKind::RpcSettings => {
                Section::RpcSettings(RpcSettings::blank(&Blank::NotApplicable))
            }
            SectionKind::PortUse => Section::PortUse(PortUse::blank(&Blank::unreadable(NOT_YET))),
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
        read_text(&self.at(&self.settings.smb_conf)).map(|text| SmbConf::parse(&text))
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

    fn services(&self) -> Services {
        let dir = self.at(Path::new("/proc"));
        let processes = match proc::of_root(&dir) {
            Ok(processes) => processes,
            Err(error) => return Services { list: Reading::unreadable(&error) },
        };
        let conf = self.conf().ok();
        Services {
            list: services::list(&services::Seen {
                processes: &processes,
                all: proc::sees_all(&dir),
                conf: conf.as_ref(),
                start: systemd::samba_start(&self.settings.root),
                boot: self.boot(),
            }),
        }
    }

    fn ports(&self) -> Ports {
        let dynamic = match self.read("/proc/sys/net/ipv4/ip_local_port_range") {
            Ok(text) => net::dynamic(&text).map_or_else(
                || Reading::Unreadable("ip_local_port_range does not hold two ports".to_owned()),
                Reading::Value,
            ),
            Err(error) => Reading::unreadable(&error),
        };
        let rpc = match self.conf() {
            Ok(conf) => conf.rpc_range().map(|(first, last)| PortRange {
                family: AddressFamily::V4,
                transport: Transport::Tcp,
                first,
                last,
            }),
            Err(error) => Reading::unreadable(&error),
        };
        Ports { dynamic, rpc, listeners: self.listeners() }
    }

    fn listeners(&self) -> Reading<Vec<Listener>> {
        let mut sockets = match self.read("/proc/net/tcp") {
            Ok(text) => net::listening(&text),
            Err(error) => return Reading::unreadable(&error),
        };
        match self.read("/proc/net/tcp6") {
            Ok(text) => sockets.extend(net::listening(&text)),
            Err(error) if error.is_absent() => {}
            Err(error) => return Reading::unreadable(&error),
        }
        let dir = self.at(Path::new("/proc"));
        let owners = proc::of_root(&dir).map(|all| owners(&dir, &all)).unwrap_or_default();
        let mut listeners: Vec<Listener> = sockets
            .into_iter()
            .map(|socket| Listener {
                port: socket.port,
                address: socket.address,
                pid: owners.get(&socket.inode).copied(),
            })
            .collect();
        listeners.sort();
        listeners.dedup();
        Reading::Value(listeners)
    }

    fn resolver(&self) -> Resolver {
        let hosts = match self.read("/etc/hosts") {
            Ok(text) => Reading::Value(hosts::parse("/etc/hosts", &text)),
            Err(error) if error.is_absent() => Reading::Absent,
            Err(error) => Reading::unreadable(&error),
        };
        let conf = match self.read("/etc/resolv.conf") {
            Ok(text) => Reading::Value(resolv::parse(&text)),
            Err(error) if error.is_absent() => Reading::Absent,
            Err(error) => Reading::unreadable(&error),
        };
        Resolver {
            hosts,
            servers: conf.clone().map(|conf| conf.servers),
            search: conf.map(|conf| conf.search),
            ..Resolver::blank(&Blank::unreadable(NOT_YET))
        }
    }
}

/// Which process of Samba holds which socket, by inode; where several do, the one that started
/// first.
fn owners(dir: &Path, processes: &[proc::Running]) -> std::collections::BTreeMap<u64, u32> {
    let mut owners = std::collections::BTreeMap::new();
    for running in processes.iter().filter(|running| services::is_sambas(running)) {
        let fds = std::fs::read_dir(dir.join(running.pid.to_string()).join("fd"));
        for fd in fds.into_iter().flatten().flatten().take(MAX_FDS) {
            let inode = std::fs::read_link(fd.path()).ok().and_then(|target| {
                target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse::<u64>().ok()
            });
            if let Some(inode) = inode {
                owners.entry(inode).or_insert(running.pid);
            }
        }
    }
    owners
}

#[cfg(test)]
mod tests;
