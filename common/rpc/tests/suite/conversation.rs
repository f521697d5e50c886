//! The client against a server made of the same codec, and against servers that misbehave.

use epmesh_rpc::{
    AuthVerifier, Bind, BindAck, BindNak, Binding, Body, ByteOrder, Client, ClientError,
    ContextHandle, ContextResult, Endpoint, Event, Fault, InterfaceId, Pdu, ProtocolError,
    ProtocolSequence, Reassembler, Response, Splitter, Status,
    epm::{
        self, EPMAPPER, Inquiry, Lookup, LookupEnd, LookupReply, LookupRequest, MapReply,
        MapRequest, Progress,
    },
    fragment_response,
    limits::{MAX_BUFFERED, MAX_REASSEMBLED, MAX_STALE_PAGES},
    names,
};
use uuid::Uuid;

fn id(name: &str) -> InterfaceId {
    names::by_name(name).unwrap().id
}

fn endpoint(number: u16) -> Endpoint {
    let interface = InterfaceId::new(id("drsuapi").uuid, 4, number);
    let binding = Binding::tcp(49152 + number % 16000);
    Endpoint { interface, object: None, binding, annotation: format!("entry {number}") }
}

/// An endpoint mapper with a map of its own, fed with bytes.
struct Server {
    splitter: Splitter,
    reassembler: Reassembler,
    map: Vec<Endpoint>,
    order: ByteOrder,
    max_frag: u16,
}

impl Server {
    fn new(map: Vec<Endpoint>) -> Self {
        let (splitter, reassembler) = (Splitter::new(), Reassembler::new());
        Self { splitter, reassembler, map, order: ByteOrder::Little, max_frag: 5840 }
    }

    fn answer(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.splitter.push(bytes).unwrap();
        let mut out = Vec::new();
        while let Some(bytes) = self.splitter.next_pdu().unwrap() {
            let pdu = Pdu::decode(&bytes).unwrap();
            let call_id = pdu.call_id;
            match pdu.body {
                Body::Bind(bind) => out.extend(self.ack(call_id, Body::BindAck, &bind)),
                Body::AlterContext(bind) => {
                    out.extend(self.ack(call_id, Body::AlterContextResp, &bind));
                }
                Body::Request(_) => {
                    let Some(whole) = self.reassembler.push(pdu).unwrap() else { continue };
                    let Body::Request(request) = whole.body else { panic!("no request") };
                    let stub = self.call(request.opnum, &request.stub);
                    let context_id = request.context_id;
                    let response = Response { alloc_hint: 0, context_id, cancel_count: 0, stub };
                    let pdus = fragment_response(call_id, &response, self.max_frag).unwrap();
                    for bytes in pdus {
                        let pdu = Pdu::decode(&bytes).unwrap();
                        out.extend(Pdu { order: self.order, ..pdu }.encode().unwrap());
                    }
                }
                other => panic!("{other:?}"),
            }
        }
        out
    }

    fn ack(&self, call_id: u32, body: fn(BindAck) -> Body, bind: &Bind) -> Vec<u8> {
        let result = |interface: InterfaceId| {
            if interface == EPMAPPER {
                ContextResult::accepted()
            } else {
                ContextResult::rejected(ContextResult::ABSTRACT_SYNTAX)
            }
        };
        let ack = BindAck {
            max_xmit: self.max_frag,
            max_recv: self.max_frag,
            assoc_group: 7,
            secondary_address: "135".to_owned(),
            results: bind.contexts.iter().map(|context| result(context.interface)).collect(),
        };
        Pdu { order: self.order, ..Pdu::new(call_id, body(ack)) }.encode().unwrap()
    }

