//! The way to an interface, and everything that can stand in it.

use std::{sync::atomic::Ordering, time::Duration};

use epmesh_agent::probe::{Config, WirePorts};
use epmesh_common::{
    facts::{AddressProbe, Failure, IdentityMethod, MapAnswer, Target},
    rpc::{
        Body, ByteOrder, Pdu,
        epm::{LookupRequest, opnum},
    },
};

use crate::{
    fixture::{closed_ports, config, look, look_at_address, target},
    server::{Act, Behaviour, Twist, endpoints, start},
};

fn mapper_on(port: u16) -> Config {
    config(WirePorts { endpoint_mapper: port, ..closed_ports() })
}

async fn look_at(behaviour: Behaviour) -> AddressProbe {
    let server = start(behaviour).await;
    look_at_address(mapper_on(server.port)).await
}

fn bind_of(probe: &AddressProbe) -> Result<(), Failure> {
    probe.bind.clone().expect("connected").outcome
}

fn answer_of(probe: &AddressProbe) -> MapAnswer {
    probe.interfaces[0].answer.clone()
}

#[tokio::test]
async fn a_healthy_peer_is_reached_at_the_address_that_was_asked() {
    let service = start(Behaviour::AnyInterface).await;
    let probe = look_at(Behaviour::Mapper { port: service.port, page: 500 }).await;
    assert_eq!(probe.connect.outcome, Ok(()));
    assert_eq!(bind_of(&probe), Ok(()));
    let MapAnswer::Endpoints(bindings) = answer_of(&probe) else { panic!("{probe:?}") };
    assert_eq!(bindings.len(), 2);
    let [port] = probe.interfaces[0].ports.as_slice() else { panic!("one port, once: {probe:?}") };
    assert_eq!((port.port, &port.connect.outcome), (service.port, &Ok(())));
    assert_eq!(port.bind.as_ref().unwrap().outcome, Ok(()));
    assert_eq!(service.connections.load(Ordering::SeqCst), 1);
    assert_eq!(probe.map, None, "nobody asked for it");
}

#[tokio::test]
async fn not_registered_comes_in_three_forms() {
    for behaviour in
        [Behaviour::NotRegistered(0x16c9_a0d6), Behaviour::NotRegistered(0), Behaviour::Fault(1753)]
    {
        let code = match behaviour {
            Behaviour::NotRegistered(code) | Behaviour::Fault(code) => code,
            _ => unreachable!(),
        };
        assert_eq!(answer_of(&look_at(behaviour).await), MapAnswer::NotRegistered(code));
    }
}

#[tokio::test]
async fn nobody_listening_is_refused() {
    let probe = look_at_address(config(closed_ports())).await;
    assert_eq!(probe.connect.outcome, Err(Failure::Refused));
    assert_eq!((probe.bind, probe.interfaces.len()), (None, 0));
}

