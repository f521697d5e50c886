//! Every fault of the lab, and the verdict it must have.

use std::time::{Duration, Instant};

use epmesh_common::diagnosis::{Cause, Confidence, Side, State};

use crate::lab::Lab;

const NETWORK_OR_SOURCE: &[Side] = &[Side::Network, Side::Source];

/// The name in the lab, the cause, and the sides on which it may be said to lie: where every witness
/// fails and the source listens, a filter on the host and one in front of it look the same.
const FAULTS: &[(&str, Cause, &[Side])] = &[
    ("hosts", Cause::HostsFileOverride, &[Side::NameResolution]),
    ("wrong-a-member", Cause::DnsAStale, &[Side::NameResolution]),
    ("wrong-a-dc3", Cause::WrongServerIdentity, &[Side::NameResolution]),
    ("wrong-a-dead", Cause::DnsAStale, &[Side::NameResolution]),
    ("wrong-cname", Cause::WrongServerIdentity, &[Side::NameResolution]),
    ("no-cname", Cause::DnsCnameMissing, &[Side::NameResolution]),
    ("135-reject", Cause::EpmUnreachable, NETWORK_OR_SOURCE),
    ("135-drop", Cause::EpmUnreachable, NETWORK_OR_SOURCE),
    ("dyn-reject", Cause::DynamicPortBlocked, NETWORK_OR_SOURCE),
    ("dyn-drop", Cause::DynamicPortBlocked, NETWORK_OR_SOURCE),
    ("all-drop", Cause::EpmUnreachable, NETWORK_OR_SOURCE),
    ("stopped", Cause::ServiceDied, &[Side::Source]),
    ("no-rpc", Cause::ServiceDied, &[Side::Source]),
    ("not-started", Cause::ServiceNotStarted, &[Side::Source]),
    ("no-drsuapi", Cause::RegistrationFailed, &[Side::Source]),
    ("stale-guid", Cause::NtdsSettingsStale, &[Side::Directory]),
];

/// Until a verdict is there; a service that has just started is given 20 s to register.
const LIMIT: Duration = Duration::from_secs(60);

pub(crate) fn every_fault_has_its_verdict(lab: &Lab) {
    let mut wrong = Vec::new();
    for (name, cause, sides) in FAULTS {
        healthy(lab);
        lab.run(&["fault", name]);
        if let Err(why) = verdict(lab, name, *cause, sides) {
            wrong.push(format!("{name}: {why}"));
        }
        lab.run(&["heal"]);
    }
    healthy(lab);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The first verdict that is not "unknown" has to be the right one.
fn verdict(lab: &Lab, name: &str, cause: Cause, sides: &[Side]) -> Result<(), String> {
    let begun = Instant::now();
    loop {
        let asked = Instant::now();
        let verdict = lab.diagnose();
        let took = asked.elapsed();
        if verdict.state != State::Unknown {
            println!(
                "{name}: {} {} {} {} error {} in {took:.1?}",
                verdict.state, verdict.cause, verdict.side, verdict.confidence, verdict.error.code
            );
            let right = verdict.state == State::Failing
                && verdict.cause == cause
                && sides.contains(&verdict.side)
                && verdict.culprit.is_some()
                && !verdict.remedy.is_empty()
                && verdict.confidence >= Confidence::Likely;
            let json = || serde_json::to_string_pretty(&verdict).unwrap_or_default();
            return if right { Ok(()) } else { Err(json()) };
        }
        if begun.elapsed() > LIMIT {
            return Err(format!("unknown for {LIMIT:?}: {:?}", verdict.remedy));
        }
    }
}

fn healthy(lab: &Lab) {
    lab.until("dc1 <- dc2 is healthy", LIMIT, || lab.diagnose().state == State::Healthy);
}