    fn call(&self, opnum: u16, stub: &[u8]) -> Vec<u8> {
        if opnum == epm::opnum::MAP {
            let request = MapRequest::decode(stub, ByteOrder::Little).unwrap();
            let wanted = request.tower.unwrap().parse().unwrap();
            let interface = wanted.interface().unwrap();
            let found = self.map.iter().filter(|endpoint| endpoint.interface == interface);
            let towers: Vec<_> =
                found.filter_map(|endpoint| endpoint.entry().unwrap().tower).collect();
            let reply = match towers.is_empty() {
                true => MapReply::not_registered(request.max_towers),
                false => MapReply { towers, raw_status: 0, ..MapReply::not_registered(4) },
            };
            return reply.encode(self.order).unwrap();
        }
        let request = LookupRequest::decode(stub, ByteOrder::Little).unwrap();
        assert_eq!(request.inquiry, Inquiry::All);
        let start = usize::try_from(request.handle.uuid.as_u128()).unwrap();
        let size = usize::try_from(request.max_entries).unwrap();
        let rest = &self.map[start.min(self.map.len())..];
        let page = rest.iter().take(size);
        let entries: Vec<_> = page.map(|endpoint| endpoint.entry().unwrap()).collect();
        let last = entries.len() == rest.len();
        // As Samba's file server ends a walk: entries and status in one reply.
        let status = if last { epm::EPT_S_NOT_REGISTERED } else { 0 };
        let uuid = Uuid::from_u128(if last { 0 } else { (start + size).try_into().unwrap() });
        let handle = ContextHandle { attributes: 0, uuid };
        let reply = LookupReply { handle, max_entries: request.max_entries, entries, status };
        reply.encode(self.order).unwrap()
    }
}

fn bound(client: &mut Client, server: &mut Server) {
    let bytes = client.bind(EPMAPPER, None).unwrap();
    let event = client.receive(&server.answer(&bytes)).unwrap();
    assert!(matches!(event, Some(Event::Bound(_))), "{event:?}");
}

fn walk(server: &mut Server, mut lookup: Lookup) -> epm::LookupReport {
    let mut client = Client::new();
    bound(&mut client, server);
    while let Some(stub) = lookup.next_request() {
        let bytes = client.request(epm::opnum::LOOKUP, stub).unwrap();
        let Some(Event::Response { stub, order }) = client.receive(&server.answer(&bytes)).unwrap()
        else {
            panic!("no response")
        };
        let progress = lookup.push_reply(&stub, order).unwrap();
        assert_eq!(progress == Progress::Done, lookup.next_request().is_none());
    }
    lookup.into_report()
}

#[test]
fn a_whole_map_comes_through_pages_and_fragments_in_both_byte_orders() {
    let map: Vec<_> = (0..700).map(endpoint).collect();
    for order in [ByteOrder::Little, ByteOrder::Big] {
        for (page_size, pages) in [(500, 2), (100, 7), (7, 100)] {
            let mut server = Server { order, max_frag: 1432, ..Server::new(map.clone()) };
            let report = walk(&mut server, Lookup::with_page_size(page_size));
            assert_eq!((report.pages, report.entries), (pages, 700));
            assert_eq!((report.end, report.handle_to_free), (LookupEnd::Complete, None));
            assert_eq!(report.endpoints, map);
        }
    }
}

#[test]
fn duplicates_count_once_and_bad_towers_do_not_spoil_a_page() {
    let first = Endpoint { annotation: "other".to_owned(), ..endpoint(1) };
    let entries = [endpoint(1), first, endpoint(2)].map(|endpoint| endpoint.entry().unwrap());
    let mut entries = entries.to_vec();
    entries.push(epm::Entry { tower: None, ..entries[0].clone() });
    let odd = epmesh_rpc::TowerBytes::new(vec![9, 0, 1]).unwrap();
    entries.push(epm::Entry { tower: Some(odd), ..entries[0].clone() });
    let (handle, max_entries) = (ContextHandle::NULL, 500);
    let reply = LookupReply { handle, max_entries, entries, status: 0 };
    let mut lookup = Lookup::new();
    let stub = reply.encode(ByteOrder::Little).unwrap();
    assert_eq!(lookup.push_reply(&stub, ByteOrder::Little), Ok(Progress::Done));
    let report = lookup.into_report();
    assert_eq!(report.endpoints, [endpoint(1), endpoint(2)]);
    assert_eq!((report.unparsed.len(), report.entries), (2, 5));
}

#[test]
fn a_walk_that_goes_nowhere_ends_with_a_handle_to_free() {
    let handle = ContextHandle { attributes: 0, uuid: Uuid::from_u128(1) };
    let entries = vec![endpoint(1).entry().unwrap()];
    let reply = LookupReply { handle, max_entries: 500, entries, status: 0 };
    let stub = reply.encode(ByteOrder::Little).unwrap();
    let mut lookup = Lookup::new();
    while lookup.push_reply(&stub, ByteOrder::Little).unwrap() == Progress::More {}
    let report = lookup.into_report();
    assert_eq!((report.end, report.pages), (LookupEnd::NoProgress, MAX_STALE_PAGES + 1));
    assert_eq!(report.handle_to_free, Some(handle));

    let free = epm::handle_free_request(&handle);
    assert_eq!(epm::decode_handle_free_request(&free, ByteOrder::Little), Ok(handle));
}

