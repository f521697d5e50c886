//! What to do about a cause, in order. A step that deletes, stops or restarts something says so; the
//! last step says what to check.

use epmesh_facts::{DnsName, Platform};
use epmesh_windows::Release;

use super::{
    super::{Cause, case::Case, finding::Finding},
    directory, further, interface_name, names, network, service, settings,
};

/// What the steps are made of.
pub(super) struct Ground<'a> {
    pub(super) case: &'a Case<'a>,
    pub(super) finding: &'a Finding,
    pub(super) dest: &'a DnsName,
    pub(super) source: &'a DnsName,
    /// The culprit's kind, name and value; empty where there is none.
    pub(super) kind: &'a str,
    pub(super) name: &'a str,
    pub(super) value: &'a str,
}

impl<'a> Ground<'a> {
    fn new(case: &'a Case<'a>, finding: &'a Finding) -> Self {
        let culprit = finding.culprit.as_ref();
        Self {
            case,
            finding,
            dest: case.destination(),
            source: case.source(),
            kind: culprit.map_or("", |culprit| culprit.kind.as_str()),
            name: culprit.map_or("", |culprit| culprit.name.as_str()),
            value: culprit.map_or("", |culprit| culprit.value.as_str()),
        }
    }

    /// The command that has the source registered where it shows; the same for every record.
    pub(super) fn at_source(&self, windows: &str, samba: &str) -> String {
        command(self.case.source_platform(), windows, samba)
    }

    /// Whether the source is of the time before Windows Server 2008, when the directory was no service,
    /// and netsh had neither dynamic ports nor RPC filters.
    pub(super) fn source_is_early(&self) -> bool {
        let host = self.case.evidence.source.host.as_ref();
        let release = host.and_then(|host| Release::of(host.fact.version.value()?));
        release.is_some_and(|release| release < Release::Windows2008)
    }

    /// How the endpoint mapper of the source is asked by hand, from the destination.
    pub(super) fn ask_mapper(&self) -> String {
        let source = self.source;
        command(
            self.case.destination_platform(),
            &format!("portqry -n {source} -e 135"),
            &format!("rpcdump.py {source} (impacket)"),
        )
    }
}

/// What to do, in order; the last step says what to check afterwards.
pub(in super::super) fn remedy(case: &Case<'_>, finding: &Finding) -> Vec<String> {
    let ground = Ground::new(case, finding);
    let mut steps = match finding.cause {
        Cause::Healthy => return Vec::new(),
        Cause::Unknown => {
            let missing = finding.missing.iter().map(|what| format!("needed to decide: {what}"));
            return missing.chain([check(case)]).collect();
        }
        Cause::HostsFileOverride
        | Cause::LmhostsOverride
        | Cause::WinsStale
        | Cause::DnsAStale
        | Cause::DnsADuplicate
        | Cause::DnsCnameWrong
        | Cause::DnsCnameMissing
        | Cause::DnsServersDisagree
        | Cause::DnsCacheStale
        | Cause::WrongServerIdentity => names::steps(&ground),
        Cause::NtdsSettingsStale => directory::steps(&ground),
        Cause::ServiceNotStarted
        | Cause::DirectoryServicesRestoreMode
        | Cause::StartingUp
        | Cause::ServiceDied
        | Cause::EndpointsUnregistered
        | Cause::RegistrationFailed
        | Cause::ProtocolSequenceMissing
        | Cause::RpcServiceMisconfigured => service::steps(&ground),
        Cause::PortRangeExhausted
        | Cause::PortRangeConstrained
        | Cause::RpcInternetPortsInvalid
        | Cause::RpcBindLinkageInvalid
        | Cause::StaticPortConflict
        | Cause::ClientProtocolsMissing
        | Cause::StaticPortOutsideRange
        | Cause::StaticPortInsideRange => settings::steps(&ground),
        Cause::EpmUnreachable
        | Cause::DynamicPortBlocked
        | Cause::HostFirewall
        | Cause::RpcFiltered
        | Cause::StaleEndpoint
        | Cause::EpmAccessDenied
        | Cause::PortExhaustion
        | Cause::NotError1753 => network::steps(&ground),
    };
    steps.extend(further::steps(&ground));
    steps.extend(finding.missing.iter().map(|what| format!("needed to say more: {what}")));
    steps.push(check(case));
    steps
}

/// The command that looks again.
fn check(case: &Case<'_>) -> String {
    let (dest, source) = (case.destination(), case.source());
    let interface = match interface_name(case.interface()) {
        name if name == "drsuapi" => String::new(),
        // Double quotes are quotes in every shell, those of Windows too.
        name if name.contains(' ') => format!(" --interface \"{name}\""),
        name => format!(" --interface {name}"),
    };
    format!("then check: epmesh diagnose {dest} {source}{interface} --now")
}

/// The command for the platform of a host; both where it is not known.
pub(super) fn command(platform: Option<Platform>, windows: &str, samba: &str) -> String {
    match platform {
        Some(Platform::Windows) => windows.to_owned(),
        Some(Platform::Samba) => samba.to_owned(),
        Some(Platform::Simulated) | None => format!("{windows} (Windows), {samba} (Samba)"),
    }
}
