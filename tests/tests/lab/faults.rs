//! Every fault of the lab, and the verdict it must have.

use std::time::{Duration, Instant};

use epmesh_common::diagnosis::{Cause, Confidence, Side, State, Verdict};
use serde_json::Value;

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
    ("killed", Cause::ServiceDied, &[Side::Source]),
    ("no-rpc", Cause::ServiceDied, &[Side::Source]),
    ("not-started", Cause::ServiceNotStarted, &[Side::Source]),
    ("no-drsuapi", Cause::RegistrationFailed, &[Side::Source]),
    ("stale-guid", Cause::NtdsSettingsStale, &[Side::Directory]),
];

/// Until a verdict is there; a service that has just started is given 20 s to register.
const LIMIT: Duration = Duration::from_secs(60);

pub(crate) fn every_fault_has_its_verdict(lab: &Lab) {
    let mut wrong = Vec::new();
    let mut names = Vec::new();
    let mut flapped = false;
    for (name, cause, sides) in FAULTS {
        flapped |= works(lab);
        lab.run(&["fault", name]);
        if let Err(why) = verdict(lab, name, *cause, sides) {
            wrong.push(format!("{name}: {why}"));
            names.push(*name);
        }
        lab.run(&["heal"]);
    }
    flapped |= works(lab);
    // The names once more at the end: what a CI shows is the end.
    assert!(wrong.is_empty(), "{}\nwrong: {}", wrong.join("\n"), names.join(", "));
    assert!(flapped, "dc2 lost its registration time and again, and nobody said so");
}

/// Two faults at once that have nothing to do with each other: each link is told its own.
pub(crate) fn two_at_once_are_told_apart(lab: &Lab) {
    works(lab);
    lab.run(&["fault", "killed", "hosts-dc3"]);
    for (destination, source, cause) in [
        ("dc1", "dc2", Cause::ServiceDied),
        ("dc3", "dc2", Cause::ServiceDied),
        ("dc1", "dc3", Cause::HostsFileOverride),
    ] {
        let verdict = decided(lab, destination, source).unwrap();
        assert_eq!((verdict.state, verdict.cause), (State::Failing, cause), "{verdict:#?}");
        println!("two at once: {destination} <- {source} {} {}", verdict.cause, verdict.confidence);
    }
    let other = decided(lab, "dc3", "dc1").unwrap();
    assert_eq!(other.state, State::Healthy, "{other:#?}");
    lab.run(&["heal"]);
    works(lab);
}

/// A fault that goes away before anybody has done anything: seen, and seen to be over.
pub(crate) fn one_that_heals_by_itself_is_over(lab: &Lab) {
    works(lab);
    lab.run(&["fault", "135-passing"]);
    let verdict = decided(lab, "dc1", "dc2").unwrap();
    assert_eq!(
        (verdict.state, verdict.cause),
        (State::Failing, Cause::EpmUnreachable),
        "{verdict:#?}"
    );
    println!("135-passing: {} {}", verdict.cause, verdict.confidence);
    works(lab);
    lab.run(&["heal"]);
}

/// Nobody speaks for dc2. What the others see still decides where they were led to and that nothing
/// answers; why the service is gone cannot be seen, and must not be claimed.
pub(crate) fn without_an_agent_on_the_source(lab: &Lab) {
    works(lab);
    lab.run(&["agent-stop", "dc2"]);
    lab.until("dc2's agent is known to be silent", LIMIT, || {
        let dcs: Vec<Value> = lab.ask(&["dcs"]);
        dcs.iter().any(|dc| dc["name"] == "dc2.lab.test" && dc["connected"] == false)
    });
    for (fault, causes) in [
        ("wrong-a-member", &[Cause::DnsAStale, Cause::WrongServerIdentity] as &[Cause]),
        ("stopped", &[Cause::EpmUnreachable, Cause::Unknown]),
    ] {
        lab.run(&["fault", fault]);
        let verdict = lab.diagnose("dc1", "dc2");
        println!(
            "{fault} without an agent on dc2: {} {} {} {}",
            verdict.state, verdict.cause, verdict.side, verdict.confidence
        );
        assert_eq!(verdict.state, State::Failing, "{verdict:#?}");
        assert!(causes.contains(&verdict.cause), "{verdict:#?}");
        lab.run(&["heal"]);
    }
    lab.run(&["agent-start", "dc2"]);
    works(lab);
}

/// The first verdict that is not "unknown".
fn decided(lab: &Lab, destination: &str, source: &str) -> Result<Verdict, String> {
    let begun = Instant::now();
    loop {
        let verdict = lab.diagnose(destination, source);
        if verdict.state != State::Unknown {
            return Ok(verdict);
        }
        if begun.elapsed() > LIMIT {
            return Err(format!("unknown for {LIMIT:?}: {:?}", verdict.remedy));
        }
    }
}

/// The first verdict that is not "unknown" has to be the right one.
fn verdict(lab: &Lab, name: &str, cause: Cause, sides: &[Side]) -> Result<(), String> {
    let begun = Instant::now();
    let verdict = decided(lab, "dc1", "dc2")?;
    println!(
        "{name}: {} {} {} {} error {} after {:.1?}",
        verdict.state,
        verdict.cause,
        verdict.side,
        verdict.confidence,
        verdict.error.code,
        begun.elapsed()
    );
    let right = verdict.state == State::Failing
        && verdict.cause == cause
        && sides.contains(&verdict.side)
        && verdict.culprit.is_some()
        && !verdict.remedy.is_empty()
        && verdict.confidence >= Confidence::Likely;
    if right {
        return Ok(());
    }
    let whole = serde_json::to_string_pretty(&verdict).unwrap_or_default();
    let (state, said, side) = (verdict.state, verdict.cause, verdict.side);
    Err(format!("{whole}\n{name}: {state} {said} {side} {}, not {cause}", verdict.confidence))
}

/// Waits until dc1 replicates from dc2 again. Four of the faults take dc2's registration away, one after
/// the other; from the third on the link works and is called latent, since the registration is flapping:
/// whether it was.
fn works(lab: &Lab) -> bool {
    let begun = Instant::now();
    loop {
        let verdict = lab.diagnose("dc1", "dc2");
        let flapping =
            verdict.culprit.as_ref().is_some_and(|culprit| culprit.value.starts_with("flapping"));
        if verdict.state == State::Healthy || verdict.state == State::Latent && flapping {
            return flapping;
        }
        assert!(
            begun.elapsed() < LIMIT,
            "dc1 <- dc2 does not work {LIMIT:?} after a fault was healed: {}",
            serde_json::to_string_pretty(&verdict).unwrap_or_default()
        );
    }
}