#[test]
fn a_failed_walk_keeps_what_came_before() {
    let entries = vec![endpoint(1).entry().unwrap()];
    let (handle, max_entries) = (ContextHandle::NULL, 500);
    let reply = LookupReply { handle, max_entries, entries, status: epm::EPT_S_CANT_PERFORM_OP };
    let mut lookup = Lookup::new();
    let stub = reply.encode(ByteOrder::Little).unwrap();
    assert_eq!(lookup.push_reply(&stub, ByteOrder::Little), Ok(Progress::Done));
    let report = lookup.into_report();
    let status = Status::CantPerform(epm::EPT_S_CANT_PERFORM_OP);
    assert_eq!(report.end, LookupEnd::Failed(status));
    assert_eq!(report.endpoints, [endpoint(1)]);
}

#[test]
fn one_interface_is_mapped_or_not_registered() {
    let mut server = Server::new(vec![endpoint(0)]);
    let mut client = Client::new();
    bound(&mut client, &mut server);
    for (interface, status) in [(id("drsuapi"), Status::Ok), (id("samr"), Status::NotRegistered)] {
        let stub = epm::map_request(interface, &ProtocolSequence::NcacnIpTcp).unwrap();
        let bytes = client.request(epm::opnum::MAP, stub).unwrap();
        let Ok(Some(Event::Response { stub, order })) = client.receive(&server.answer(&bytes))
        else {
            panic!("no response")
        };
        let reply = epm::decode_map_response(&stub, order).unwrap();
        assert_eq!(reply.status(), status);
        let ports: Vec<_> = reply.bindings(interface).iter().map(Binding::port).collect();
        assert_eq!(ports, if status == Status::Ok { vec![Some(49152)] } else { vec![] });
    }
}

#[test]
fn status_0_without_towers_is_not_registered_either() {
    let reply = MapReply { raw_status: 0, ..MapReply::not_registered(4) };
    assert_eq!(reply.status(), Status::NotRegistered);
}

#[test]
fn a_rejected_interface_leaves_the_association_open() {
    let mut server = Server::new(Vec::new());
    let mut client = Client::new();
    let bytes = client.bind(id("drsuapi"), None).unwrap();
    let Ok(Some(Event::Rejected(answer))) = client.receive(&server.answer(&bytes)) else {
        panic!("not rejected")
    };
    assert_eq!(answer.status(), Status::BindRejected { result: 2, reason: 1 });
    assert!(matches!(client.request(0, Vec::new()), Err(ClientError::State { .. })));
    let bytes = client.alter_context(EPMAPPER).unwrap();
    let event = client.receive(&server.answer(&bytes)).unwrap();
    assert!(matches!(event, Some(Event::Bound(_))));
    assert!(client.request(epm::opnum::MAP, Vec::new()).is_ok());
}

#[test]
fn an_authentication_token_comes_back() {
    let mut client = Client::new();
    let bytes = client.bind(EPMAPPER, Some(AuthVerifier::ntlm(b"negotiate".to_vec()))).unwrap();
    let sent = Pdu::decode(&bytes).unwrap();
    assert_eq!(sent.auth, Some(AuthVerifier::ntlm(b"negotiate".to_vec())));
    let ack = Pdu::decode(&Server::new(Vec::new()).answer(&bytes)).unwrap();
    let auth = Some(AuthVerifier::ntlm(b"challenge".to_vec()));
    let Ok(Some(Event::Bound(bound))) =
        client.receive(&Pdu { auth: auth.clone(), ..ack }.encode().unwrap())
    else {
        panic!("not bound")
    };
    assert_eq!((bound.auth, bound.secondary_address.as_str()), (auth, "135"));
}

