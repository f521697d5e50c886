//! A look says what it left out because there was too much of it.

use std::net::IpAddr;

use epmesh_agent::probe::{Peers as _, Prober, WirePorts};
use epmesh_common::{
    facts::{
        Answer, Body, Failure, HostsFile, HostsLine, PeerObservation, Reading, Resolver, Source,
    },
    rpc::{Binding, Body as PduBody, ByteOrder, ContextHandle, Tower, epm},
    wire::fit,
};

use crate::{
    fixture::{closed_ports, config, drsuapi, look_at_address, resolver, said, target},
    server::{Act, Behaviour, Twist, start},
};

fn untried(failure: &Failure) -> &str {
    match failure {
        Failure::Local(why) => why,
        other => panic!("{other:?}"),
    }
}

fn answers(seen: &PeerObservation, source: Source) -> Vec<&Answer> {
    said(seen, source).into_iter().map(|lookup| &lookup.answer).collect()
}

#[tokio::test]
async fn dns_servers_beyond_the_eighth() {
    let servers: Vec<IpAddr> = (1..=11).map(|last| [127, 0, 0, last].into()).collect();
    let twice = [servers.clone(), servers.clone()].concat();
    let prober = Prober::new(config(closed_ports()));
    let seen = prober.look(&target(), &[], &resolver(twice)).await;
    for (at, server) in servers.iter().enumerate() {
        let said = answers(&seen, Source::Dns(*server));
        match said[..] {
            [Answer::Unreachable(_), Answer::Unreachable(_)] if at < 8 => {}
            [Answer::NotAsked(why)] if at >= 8 => assert!(why.contains("first 8"), "{why}"),
            _ => panic!("{server}: {said:?}"),
        }
    }
}

#[tokio::test]
async fn wins_servers_beyond_the_twelfth() {
    let servers: Vec<IpAddr> = (1..=14).map(|last| [127, 0, 2, last].into()).collect();
    let sources = Resolver { wins: Reading::Value(servers.clone()), ..resolver(Vec::new()) };
    let seen = Prober::new(config(closed_ports())).look(&target(), &[], &sources).await;
    for (at, server) in servers.iter().enumerate() {
        let said = answers(&seen, Source::Wins(*server));
        match said[..] {
            [Answer::Unreachable(_)] if at < 12 => {}
            [Answer::NotAsked(why)] if at >= 12 => assert!(why.contains("first 12 WINS"), "{why}"),
            _ => panic!("{server}: {said:?}"),
        }
    }
}

#[tokio::test]
async fn addresses_beyond_the_sixty_fourth() {
    let line = |line: u8, address: IpAddr| HostsLine {
        line: line.into(),
        address,
        names: vec![target().name],
    };
    let v4 = (1..=64).map(|last| line(last, [127, 0, 1, last].into()));
    let v6 = (1..=3).map(|last| line(64 + last, [0xfd00, 0, 0, 0, 0, 0, 0, last.into()].into()));
    let lines = v4.chain(v6).collect();
    let hosts = HostsFile { path: "/etc/hosts".to_owned(), lines };
    let sources = Resolver { hosts: Reading::Value(hosts), ..resolver(Vec::new()) };
    let seen = Prober::new(config(closed_ports())).look(&target(), &[], &sources).await;
    assert_eq!(seen.addresses.len(), 67);
    for (at, probe) in seen.addresses.iter().enumerate() {
        let failure = probe.connect.outcome.as_ref().expect_err("nothing listens");
        let left_out = matches!(failure, Failure::Local(why) if why.contains("first 64"));
        assert_eq!(left_out, at >= 64, "{at}: {failure}");
    }
    // A report has room for no more: the agent says there that it was cut.
    let fitted = fit(&Body::Peer(seen)).expect("cutting cures it");
    assert!(fitted.notes.iter().any(|note| note.contains("67 entries")), "{:?}", fitted.notes);
}

#[tokio::test]
async fn ports_beyond_the_eighth() {
    // Eleven ports of 127.0.0.1 on which nobody is asked for more than a connection.
    let many: Twist = |pdu, _, right| {
        let PduBody::Request(request) = &pdu.body else { return Act::Send(right) };
        if request.opnum != epm::opnum::MAP {
            return Act::Send(right);
        }
        let tower = |port| Tower::new(drsuapi(), &Binding::tcp(port)).unwrap().encode().unwrap();
        let towers = (1..=11).map(tower).collect();
        let handle = ContextHandle::NULL;
        let reply = epm::MapReply { handle, max_towers: 11, towers, raw_status: 0 };
        let mut answer = epmesh_common::rpc::Pdu::decode(&right).unwrap();
        if let PduBody::Response(response) = &mut answer.body {
            response.stub = reply.encode(ByteOrder::Little).unwrap();
        }
        Act::Send(answer.encode().unwrap())
    };
    let mapper = start(Behaviour::Twisted { port: 1, twist: many }).await;
    let ports = WirePorts { endpoint_mapper: mapper.port, ..closed_ports() };
    let probe = look_at_address(config(ports)).await;
    let ports = &probe.interfaces[0].ports;
    assert_eq!(
        ports.iter().map(|port| port.port).collect::<Vec<_>>(),
        (1..=11).collect::<Vec<_>>()
    );
    for port in &ports[..8] {
        assert_eq!(port.connect.outcome, Err(Failure::Refused), "{port:?}");
    }
    for port in &ports[8..] {
        let why = untried(port.connect.outcome.as_ref().unwrap_err());
        assert!(why.contains("first 8 ports"), "{why}");
        assert_eq!(port.bind, None);
    }
}
