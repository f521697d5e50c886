//! Captures, ours and others', decode as their descriptions say.

use std::path::Path;

use epmesh_rpc::{
    Body, ByteOrder, DecodeError, Header, InterfaceId, Pdu, ProtocolError, Status,
    epm::{self, EPMAPPER, LookupReply, MapReply, MapRequest},
    names,
};

use crate::capture::{Call, calls, foreign, own, tcp_streams, udp_payloads};

/// The PDU whose last byte came in this frame.
fn pdu_in(path: &Path, frame: usize) -> Pdu {
    let streams = tcp_streams(path);
    let mut all = streams.values().flat_map(|stream| stream.pdus().0);
    all.find(|found| found.frame == frame).unwrap().pdu.unwrap()
}

fn decoded(path: &Path) -> Vec<(usize, Pdu)> {
    let streams = tcp_streams(path);
    let found = streams.values().flat_map(|stream| stream.pdus().0);
    let mut pdus: Vec<_> = found.filter_map(|found| Some((found.frame, found.pdu.ok()?))).collect();
    pdus.sort_by_key(|(frame, _)| *frame);
    pdus
}

fn id(name: &str) -> InterfaceId {
    names::by_name(name).unwrap().id
}

#[test]
fn a_samba_domain_controllers_map_is_read_in_pages() {
    let calls = calls(&own("samba4_lookup.pcapng"));
    let pages: Vec<_> = calls
        .iter()
        .filter(|call| call.opnum == epm::opnum::LOOKUP)
        .map(|call| LookupReply::decode(&call.response, ByteOrder::Little))
        .collect();
    assert_eq!(pages.len(), calls.len());
    // One question asks for 501 entries; Samba answers, but no IDL allows it.
    let (pages, odd): (Vec<_>, Vec<_>) = pages.into_iter().partition(Result::is_ok);
    let pages: Vec<_> = pages.into_iter().map(Result::unwrap).collect();
    let value = |page: Result<LookupReply, DecodeError>| match page.unwrap_err() {
        DecodeError::Value { field: "entries", value, .. } => value,
        other => panic!("{other}"),
    };
    let odd: std::collections::BTreeSet<_> = odd.into_iter().map(value).collect();
    println!("over the limit: {odd:?}");
    assert!(odd.iter().all(|&value| value > 500));
    // The walk in pages of 500: one page in two fragments, then the terminator.
    assert_eq!((pages[0].entries.len(), pages[0].status), (53, 0));
    assert_eq!((pages[1].entries.len(), pages[1].status), (0, epm::EPT_S_NOT_REGISTERED));
    assert!(pages[1].handle.is_null());
    let entries: usize = pages.iter().map(|page| page.entries.len()).sum();
    assert_eq!(entries, 3 * 53);
    for entry in pages.iter().flat_map(|page| &page.entries) {
        let endpoint = entry.endpoint().unwrap();
        assert_eq!(endpoint.entry().unwrap().tower, entry.tower, "{}", endpoint.binding);
    }
}

#[test]
fn samba_says_not_registered_and_rejects_binds() {
    let path = own("samba4_map_bind.pcapng");
    let mut absent = Vec::new();
    for Call { opnum, request, answered: frame, response: reply, .. } in calls(&path) {
        if opnum != epm::opnum::MAP {
            continue;
        }
        let Ok(request) = MapRequest::decode(&request, ByteOrder::Little) else { continue };
        let reply = MapReply::decode(&reply, ByteOrder::Little).unwrap();
        let interface = request.tower.unwrap().parse().unwrap().interface().unwrap();
        match reply.status() {
            Status::NotRegistered => absent.push(frame),
            status => {
                assert_eq!(status, Status::Ok);
                assert_eq!(reply.bindings(interface).len(), 1, "frame {frame}");
            }
        }
    }
    assert_eq!(absent, [33, 57, 93, 105]);
    for frame in [156, 166, 176, 186, 196, 301] {
        let Body::BindAck(ack) = pdu_in(&path, frame).body else { panic!("frame {frame}") };
        let status = Status::from_results(&ack.results);
        assert_eq!(status, Status::BindRejected { result: 2, reason: 1 }, "frame {frame}");
    }
}

#[test]
fn samba_file_server_sends_its_last_page_with_the_status() {
    let calls = calls(&own("samba3_epmapper.pcapng"));
    let call = calls.iter().find(|call| call.answered == 18).unwrap();
    let page = LookupReply::decode(&call.response, ByteOrder::Little).unwrap();
    assert_eq!((page.entries.len(), page.status), (8, epm::EPT_S_NOT_REGISTERED));
}

#[test]
fn connectionless_rpc_is_refused() {
    let Some(path) = foreign("ndpi/dcerpc.pcap") else { return };
    let payloads = udp_payloads(&path);
    assert_eq!(payloads.len(), 16);
    for payload in payloads {
        assert!(matches!(Header::decode(&payload), Err(DecodeError::Value { field, .. })
            if field == "rpc_vers"));
    }
}

