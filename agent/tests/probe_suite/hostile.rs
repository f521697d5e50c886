//! Peers that mean harm, or are broken in ways that look like it. A look ends inside its bounds,
//! and says what it met; that it ends at all is each test's own end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use epmesh_agent::probe::{Config, WirePorts};
use epmesh_common::{
    facts::{AddressProbe, Failure, IdentityMethod, MapAnswer, Target},
    identity::Identity,
    rpc::{Body, Flags, Pdu, fragment_response},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::{
    fixture::{LOCALHOST, closed_ports, config, look, look_at_address, target},
    server::{Act, Behaviour, Twist, first_page, start},
};

/// What a look takes in at most, and what waits in the sockets of a few connections.
pub(crate) const MOST: usize = (4 << 20) + (16 << 20);

async fn twisted(twist: Twist) -> AddressProbe {
    twisted_for(twist, config(closed_ports())).await
}

/// As [`twisted`], with time for as much as the limits of size allow.
async fn patiently(twist: Twist) -> AddressProbe {
    let (rpc, walk, look) =
        (Duration::from_secs(60), Duration::from_secs(60), Duration::from_secs(120));
    twisted_for(twist, Config { rpc, walk, look, ..config(closed_ports()) }).await
}

async fn twisted_for(twist: Twist, config: Config) -> AddressProbe {
    let service = start(Behaviour::AnyInterface).await;
    let server = start(Behaviour::Twisted { port: service.port, twist }).await;
    let ports = WirePorts { endpoint_mapper: server.port, ..config.ports };
    let wanted = Target { whole_map: true, ..target() };
    look(Config { ports, ..config }, &wanted).await.addresses.remove(0)
}

fn bind(probe: &AddressProbe) -> String {
    let bind = probe.bind.clone().expect("connected");
    bind.outcome.expect_err("a hostile bind").to_string()
}

pub(crate) fn asked(probe: &AddressProbe) -> String {
    match &probe.interfaces[0].answer {
        MapAnswer::Failed(failure) => failure.to_string(),
        other => panic!("{other:?}"),
    }
}

fn walked(probe: &AddressProbe) -> String {
    let map = probe.map.clone().expect("asked for");
    map.endpoints.expect_err("a hostile map").to_string()
}

pub(crate) fn who(probe: &AddressProbe, method: IdentityMethod) -> Result<Identity, Failure> {
    probe.identity.iter().find(|one| one.method == method).unwrap().outcome.clone()
}

#[track_caller]
pub(crate) fn names(text: &str, part: &str) {
    assert!(text.contains(part), "{text:?} does not say {part:?}");
}

/// The PDU of an answer, changed.
fn changed(right: &[u8], change: impl FnOnce(&mut Pdu)) -> Act {
    let mut pdu = Pdu::decode(right).unwrap();
    change(&mut pdu);
    Act::Send(pdu.encode().unwrap())
}

/// The operation that a request calls.
fn opnum(pdu: &Pdu) -> Option<u16> {
    let Body::Request(request) = &pdu.body else { return None };
    Some(request.opnum)
}

const LOOKUP: Option<u16> = Some(epmesh_common::rpc::epm::opnum::LOOKUP);
const MAP: Option<u16> = Some(epmesh_common::rpc::epm::opnum::MAP);

#[tokio::test]
async fn binds_that_break_the_protocol() {
    let probe = twisted(|_, _, right| changed(&right, |pdu| pdu.call_id += 7)).await;
    names(&bind(&probe), "call id");
    let probe = twisted(|pdu, _, _| {
        let stub = vec![0; 8];
        let response =
            epmesh_common::rpc::Response { alloc_hint: 0, context_id: 0, cancel_count: 0, stub };
        Act::Send(fragment_response(pdu.call_id, &response, 4280).unwrap().concat())
    })
    .await;
    names(&bind(&probe), "Response");
    let probe = twisted(|_, _, right| {
        changed(&right, |pdu| {
            if let Body::BindAck(ack) = &mut pdu.body {
                ack.results.clear();
            }
        })
    })
    .await;
    names(&bind(&probe), "result");
    let probe =
        twisted(|pdu, _, _| Act::Send(Pdu::new(pdu.call_id, Body::Shutdown).encode().unwrap()))
            .await;
    names(&bind(&probe), "reset");
    let probe = twisted(|_, _, mut right| {
        right[8..10].copy_from_slice(&9_u16.to_le_bytes());
        Act::Send(right)
    })
    .await;
    names(&bind(&probe), "frag_length");
}

#[tokio::test]
async fn resets_at_each_stage() {
    let probe = twisted(|_, _, _| Act::Reset(Vec::new())).await;
    names(&bind(&probe), "reset");
    assert!(probe.bind.as_ref().unwrap().retried);
    let probe = twisted(|_, _, right| Act::Reset(right[..10].to_vec())).await;
    names(&bind(&probe), "reset");
    let probe = twisted(|pdu, _, right| match opnum(pdu) {
        MAP => Act::Reset(right[..right.len() / 2].to_vec()),
        _ => Act::Send(right),
    })
    .await;
    names(&asked(&probe), "reset");
    let probe = twisted(|pdu, _, right| match opnum(pdu) {
        LOOKUP => Act::Reset(right[..right.len() / 2].to_vec()),
        _ => Act::Send(right),
    })
    .await;
    names(&walked(&probe), "reset");
    let kind = probe.map_code.map(|code| std::io::Error::from_raw_os_error(code).kind());
    assert_eq!(kind, Some(std::io::ErrorKind::ConnectionReset), "{probe:?}");
    assert!(matches!(probe.interfaces[0].answer, MapAnswer::Endpoints(_)), "what was heard stands");
}

/// A look at a right endpoint mapper that names a twisted server of the interface.
async fn twisted_service(twist: Twist) -> AddressProbe {
    let service = start(Behaviour::Twisted { port: 0, twist }).await;
    let mapper = start(Behaviour::Mapper { port: service.port, page: 500 }).await;
    let ports = WirePorts { endpoint_mapper: mapper.port, ..closed_ports() };
    look_at_address(config(ports)).await
}

fn bind_at_port(probe: &AddressProbe) -> String {
    let bind = probe.interfaces[0].ports[0].bind.clone().expect("connected");
    bind.outcome.expect_err("a hostile bind").to_string()
}

#[tokio::test]
async fn wrong_call_ids_at_each_stage() {
    let probe = twisted(|pdu, _, right| match opnum(pdu) {
        MAP => changed(&right, |pdu| pdu.call_id += 7),
        _ => Act::Send(right),
    })
    .await;
    names(&asked(&probe), "call id");
    let probe = twisted(|pdu, _, right| match opnum(pdu) {
        LOOKUP => changed(&right, |pdu| pdu.call_id = 0),
        _ => Act::Send(right),
    })
    .await;
    names(&walked(&probe), "call id");
    let probe = twisted_service(|_, _, right| changed(&right, |pdu| pdu.call_id += 7)).await;
    names(&bind_at_port(&probe), "call id");
    let probe = twisted(|_, _, right| changed(&right, |pdu| pdu.call_id += 7)).await;
    let Err(Failure::Protocol(why)) = who(&probe, IdentityMethod::NtlmChallenge) else {
        panic!("{probe:?}")
    };
    names(&why, "call id");
}

#[tokio::test]
async fn resets_behind_the_endpoint_mapper() {
    let probe = twisted_service(|_, _, _| Act::Reset(Vec::new())).await;
    assert_eq!(bind_at_port(&probe), Failure::Reset.to_string());
    let bind = probe.interfaces[0].ports[0].bind.clone().expect("connected");
    assert!(bind.retried);
    let probe = twisted(|_, _, right| Act::Reset(right[..10].to_vec())).await;
    assert_eq!(who(&probe, IdentityMethod::NtlmChallenge), Err(Failure::Reset));
    // LDAP that hangs up in the middle of a message.
    let listener = TcpListener::bind((LOCALHOST, 0)).await.unwrap();
    let ldap = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 512]).await;
            let _ = stream.write_all(&[0x30, 0x84, 0, 0, 1]).await;
        }
    });
    let probe = look_at_address(config(WirePorts { ldap, ..closed_ports() })).await;
    assert_eq!(who(&probe, IdentityMethod::RootDse), Err(Failure::Reset));
}

