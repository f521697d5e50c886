//! The views of one map held against each other, with the map of a recorded Samba domain
//! controller.
#![cfg(test)]

use epmesh_facts::{EndpointMap, Failure, MapView, Through};
use epmesh_rpc::{
    Binding, ByteOrder, Endpoint, ProtocolSequence,
    epm::{self, LookupReply},
};

#[path = "../../rpc/tests/suite/capture.rs"]
#[expect(dead_code, reason = "the reader of recordings is shared; not all of it is needed here")]
mod capture;

use capture::{calls, own};

/// The 53 entries of the recorded walk.
fn recorded() -> Vec<Endpoint> {
    let calls = calls(&own("samba4_lookup.pcapng"));
    let page = calls.iter().find(|call| call.opnum == epm::opnum::LOOKUP).unwrap();
    let page = LookupReply::decode(&page.response, ByteOrder::Little).unwrap();
    page.entries.iter().map(|entry| entry.endpoint().unwrap()).collect()
}

fn through(text: &str) -> Through {
    Through::Address(text.parse().unwrap())
}

fn map(views: Vec<(Through, Result<Vec<Endpoint>, Failure>)>) -> EndpointMap {
    let view = |(through, endpoints)| MapView { through, endpoints };
    EndpointMap { views: views.into_iter().map(view).collect() }
}

#[test]
fn views_of_the_same_map_agree() {
    let local = recorded();
    assert_eq!(local.len(), 53);
    // Another way in: another host in the towers, another order, no local endpoints.
    let mut remote: Vec<Endpoint> =
        local.iter().filter(|endpoint| endpoint.binding.sequence.is_remote()).cloned().collect();
    assert!(!remote.is_empty() && remote.len() < local.len());
    remote.reverse();
    for endpoint in &mut remote {
        endpoint.binding.host = Some("192.0.2.1".to_owned());
    }
    let differences =
        map(vec![(Through::Local, Ok(local)), (through("192.0.2.1"), Ok(remote))]).differences();
    assert!(differences.is_empty(), "{differences}");
    assert_eq!(differences.compared_with, Some(Through::Local));
}

#[test]
fn what_is_filtered_out_is_named() {
    let local = recorded();
    let remote: Vec<Endpoint> = local
        .iter()
        .filter(|endpoint| {
            epmesh_rpc::names::label(endpoint.interface) != "drsuapi"
                || endpoint.binding.sequence != ProtocolSequence::NcacnIpTcp
        })
        .cloned()
        .collect();
    let mut other = local.clone();
    other.push(Endpoint { binding: Binding::tcp(4444), ..local[0].clone() });
    let refused = Failure::local("nothing listens");
    let differences = map(vec![
        (through("192.0.2.1"), Ok(remote)),
        (Through::Local, Ok(local)),
        (through("192.0.2.2"), Ok(other)),
        (through("192.0.2.3"), Err(refused)),
    ])
    .differences();
    let lines = differences.to_string();
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].starts_with("through 192.0.2.1 port 135: lacks drsuapi on ncacn_ip_tcp["));
    assert!(lines[0].ends_with(", seen locally"), "{lines:?}");
    assert!(
        lines[1].contains("192.0.2.2") && lines[1].contains("has") && lines[1].contains("4444")
    );
    assert!(lines[2].contains("192.0.2.3") && lines[2].contains("nothing listens"));
    assert_eq!(differences.views[0].adds, []);
}

#[test]
fn without_a_list_there_is_nothing_to_compare() {
    let refused = || Err(Failure::local("no"));
    let differences = map(vec![(Through::Local, refused()), (through("::1"), Ok(recorded()))]);
    let differences = differences.differences();
    assert_eq!(differences.compared_with, Some(through("::1")));
    assert_eq!(differences.views.len(), 1);
    assert!(differences.views[0].failed.is_some());
    let none = map(vec![(Through::Local, refused()), (through("::1"), refused())]).differences();
    assert_eq!((none.compared_with, none.views.len()), (None, 2));
    assert!(map(Vec::new()).differences().is_empty());
}
