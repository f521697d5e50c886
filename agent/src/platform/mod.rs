//! What the agent reads on its own host, behind one trait; each platform is a folder.

pub mod directory;
pub mod elsewhere;
pub mod file;
pub mod hosts;
pub mod lmhosts;
pub mod mapper;
pub mod port_use;
#[cfg(target_os = "linux")]
pub mod samba;
pub mod windows;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use epmesh_common::facts::{
    self, Blank, Directory, DnsName, EndpointMap, Events, Failure, Filters, Host, MapView, PortUse,
    Ports, Replication, Resolver, RpcSettings, Section, SectionKind, Services, Through,
};
use thiserror::Error;
use tonic::async_trait;

use crate::{config::Config, probe::NameCache};

/// A host that can be asked for what it knows about itself.
///
/// Object safe: the daemon holds an `Arc<dyn Platform>`, and the simulated domain controllers of
/// the test suites implement it too.
#[async_trait]
pub trait Platform: Send + Sync + 'static {
    /// Which platform's code this is.
    fn kind(&self) -> facts::Platform;

    /// Reads one section of the host's own facts.
    ///
    /// There is no error: whatever could not be read stands in the section as
    /// [`facts::Reading::Unreadable`] or as a [`Failure`], with its reason, beside what could. The result
    /// is always of the kind that was asked for. Implementations bound their own work and keep
    /// blocking calls off the async threads; dropping the future gives the work up.
    ///
    /// `asked` is when the caller began to want it: nothing that was read before is given. Sections that
    /// are wanted together, with the same `asked`, may share a reading.
    async fn collect(&self, kind: SectionKind, asked: Instant) -> Section;

    /// The cache of names that this host has beside its DNS servers, where it can be looked into.
    fn name_cache(&self) -> Option<Arc<dyn NameCache>> {
        None
    }

    /// The platform's name as `--platform` takes it.
    fn name(&self) -> &'static str {
        match self.kind() {
            facts::Platform::Samba => "samba",
            facts::Platform::Windows => "windows",
            facts::Platform::Simulated => "simulated",
        }
    }
}

/// The section `kind` of the host `name` when nothing of it could be read, for the reason `why`.
#[must_use]
pub fn unreadable(
    kind: SectionKind,
    platform: facts::Platform,
    name: &DnsName,
    why: &str,
) -> Section {
    let blank = Blank::unreadable(why);
    Section::blank(kind, &blank, || Host::blank(name.clone(), platform, AGENT_VERSION, &blank))
}

/// The agent's version, as its host section tells it.
pub(crate) const AGENT_VERSION: &str = env!("CARGO_PKG_VERSION");

/// This host cannot be read by the platform's code.
#[derive(Debug, Error)]
#[error("this program has no platform {name:?}; it was built for {built}")]
pub struct PlatformError {
    /// What was asked for.
    pub name: String,
    /// What there is.
    pub built: &'static str,
}

#[cfg(target_os = "linux")]
const BUILT_FOR: &str = "samba";
#[cfg(windows)]
const BUILT_FOR: &str = "windows";
#[cfg(not(any(target_os = "linux", windows)))]
const BUILT_FOR: &str = "no platform";

/// The platform of this host, or the one called `choice`. `name` is the name that the agent was
/// enrolled under, for when the host does not tell its own.
///
/// # Errors
/// When this program was not built for it.
pub fn detect(
    choice: Option<&str>,
    config: &Config,
    name: Option<DnsName>,
) -> Result<Arc<dyn Platform>, PlatformError> {
    let name = config.name.clone().or(name);
    match choice.unwrap_or(BUILT_FOR) {
        #[cfg(target_os = "linux")]
        "samba" => Ok(Arc::new(samba::Samba::new(samba::SambaSettings {
            smb_conf: config.samba.smb_conf.clone(),
            ncalrpc_dir: config.samba.ncalrpc_dir.clone(),
            ldapi: config.samba.ldapi.clone(),
            endpoint_mapper_port: config.ports.endpoint_mapper,
            name,
            ..samba::SambaSettings::default()
        }))),
        #[cfg(windows)]
        "windows" => Ok(Arc::new(windows::Windows::new(windows::WindowsSettings {
            name,
            state_dir: config.state_dir.clone(),
            endpoint_mapper_port: config.ports.endpoint_mapper,
        }))),
        other => Err(PlatformError { name: other.to_owned(), built: BUILT_FOR }),
    }
}

/// The longest that reading one section may take before the daemon gives it up.
pub const SECTION_TIMEOUT: Duration = Duration::from_secs(20);

/// The name of a host that has none.
pub(crate) fn unnamed() -> DnsName {
    // The text is a host name (a test says so): the loop ends at once.
    loop {
        if let Ok(name) = "unnamed.invalid".parse() {
            return name;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_without_a_name_has_one() {
        assert_eq!(unnamed().as_str(), "unnamed.invalid");
    }

    #[test]
    fn a_section_that_could_not_be_read_keeps_its_kind() {
        let name: DnsName = "dc1.lab.test".parse().expect("a host name");
        for kind in SectionKind::ALL {
            let section = unreadable(kind, facts::Platform::Samba, &name, "it took too long");
            assert_eq!(section.kind(), kind);
            let text = serde_json::to_string(&section).expect("a section is JSON");
            assert!(text.contains("it took too long"), "{text}");
        }
    }
}
