//! The engine, a row a scenario: a healthy link, one thing changed, the verdict expected.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test panics where it is wrong"
)]

mod candidates;
mod forest;
mod healthy;
mod join;
mod latent;
mod names;
mod own_word;
mod paths;
mod registration;
mod row;
mod rows;

use epmesh_common::{
    diagnosis::{Cause, Evidence, State, diagnose},
    facts::{Answer, Failure, Record, RecordData, RecordType, Source},
};
use healthy::{DC1, DC2_GUID, MEMBER, SECOND, Scenario, address, error, name, now};
use rows::rows;

#[test]
fn every_row() {
    let mut wrong = Vec::new();
    for row in rows() {
        let mut scenario = Scenario::healthy();
        (row.change)(&mut scenario);
        let v = diagnose(&scenario.evidence, now());
        let got = (v.state, v.cause, v.side, v.confidence, v.error.code);
        if got != row.expect {
            wrong.push(format!("{}:\n  expected {:?}\n  got      {got:?}", row.name, row.expect));
        }
        if v.state != State::Healthy && v.remedy.is_empty() {
            wrong.push(format!("{}: no remedy", row.name));
        }
        if v.cause != Cause::Healthy && v.cause != Cause::Unknown && v.culprit.is_none() {
            wrong.push(format!("{}: no culprit", row.name));
        }
        if v.ruled_out.iter().any(|out| out.cause == v.cause) {
            wrong.push(format!("{}: rules out its own cause", row.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_culprit_names_server_and_record() {
    let mut scenario = Scenario::healthy();
    scenario.a_record(&["10.0.0.11", "10.0.0.13"], &[MEMBER]);
    scenario.lead_to_member();
    let verdict = diagnose(&scenario.evidence, now());
    let culprit = verdict.culprit.expect("a wrong record has a culprit").text();
    assert_eq!(culprit.kind, "dns-record");
    assert_eq!(
        culprit.name,
        "A dc2.lab.test on DNS server 10.0.0.11 (dc1.lab.test), 10.0.0.13 (dc3.lab.test)"
    );
    assert_eq!(culprit.value, "10.0.0.50, which is member.lab.test");
}

#[test]
fn the_culprit_names_file_and_line() {
    let mut scenario = Scenario::healthy();
    scenario.hosts_line(4, MEMBER);
    scenario.lead_to_member();
    let verdict = diagnose(&scenario.evidence, now());
    let culprit = verdict.culprit.expect("a hosts line has a culprit").text();
    assert_eq!(culprit.name, "/etc/hosts:4 on dc1.lab.test");
}

#[test]
fn the_json_has_the_promised_keys() {
    let verdict = diagnose(&Scenario::healthy().evidence, now());
    let json = serde_json::to_value(&verdict).expect("a verdict is JSON");
    let keys: Vec<&str> = json.as_object().expect("an object").keys().map(String::as_str).collect();
    let mut promised = [
        "destination",
        "source",
        "interface",
        "state",
        "cause",
        "side",
        "culprit",
        "confidence",
        "error",
        "evidence",
        "ruled_out",
        "remedy",
        "roots",
        "shown",
    ];
    promised.sort_unstable();
    assert_eq!(keys, promised);
    let item = json["evidence"][0].as_object().expect("an object");
    for key in ["step", "witness", "fact", "at", "raw"] {
        assert!(item.contains_key(key), "{key}");
    }
    let back: epmesh_common::diagnosis::Verdict =
        serde_json::from_value(json).expect("its own JSON");
    assert_eq!(back, verdict);
}

#[test]
fn a_bundle_gives_the_same_verdict() {
    for row in rows() {
        let mut scenario = Scenario::healthy();
        (row.change)(&mut scenario);
        let text = serde_json::to_string(&scenario.evidence).expect("evidence is JSON");
        let back: Evidence = serde_json::from_str(&text).expect("its own JSON");
        assert_eq!(diagnose(&back, now()), diagnose(&scenario.evidence, now()), "{}", row.name);
    }
}

/// Clocks that all run ten minutes ahead change nothing but the times.
#[test]
fn shifted_clocks_change_nothing() {
    for row in rows() {
        let mut scenario = Scenario::healthy();
        (row.change)(&mut scenario);
        let here = diagnose(&scenario.evidence, now());
        let mut json = serde_json::to_value(&scenario.evidence).expect("evidence is JSON");
        healthy::shift_times(&mut json, 600);
        let shifted: Evidence = serde_json::from_value(json).expect("times moved");
        let there = diagnose(&shifted, now().plus(std::time::Duration::from_secs(600)));
        let key = |v: &epmesh_common::diagnosis::Verdict| (v.state, v.cause, v.side, v.confidence);
        assert_eq!(key(&here), key(&there), "{}", row.name);
    }
}

/// The source's clock is ten minutes ahead of everybody's: what it says of its own processes is on
/// that clock, and changes nothing.
#[test]
fn a_source_with_a_wrong_clock_gets_the_same_verdict() {
    for ahead_ms in [600_000, -600_000] {
        for row in rows() {
            let mut scenario = Scenario::healthy();
            (row.change)(&mut scenario);
            let expected = diagnose(&scenario.evidence, now());
            scenario.set_source_clock(ahead_ms);
            let got = diagnose(&scenario.evidence, now());
            let key =
                |v: &epmesh_common::diagnosis::Verdict| (v.state, v.cause, v.side, v.confidence);
            assert_eq!(key(&got), key(&expected), "{} {ahead_ms}", row.name);
        }
    }
}

#[test]
fn dns_answers_are_kept_apart() {
    let failures = [
        Answer::TimedOut,
        Answer::ServerFailure,
        Answer::Refused,
        Answer::Unreachable("no route".to_owned()),
        Answer::Malformed("short".to_owned()),
        Answer::OtherCode(9),
    ];
    for answer in failures {
        let mut scenario = Scenario::healthy();
        for lookup in scenario.lookups() {
            if matches!(lookup.source, Source::Dns(_)) {
                lookup.answer = answer.clone();
            }
        }
        let verdict = diagnose(&scenario.evidence, now());
        assert_ne!(verdict.cause, Cause::DnsCnameMissing, "{answer:?}");
        assert_ne!(verdict.cause, Cause::DnsAStale, "{answer:?}");
    }
    let mut scenario = Scenario::healthy();
    for lookup in scenario.lookups() {
        if lookup.question.kind == RecordType::Cname {
            lookup.answer = Answer::NoSuchName;
        }
    }
    assert_eq!(diagnose(&scenario.evidence, now()).cause, Cause::DnsCnameMissing);
}

/// A Samba destination asks neither NetBIOS sources nor a DNS client's cache for its partners: they
/// are quoted in the proof, right or wrong, and turn no verdict.
#[test]
fn sources_that_decide_nothing_turn_no_verdict() {
    use epmesh_common::facts::{Lookup, Platform, Question};
    let to = |answer: &Answer, source, of: &str, kind| {
        Lookup::new(source, Question { name: name(of), kind }, answer.clone(), 1)
    };
    let wrong = Answer::Records(vec![Record {
        name: name("dc2"),
        data: RecordData::Address(address("192.0.2.66")),
        ttl: Some(5),
        line: None,
    }]);
    for answer in [wrong, Answer::NoSuchName, Answer::NotAsked("denied".to_owned())] {
        for row in rows() {
            let mut scenario = Scenario::healthy();
            (row.change)(&mut scenario);
            let without = diagnose(&scenario.evidence, now());
            let host = scenario.evidence.destination.host.as_ref();
            let windows = host.is_some_and(|host| host.fact.platform == Platform::Windows);
            if scenario.evidence.observations.is_empty() || windows {
                continue;
            }
            let wins = Source::Wins(address("192.0.2.5"));
            scenario.lookups().extend([
                to(&answer, Source::Cache, "dc2.lab.test", RecordType::A),
                to(&answer, Source::Lmhosts, "dc2", RecordType::Nb),
                to(&answer, wins, "dc2", RecordType::Nb),
            ]);
            let with = diagnose(&scenario.evidence, now());
            let key = |v: &epmesh_common::diagnosis::Verdict| {
                (v.state, v.cause, v.side, v.confidence, v.culprit.clone(), v.ruled_out.clone())
            };
            assert_eq!(key(&with), key(&without), "{} {answer:?}", row.name);
            let quoted = |part: &str| with.evidence.iter().any(|item| item.fact.contains(part));
            let has_look = without.evidence.iter().any(|item| item.fact.contains("A dc2.lab.test"));
            let quotes =
                ["WINS server 192.0.2.5: NB dc2", "LMHOSTS file: NB dc2", "client's cache"];
            assert!(!has_look || quotes.iter().all(|part| quoted(part)), "{}", row.name);
        }
    }
}

/// What the observer could not try is neither a silent peer nor a closed port.
#[test]
fn a_look_without_budget_decides_nothing() {
    let mut scenario = Scenario::healthy();
    scenario.probe().connect = error(Failure::local("the budget"));
    scenario.probe().bind = None;
    scenario.probe().interfaces.clear();
    let verdict = diagnose(&scenario.evidence, now());
    assert_eq!(verdict.state, State::Unknown, "{verdict:?}");
}

#[test]
fn a_record_is_what_it_was_in_the_proof() {
    let mut scenario = Scenario::healthy();
    scenario.lookups()[0].answer = Answer::Records(vec![Record {
        name: name("dc2.lab.test"),
        data: RecordData::Address(address(SECOND)),
        ttl: None,
        line: Some(7),
    }]);
    let verdict = diagnose(&scenario.evidence, now());
    assert!(verdict.evidence.iter().any(|item| item.fact.contains("(line 7)")));
    assert!(verdict.evidence.iter().any(|item| {
        item.raw.as_deref().is_some_and(|raw| raw.contains(DC2_GUID)) && item.witness == name(DC1)
    }));
}