#[tokio::test]
async fn silence_is_a_timeout_after_two_tries() {
    let server = start(Behaviour::Silent).await;
    let probe = look_at_address(mapper_on(server.port)).await;
    assert_eq!(probe.connect.outcome, Ok(()));
    assert_eq!(bind_of(&probe), Err(Failure::TimedOut));
    // The challenge is asked for on connections of its own, twice too.
    assert_eq!(server.connections.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn one_silence_is_made_up_for() {
    let service = start(Behaviour::AnyInterface).await;
    // The way to the interface and the question who answers race for the first connection.
    let probe = look_at(Behaviour::SilentOnce(service.port)).await;
    assert_eq!(bind_of(&probe), Ok(()));
    assert!(matches!(answer_of(&probe), MapAnswer::Endpoints(_)));
    assert!(probe.identity.iter().any(|identity| identity.outcome.is_ok()));
}

#[tokio::test]
async fn another_protocol_is_named_with_its_stage() {
    let probe = look_at(Behaviour::Says(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())).await;
    let Err(Failure::Protocol(what)) = bind_of(&probe) else { panic!("{probe:?}") };
    assert!(what.starts_with("bind to the endpoint mapper: "), "{what}");
    assert!(what.contains("48545450"), "its first bytes: {what}");
}

#[tokio::test]
async fn a_giant_fragment_is_refused_with_field_and_value() {
    let mut header = vec![5, 0, 12, 3, 0x10, 0, 0, 0];
    header.extend([0xff, 0xff, 0, 0, 1, 0, 0, 0]);
    let probe = look_at(Behaviour::Says(header)).await;
    let Err(Failure::Protocol(what)) = bind_of(&probe) else { panic!("{probe:?}") };
    assert!(what.contains("frag_length at offset 8 is 0xffff"), "{what}");
}

#[tokio::test]
async fn hanging_up_is_a_reset() {
    let probe = look_at(Behaviour::HangsUp).await;
    assert_eq!(probe.connect.outcome, Ok(()));
    assert_eq!(bind_of(&probe), Err(Failure::Reset));
}

#[tokio::test]
async fn a_refused_caller_is_not_an_unregistered_interface() {
    let probe = look_at(Behaviour::Fault(5)).await;
    assert_eq!(answer_of(&probe), MapAnswer::Failed(Failure::AccessDenied(5)));
    let probe = look_at(Behaviour::Fault(0x1c01_0014)).await;
    assert_eq!(answer_of(&probe), MapAnswer::Failed(Failure::Fault(0x1c01_0014)));
    let rejected = Failure::BindRejected { result: 2, reason: 1 };
    assert_eq!(bind_of(&look_at(Behaviour::Rejects).await), Err(rejected));
}

#[tokio::test]
async fn the_port_is_judged_by_itself() {
    for (behaviour, expected) in [
        (Behaviour::Rejects, Failure::BindRejected { result: 2, reason: 1 }),
        (Behaviour::Silent, Failure::TimedOut),
        (Behaviour::HangsUp, Failure::Reset),
    ] {
        let service = start(behaviour).await;
        let probe = look_at(Behaviour::Mapper { port: service.port, page: 500 }).await;
        let port = &probe.interfaces[0].ports[0];
        assert_eq!(port.connect.outcome, Ok(()));
        assert_eq!(port.bind.as_ref().unwrap().outcome, Err(expected));
    }
    let closed = closed_ports().ldap;
    let probe = look_at(Behaviour::Mapper { port: closed, page: 500 }).await;
    assert_eq!(probe.interfaces[0].ports[0].connect.outcome, Err(Failure::Refused));
}

#[tokio::test]
async fn bytes_may_come_one_by_one() {
    let service = start(Behaviour::AnyInterface).await;
    let probe = look_at(Behaviour::Slowly(service.port)).await;
    assert_eq!(bind_of(&probe), Ok(()));
    assert!(matches!(answer_of(&probe), MapAnswer::Endpoints(_)), "{probe:?}");
}

#[tokio::test]
async fn the_whole_map_is_read_in_pages_and_sorted() {
    let service = start(Behaviour::AnyInterface).await;
    for page in [500, 2, 1] {
        let server = start(Behaviour::Mapper { port: service.port, page }).await;
        let wanted = Target { whole_map: true, ..target() };
        let seen = look(mapper_on(server.port), &wanted).await;
        let map = seen.addresses[0].map.clone().expect("asked for");
        assert_eq!(map.endpoints.as_deref(), Ok(endpoints().as_slice()), "pages of {page}");
    }
}

#[tokio::test]
async fn an_endless_map_is_given_up_and_its_handle_freed() {
    let mut server = start(Behaviour::EndlessMap).await;
    let wanted = Target { whole_map: true, ..target() };
    let seen = look(mapper_on(server.port), &wanted).await;
    let map = seen.addresses[0].map.clone().expect("asked for").endpoints;
    // The limit of pages or, on a slow machine, that of time.
    let expected = Failure::Protocol("ept_lookup: more than 1000 pages".to_owned());
    let late = [Err(Failure::TimedOut), Err(Failure::Unfinished)];
    assert!(map == Err(expected) || late.contains(&map), "{map:?}");
    server.freed.wait_for(|&freed| freed == 1).await.unwrap();
}

#[tokio::test]
async fn a_walk_out_of_time_frees_its_handle_too() {
    let mut server = start(Behaviour::EndlessMap).await;
    let wanted = Target { whole_map: true, ..target() };
    let config = Config { walk: Duration::ZERO, ..mapper_on(server.port) };
    let seen = look(config, &wanted).await;
    let map = seen.addresses[0].map.clone().expect("asked for").endpoints;
    assert_eq!(map, Err(Failure::TimedOut));
    server.freed.wait_for(|&freed| freed == 1).await.unwrap();
}

#[tokio::test]
async fn what_a_look_cannot_finish_is_stated_as_timed_out() {
    let server = start(Behaviour::Silent).await;
    let wanted = Target { whole_map: true, ..target() };
    // Every stage could wait for an hour; the look cannot.
    let hour = Duration::from_secs(3600);
    let look_time = Duration::from_millis(300);
    let base = mapper_on(server.port);
    let config = Config { rpc: hour, identity: hour, look: look_time, ..base };
    let seen = look(config, &wanted).await;
    let [probe] = seen.addresses.as_slice() else { panic!("{seen:?}") };
    assert_eq!(bind_of(probe), Err(Failure::TimedOut));
    assert_eq!(probe.map.as_ref().unwrap().endpoints, Err(Failure::TimedOut));
    let challenge = probe.identity.iter().find(|one| one.method == IdentityMethod::NtlmChallenge);
    assert_eq!(challenge.unwrap().outcome, Err(Failure::TimedOut));
}

/// How many entries a request for a page of the map asks for; none for anything else.
fn entries_wanted(pdu: &Pdu) -> Option<u32> {
    let Body::Request(request) = &pdu.body else { return None };
    let read = LookupRequest::decode(&request.stub, ByteOrder::Little);
    (request.opnum == opnum::LOOKUP).then(|| read.expect("our own request").max_entries)
}

async fn map_through(twist: Twist) -> AddressProbe {
    let service = start(Behaviour::AnyInterface).await;
    let server = start(Behaviour::Twisted { port: service.port, twist }).await;
    let wanted = Target { whole_map: true, ..target() };
    look(mapper_on(server.port), &wanted).await.addresses.remove(0)
}

/// A path that loses what is large, and one on which nobody may list the map.
#[tokio::test]
async fn a_map_that_does_not_arrive_is_asked_for_one_entry() {
    let large_lost = map_through(|pdu, _, right| match entries_wanted(pdu) {
        Some(2..) => Act::Send(Vec::new()),
        _ => Act::Send(right),
    });
    let listing_lost = map_through(|pdu, _, right| match entries_wanted(pdu) {
        Some(_) => Act::Send(Vec::new()),
        None => Act::Send(right),
    });
    let (large, listing) = tokio::join!(large_lost, listing_lost);
    let small = large.one_entry.clone().map(|stage| stage.outcome);
    assert_eq!((large.map.unwrap().endpoints, small), (Err(Failure::TimedOut), Some(Ok(()))));
    let small = listing.one_entry.map(|stage| stage.outcome);
    let lost = Failure::TimedOut;
    assert_eq!((listing.map.unwrap().endpoints, small), (Err(lost.clone()), Some(Err(lost))));
}

/// What ends late has brought pages: large answers do arrive.
#[tokio::test]
async fn a_map_that_takes_too_long_is_not_asked_for_one_entry() {
    let server = start(Behaviour::EndlessMap).await;
    let wanted = Target { whole_map: true, ..target() };
    let config = Config { walk: Duration::ZERO, ..mapper_on(server.port) };
    let seen = look(config, &wanted).await;
    assert_eq!(seen.addresses[0].one_entry, None);
}
