use epmesh_common::rpc::{Client, Context, Event, ProtocolSequence, Status};

use super::*;
use crate::sim::{SimPorts, samba_endpoints};

struct Host {
    refuses: bool,
}

impl RpcHost for Host {
    fn endpoints(&self) -> Vec<Endpoint> {
        let ports = SimPorts { endpoint_mapper: 1, dns: 2, ldap: 3, node_status: 4, first_rpc: 5 };
        samba_endpoints(&ports)
    }

    fn refuses_anonymous(&self) -> bool {
        self.refuses
    }

    fn offers(&self, _: u16, interface: InterfaceId) -> bool {
        interface == EPMAPPER || interface == MGMT
    }

    fn challenge(&self) -> Challenge {
        Challenge::default()
    }
}

/// The project's own client, through a whole map, in fragments.
#[test]
fn our_client_reads_the_map() {
    let mut server = Association::new(Arc::new(Host { refuses: false }), 135);
    let mut client = Client::new();
    let bind = client.bind(EPMAPPER, None).unwrap();
    let bound = client.receive(&server.receive(&bind).send).unwrap();
    assert!(matches!(bound, Some(Event::Bound(_))));
    let mut walk = epm::Lookup::new();
    while let Some(stub) = walk.next_request() {
        let request = client.request(opnum::LOOKUP, stub).unwrap();
        let reply = server.receive(&request).send;
        let Some(Event::Response { stub, order }) = client.receive(&reply).unwrap() else {
            panic!("a page was due")
        };
        walk.push_reply(&stub, order).unwrap();
    }
    assert_eq!(walk.into_report().endpoints.len(), 53);
}

#[test]
fn access_denied_is_no_answer_to_the_question() {
    let mut server = Association::new(Arc::new(Host { refuses: true }), 135);
    let mut client = Client::new();
    let bind = client.bind(EPMAPPER, None).unwrap();
    client.receive(&server.receive(&bind).send).unwrap();
    let stub = epm::map_request(MGMT, &ProtocolSequence::NcacnIpTcp).unwrap();
    let request = client.request(opnum::MAP, stub).unwrap();
    let reply = server.receive(&request).send;
    let Some(Event::Fault(fault)) = client.receive(&reply).unwrap() else {
        panic!("a fault was due")
    };
    assert_eq!(fault.status, Status::AccessDenied);
}

#[test]
fn contexts_are_added_to_a_bound_connection_alone() {
    let mut server = Association::new(Arc::new(Host { refuses: false }), 135);
    let alter = Bind {
        contexts: vec![
            Context { id: 1, interface: MGMT, transfer: vec![NDR] },
            Context { id: 2, interface: InterfaceId::new(MGMT.uuid, 9, 0), transfer: vec![NDR] },
        ],
        ..Bind::new(0, EPMAPPER)
    };
    let alter = Pdu::new(2, Body::AlterContext(alter)).encode().unwrap();
    let mut early = Association::new(Arc::new(Host { refuses: false }), 135);
    assert_eq!(early.receive(&alter), closed());
    let bind = Pdu::new(1, Body::Bind(Bind::new(0, EPMAPPER))).encode().unwrap();
    server.receive(&bind);
    let reply = Pdu::decode(&server.receive(&alter).send).unwrap();
    let Body::AlterContextResp(ack) = reply.body else { panic!("an answer was due") };
    let results: Vec<_> = ack.results.iter().map(|r| (r.result, r.reason)).collect();
    assert_eq!(results, [(0, 0), (2, 1)]);
}

/// Four bytes at a time, and bytes that are no RPC at all.
#[test]
fn input_may_come_in_any_pieces() {
    let mut server = Association::new(Arc::new(Host { refuses: false }), 135);
    let bind = Pdu::new(1, Body::Bind(Bind::new(0, EPMAPPER))).encode().unwrap();
    let sent: Vec<u8> = bind.chunks(4).flat_map(|piece| server.receive(piece).send).collect();
    assert!(matches!(Pdu::decode(&sent).unwrap().body, Body::BindAck(_)));
    let mut server = Association::new(Arc::new(Host { refuses: false }), 135);
    assert_eq!(server.receive(b"GET / HTTP/1.0\r\n\r\n"), Reply::default());
}
