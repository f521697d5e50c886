//! Several interfaces on one port, second tries, budgets and well-known ports.

use std::sync::atomic::Ordering;

use epmesh_agent::probe::{Config, Peers as _, Prober, Sign, WellKnown, WirePorts};
use epmesh_common::{
    facts::{AddressProbe, Answer, Failure, MapAnswer, Source, Target, Transport},
    rpc::{Body, ContextResult, Pdu, names},
};
use tokio::net::{TcpListener, UdpSocket};

use crate::{
    fixture::{LOCALHOST, closed_ports, config, drsuapi, look_at_address, resolver, said, target},
    server::{Act, Behaviour, Server, start},
};

/// A look for two interfaces that the map sends to the same port.
async fn two_on(service: &Server) -> AddressProbe {
    let mapper = start(Behaviour::Mapper { port: service.port, page: 500 }).await;
    let prober = Prober::new(config(WirePorts { endpoint_mapper: mapper.port, ..closed_ports() }));
    let interfaces = [drsuapi(), names::find("samr").unwrap()];
    let mut seen = prober.look(&target(), &interfaces, &resolver(Vec::new())).await;
    seen.addresses.remove(0)
}

fn binds(probe: &AddressProbe) -> Vec<(bool, Result<(), Failure>)> {
    let ports = probe.interfaces.iter().flat_map(|interface| &interface.ports);
    ports.map(|port| (port.altered, port.bind.clone().unwrap().outcome)).collect()
}

