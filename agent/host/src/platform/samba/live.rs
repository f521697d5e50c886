//! A Samba domain controller as its files are read: where they are, and what is kept of them.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use epmesh_facts::{DnsName, Reason, Timestamp};

use super::{net, package::PackageCache, proc, services, shared::Shared, smb_conf::SmbConf};
use crate::{
    os::read::{FileError, read_text},
    platform::port_use::History,
};

/// The places of Samba's files and sockets on this host.
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

/// The places of this host, and what is kept between two readings. Its methods block; each file beside
/// this one adds those of its section.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) settings: SambaSettings,
    /// The kernel's start as first read: see [`Live::boot`].
    boot: Mutex<Option<Timestamp>>,
    /// What was seen of the ports in use.
    pub(super) port_history: Mutex<History>,
    /// The kernel's TCP sockets.
    pub(super) tcp: Shared<Vec<net::Socket>>,
    /// The processes of Samba.
    processes: Shared<Vec<proc::Running>>,
    /// The Samba that the package manager installed.
    pub(super) package: PackageCache,
}

impl Live {
    pub(super) fn new(settings: SambaSettings) -> Self {
        Self {
            settings,
            boot: Mutex::default(),
            port_history: Mutex::default(),
            tcp: Shared::default(),
            processes: Shared::default(),
            package: PackageCache::default(),
        }
    }

    /// `path` on this host.
    pub(super) fn at(&self, path: &Path) -> PathBuf {
        self.settings.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    pub(super) fn read(&self, path: &str) -> Result<String, FileError> {
        read_text(&self.at(Path::new(path)))
    }

    pub(super) fn conf(&self) -> Result<SmbConf, FileError> {
        let text = read_text(&self.at(&self.settings.smb_conf))?;
        Ok(SmbConf::with_includes(&text, &|path| match read_text(&self.at(path)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.is_absent() => Ok(None),
            Err(error) => Err(Reason::of(&error)),
        }))
    }

    /// The time at which the kernel started.
    ///
    /// The kernel derives this from its two clocks at each read, so that it moves with every small
    /// correction of the time, and with it the start of every process. The first reading is kept
    /// until it is more than two seconds off: a clock that was set, not trimmed.
    pub(super) fn boot(&self) -> Option<Timestamp> {
        let read = proc::parse_boot(&self.read("/proc/stat").ok()?)?;
        let mut kept = self.boot.lock().unwrap_or_else(PoisonError::into_inner);
        let near = kept.is_some_and(|kept| kept.apart(read) <= Duration::from_secs(2));
        if !near {
            *kept = Some(read);
        }
        *kept
    }

    /// To find them, every process of the host is looked at.
    pub(super) fn processes(&self, asked: Instant) -> Result<Arc<Vec<proc::Running>>, FileError> {
        let read = || proc::of_root(&self.at(Path::new("/proc")), services::is_sambas);
        self.processes.get(asked, read)
    }
}
