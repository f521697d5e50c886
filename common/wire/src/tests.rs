use epmesh_facts::*;
use epmesh_proto::v1 as proto;
use epmesh_rpc::{Binding, Endpoint};
use proptest::prelude::*;
use prost::Message as _;

use super::{
    reader::{Reader, Wire as _},
    testing, *,
};

fn moment() -> Timestamp {
    Timestamp::from_millis(1_795_219_200_123)
}

fn name(text: &str) -> DnsName {
    text.parse().unwrap()
}

fn map_with(endpoints: Vec<Endpoint>) -> Body {
    let view = MapView { through: Through::Local, endpoints: Ok(endpoints) };
    Body::Own(Box::new(Section::EndpointMap(EndpointMap { views: vec![view] })))
}

fn endpoint(annotation: &str) -> Endpoint {
    Endpoint {
        interface: "e3514235-4b06-11d1-ab04-00c04fc2dcd2 v4.0".parse().unwrap(),
        object: None,
        binding: Binding::tcp(49_667),
        annotation: annotation.to_owned(),
    }
}

fn report_of(statements: Vec<Statement>) -> Report {
    Report { sequence: 7, at: moment(), statements, dropped: 0, notes: Vec::new() }
}

fn over_the_wire(report: &proto::Report) -> Received {
    let bytes = report.encode_to_vec();
    Received::try_from(proto::Report::decode(bytes.as_slice()).unwrap()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_report_comes_out_as_it_went_in(report in testing::report()) {
        let received = over_the_wire(&crate::report(&report));
        prop_assert_eq!(received, Received { report, refused: Vec::new() });
    }

    #[test]
    fn what_is_within_the_bounds_fits_as_it_is(body in testing::body()) {
        prop_assert_eq!(fit(&body), Ok(Fitted { body, notes: Vec::new() }));
    }

    /// A digest that moved with every look would send every look in full.
    #[test]
    fn how_long_a_map_took_is_no_news_and_why_it_failed_is(seen in testing::peer(), took_ms: u32) {
        prop_assume!(!seen.addresses.is_empty());
        let digest = |seen: &PeerObservation| Body::Peer(seen.clone()).digest();
        let mut other = seen.clone();
        other.addresses[0].map_took_ms = took_ms;
        prop_assert_eq!(digest(&other), digest(&seen));
        other.addresses[0].map_code = seen.addresses[0].map_code.xor(Some(111));
        prop_assert_ne!(digest(&other), digest(&seen));
    }

    #[test]
    fn a_plan_comes_out_as_it_went_in(plan in testing::plan()) {
        let bytes = plan.to_wire().encode_to_vec();
        prop_assert_eq!(Plan::from_wire(proto::Plan::decode(bytes.as_slice()).unwrap()), Ok(plan));
    }

    #[test]
    fn a_look_comes_out_as_it_went_in(look in testing::look()) {
        let bytes = look.to_wire().encode_to_vec();
        prop_assert_eq!(LookRequest::from_wire(proto::Look::decode(bytes.as_slice()).unwrap()), Ok(look));
    }

    #[test]
    fn arbitrary_bytes_are_refused_in_order(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
        if let Ok(report) = proto::Report::decode(bytes.as_slice()) {
            let count = report.statements.len();
            if let Ok(received) = Received::try_from(report) {
                prop_assert_eq!(received.report.statements.len() + received.refused.len(), count);
            }
        }
    }

    // Random bytes seldom get past the first fields; a good report with some bytes changed does.
    #[test]
    fn a_damaged_report_is_refused_in_order(
        report in testing::report(),
        damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = crate::report(&report).encode_to_vec();
        prop_assume!(!bytes.is_empty());
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(report) = proto::Report::decode(bytes.as_slice()) {
            let count = report.statements.len();
            if let Ok(received) = Received::try_from(report) {
                prop_assert_eq!(received.report.statements.len() + received.refused.len(), count);
                for statement in received.report.statements {
                    if let Some(body) = statement.body {
                        prop_assert_eq!(body.digest(), statement.digest);
                        prop_assert_eq!(body.subject(), statement.subject);
                    }
                }
            }
        }
    }
}

/// A receiver of an earlier version reads the nearest state that it knows; an agent of an earlier version sends
/// that alone.
#[test]
fn a_paused_service_is_told_to_receivers_of_every_version() {
    let paused = Service::blank("Netlogon", ServiceState::Paused, &Blank::Absent);
    let mut message = paused.encode();
    assert_eq!(message.state, proto::ServiceState::Stopping as i32);
    let read = |message| Service::decode(message, &mut Reader::strict()).expect("it is taken");
    assert_eq!(read(message.clone()), paused);
    message.exact_state = None;
    assert_eq!(read(message).state, ServiceState::Stopping);
    let running = Service::blank("Netlogon", ServiceState::Running, &Blank::Absent);
    assert_eq!(running.encode().exact_state, None);
}

#[test]
fn what_an_earlier_agent_does_not_tell_is_not_taken_for_nothing() {
    let mut message = Directory::blank(&Blank::Absent).encode();
    message.settings_unread = None;
    let read = Directory::decode(message, &mut Reader::strict()).expect("it is taken");
    assert!(matches!(read.settings_unread, Reading::Unreadable(why) if why.contains("version")));
    assert!(!Directory::blank(&Blank::Absent).holds_unread_settings());

    let mut message = Events::blank(&Blank::Absent).encode();
    message.left_out = None;
    let read = Events::decode(message, &mut Reader::strict()).expect("it is taken");
    assert!(matches!(read.left_out, Reading::Unreadable(_)));

    let mut message = RpcSettings::blank(&Blank::Absent).encode();
    message.near_misses_left_out = None;
    let read = RpcSettings::decode(message, &mut Reader::strict()).expect("it is taken");
    assert!(matches!(read.near_misses_left_out, Reading::Unreadable(_)));
}

#[test]
fn ranges_of_rpc_servers_are_told_to_receivers_that_know_of_one_and_by_tellers_that_do() {
    let range = |first| PortRange {
        family: AddressFamily::V4,
        transport: Transport::Tcp,
        first,
        last: first + 99,
    };
    let ports =
        |rpc: Vec<PortRange>| Ports { rpc: Reading::Value(rpc), ..Ports::blank(&Blank::Absent) };
    let read = |message| Ports::decode(message, &mut Reader::strict()).expect("it is taken").rpc;
    let several = ports(vec![range(5000), range(6000)]);
    let message = several.encode();
    let old = message.rpc.clone().expect("always told");
    assert!(old.value.is_none() && old.reason.contains("2 ranges"), "{old:?}");
    assert_eq!(read(message), several.rpc);
    // An agent of an earlier version.
    let mut message = ports(vec![range(5000)]).encode();
    message.rpc_ranges = None;
    assert_eq!(read(message), Reading::Value(vec![range(5000)]));
    let mut message = Ports::blank(&Blank::Absent).encode();
    message.rpc_ranges = None;
    assert_eq!(read(message), Reading::Absent);

    // And a bundle that one made.
    let text = serde_json::to_string(&ports(vec![range(5000)])).expect("it is JSON");
    let one = text.replace(['[', ']'], "");
    assert_ne!(text, one);
    let read: Ports = serde_json::from_str(&one).expect("one range stands for itself");
    assert_eq!(read, ports(vec![range(5000)]));
}

#[test]
fn a_steady_report_is_small() {
    let digest = Digest([0xa5; 16]);
    let stamp = |subject| Statement { subject, at: moment(), digest, body: None, stated: None };
    let own = SectionKind::ALL.into_iter().map(StatementKey::Own);
    let peers =
        (0..50).map(|n| StatementKey::Peer(name(&format!("dc{n:02}.emea.corp.example.com"))));
    let report = report_of(own.chain(peers).map(stamp).collect());
    let bytes = crate::report(&report).encode_to_vec();
    println!("a steady report of 7 sections and 50 peers: {} bytes", bytes.len());
    assert!(bytes.len() < 4096, "{} bytes", bytes.len());
}

#[test]
fn one_statement_from_a_newer_agent_does_not_cost_the_others() {
    let good = map_with(vec![endpoint("NTDS")]).stated(moment());
    let mut report = report(&report_of(vec![good.clone(), good.clone(), good.clone()]));
    let unknown = proto::subject::Subject::Own(99);
    report.statements[0].subject = Some(proto::Subject { subject: Some(unknown) });
    report.statements[2].body = Some(proto::statement::Body::Own(proto::Section { facts: None }));
    let received = over_the_wire(&report);
    assert_eq!(received.report.statements, std::slice::from_ref(&good));
    let refused: Vec<_> =
        received.refused.iter().map(|r| (r.subject.clone(), r.error.to_string())).collect();
    assert_eq!(
        refused,
        [
            (None, "statements[0].subject.own: unknown value 99".to_owned()),
            (Some(good.subject), "statements[2].own: no case that is known here".to_owned()),
        ]
    );
}

#[test]
fn a_body_is_known_by_the_digest_of_what_was_understood() {
    let good = map_with(vec![endpoint("NTDS")]).stated(moment());
    let mut newer = good.to_wire();
    newer.digest = vec![0; 16];
    let stated = Some(Digest([0; 16]));
    assert_eq!(Statement::from_wire(newer), Ok(Statement { stated, ..good }));
}

#[test]
fn a_body_must_be_of_its_subject() {
    let good = map_with(vec![endpoint("NTDS")]).stated(moment());

    let mut moved = good.to_wire();
    moved.subject = Some(StatementKey::Own(SectionKind::Host).to_wire());
    let error = Statement::from_wire(moved).unwrap_err();
    assert_eq!(
        error.to_string(),
        "subject: about own/host, but the body is about own/endpoint-map"
    );
}

#[test]
fn a_refusal_names_the_field_and_what_was_found() {
    let refusal = |change: fn(&mut proto::Endpoint)| {
        let mut message = endpoint("NTDS").to_wire();
        change(&mut message);
        Endpoint::from_wire(message).unwrap_err().to_string()
    };
    assert_eq!(
        refusal(|m| m.annotation = "a".repeat(193)),
        "annotation: 193 bytes long, at most 192"
    );
    assert_eq!(
        refusal(|m| m.annotation = "a\u{1b}[2J".into()),
        "annotation: control character U+001B at byte 1"
    );
    assert_eq!(
        refusal(|m| m.annotation = "\u{202e}txt".into()),
        "annotation: control character U+202E at byte 0"
    );
    assert_eq!(refusal(|m| m.object = Some(vec![1])), "object: 1 bytes where 16 are due");
    assert_eq!(refusal(|m| m.binding = None), "binding: missing");
    assert_eq!(
        refusal(|m| m.interface.as_mut().unwrap().major = 65_536),
        "interface.major: 65536, at most 65535"
    );
    assert_eq!(
        refusal(|m| m.binding.as_mut().unwrap().sequence = "tcp".into()),
        "binding.sequence: not a protocol sequence: \"tcp\""
    );
}

#[test]
fn a_failure_that_is_not_known_is_not_success() {
    let stage = proto::Stage {
        code: None,
        retried: false,
        failure: Some(proto::Failure::default()),
        took_ms: 1,
    };
    let error = Stage::from_wire(stage).unwrap_err();
    assert_eq!(error, WireError { field: "failure".into(), problem: Problem::UnknownCase });
}

#[test]
fn a_long_list_is_refused() {
    let endpoints = vec![endpoint("x"); limits::ENDPOINTS + 1];
    let statement = map_with(endpoints).stated(moment());
    let error = Statement::from_wire(statement.to_wire()).unwrap_err();
    assert_eq!(error.field, "own.endpoint_map.views[0].listed.endpoints");
    assert_eq!(error.problem, Problem::TooMany { count: 20_001, limit: 20_000 });
}

#[test]
fn what_would_lie_when_cut_becomes_could_not_be_seen() {
    let fitted = fit(&map_with(vec![endpoint("x"); limits::ENDPOINTS + 1])).unwrap();
    let Body::Own(section) = &fitted.body else { panic!("a section") };
    let Section::EndpointMap(map) = section.as_ref() else { panic!("an endpoint map") };
    assert_eq!(map.own(), None);
    assert!(matches!(&map.views[0].endpoints, Err(Failure::Local(why)) if why.contains("20001")));
    assert_eq!(fitted.notes.len(), 1);
    let statement = fitted.body.stated(moment());
    assert_eq!(Statement::from_wire(statement.to_wire()), Ok(statement));
}

#[test]
fn texts_are_made_plain_and_cut() {
    let fitted = fit(&map_with(vec![endpoint("a\u{7}b"), endpoint(&"ä".repeat(100))])).unwrap();
    assert_eq!(fitted.body, map_with(vec![endpoint("a\u{fffd}b"), endpoint(&"ä".repeat(96))]));
    let field = "endpoint_map.views[0].listed.endpoints[1].annotation";
    assert_eq!(fitted.notes, [format!("{field}: 200 bytes of text, cut to 192")]);
}

#[test]
fn notes_are_made_plain_and_cut() {
    let mut report = report(&report_of(Vec::new()));
    report.notes = vec!["disk\nfull".to_owned(); limits::NOTES + 1];
    let received = over_the_wire(&report);
    assert_eq!(received.report.notes, vec!["disk\u{fffd}full".to_owned(); limits::NOTES]);
}

#[test]
fn what_is_held_comes_out_as_it_went_in() {
    let (subject, digest) = (StatementKey::Peer(name("dc2.lab.test")), Digest([3; 16]));
    assert_eq!(held_from(held(&subject, digest)), Ok((subject, digest)));
    assert_eq!(held_from(proto::Held::default()).unwrap_err().field, "subject");
}
