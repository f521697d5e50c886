//! The configuration file: TOML, kebab-case, every problem at once.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use epmesh_common::{
    config::{Document, Problems, Section},
    facts::DnsName,
};
use thiserror::Error;

use crate::{
    probe::NtlmChallenge,
    session::{SpoolLimits, coordinator_url},
};

/// The place of the configuration unless told otherwise: `/etc/epmesh-agent/agent.toml`, on Windows
/// `%ProgramData%\epmesh-agent\agent.toml`.
#[must_use]
pub fn default_path() -> PathBuf {
    #[cfg(windows)]
    let path = program_data().join("agent.toml");
    #[cfg(not(windows))]
    let path = "/etc/epmesh-agent/agent.toml".into();
    path
}

/// The folder of identity, plan and spool unless told otherwise: `/var/lib/epmesh-agent`, on Windows
/// `%ProgramData%\epmesh-agent\state`.
#[must_use]
pub fn default_state_dir() -> PathBuf {
    #[cfg(windows)]
    let path = program_data().join("state");
    #[cfg(not(windows))]
    let path = "/var/lib/epmesh-agent".into();
    path
}

/// The folder of everything of ours but the program: `%ProgramData%\epmesh-agent`.
#[cfg(windows)]
#[must_use]
pub fn program_data() -> PathBuf {
    // Windows always has that folder; if it will not say where, it is where it has always been.
    let root = epmesh_agent_host::os::windows::folders::program_data();
    root.unwrap_or_else(|_| r"C:\ProgramData".into()).join("epmesh-agent")
}

/// The configuration of the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The coordinators, tried in turn; empty means those given at enrolment.
    pub coordinators: Vec<String>,
    /// The name that the coordinators' certificates carry, where it is not the host of the address.
    pub server_name: Option<String>,
    /// The name of this domain controller, where it is not the one the host tells.
    pub name: Option<DnsName>,
    /// Which platform's code to use, where it is not the one this program was built for.
    pub platform: Option<String>,
    /// Where identity, plan and spool are kept.
    pub state_dir: PathBuf,
    /// The bounds of the spool.
    pub spool: SpoolLimits,
    /// The probes.
    pub probe: Probe,
    /// The ports that are asked.
    pub ports: Ports,
    /// Where Samba has its things.
    pub samba: Samba,
}

/// Settings of the looks at peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// How many at one time.
    pub concurrency: usize,
    /// The shortest time between two looks at one peer, whatever the coordinator asks for.
    pub min_interval: Duration,
    /// New connections in a minute, datagram sockets included; no coordinator lifts it.
    pub max_connections_per_minute: u32,
    /// Bytes in a minute, both ways; no coordinator lifts it.
    pub max_bytes_per_minute: u32,
    /// When peers are asked for their NTLM challenge.
    pub ntlm: NtlmChallenge,
}

/// The ports that are asked; others only in tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// The endpoint mapper, TCP.
    pub endpoint_mapper: u16,
    /// DNS, UDP and TCP.
    pub dns: u16,
    /// LDAP, TCP and UDP.
    pub ldap: u16,
    /// The NetBIOS name service, UDP.
    pub netbios: u16,
}

/// The places of Samba's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Samba {
    /// The configuration.
    pub smb_conf: PathBuf,
    /// The folder of the ncalrpc sockets.
    pub ncalrpc_dir: PathBuf,
    /// The privileged socket of the directory.
    pub ldapi: PathBuf,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            coordinators: Vec::new(),
            server_name: None,
            name: None,
            platform: None,
            state_dir: default_state_dir(),
            spool: SpoolLimits::default(),
            probe: Probe {
                concurrency: 32,
                min_interval: Duration::from_secs(5),
                max_connections_per_minute: 12_000,
                max_bytes_per_minute: 32 << 20,
                ntlm: NtlmChallenge::default(),
            },
            ports: Ports { endpoint_mapper: 135, dns: 53, ldap: 389, netbios: 137 },
            samba: Samba {
                smb_conf: PathBuf::from("/etc/samba/smb.conf"),
                ncalrpc_dir: PathBuf::from("/run/samba/ncalrpc"),
                ldapi: PathBuf::from("/var/lib/samba/private/ldap_priv/ldapi"),
            },
        }
    }
}

/// The configuration cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("could not read the configuration {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// There are problems in it: all of them, by line.
    #[error("{0}")]
    Problems(Problems),
}

