//! The trait that every platform implements, and what all of them share.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use epmesh_facts::{self as facts, Blank, DnsName, Host, Reason, Section, SectionKind};
use tonic::async_trait;

use super::name_cache::NameCache;

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
    /// [`facts::Reading::Unreadable`] or as a [`facts::Failure`], with its reason, beside what could. The result
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
    why: impl Into<Reason>,
) -> Section {
    let blank = Blank::unreadable(why);
    Section::blank(kind, &blank, || Host::blank(name.clone(), platform, AGENT_VERSION, &blank))
}

/// The agent's version, as its host section tells it.
pub const AGENT_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The longest that reading one section may take before the daemon gives it up.
pub const SECTION_TIMEOUT: Duration = Duration::from_secs(20);

/// The name of a host that has none.
#[must_use]
pub fn unnamed() -> DnsName {
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
