//! The context of a remedy: what its steps are made of.

use epmesh_facts::{DnsName, Platform, Services, Stamped};
use epmesh_windows::Release;

use super::{
    super::super::{case::Case, culprit::Culprit, rules::Finding},
    commands::command,
};

/// The context from which the steps of a remedy are made.
pub(super) struct RemedyContext<'a> {
    pub(super) case: &'a Case<'a>,
    pub(super) finding: &'a Finding,
    pub(super) dest: &'a DnsName,
    pub(super) source: &'a DnsName,
    pub(super) culprit: Option<&'a Culprit>,
    /// The culprit's name in words; empty where there is none.
    pub(super) name: String,
    /// What is wrong with it, in words; empty where there is none.
    pub(super) value: String,
}

impl<'a> RemedyContext<'a> {
    pub(super) fn new(case: &'a Case<'a>, finding: &'a Finding) -> Self {
        let culprit = finding.culprit.as_deref();
        Self {
            case,
            finding,
            dest: case.destination(),
            source: case.source(),
            culprit,
            name: culprit.map(Culprit::name).unwrap_or_default(),
            value: culprit.map(Culprit::value).unwrap_or_default(),
        }
    }

    /// The command for the platform of the source; both where it is not known.
    pub(super) fn at_source(&self, windows: &str, samba: &str) -> String {
        command(self.source_platform(), windows, samba)
    }

    /// The platform of the source: by its own word, else by its services.
    pub(super) fn source_platform(&self) -> Option<Platform> {
        self.case.source_platform().or_else(|| by_services(self.case.source_services?))
    }

    /// The platform of the destination, likewise.
    pub(super) fn destination_platform(&self) -> Option<Platform> {
        self.case.destination_platform().or_else(|| by_services(self.case.destination_services?))
    }

    /// Whether the source is of the time before Windows Server 2008, when the directory was no service,
    /// and netsh had neither dynamic ports nor RPC filters.
    pub(super) fn source_is_early(&self) -> bool {
        let host = self.case.evidence.source.host.as_ref();
        let release = host.and_then(|host| Release::of(host.fact.version.value()?));
        release.is_some_and(|release| release < Release::Windows2008)
    }

    /// The step that asks the endpoint mapper of the source by hand, from the destination.
    pub(super) fn ask_mapper(&self) -> String {
        let source = self.source;
        command(
            self.destination_platform(),
            &format!("portqry -n {source} -e 135"),
            &format!("rpcdump.py {source} (impacket)"),
        )
    }
}

/// The platform by the names of services: no service of Windows is called as the tasks of samba are.
fn by_services(services: &Stamped<Services>) -> Option<Platform> {
    let list = services.fact.list.value()?;
    let is_samba = list.iter().any(|service| service.name.starts_with("samba"));
    (!list.is_empty()).then_some(if is_samba { Platform::Samba } else { Platform::Windows })
}