#[tokio::test]
async fn interfaces_on_one_port_share_a_connection() {
    let service = start(Behaviour::AnyInterface).await;
    let probe = two_on(&service).await;
    assert_eq!(binds(&probe), [(false, Ok(())), (true, Ok(()))]);
    assert_eq!(service.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_alter_context_that_is_not_taken_is_no_verdict() {
    let reset = |pdu: &Pdu, _: usize, right: Vec<u8>| match pdu.body {
        Body::AlterContext(_) => Act::Reset(Vec::new()),
        _ => Act::Send(right),
    };
    let reject = |pdu: &Pdu, _: usize, right: Vec<u8>| match &pdu.body {
        Body::AlterContext(_) => {
            let mut answer = Pdu::decode(&right).unwrap();
            let Body::AlterContextResp(ack) = &mut answer.body else { panic!("{answer:?}") };
            ack.results = vec![ContextResult::rejected(ContextResult::ABSTRACT_SYNTAX)];
            Act::Send(answer.encode().unwrap())
        }
        _ => Act::Send(right),
    };
    let wrong = |pdu: &Pdu, _: usize, right: Vec<u8>| match pdu.body {
        // A bind_ack in the place of an alter_context_resp.
        Body::AlterContext(_) => {
            let mut answer = Pdu::decode(&right).unwrap();
            let Body::AlterContextResp(ack) = answer.body else { panic!("{answer:?}") };
            answer.body = Body::BindAck(ack);
            Act::Send(answer.encode().unwrap())
        }
        _ => Act::Send(right),
    };
    for twist in [reset, reject, wrong] {
        let service = start(Behaviour::Twisted { port: 1, twist }).await;
        let probe = two_on(&service).await;
        assert_eq!(binds(&probe), [(false, Ok(())), (false, Ok(()))], "bound on its own");
        assert_eq!(service.connections.load(Ordering::SeqCst), 2);
    }
}

#[tokio::test]
async fn what_fails_is_tried_twice_and_no_more() {
    let prober = Prober::new(config(closed_ports()));
    let seen = prober.look(&target(), &[drsuapi()], &resolver(Vec::new())).await;
    let connect = &seen.addresses[0].connect;
    assert_eq!((connect.outcome.clone(), connect.retried), (Err(Failure::Refused), true));
    assert_eq!(connect.code, Some(111), "Linux's ECONNREFUSED");
    assert_eq!(seen.addresses[0].local, Some(LOCALHOST));

    let mapper = start(Behaviour::NotRegistered(0x16c9_a0d6)).await;
    let ports = WirePorts { endpoint_mapper: mapper.port, ..closed_ports() };
    let probe = look_at_address(config(ports)).await;
    let asked = &probe.interfaces[0];
    assert_eq!(asked.answer, MapAnswer::NotRegistered(0x16c9_a0d6));
    assert!(asked.retried && !probe.connect.retried);
    // One for the way to the interface, one for the challenge.
    assert_eq!(mapper.connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_second_answer_is_the_one_that_stands() {
    // The endpoint mapper cuts its first connection in the middle of an answer.
    let twist = |pdu: &Pdu, number: usize, right: Vec<u8>| match pdu.body {
        Body::Request(_) if number < 2 => Act::Reset(right[..20].to_vec()),
        _ => Act::Send(right),
    };
    let service = start(Behaviour::AnyInterface).await;
    let mapper = start(Behaviour::Twisted { port: service.port, twist }).await;
    let ports = WirePorts { endpoint_mapper: mapper.port, ..closed_ports() };
    let probe = look_at_address(config(ports)).await;
    let asked = &probe.interfaces[0];
    assert!(matches!(asked.answer, MapAnswer::Endpoints(_)), "{asked:?}");
    assert!(asked.retried);
}

#[tokio::test]
async fn an_agent_without_budget_says_so_and_blames_nobody() {
    let mapper = start(Behaviour::NotRegistered(0x16c9_a0d6)).await;
    let ports = WirePorts { endpoint_mapper: mapper.port, ..closed_ports() };
    // Ten at once, eight of them for the round.
    let config = Config { connections_per_minute: 100, ..config(ports) };
    let prober = Prober::new(config);
    let servers = resolver(vec![LOCALHOST]);
    let _ = prober.look(&target(), &[drsuapi()], &servers).await;
    tokio::time::pause();
    let wanted = Target { name: "dc3.lab.test".parse().unwrap(), ..target() };
    let seen = prober.look(&wanted, &[drsuapi()], &servers).await;
    // What has been refilled while it waited is little, and nothing is called silent.
    let asked = said(&seen, Source::Dns(LOCALHOST));
    assert_eq!(asked.len(), 2);
    for lookup in asked {
        assert_ne!(lookup.answer, Answer::TimedOut);
    }
    let refused = |probe: &AddressProbe| {
        let why = probe.identity.iter().filter_map(|one| one.outcome.as_ref().err());
        why.filter(|why| why.to_string().contains("own budget of connections")).count()
    };
    let addresses = prober.addresses(&[LOCALHOST; 4], &[drsuapi()], false, false).await;
    assert!(addresses.iter().map(refused).sum::<usize>() > 0, "{addresses:?}");
    for stage in addresses.iter().map(|probe| &probe.connect) {
        assert_ne!(stage.outcome, Err(Failure::TimedOut));
    }
}

#[tokio::test]
async fn well_known_ports_are_tried_where_the_plan_asks() {
    let open = TcpListener::bind((LOCALHOST, 0)).await.unwrap();
    let (dns, time) = (udp(false).await, udp(true).await);
    let closed = closed_ports();
    let port = |port, by| WellKnown { port, by };
    let config = Config {
        well_known: vec![
            port(open.local_addr().unwrap().port(), Sign::Connection),
            port(closed.ldap, Sign::Connection),
            port(dns, Sign::DnsAnswer),
            port(time, Sign::Time),
            port(dns, Sign::Time),
            port(closed.dns, Sign::DnsAnswer),
        ],
        ..config(closed)
    };
    let wanted = Target { well_known: true, ..target() };
    let seen = Prober::new(config.clone()).look(&wanted, &[], &resolver(Vec::new())).await;
    let outcomes: Vec<_> = seen.addresses[0]
        .well_known
        .iter()
        .map(|port| (port.transport, port.stage.outcome.clone(), port.stage.code))
        .collect();
    let (tcp, udp) = (Transport::Tcp, Transport::Udp);
    assert_eq!(
        outcomes,
        [
            (tcp, Ok(()), None),
            (tcp, Err(Failure::Refused), Some(111)),
            (udp, Ok(()), None),
            (udp, Ok(()), None),
            (udp, Err(Failure::TimedOut), None),
            (udp, Err(Failure::Refused), Some(111)),
        ]
    );
    let seen = Prober::new(config).look(&target(), &[], &resolver(Vec::new())).await;
    assert_eq!(seen.addresses[0].well_known, []);
}

/// A DNS server that refuses everything, or a time server.
async fn udp(is_time: bool) -> u16 {
    let socket = UdpSocket::bind((LOCALHOST, 0)).await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut buffer = [0; 512];
        loop {
            let (count, from) = socket.recv_from(&mut buffer).await.unwrap();
            let mut answer = buffer[..count].to_vec();
            if is_time && count == 48 {
                answer[0] = 0x24;
                let origin = buffer[40..48].to_vec();
                answer[24..32].copy_from_slice(&origin);
                answer[40..48].fill(7);
            } else if !is_time && count < 48 {
                answer[2] |= 0x80;
                answer[3] = 5;
            } else {
                continue;
            }
            socket.send_to(&answer, from).await.unwrap();
        }
    });
    port
}