#[test]
fn a_bind_to_modbus_gets_no_rpc_answer() {
    let Some(path) = foreign("zeek/epm-bind-to-modbus-p502.pcap") else { return };
    let streams = tcp_streams(&path);
    let rpc_like = streams.iter().filter(|(_, stream)| stream.bytes().starts_with(&[5, 0]));
    let (answers, binds): (Vec<_>, Vec<_>) = rpc_like.partition(|(((_, port), _), _)| *port == 502);
    let (pdus, error) = binds[0].1.pdus();
    assert_eq!((binds.len(), error), (1, None));
    let Ok(Pdu { body: Body::Bind(bind), .. }) = &pdus[0].pdu else { panic!("no bind") };
    assert_eq!(bind.contexts[0].interface, EPMAPPER);
    // The answer repeats the first four bytes of the bind: to Modbus they are an identifier.
    let (pdus, error) = answers[0].1.pdus();
    assert_eq!((answers.len(), pdus.len()), (1, 0));
    assert!(matches!(error, Some(ProtocolError::NotRpc { .. })), "{error:?}");
}

#[test]
fn windows_clients_bind_to_the_interfaces_that_they_need() {
    for (file, accepted) in [
        ("zeek/cs_window7-join_stream092.pcap", id("drsuapi")),
        ("zeek/dce_rpc_netlogon.pcapng", id("netlogon")),
        ("zeek/kerberos135_auth.pcapng", id("sysact")),
        ("scapy/dcerpc_privacy_krb.pcapng.gz", EPMAPPER),
    ] {
        let Some(path) = foreign(file) else { continue };
        let streams = tcp_streams(&path);
        let mut binds = 0;
        for stream in streams.values() {
            let (found, error) = stream.pdus();
            assert_eq!(error, None, "{file}");
            for found in found {
                let pdu = found.pdu.unwrap_or_else(|error| panic!("{file}: {error}"));
                if let Body::Bind(bind) = pdu.body {
                    binds += usize::from(bind.contexts.iter().any(|c| c.interface == accepted));
                }
            }
        }
        assert!(binds > 0, "{file}");
    }
}

#[test]
fn every_pdu_of_foreign_captures_decodes() {
    for (file, at_least) in [
        ("zeek/bind-ack-no-inband-null.pcap", 6),
        ("zeek/dce_rpc_ntlm.pcapng", 5),
        ("suricata-verify/dce-gap-handling.pcap", 3),
        ("suricata-verify/dcerpc-bind-no-frag-flag.pcap", 6),
        ("suricata-verify/dcerpc-ctxids.pcap", 400),
        ("suricata-verify/dcerpc-dce-iface-02.pcap", 4),
        ("suricata-verify/dcerpc-dce-iface-many.pcap", 14),
    ] {
        let Some(path) = foreign(file) else { continue };
        let streams = tcp_streams(&path);
        let mut count = 0;
        for stream in streams.values().filter(|stream| stream.bytes().starts_with(&[5, 0])) {
            let (found, _) = stream.pdus();
            for found in found {
                let pdu = found.pdu.unwrap_or_else(|e| panic!("{file} frame {}: {e}", found.frame));
                drop(pdu);
                count += 1;
            }
        }
        assert!(count >= at_least, "{file}: {count}");
    }
}

#[test]
fn frames_of_foreign_captures_hold_what_their_descriptions_say() {
    if let Some(path) = foreign("suricata-verify/dcerpc-bind-no-frag-flag.pcap") {
        let pdus = decoded(&path);
        let bind = pdus.iter().find(|(frame, _)| *frame == 28).unwrap();
        assert_eq!(bind.1.flags.bits(), 0);
        assert!(matches!(bind.1.body, Body::Bind(_)));
        let Body::Fault(fault) = pdu_in(&path, 33).body else { panic!("not a fault") };
        assert_eq!(Status::from_fault(fault.status).windows_error(), Some(1745));
    }
    if let Some(path) = foreign("suricata-verify/dce-gap-handling.pcap") {
        let Body::Fault(fault) = pdu_in(&path, 12).body else { panic!("not a fault") };
        assert_eq!(Status::from_fault(fault.status).windows_error(), Some(1825));
        assert_eq!(fault.extended_error.map(|blob| blob.len()), Some(152 - 32));
    }
    if let Some(path) = foreign("suricata-verify/dcerpc-dce-iface-02.pcap") {
        let Body::Response(answer) = pdu_in(&path, 9).body else { panic!("not a response") };
        let name = b"node3$@W2K12DOM.BER.REDHAT.COM";
        assert!(answer.stub.windows(name.len()).any(|part| part == name));
    }
}
