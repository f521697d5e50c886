//! What to do about a cause, in order. A step that deletes says so; the last step says what to check.

use super::{
    super::{Cause, case::Case, finding::Finding},
    interface_name, names, server,
};
use crate::facts::Platform;

/// What to do, in order; the last step says what to check afterwards.
pub(in super::super) fn remedy(case: &Case<'_>, finding: &Finding) -> Vec<String> {
    let mut steps = match finding.cause {
        Cause::Healthy => return Vec::new(),
        Cause::Unknown => {
            return finding
                .missing
                .iter()
                .map(|what| format!("needed to decide: {what}"))
                .collect();
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
        | Cause::WrongServerIdentity
        | Cause::NtdsSettingsStale => names::steps(case, finding),
        _ => server::steps(case, finding),
    };
    steps.extend(finding.missing.iter().map(|what| format!("needed to say more: {what}")));
    steps.push(check(case));
    steps
}

/// The command that looks again.
fn check(case: &Case<'_>) -> String {
    let (dest, source) = (case.destination(), case.source());
    let interface = match interface_name(case.interface()) {
        name if name == "drsuapi" => String::new(),
        name => format!(" --interface '{name}'"),
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
