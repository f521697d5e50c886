//! Key PDUs recorded against Samba 4.17, decoded and encoded again.

use std::collections::BTreeMap;

use epmesh_rpc::{
    Binding, Body, ByteOrder, ContextHandle, InterfaceId, NDR, Pdu, ProtocolSequence, Status,
    auth_level, auth_type,
    epm::{self, LookupReply, LookupRequest, MapReply, MapRequest},
    names,
};

pub(crate) fn vectors() -> BTreeMap<&'static str, Vec<u8>> {
    let row = |line: &'static str| {
        let mut columns = line.split('\t');
        let (name, _source, hex) = (columns.next()?, columns.next()?, columns.next()?);
        let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        Some((name, (0..hex.len()).step_by(2).map(byte).collect()))
    };
    include_str!("../data/vectors.tsv").lines().map(|line| row(line).unwrap()).collect()
}

fn vector(name: &str) -> Vec<u8> {
    vectors().remove(name).unwrap()
}

fn response(name: &str) -> Vec<u8> {
    match Pdu::decode(&vector(name)).unwrap().body {
        Body::Response(response) => response.stub,
        other => panic!("{other:?}"),
    }
}

fn drsuapi() -> InterfaceId {
    names::by_name("drsuapi").unwrap().id
}

#[test]
fn every_pdu_comes_back_byte_for_byte() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 17);
    for (name, bytes) in vectors {
        let pdu = Pdu::decode(&bytes).unwrap();
        assert_eq!(pdu.encode().unwrap(), bytes, "{name}");
    }
}

#[test]
fn ept_map_request_and_answers() {
    let Body::Request(request) = Pdu::decode(&vector("samba_map_drs_req")).unwrap().body else {
        panic!("not a request")
    };
    assert_eq!((request.opnum, request.context_id), (epm::opnum::MAP, 0));
    let ours = epm::map_request(drsuapi(), &ProtocolSequence::NcacnIpTcp).unwrap();
    assert_eq!(ours, request.stub);
    let decoded = MapRequest::decode(&ours, ByteOrder::Little).unwrap();
    let tower = decoded.tower.unwrap().parse().unwrap();
    assert_eq!((tower.interface(), tower.transfer_syntax()), (Some(drsuapi()), Some(NDR)));

    let stub = response("samba_map_drs_resp");
    let reply = epm::decode_map_response(&stub, ByteOrder::Little).unwrap();
    assert_eq!(reply.status(), Status::Ok);
    assert_eq!(reply.bindings(drsuapi()), [Binding::tcp(49153)]);
    assert_eq!(reply.encode(ByteOrder::Little).unwrap(), stub);

    let stub = response("samba_map_notreg");
    let reply = MapReply::decode(&stub, ByteOrder::Little).unwrap();
    assert_eq!(reply, MapReply::not_registered(4));
    assert_eq!(reply.status(), Status::NotRegistered);
    assert_eq!(reply.encode(ByteOrder::Little).unwrap(), stub);

    let stub = response("samba_map_np_resp");
    let reply = MapReply::decode(&stub, ByteOrder::Little).unwrap();
    let bindings = reply.bindings(drsuapi());
    assert_eq!(bindings[0].to_string(), r"ncacn_np:[\pipe\protected_storage]");
    assert_eq!(reply.encode(ByteOrder::Little).unwrap(), stub);
}

#[test]
fn pages_of_ept_lookup() {
    let Body::Request(request) = Pdu::decode(&vector("samba3_lookup_req")).unwrap().body else {
        panic!("not a request")
    };
    assert_eq!(request.opnum, epm::opnum::LOOKUP);
    let ours = LookupRequest::all(ContextHandle::NULL, 10);
    assert_eq!(ours.encode(), request.stub);
    assert_eq!(LookupRequest::decode(&request.stub, ByteOrder::Little), Ok(ours));

    for (name, count, status) in [
        ("samba3_lookup_page1_10of10", 10, 0),
        ("samba3_lookup_lastpage_8entries_and_d6", 8, epm::EPT_S_NOT_REGISTERED),
        ("samba4_lookup_terminator", 0, epm::EPT_S_NOT_REGISTERED),
    ] {
        let stub = response(name);
        let page = LookupReply::decode(&stub, ByteOrder::Little).unwrap();
        assert_eq!((page.entries.len(), page.status), (count, status), "{name}");
        assert!(page.entries.iter().all(|entry| entry.endpoint().is_some()), "{name}");
        assert_eq!(page.encode(ByteOrder::Little).unwrap(), stub, "{name}");
    }
}

#[test]
fn accepted_rejected_and_refused_binds() {
    let ack = |name| match Pdu::decode(&vector(name)).unwrap() {
        Pdu { body: Body::BindAck(ack), auth, .. } => (ack, auth),
        other => panic!("{other:?}"),
    };
    let (accepted, auth) = ack("samba_bind_ack");
    assert_eq!((accepted.max_xmit, accepted.secondary_address.as_str()), (5840, "135"));
    assert_eq!((Status::from_results(&accepted.results), auth), (Status::Ok, None));

    let (rejected, _) = ack("samba_prov_rej");
    let status = Status::from_results(&rejected.results);
    assert_eq!(status, Status::BindRejected { result: 2, reason: 2 });

    let (mixed, _) = ack("samba_bindack_3results");
    let results: Vec<_> = mixed.results.iter().map(|said| (said.result, said.reason)).collect();
    assert_eq!(results, [(0, 0), (2, 2), (3, 3)]);
    assert_eq!(Status::from_results(&mixed.results), Status::Ok);

    let (_, auth) = ack("samba_bindack_ntlm_challenge");
    let auth = auth.unwrap();
    assert_eq!((auth.auth_type, auth.level), (auth_type::NTLM, auth_level::INTEGRITY));
    assert_eq!((auth.context_id, &auth.token[..8]), (1, b"NTLMSSP\0".as_slice()));

    let Body::BindNak(nak) = Pdu::decode(&vector("samba_nak")).unwrap().body else {
        panic!("not a nak")
    };
    assert_eq!((nak.reason, nak.versions), (0, vec![(5, 0)]));
}

#[test]
fn faults_are_named() {
    for (name, status, error) in [
        ("samba_fault_access_denied", Status::AccessDenied, 5),
        ("samba_fault_oprng", Status::Fault(0x1c01_0002), 1745),
        ("samba_fault_ndr", Status::Fault(0x6f7), 1783),
        ("samba_fault_unkif", Status::Fault(0x1c01_0003), 1717),
    ] {
        let Body::Fault(fault) = Pdu::decode(&vector(name)).unwrap().body else {
            panic!("not a fault")
        };
        let found = Status::from_fault(fault.status);
        assert_eq!((found, found.windows_error()), (status, Some(error)), "{name}");
    }
}
