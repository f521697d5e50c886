//! The coordinator's configuration: a file, with flags over it.

mod client_protocols;

use std::{fs, io, net::SocketAddr, path::PathBuf, time::Duration};

use epmesh_common::{
    config::{Document, Problems, Section},
    rpc::{InterfaceId, names},
    windows::ClientProtocolRule,
};
use thiserror::Error;

use crate::{
    alert::{Receiver, Secret},
    fleet::{HISTORY, Settings},
    incident::Damping,
    pki::{self, AGENT_VALIDITY},
    store::EmbeddedEngine,
};

/// The port that agents and operators connect to, unless configured otherwise.
pub const DEFAULT_PORT: u16 = 7353;

/// The interfaces that are watched at most.
const MOST_INTERFACES: usize = 16;

/// The bounds of the interval; a second is for laboratories.
const INTERVAL: std::ops::RangeInclusive<Duration> =
    Duration::from_secs(1)..=Duration::from_secs(3600);

/// The bounds of what holds an incident down.
const HOLD: std::ops::RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(24 * 3600);

/// The options of `epmesh serve`.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// Where it keeps its store and its certificate authority.
    pub data_dir: PathBuf,
    /// The engine of the store.
    pub store: EmbeddedEngine,
    /// Where agents and operators connect.
    pub listen: SocketAddr,
    /// Where `/healthz` and `/readyz` answer; nowhere when `None`.
    pub web: Option<SocketAddr>,
    /// The names and addresses by which the coordinator is reached, for its certificate; those of
    /// `listen` and of this host's loopback need not be among them.
    pub names: Vec<String>,
    /// The time between two looks at the same peer.
    pub interval: Duration,
    /// The interfaces that are watched.
    pub interfaces: Vec<InterfaceId>,
    /// Where alerts go.
    pub webhooks: Vec<Receiver>,
    /// How long an agent's certificate is valid.
    pub agent_validity: Duration,
    /// How long a registration is remembered after it was last seen.
    pub history: Duration,
    /// The expected content of `HKLM\SOFTWARE\Microsoft\Rpc\ClientProtocols` of a Windows host.
    pub client_protocols: ClientProtocolRule,
    /// The configured times that hold incidents down; the others are as usual for the interval.
    pub incidents: IncidentOptions,
}

/// The configured times that hold incidents down: see [`Damping`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IncidentOptions {
    /// [`Damping::open_after`].
    pub open_after: Option<Duration>,
    /// [`Damping::resolve_after`].
    pub resolve_after: Option<Duration>,
    /// [`Damping::resolve_after_most`].
    pub resolve_after_most: Option<Duration>,
    /// [`Damping::reopen_within`].
    pub reopen_within: Option<Duration>,
}

/// The configuration cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: io::Error,
    },
    /// The file's content is wrong: every problem with its line.
    #[error(transparent)]
    Problems(#[from] Problems),
}

impl ServeOptions {
    /// The usual settings, with data in `data_dir` and agents expected at `listen`.
    #[must_use]
    pub fn new(data_dir: PathBuf, listen: SocketAddr) -> Self {
        Self {
            data_dir,
            store: EmbeddedEngine::default(),
            listen,
            web: None,
            names: Vec::new(),
            interval: Duration::from_secs(60),
            interfaces: default_interfaces(),
            webhooks: Vec::new(),
            agent_validity: AGENT_VALIDITY,
            history: HISTORY,
            client_protocols: ClientProtocolRule::default(),
            incidents: IncidentOptions::default(),
        }
    }