#[tokio::test]
async fn one_byte_and_then_another() {
    let probe = twisted(|_, _, right| Act::Drip(right)).await;
    assert_eq!(bind(&probe), Failure::Unfinished.to_string());
    let probe = twisted(|pdu, _, right| match opnum(pdu) {
        MAP => Act::Drip(right),
        _ => Act::Send(right),
    })
    .await;
    assert_eq!(asked(&probe), Failure::Unfinished.to_string());
    let probe = twisted(|pdu, _, right| match opnum(pdu) {
        LOOKUP => Act::Drip(right),
        _ => Act::Send(right),
    })
    .await;
    assert_eq!(walked(&probe), Failure::Unfinished.to_string());
    assert!(probe.map_took_ms > 0, "it waited: {probe:?}");
    assert!(matches!(probe.interfaces[0].answer, MapAnswer::Endpoints(_)), "what was heard stands");
    let probe = twisted_service(|_, _, right| Act::Drip(right)).await;
    assert_eq!(bind_at_port(&probe), Failure::Unfinished.to_string());
    let probe = twisted(|_, _, right| Act::Drip(right)).await;
    assert!(probe.bind.as_ref().unwrap().retried, "{probe:?}");
    assert_eq!(who(&probe, IdentityMethod::NtlmChallenge), Err(Failure::Unfinished));
    // An LDAP message of which the head comes, and no more.
    let (ldap, _) = flood(vec![0x30, 0x84, 0, 0, 1], vec![]).await;
    let probe = look_at_address(config(WirePorts { ldap, ..closed_ports() })).await;
    assert_eq!(who(&probe, IdentityMethod::RootDse), Err(Failure::Unfinished));
    // Who says nothing at all has not begun.
    let (ldap, _) = flood(vec![], vec![]).await;
    let probe = look_at_address(config(WirePorts { ldap, ..closed_ports() })).await;
    assert_eq!(who(&probe, IdentityMethod::RootDse), Err(Failure::TimedOut));
}

