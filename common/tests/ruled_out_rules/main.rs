//! "Ruled out" says only what was seen. For every cause: the fact, or the look, that can rule it out by the catalogue,
//! fresh and of the host that the words name.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test panics where it is wrong"
)]

mod host;
mod names;
mod seen;
mod way;

#[path = "../suite/cases.rs"]
mod cases;
#[path = "../suite/judged.rs"]
mod judged;
#[path = "../suite/mod.rs"]
mod suite;

use std::collections::BTreeMap;

use epmesh_common::diagnosis::{Cause, State};

use cases::holds;
use seen::Seen;

/// Whether what is said against a cause was seen.
fn is_seen(cause: Cause, seen: &Seen<'_>, why: &str) -> bool {
    match cause {
        Cause::HostsFileOverride => names::hosts_file(seen),
        Cause::LmhostsOverride => names::lmhosts_file(seen),
        Cause::WinsStale => names::wins(seen),
        Cause::DnsCacheStale => names::cache(seen),
        Cause::DnsAStale => names::addresses(seen, why),
        Cause::DnsCnameMissing => names::has_alias(seen),
        Cause::DnsCnameWrong => names::right_alias(seen),
        Cause::DnsServersDisagree => names::agree(seen),
        Cause::WrongServerIdentity => names::identity(seen, why),
        Cause::NtdsSettingsStale => names::settings(seen),
        Cause::ServiceNotStarted => host::was_started(seen, why),
        Cause::ServiceDied => host::has_not_died(seen, why),
        Cause::EndpointsUnregistered => host::is_not_unregistered(seen, why),
        Cause::RegistrationFailed => host::has_registered(seen, why) || way::told_a_port(seen, why),
        Cause::DirectoryServicesRestoreMode => host::normal_mode(seen),
        Cause::ClientProtocolsMissing => host::client_protocols(seen),
        Cause::RpcBindLinkageInvalid => host::bind(seen),
        Cause::RpcInternetPortsInvalid => host::internet_ports(seen),
        Cause::PortRangeExhausted => host::ports_in_use(seen, why),
        Cause::StaticPortConflict => host::no_static_port(seen),
        Cause::StaticPortInsideRange => host::static_port(seen, why, true),
        Cause::StaticPortOutsideRange => host::static_port(seen, why, false),
        Cause::DestinationNotServing => host::destination_serves(seen),
        Cause::ReplicationRefused => host::replicated(seen),
        Cause::EpmUnreachable => way::connected(seen, why),
        Cause::EpmAccessDenied => way::mapper_answers(seen, why),
        Cause::DynamicPortBlocked => way::answered(seen, why) || way::not_registered(seen, why),
        Cause::HostFirewall => way::answered(seen, why) && !why.contains("profile"),
        Cause::ServiceHangs => way::answered(seen, why),
        Cause::RpcFiltered => {
            host::no_filter(seen) && (way::bound(seen, why) || host::is_unlisted(seen))
        }
        Cause::AnswerAltered => way::told_what_is_listed(seen),
        Cause::LargePacketsLost => way::whole_map(seen, why),
        // Nothing that is seen once speaks against these: a record beside the right one may be asked for next time, a
        // port may be used up a minute later, and the others are states of which the words say what they are.
        Cause::DnsADuplicate
        | Cause::StartingUp
        | Cause::ProtocolSequenceMissing
        | Cause::PortRangeConstrained
        | Cause::RpcServiceMisconfigured
        | Cause::StaleEndpoint
        | Cause::PortExhaustion
        | Cause::NotError1753
        | Cause::Unknown
        | Cause::Healthy => false,
    }
}

#[test]
fn what_is_ruled_out_was_seen() {
    let mut met: BTreeMap<Cause, usize> = BTreeMap::new();
    holds(20_000, |case, all| {
        let seen = Seen::of(case);
        let mut wrong = Vec::new();
        for out in &case.verdict.ruled_out {
            *all += 1;
            *met.entry(out.cause).or_default() += 1;
            if !is_seen(out.cause, &seen, &out.why) {
                wrong.push(format!("{}: {}", out.cause, out.why));
            }
        }
        wrong
    });
    let wanted = [
        Cause::AnswerAltered,
        Cause::ClientProtocolsMissing,
        Cause::DestinationNotServing,
        Cause::DirectoryServicesRestoreMode,
        Cause::DnsAStale,
        Cause::DnsCacheStale,
        Cause::DnsCnameMissing,
        Cause::DnsCnameWrong,
        Cause::DnsServersDisagree,
        Cause::DynamicPortBlocked,
        Cause::EndpointsUnregistered,
        Cause::EpmAccessDenied,
        Cause::EpmUnreachable,
        Cause::HostFirewall,
        Cause::HostsFileOverride,
        Cause::LargePacketsLost,
        Cause::LmhostsOverride,
        Cause::NtdsSettingsStale,
        Cause::PortRangeExhausted,
        Cause::RegistrationFailed,
        Cause::ReplicationRefused,
        Cause::RpcBindLinkageInvalid,
        Cause::RpcFiltered,
        Cause::RpcInternetPortsInvalid,
        Cause::ServiceDied,
        Cause::ServiceHangs,
        Cause::ServiceNotStarted,
        Cause::StaticPortConflict,
        Cause::StaticPortInsideRange,
        Cause::StaticPortOutsideRange,
        Cause::WinsStale,
        Cause::WrongServerIdentity,
    ];
    let missing: Vec<&Cause> = wanted.iter().filter(|cause| !met.contains_key(cause)).collect();
    assert!(missing.is_empty(), "never ruled out, so that no rule was held: {missing:?}");
}

#[test]
fn no_cause_is_ruled_out_twice_or_is_the_verdict() {
    holds(20_000, |case, all| {
        let verdict = &case.verdict;
        let mut wrong = Vec::new();
        for (at, out) in verdict.ruled_out.iter().enumerate() {
            *all += 1;
            let is_twice =
                verdict.ruled_out.iter().take(at).any(|before| before.cause == out.cause);
            if is_twice || out.cause == verdict.cause {
                wrong.push(format!("{} twice", out.cause));
            }
        }
        // Who does not know rules nothing out.
        if verdict.state == State::Unknown && !verdict.ruled_out.is_empty() {
            wrong.push("nothing is known, and something is ruled out".to_owned());
        }
        wrong
    });
}