    /// Reads a configuration file.
    ///
    /// # Errors
    /// When it cannot be read, or anything in it is wrong; nothing is started then.
    pub fn load(path: &std::path::Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path)
            .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        Ok(Self::parse(&path.display().to_string(), &text)?)
    }

    /// Reads the text of a configuration file; `file` is its name in problems.
    ///
    /// # Errors
    /// Everything that is wrong with it, by line.
    pub fn parse(file: &str, text: &str) -> Result<Self, Problems> {
        let document = Document::parse(file, text)?;
        let root = document.root();
        root.require("data-dir");
        let data_dir = root.text("data-dir").map(PathBuf::from).unwrap_or_default();
        let listen = root.parse("listen", str::parse::<SocketAddr>);
        let mut options = Self::new(data_dir, listen.unwrap_or_else(Self::default_listen));
        options.store = root.parse("store", str::parse).unwrap_or_default();
        options.web = root.parse("web", str::parse::<SocketAddr>);
        options.names = root.list("names", server_name).unwrap_or_default();
        options.interval = root.duration("interval", INTERVAL).unwrap_or(options.interval);
        if let Some(interfaces) = root.list("interfaces", interface) {
            if interfaces.is_empty() || interfaces.len() > MOST_INTERFACES {
                let text = format!("`interfaces` needs 1 to {MOST_INTERFACES} entries");
                root.problem("interfaces", &text);
            }
            options.interfaces = interfaces;
        }
        if let Some(days) = root.integer("agent-certificate-days", 1..=3650) {
            options.agent_validity = u32::try_from(days).map_or(AGENT_VALIDITY, pki::days);
        }
        if let Some(days) = root.integer("history-days", 1..=365) {
            options.history = u32::try_from(days).map_or(HISTORY, pki::days);
        }
        if let Some(table) = root.table("client-protocols") {
            options.client_protocols = client_protocols::rule(&table);
        }
        if let Some(table) = root.table("incidents") {
            options.incidents = IncidentOptions {
                open_after: table.duration("open-after", HOLD),
                resolve_after: table.duration("resolve-after", HOLD),
                resolve_after_most: table.duration("resolve-after-most", HOLD),
                reopen_within: table.duration("reopen-within", HOLD),
            };
        }
        let webhooks = root.array_of_tables("webhook");
        options.webhooks = webhooks.iter().filter_map(webhook).collect();
        let mut seen = std::collections::BTreeSet::new();
        for (table, receiver) in webhooks.iter().zip(&options.webhooks) {
            if !seen.insert(receiver.name.clone()) {
                table.problem("name", &format!("two webhooks are named {:?}", receiver.name));
            }
        }
        document.finish()?;
        Ok(options)
    }

    /// The address on which a coordinator listens unless told otherwise: every address of the host.
    #[must_use]
    pub fn default_listen() -> SocketAddr {
        SocketAddr::from((std::net::Ipv6Addr::UNSPECIFIED, DEFAULT_PORT))
    }

    /// The damping of incidents.
    #[must_use]
    pub fn damping(&self) -> Damping {
        let usual = Damping::usual(self.interval);
        let IncidentOptions { open_after, resolve_after, resolve_after_most, reopen_within } =
            self.incidents;
        Damping {
            open_after: open_after.unwrap_or(usual.open_after),
            resolve_after: resolve_after.unwrap_or(usual.resolve_after),
            resolve_after_most: resolve_after_most.unwrap_or(usual.resolve_after_most),
            reopen_within: reopen_within.unwrap_or(usual.reopen_within),
        }
    }

    /// The settings of the fleet.
    #[must_use]
    pub fn settings(&self) -> Settings {
        Settings {
            interval: self.interval,
            interfaces: self.interfaces.clone(),
            client_protocols: self.client_protocols.clone(),
            history: self.history,
        }
    }
}

/// The interfaces that are watched unless configured otherwise: replication.
#[must_use]
pub fn default_interfaces() -> Vec<InterfaceId> {
    names::find("drsuapi").into_iter().collect()
}

fn server_name(text: &str) -> Result<String, String> {
    if text.parse::<std::net::IpAddr>().is_ok() {
        return Ok(text.to_owned());
    }
    let name = text.parse::<epmesh_common::facts::DnsName>();
    name.map(String::from).map_err(|error| error.to_string())
}

fn interface(text: &str) -> Result<InterfaceId, String> {
    names::find(text).ok_or_else(|| {
        format!("{text:?} is neither a known interface nor of the form `UUID vMAJOR.MINOR`")
    })
}

