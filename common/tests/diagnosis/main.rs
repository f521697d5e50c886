//! The engine, a row a scenario: a healthy link, one thing changed, the verdict expected.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test panics where it is wrong"
)]

mod forest;
mod healthy;
mod join;
mod latent;
mod names;
mod own_word;
mod paths;
mod registration;
mod roots;

use epmesh_common::{
    diagnosis::{Cause, Confidence, Evidence, Side, State, diagnose},
    facts::{
        Answer, Failure, MapAnswer, Reading, Record, RecordData, RecordType, ServiceRole,
        ServiceState, Source,
    },
};
use healthy::{DC1, DC2_GUID, MEMBER, SECOND, Scenario, address, error, name, now, seconds_ago};

struct Row {
    name: &'static str,
    change: fn(&mut Scenario),
    expect: (State, Cause, Side, Confidence, i64),
}

const HEALTHY: (State, Cause, Side, Confidence, i64) =
    (State::Healthy, Cause::Healthy, Side::None, Confidence::Proven, 0);

#[rustfmt::skip]
fn rows() -> Vec<Row> {
    use Confidence::{Likely, Possible, Proven};
    use Side::{Directory, NameResolution, Network, Source as OnSource};
    use State::{Failing, Latent, Unknown};
    let rows = vec![
        Row { name: "nothing changed", change: |_| {}, expect: HEALTHY },
        // Source side.
        Row { name: "the service never ran since the boot",
            change: |s| { s.lose_registration(); s.stop_services(); s.evidence.registrations.clear(); },
            expect: (Failing, Cause::ServiceNotStarted, OnSource, Proven, 1753) },
        Row { name: "the service never ran since the boot, and nothing listens on 135",
            change: |s| { s.refuse_135(); s.stop_services(); s.close_135(); s.evidence.registrations.clear(); },
            expect: (Failing, Cause::ServiceNotStarted, OnSource, Proven, 1722) },
        Row { name: "a registration of a former boot is not one of this boot",
            change: |s| { s.lose_registration(); s.stop_services();
                s.evidence.registrations[0].boot = Some("the life before".to_owned()); },
            expect: (Failing, Cause::ServiceNotStarted, OnSource, Proven, 1753) },
        Row { name: "the service died",
            change: |s| { s.lose_registration(); s.stop_services(); },
            expect: (Failing, Cause::ServiceDied, OnSource, Proven, 1753) },
        Row { name: "the service died and took port 135 along",
            change: |s| { s.refuse_135(); s.stop_services(); s.close_135(); },
            expect: (Failing, Cause::ServiceDied, OnSource, Proven, 1722) },
        Row { name: "the service died after the destination last looked",
            change: |s| { s.stop_services(); s.evidence.source.services.as_mut().unwrap().at = seconds_ago(1); },
            expect: (Failing, Cause::ServiceDied, OnSource, Likely, 1722) },
        Row { name: "the same process, the registration gone",
            change: Scenario::lose_registration,
            expect: (Failing, Cause::EndpointsUnregistered, OnSource, Proven, 1753) },
        Row { name: "a new process that never registered",
            change: |s| { s.lose_registration(); s.restart_service(seconds_ago(120)); },
            expect: (Failing, Cause::RegistrationFailed, OnSource, Proven, 1753) },
        Row { name: "a new process that is given time to register",
            change: |s| { s.lose_registration(); s.restart_service(seconds_ago(15)); },
            expect: (Unknown, Cause::StartingUp, OnSource, Likely, 0) },
        Row { name: "registered over named pipes only is not registered over TCP",
            change: |s| { s.lose_registration(); s.register_on_pipe_only(); },
            expect: (Failing, Cause::ProtocolSequenceMissing, OnSource, Proven, 1753) },
        Row { name: "not registered, and the source has no agent",
            change: |s| { s.lose_registration(); s.evidence.source = Default::default(); s.evidence.registrations.clear(); },
            expect: (Failing, Cause::Unknown, OnSource, Likely, 1753) },
        Row { name: "the source lists it, the destination is told it is not there",
            change: |s| s.probe().interfaces[0].answer = MapAnswer::NotRegistered(0x16C9_A0D6),
            expect: (Failing, Cause::Unknown, OnSource, Possible, 1753) },
        Row { name: "the port of the map leads to another process",
            change: |s| s.probe().interfaces[0].ports[0].bind =
                Some(error(Failure::BindRejected { result: 2, reason: 1 })),
            expect: (Failing, Cause::StaleEndpoint, OnSource, Likely, 1717) },
        Row { name: "nothing listens on the port of the map",
            change: |s| { s.block_port(Failure::Refused); s.close(49152); },
            expect: (Failing, Cause::StaleEndpoint, OnSource, Proven, 1722) },
        Row { name: "the endpoint mapper refuses anonymous callers",
            change: |s| s.probe().interfaces[0].answer = MapAnswer::Failed(Failure::AccessDenied(5)),
            expect: (Failing, Cause::EpmAccessDenied, OnSource, Likely, 5) },
        Row { name: "the service is stopping, and what it had registered is gone for a quarter of an hour",
            change: |s| { s.lose_registration(); s.hang(ServiceState::Stopping, 900); },
            expect: (Failing, Cause::ServiceHangs, OnSource, Proven, 1753) },
        Row { name: "the service has just begun to stop",
            change: |s| { s.lose_registration(); s.hang(ServiceState::Stopping, 20); },
            expect: (Failing, Cause::ServiceDied, OnSource, Proven, 1753) },
        Row { name: "the service is paused, and what it has registered still answers",
            change: |s| s.hang(ServiceState::Paused, 900),
            expect: (Latent, Cause::ServiceHangs, OnSource, Likely, 1753) },
        Row { name: "the port of the map takes the connection and never answers, for anybody who looked",
            change: |s| { s.silent_port(); s.third_looks_as_the_first(); },
            expect: (Failing, Cause::ServiceHangs, OnSource, Likely, 1722) },
        Row { name: "the same, and nobody else has looked",
            change: Scenario::silent_port,
            expect: (Failing, Cause::ServiceHangs, OnSource, Possible, 1722) },
        Row { name: "something else than an endpoint mapper on 135",
            change: |s| s.probe().bind = Some(error(Failure::Protocol("version at 0: 72".to_owned()))),
            expect: (Failing, Cause::NotError1753, OnSource, Likely, 1728) },
        Row { name: "the endpoint mapper's service is down, the directory runs",
            change: |s| { s.refuse_135(); s.close_135(); s.service(ServiceRole::EndpointMapper).state = ServiceState::Stopped; },
            expect: (Failing, Cause::NotError1753, OnSource, Proven, 1722) },
        Row { name: "a call that needs no credentials: an interface that asks for them is alive",
            change: |s| s.probe().interfaces[0].ports[0].bind = Some(error(Failure::AccessDenied(5))),
            expect: HEALTHY },
        // Name resolution.
        Row { name: "a hosts line leads to the member host",
            change: |s| { s.hosts_line(4, MEMBER); s.lead_to_member(); },
            expect: (Failing, Cause::HostsFileOverride, NameResolution, Proven, 1753) },
        Row { name: "a hosts line with the right address is no fault",
            change: |s| s.hosts_line(4, SECOND),
            expect: HEALTHY },
        Row { name: "a hosts line to an address nobody has",
            change: |s| { s.hosts_line(4, "10.0.0.99"); s.lead_to_nobody("10.0.0.99"); },
            expect: (Failing, Cause::HostsFileOverride, NameResolution, Likely, 1722) },
        Row { name: "the A record leads to the member host, on both servers",
            change: |s| { s.a_record(&["10.0.0.11", "10.0.0.13"], &[MEMBER]); s.lead_to_member(); },
            expect: (Failing, Cause::DnsAStale, NameResolution, Proven, 1753) },
        Row { name: "the same, and the source has no agent: the answerer's name still says it",
            change: |s| { s.a_record(&["10.0.0.11", "10.0.0.13"], &[MEMBER]); s.lead_to_member();
                s.evidence.source = Default::default(); s.evidence.owners.clear(); },
            expect: (Failing, Cause::DnsAStale, NameResolution, Likely, 1753) },
        Row { name: "the A record leads to an address nobody has",
            change: |s| { s.a_record(&["10.0.0.11", "10.0.0.13"], &["10.0.0.99"]); s.lead_to_nobody("10.0.0.99"); },
            expect: (Failing, Cause::DnsAStale, NameResolution, Likely, 1722) },
        Row { name: "the A record leads to another domain controller",
            change: |s| { s.a_record(&["10.0.0.11", "10.0.0.13"], &["10.0.0.13"]); s.lead_to_third(); },
            expect: (Failing, Cause::WrongServerIdentity, NameResolution, Proven, -2_146_893_022) },
        Row { name: "the right address beside a wrong one",
            change: |s| { s.a_record(&["10.0.0.11", "10.0.0.13"], &[SECOND, MEMBER]); s.also_member(); },
            expect: (Failing, Cause::DnsADuplicate, NameResolution, Proven, 1753) },
        Row { name: "stale on the secondary server only: the link still works",
            change: |s| { s.a_record(&["10.0.0.13"], &[MEMBER]); s.also_member(); },
            expect: (Latent, Cause::DnsAStale, NameResolution, Proven, 1753) },
        Row { name: "the CNAME names the member host",
            change: |s| { s.cname(Some("member.lab.test"), MEMBER); s.lead_to_member(); },
            expect: (Failing, Cause::DnsCnameWrong, NameResolution, Proven, 1753) },
        Row { name: "the CNAME names another domain controller",
            change: |s| { s.cname(Some("dc3.lab.test"), "10.0.0.13"); s.lead_to_third(); },
            expect: (Failing, Cause::WrongServerIdentity, NameResolution, Proven, -2_146_893_022) },
        Row { name: "a CNAME to another name of the same host is no fault",
            change: |s| s.cname(Some("dc2.branch.lab.test"), SECOND),
            expect: HEALTHY },
        Row { name: "the CNAME is missing",
            change: |s| s.cname(None, SECOND),
            expect: (Failing, Cause::DnsCnameMissing, NameResolution, Proven, 8524) },
        Row { name: "the CNAME is missing and a Windows destination falls back to the name",
            change: |s| { s.cname(None, SECOND); s.windows_destination(); },
            expect: (Latent, Cause::DnsCnameMissing, NameResolution, Proven, 8524) },
        Row { name: "the first server is silent, the second is right",
            change: |s| s.silence("10.0.0.11"),
            // What it holds was not seen.
            expect: (State::Healthy, Cause::Healthy, Side::None, Likely, 0) },
        Row { name: "the first server is silent, the second is stale: that one decides",
            change: |s| { s.silence("10.0.0.11"); s.a_record(&["10.0.0.13"], &[MEMBER]); s.lead_to_member(); },
            expect: (Failing, Cause::DnsAStale, NameResolution, Proven, 1753) },
        Row { name: "no server answers: not \"no record\"",
            change: |s| { s.silence("10.0.0.11"); s.silence("10.0.0.13"); },
            expect: (Failing, Cause::NotError1753, NameResolution, Likely, 8524) },
        Row { name: "the CNAME is there, the address is not",
            change: |s| s.a_record(&["10.0.0.11", "10.0.0.13"], &[]),
            expect: (Failing, Cause::NotError1753, NameResolution, Proven, 8524) },
        // The network.
        Row { name: "port 135 refused, the source listens, another one gets through",
            change: |s| { s.refuse_135(); s.third_looks(&Ok(())); },
            // One witness, who may be mistaken.
            expect: (Failing, Cause::EpmUnreachable, Network, Likely, 1722) },
        Row { name: "port 135 silent for everybody, the source listens",
            change: |s| { s.time_out_135(); s.third_looks(&Err(Failure::TimedOut)); },
            expect: (Failing, Cause::EpmUnreachable, OnSource, Likely, 1722) },
        Row { name: "port 135 silent, nobody else looked",
            change: Scenario::time_out_135,
            expect: (Failing, Cause::EpmUnreachable, Network, Likely, 1722) },
        Row { name: "port 135 silent, and the source has gone silent too",
            change: |s| { s.time_out_135(); s.evidence.source = Default::default(); },
            expect: (Failing, Cause::EpmUnreachable, Network, Possible, 1722) },
        Row { name: "the dynamic port is blocked",
            change: |s| s.block_port(Failure::TimedOut),
            expect: (Failing, Cause::DynamicPortBlocked, Network, Likely, 1722) },
        Row { name: "the destination is told a port that is not in the source's own map",
            change: |s| { s.told_port(60_001, Failure::TimedOut); s.evidence.source.endpoint_map.as_mut().unwrap().at = seconds_ago(5); },
            expect: (Failing, Cause::AnswerAltered, Network, Likely, 1722) },
        Row { name: "the same, and the map is older than the only look: the port may have changed in between",
            change: |s| s.told_port(60_001, Failure::TimedOut),
            expect: (Failing, Cause::Unknown, Side::None, Possible, 1722) },
        Row { name: "the whole map does not arrive, and one entry of it does",
            change: |s| s.lose_large(Ok(())),
            expect: (Failing, Cause::LargePacketsLost, Network, Likely, 1818) },
        Row { name: "neither the whole map arrives nor one entry of it: it may not be listed",
            change: |s| s.lose_large(Err(Failure::TimedOut)),
            expect: HEALTHY },
        // Directory data.
        Row { name: "the destination knows the source by an old GUID",
            change: |s| s.evidence.destination.directory.as_mut().unwrap().fact.settings =
                Reading::Value(vec![healthy::settings("00000000-0000-4000-8000-0000000000aa")]),
            expect: (Failing, Cause::NtdsSettingsStale, Directory, Proven, 8524) },
        Row { name: "the object of the source may be one that the destination's agent could not read",
            change: |s| {
                let directory = &mut s.evidence.destination.directory.as_mut().unwrap().fact;
                let old = healthy::settings("00000000-0000-4000-8000-0000000000aa");
                directory.settings = Reading::Value(vec![old]);
                directory.settings_unread = Reading::Value(vec!["CN=NTDS Settings".to_owned()]);
            },
            expect: (State::Healthy, Cause::Healthy, Side::None, Likely, 0) },
        // What cannot be said.
        Row { name: "the destination's look is stale",
            change: |s| s.evidence.observations[0].at = seconds_ago(400),
            expect: (Unknown, Cause::Unknown, Side::None, Possible, 0) },
        Row { name: "nothing is known at all",
            change: |s| s.evidence = Evidence::empty(s.evidence.link.clone(), 180_000),
            expect: (Unknown, Cause::Unknown, Side::None, Possible, 0) },
        Row { name: "the destination looked before the source's service started",
            change: |s| { s.refuse_135(); s.restart_service(seconds_ago(5)); },
            expect: (Unknown, Cause::Unknown, Side::None, Possible, 0) },
        Row { name: "everything the source says is stale: a healthy look stands",
            change: |s| s.age_source(400),
            expect: (State::Healthy, Cause::Healthy, Side::None, Likely, 0) },
    ];
    rows.into_iter().chain(own_word::rows()).collect()
}

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
    scenario.probe().connect = error(Failure::Local("the budget".to_owned()));
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