impl Config {
    /// Reads the file at `path`, or the default file when there is one, or else the defaults.
    ///
    /// # Errors
    /// When a file that was named is not there, or there is any problem in it.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let default = default_path();
        let file = path.unwrap_or(&default);
        match std::fs::read_to_string(file) {
            Ok(text) => {
                Self::parse(&file.display().to_string(), &text).map_err(ConfigError::Problems)
            }
            Err(error) if path.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                Ok(Self::default())
            }
            Err(source) => Err(ConfigError::Read { path: file.to_owned(), source }),
        }
    }

    /// Reads the text of a configuration; `file` is used in problems only.
    ///
    /// # Errors
    /// All problems in it.
    pub fn parse(file: &str, text: &str) -> Result<Self, Problems> {
        let document = Document::parse(file, text)?;
        let root = document.root();
        let mut config = Self::default();
        set(&mut config.coordinators, root.list("coordinators", coordinator_url));
        config.server_name = root.parse("server-name", server_name);
        config.name = root.parse("name", str::parse);
        config.platform = root.parse("platform", platform);
        set(&mut config.state_dir, root.parse("state-dir", absolute));
        if let Some(spool) = root.table("spool") {
            let bytes = spool.integer("max-mib", 1..=4096).and_then(|mib| u64::try_from(mib).ok());
            set(&mut config.spool.bytes, bytes.map(|mib| mib << 20));
            set(&mut config.spool.reports, count(&spool, "max-reports", 100, 1_000_000));
        }
        if let Some(probe) = root.table("probe") {
            set(&mut config.probe.concurrency, count(&probe, "concurrency", 1, 1024));
            let bounds = Duration::from_millis(100)..=Duration::from_secs(3600);
            set(&mut config.probe.min_interval, probe.duration("min-interval", bounds));
            let to = &mut config.probe;
            let connections = number(&probe, "max-connections-per-minute", 60, 1_000_000);
            set(&mut to.max_connections_per_minute, connections);
            let bytes = number(&probe, "max-bytes-per-minute", 65_536, 1 << 30);
            set(&mut to.max_bytes_per_minute, bytes);
            set(&mut to.ntlm, probe.parse("ntlm-challenge", ntlm));
        }
        if let Some(ports) = root.table("ports") {
            let to = &mut config.ports;
            set(&mut to.endpoint_mapper, port(&ports, "endpoint-mapper"));
            set(&mut to.dns, port(&ports, "dns"));
            set(&mut to.ldap, port(&ports, "ldap"));
            set(&mut to.netbios, port(&ports, "netbios"));
        }
        if let Some(samba) = root.table("samba") {
            set(&mut config.samba.smb_conf, samba.parse("smb-conf", absolute));
            set(&mut config.samba.ncalrpc_dir, samba.parse("ncalrpc-dir", absolute));
            set(&mut config.samba.ldapi, samba.parse("ldapi", absolute));
        }
        document.finish()?;
        Ok(config)
    }
}

fn set<T>(to: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *to = value;
    }
}

fn port(table: &Section<'_>, key: &str) -> Option<u16> {
    table.integer(key, 1..=65535).and_then(|port| u16::try_from(port).ok())
}

fn number(table: &Section<'_>, key: &str, least: i64, most: i64) -> Option<u32> {
    table.integer(key, least..=most).and_then(|number| u32::try_from(number).ok())
}

fn count(table: &Section<'_>, key: &str, least: i64, most: i64) -> Option<usize> {
    table.integer(key, least..=most).and_then(|count| usize::try_from(count).ok())
}

fn server_name(text: &str) -> Result<String, &'static str> {
    let valid = text.parse::<IpAddr>().is_ok() || text.parse::<DnsName>().is_ok();
    if valid { Ok(text.to_owned()) } else { Err("it is neither a host name nor an address") }
}

fn platform(text: &str) -> Result<String, &'static str> {
    if matches!(text, "samba" | "windows") {
        Ok(text.to_owned())
    } else {
        Err("it is neither samba nor windows")
    }
}

fn ntlm(text: &str) -> Result<NtlmChallenge, &'static str> {
    match text {
        "when-needed" => Ok(NtlmChallenge::WhenNeeded),
        "always" => Ok(NtlmChallenge::Always),
        "never" => Ok(NtlmChallenge::Never),
        _ => Err("it is none of when-needed, always, never"),
    }
}

fn absolute(text: &str) -> Result<PathBuf, &'static str> {
    let path = PathBuf::from(text);
    if path.is_absolute() { Ok(path) } else { Err("it is no absolute path") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_the_default() {
        assert_eq!(Config::parse("x", "").expect("it is valid"), Config::default());
    }

    #[test]
    fn the_shipped_example_is_valid_and_shows_the_defaults() {
        let example =
            if cfg!(windows) { "windows/agent.example.toml" } else { "agent.example.toml" };
        let path = format!("{}/../deploy/{example}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).expect("the example is there");
        let config = Config::parse("agent.example.toml", &text).expect("it is valid");
        let expected = Config {
            coordinators: vec!["https://epmesh.lab.test:7443".to_owned()],
            ..Config::default()
        };
        assert_eq!(config, expected);
        // What is commented out must be valid too.
        let all: String = text
            .lines()
            .map(|line| line.strip_prefix("#: ").unwrap_or(line))
            .collect::<Vec<_>>()
            .join("\n");
        let config = Config::parse("agent.example.toml", &all).expect("it is valid");
        assert!(config.name.is_some() && config.platform.is_some() && config.server_name.is_some());
    }

    #[test]
    fn all_problems_are_told_at_once_with_their_lines() {
        let text = "coordinators = [\"http://x:1\"]\nplatform = \"hurd\"\n[ports]\ndns = 0\nldpa = 5\n\
            [probe]\nmin-interval = \"1x\"\n";
        let problems = Config::parse("agent.toml", text).expect_err("it is full of them");
        let lines: Vec<usize> = problems.list().iter().map(|p| p.line).collect();
        assert_eq!(lines, [1, 2, 4, 5, 7], "{problems}");
    }
}