#[test]
fn refusals_are_events() {
    let mut client = Client::new();
    client.bind(EPMAPPER, None).unwrap();
    let nak = Pdu::new(1, Body::BindNak(BindNak::new(4))).encode().unwrap();
    assert_eq!(client.receive(&nak), Ok(Some(Event::Nak(BindNak::new(4)))));
    assert!(matches!(client.alter_context(EPMAPPER), Err(ClientError::State { .. })));

    let mut client = Client::new();
    bound(&mut client, &mut Server::new(Vec::new()));
    client.request(epm::opnum::LOOKUP, Vec::new()).unwrap();
    let fault = Pdu::new(2, Body::Fault(Fault::new(5))).encode().unwrap();
    let Ok(Some(Event::Fault(event))) = client.receive(&fault) else { panic!("no fault") };
    assert_eq!((event.status, event.did_not_execute), (Status::AccessDenied, false));
    assert!(!client.is_waiting());

    let shutdown = Pdu::new(0, Body::Shutdown).encode().unwrap();
    assert_eq!(client.receive(&shutdown), Ok(Some(Event::Shutdown)));
}

#[test]
fn what_is_no_answer_is_a_protocol_error() {
    let waiting = || {
        let mut client = Client::new();
        client.bind(EPMAPPER, None).unwrap();
        client
    };
    // A Modbus answer that repeats the start of the bind, and text, both shorter than a header.
    for bytes in [&[5, 0, 11, 3, 0, 3, 0, 0x80, 2][..], b"HTTP/1.1 400"] {
        let error = waiting().receive(bytes).unwrap_err();
        assert!(matches!(error, ProtocolError::NotRpc { .. }), "{error}");
    }
    let ack = |results: Vec<ContextResult>, max: u16| {
        let secondary_address = String::new();
        let (max_xmit, max_recv) = (max, max);
        BindAck { max_xmit, max_recv, assoc_group: 1, secondary_address, results }
    };
    let accepted = ContextResult::accepted();
    let other = ContextResult { transfer: epmesh_rpc::NDR64, ..accepted };
    for (call_id, body) in [
        (2, Body::BindAck(ack(vec![accepted], 5840))),
        (1, Body::BindAck(ack(vec![], 5840))),
        (1, Body::BindAck(ack(vec![accepted, accepted], 5840))),
        (1, Body::BindAck(ack(vec![other], 5840))),
        (1, Body::BindAck(ack(vec![accepted], 1431))),
        (1, Body::AlterContextResp(ack(vec![accepted], 5840))),
        (
            1,
            Body::Request(epmesh_rpc::Request {
                alloc_hint: 0,
                context_id: 0,
                opnum: 0,
                object: None,
                stub: Vec::new(),
            }),
        ),
    ] {
        let mut client = waiting();
        let bytes = Pdu::new(call_id, body.clone()).encode().unwrap();
        assert!(client.receive(&bytes).is_err(), "{body:?}");
        assert!(client.bind(EPMAPPER, None).is_err());
    }
    assert!(Client::new().receive(&Pdu::new(0, Body::Auth3).encode().unwrap()).is_err());
}

#[test]
fn memory_is_bounded() {
    let mut client = Client::new();
    let error = client.receive(&vec![5; MAX_BUFFERED + 1]).unwrap_err();
    assert!(matches!(error, ProtocolError::TooMuch { .. }), "{error}");

    let mut client = Client::new();
    bound(&mut client, &mut Server::new(Vec::new()));
    client.request(epm::opnum::LOOKUP, Vec::new()).unwrap();
    let response = |stub| Response { alloc_hint: 0, context_id: 0, cancel_count: 0, stub };
    let part = |flags, length| {
        let body = Body::Response(response(vec![0; length]));
        let flags = epmesh_rpc::Flags::from_bits_retain(flags);
        Pdu { flags, ..Pdu::new(2, body) }.encode().unwrap()
    };
    client.receive(&part(1, 5000)).unwrap();
    let fragment = part(0, 5000);
    let taken = (1..).find(|_| client.receive(&fragment).is_err()).unwrap();
    assert_eq!(taken, MAX_REASSEMBLED / 5000);

    let mut reassembler = Reassembler::new();
    reassembler.push(Pdu::decode(&part(1, 0)).unwrap()).unwrap();
    let empty = Pdu::decode(&part(0, 0)).unwrap();
    assert!((0..10_000).any(|_| reassembler.push(empty.clone()).is_err()));
}