#[tokio::test]
async fn counts_and_lengths_of_four_billion() {
    // Where they stand in the stub of ept_map: behind the handle (20) and the number of towers (4)
    // are maximum, offset and actual count, then a pointer and a tower's length each.
    fn patched(right: &[u8], at: usize) -> Act {
        changed(right, |pdu| {
            if let Body::Response(response) = &mut pdu.body {
                response.stub[at..at + 4].fill(0xff);
            }
        })
    }
    let cases: [Twist; 4] = [
        |pdu, _, right| if opnum(pdu) == MAP { patched(&right, 24) } else { Act::Send(right) },
        |pdu, _, right| if opnum(pdu) == MAP { patched(&right, 32) } else { Act::Send(right) },
        |pdu, _, right| if opnum(pdu) == MAP { patched(&right, 44) } else { Act::Send(right) },
        |pdu, _, right| if opnum(pdu) == MAP { patched(&right, 48) } else { Act::Send(right) },
    ];
    for twist in cases {
        let probe = twisted(twist).await;
        names(&asked(&probe), "protocol error: ept_map: ");
    }
    let probe = twisted(
        |pdu, _, right| {
            if opnum(pdu) == LOOKUP { patched(&right, 20) } else { Act::Send(right) }
        },
    )
    .await;
    names(&walked(&probe), "protocol error: ept_lookup: ");
}

/// Fragments of an answer to ept_map, without an end.
pub(crate) const ENDLESS: Twist = |pdu, _, right| {
    if opnum(pdu) != MAP {
        return Act::Send(right);
    }
    let mut first = Pdu::decode(&right).unwrap();
    if let Body::Response(response) = &mut first.body {
        response.stub = vec![0; 4096];
    }
    first.flags = Flags::FIRST;
    let mut then = first.clone();
    then.flags = Flags::default();
    Act::Endless(first.encode().unwrap(), then.encode().unwrap())
};

#[tokio::test]
async fn fragments_that_never_end() {
    let probe = patiently(ENDLESS).await;
    // The limit of the codec, or that of the look, whichever is met first.
    let said = asked(&probe);
    assert!(said.contains("protocol error") && said.contains("4194304"), "{said}");
    let probe = patiently(|pdu, _, right| {
        if opnum(pdu) != MAP {
            return Act::Send(right);
        }
        let mut empty = Pdu::decode(&right).unwrap();
        if let Body::Response(response) = &mut empty.body {
            response.stub.clear();
        }
        empty.flags = Flags::FIRST;
        let mut then = empty.clone();
        then.flags = Flags::default();
        Act::Endless(empty.encode().unwrap(), then.encode().unwrap())
    })
    .await;
    names(&asked(&probe), "8192");
}

#[tokio::test]
async fn pages_that_bring_the_same_for_ever() {
    let probe = patiently(|pdu, _, right| {
        if opnum(pdu) != LOOKUP {
            return Act::Send(right);
        }
        changed(&right, |pdu| {
            if let Body::Response(response) = &mut pdu.body {
                // The first page for ever, with a live handle in front of it.
                response.stub = first_page();
                response.stub[4..20].fill(7);
            }
        })
    })
    .await;
    names(&walked(&probe), "brings nothing new");
}

#[tokio::test]
async fn a_token_that_is_no_challenge() {
    let probe = twisted(|_, _, right| {
        changed(&right, |pdu| {
            if let Some(auth) = &mut pdu.auth {
                // The target info's length and offset, at 40 of a CHALLENGE (MS-NLMP 2.2.1.2).
                auth.token[40..48].fill(0xff);
            }
        })
    })
    .await;
    let Err(Failure::Protocol(why)) = who(&probe, IdentityMethod::NtlmChallenge) else {
        panic!("{probe:?}")
    };
    names(&why, "NTLM challenge: ");
    assert!(matches!(probe.interfaces[0].answer, MapAnswer::Endpoints(_)), "the way is another");
}

/// Sends `first` to every client that connects, then `then` for as long as it is taken; counts what went.
pub(crate) async fn flood(first: Vec<u8>, then: Vec<u8>) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (first, then, count) = (first.clone(), then.clone(), Arc::clone(&count));
            tokio::spawn(async move {
                let mut buffer = [0; 512];
                let _ = stream.read(&mut buffer).await;
                if stream.write_all(&first).await.is_err() {
                    return;
                }
                while !then.is_empty() && stream.write_all(&then).await.is_ok() {
                    count.fetch_add(then.len(), Ordering::Relaxed);
                }
                let _ = stream.read(&mut buffer).await;
            });
        }
    });
    (port, sent)
}
