//! What the agent reads on its own host, behind one trait; each platform is a folder.

use std::time::Duration;

use epmesh_common::facts::{
    self, Directory, DnsName, EndpointMap, Failure, Host, MapView, Ports, Reading, Replication,
    Resolver, Section, SectionKind, Services, Through,
};
use tonic::async_trait;

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
    /// [`Reading::Unreadable`] or as a [`Failure`], with its reason, beside what could. The result
    /// is always of the kind that was asked for. Implementations bound their own work and keep
    /// blocking calls off the async threads; dropping the future gives the work up.
    async fn collect(&self, kind: SectionKind) -> Section;

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
    fn no<T>(why: &str) -> Reading<T> {
        Reading::Unreadable(why.chars().take(300).collect())
    }
    match kind {
        SectionKind::Host => Section::Host(Host {
            name: name.clone(),
            netbios_name: no(why),
            domain: no(why),
            forest: no(why),
            site: no(why),
            dsa_guid: no(why),
            addresses: no(why),
            platform,
            os: no(why),
            boot: no(why),
            agent_version: env!("CARGO_PKG_VERSION").to_owned(),
        }),
        SectionKind::EndpointMap => Section::EndpointMap(EndpointMap {
            views: vec![MapView {
                through: Through::Local,
                endpoints: Err(Failure::Local(why.chars().take(300).collect())),
            }],
        }),
        SectionKind::Services => Section::Services(Services { list: no(why) }),
        SectionKind::Ports => {
            Section::Ports(Ports { dynamic: no(why), rpc: no(why), listeners: no(why) })
        }
        SectionKind::Resolver => {
            Section::Resolver(Resolver { hosts: no(why), servers: no(why), search: no(why) })
        }
        SectionKind::Directory => Section::Directory(Directory { settings: no(why) }),
        SectionKind::Replication => Section::Replication(Replication { neighbours: no(why) }),
    }
}

/// The longest that reading one section may take before the daemon gives it up.
pub const SECTION_TIMEOUT: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use super::*;

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
