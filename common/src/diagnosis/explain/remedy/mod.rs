//! The remedy for a cause: its steps, in order. A step that deletes, stops or restarts something
//! says so; the last step says what to check.

mod commands;
mod context;
mod destination;
mod directory;
mod filters;
mod foreign;
mod hangs;
pub(in crate::diagnosis) mod join;
mod names;
mod network;
mod next_failures;
mod origins;
mod other_error;
mod ports;
mod records;
mod registering;
mod replication;
mod servers;
mod service;
mod settings;
mod silence;
mod static_port;
mod way;

use epmesh_rpc::names as known;

use self::context::RemedyContext;
use super::super::{case::Case, cause::Cause, rules::Finding, verdict::look_again};

/// The steps of the remedy, in order; the last step says what to check afterwards.
pub(in crate::diagnosis) fn remedy(case: &Case<'_>, finding: &Finding) -> Vec<String> {
    let context = RemedyContext::new(case, finding);
    if finding.cause == Cause::Healthy {
        let missing = finding.missing.iter();
        return missing.map(|what| format!("needed to say more: {}", what.words(case))).collect();
    }
    let mut steps = silence::steps(&context);
    if finding.cause == Cause::Unknown {
        let missing = finding.missing.iter();
        steps.extend(missing.map(|what| format!("needed to decide: {}", what.words(case))));
        steps.push(check(case));
        return steps;
    }
    steps.extend(match finding.cause {
        Cause::Healthy | Cause::Unknown => Vec::new(),
        Cause::HostsFileOverride
        | Cause::LmhostsOverride
        | Cause::WinsStale
        | Cause::DnsAStale
        | Cause::DnsADuplicate
        | Cause::DnsCnameWrong
        | Cause::DnsCnameMissing
        | Cause::DnsServersDisagree
        | Cause::DnsCacheStale
        | Cause::WrongServerIdentity => names::steps(&context),
        Cause::NtdsSettingsStale => directory::steps(&context),
        Cause::DestinationNotServing => destination::not_serving(&context),
        Cause::ReplicationRefused => replication::steps(&context),
        Cause::ServiceNotStarted
        | Cause::DirectoryServicesRestoreMode
        | Cause::StartingUp
        | Cause::ServiceDied
        | Cause::EndpointsUnregistered
        | Cause::RegistrationFailed
        | Cause::ProtocolSequenceMissing
        | Cause::RpcServiceMisconfigured => service::steps(&context),
        Cause::ServiceHangs => hangs::steps(&context),
        Cause::PortRangeExhausted
        | Cause::PortRangeConstrained
        | Cause::RpcInternetPortsInvalid
        | Cause::RpcBindLinkageInvalid
        | Cause::StaticPortConflict
        | Cause::ClientProtocolsMissing
        | Cause::StaticPortOutsideRange
        | Cause::StaticPortInsideRange => settings::steps(&context),
        Cause::EpmUnreachable
        | Cause::DynamicPortBlocked
        | Cause::HostFirewall
        | Cause::RpcFiltered
        | Cause::AnswerAltered
        | Cause::LargePacketsLost
        | Cause::StaleEndpoint
        | Cause::EpmAccessDenied
        | Cause::PortExhaustion
        | Cause::NotError1753 => way::steps(&context).unwrap_or_else(|| network::steps(&context)),
    });
    steps.extend(silence::last_step(&context));
    steps.extend(next_failures::steps(&context));
    let missing = finding.missing.iter();
    steps.extend(missing.map(|what| format!("needed to say more: {}", what.words(case))));
    steps.push(check(case));
    steps
}

/// The command that looks again.
fn check(case: &Case<'_>) -> String {
    let (dest, source) = (case.destination(), case.source());
    let interface = match known::label(case.interface()) {
        // Replication is what is diagnosed without being named.
        _ if case.is_replication() => String::new(),
        // Double quotes are quotes in every shell, those of Windows too.
        name if name.contains(' ') => format!(" --interface \"{name}\""),
        name => format!(" --interface {name}"),
    };
    look_again(&format!("epmesh diagnose {dest} {source}{interface} --now"))
}