fn webhook(table: &Section<'_>) -> Option<Receiver> {
    for key in ["name", "url", "secret"] {
        table.require(key);
    }
    // Each by itself, so that all that is wrong is told.
    let name = table.parse("name", Receiver::name);
    let url = table.parse("url", Receiver::url);
    let secret = table.parse("secret", Secret::parse);
    Some(Receiver { name: name?, url: url?, secret: secret? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn reads_everything() {
        let text = format!(
            "data-dir = \"/var/lib/epmesh\"\nstore = \"redb\"\nlisten = \"10.0.0.1:7000\"\nweb = \"127.0.0.1:8080\"\n\
             names = [\"epmesh.lab.test\", \"10.0.0.1\"]\ninterval = \"5s\"\n\
             interfaces = [\"drsuapi\", \"12345678-1234-abcd-ef00-01234567cffb v1.0\"]\n\
             agent-certificate-days = 30\nhistory-days = 7\n\
             [incidents]\nopen-after = \"0s\"\nresolve-after = \"20s\"\n\
             [[webhook]]\nname = \"ops\"\nurl = \"https://hooks.lab.test/a\"\nsecret = \"{SECRET}\"\n"
        );
        let options = ServeOptions::parse("epmesh.toml", &text).expect("it is right");
        assert_eq!(options.listen, "10.0.0.1:7000".parse().expect("an address"));
        assert_eq!(options.store, EmbeddedEngine::Redb);
        assert_eq!(options.names.len(), 2);
        assert_eq!(options.interval, Duration::from_secs(5));
        assert_eq!(options.interfaces.len(), 2);
        assert_eq!(options.webhooks.len(), 1);
        assert_eq!(options.agent_validity, pki::days(30));
        assert_eq!(options.settings().history, pki::days(7));
        let damping = options.damping();
        assert_eq!((damping.open_after.as_secs(), damping.resolve_after.as_secs()), (0, 20));
        assert_eq!(damping.reopen_within, Damping::usual(options.interval).reopen_within);
    }

    #[test]
    fn the_example_is_right() {
        let text = include_str!("../../../deploy/epmesh.example.toml");
        let example = ServeOptions::parse("deploy/epmesh.example.toml", text).expect("it is right");
        let usual = ServeOptions::new("/var/lib/epmesh".into(), ServeOptions::default_listen());
        assert_eq!(example.store, usual.store);
        assert_eq!(example.listen, usual.listen);
        assert_eq!(example.interval, usual.interval);
        assert_eq!(example.interfaces, usual.interfaces);
        assert_eq!(example.agent_validity, usual.agent_validity);
        assert_eq!(example.history, usual.history);
        assert_eq!(example.client_protocols, usual.client_protocols);
        assert_eq!(example.damping(), usual.damping());
    }

    #[test]
    fn little_is_needed() {
        let options = ServeOptions::parse("f", "data-dir = \"/d\"\n").expect("it is right");
        assert_eq!(options.listen.port(), DEFAULT_PORT);
        assert_eq!(options.interfaces, default_interfaces());
        assert_eq!(options.interfaces.len(), 1);
    }

    #[test]
    fn tells_everything_that_is_wrong() {
        let text = "listen = \"here\"\nstore = \"etcd\"\nintervall = \"5s\"\ninterval = \"5h\"\n\
                    interfaces = [\"drsuap\"]\n[[webhook]]\nname = \"a\"\nurl = \"ftp://x\"\n\
                    secret = \"s\"\n[[webhook]]\nname = \"b\"\n";
        let problems = ServeOptions::parse("f", text).expect_err("much is wrong");
        let lines: Vec<_> = problems.list().iter().map(|problem| problem.line).collect();
        assert!(problems.list().len() >= 10, "{problems}");
        for line in [1, 2, 3, 4, 5, 8, 9, 10] {
            assert!(lines.contains(&line), "{line}: {problems}");
        }
    }
}
