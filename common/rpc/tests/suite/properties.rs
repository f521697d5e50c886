//! Properties that hold for any bytes and any values.

use epmesh_rpc::{
    AuthVerifier, Bind, BindAck, BindNak, Body, ByteOrder, Client, Context, ContextHandle,
    ContextResult, Fault, Flags, Floor, Header, InterfaceId, Pdu, ProtocolSequence, Reassembler,
    Request, Response, Splitter, Tower, TowerBytes,
    epm::{
        self, EPMAPPER, Entry, Inquiry, Lookup, LookupReply, LookupRequest, MapReply, MapRequest,
    },
    fragment_request, fragment_response,
    limits::{MAX_FLOORS, MAX_FRAG, MAX_PAGE_ENTRIES, MAX_TOWER_LEN},
};
use proptest::{collection::vec, option, prelude::*, sample::Index};
use uuid::Uuid;

use crate::vectors::vectors;

fn order() -> impl Strategy<Value = ByteOrder> {
    prop_oneof![Just(ByteOrder::Little), Just(ByteOrder::Big)]
}

fn uuid() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

fn syntax() -> impl Strategy<Value = InterfaceId> {
    (uuid(), any::<u16>(), any::<u16>()).prop_map(|(uuid, major, minor)| InterfaceId {
        uuid,
        major,
        minor,
    })
}

fn stub() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..3000)
}

fn bind() -> impl Strategy<Value = Bind> {
    let context = (any::<u16>(), syntax(), vec(syntax(), 0..4))
        .prop_map(|(id, interface, transfer)| Context { id, interface, transfer });
    (any::<(u16, u16, u32)>(), vec(context, 0..20)).prop_map(|(numbers, contexts)| {
        let (max_xmit, max_recv, assoc_group) = numbers;
        Bind { max_xmit, max_recv, assoc_group, contexts }
    })
}

fn bind_ack() -> impl Strategy<Value = BindAck> {
    let result = (any::<(u16, u16)>(), syntax())
        .prop_map(|((result, reason), transfer)| ContextResult { result, reason, transfer });
    (any::<(u16, u16, u32)>(), "[ -~]{0,40}", vec(result, 0..20)).prop_map(
        |((max_xmit, max_recv, assoc_group), secondary_address, results)| BindAck {
            max_xmit,
            max_recv,
            assoc_group,
            secondary_address,
            results,
        },
    )
}

fn request() -> impl Strategy<Value = Request> {
    (any::<(u32, u16, u16)>(), option::of(uuid()), stub()).prop_map(
        |((alloc_hint, context_id, opnum), object, stub)| Request {
            alloc_hint,
            context_id,
            opnum,
            object,
            stub,
        },
    )
}

fn response() -> impl Strategy<Value = Response> {
    (any::<(u32, u16, u8)>(), stub()).prop_map(|((alloc_hint, context_id, cancel_count), stub)| {
        Response { alloc_hint, context_id, cancel_count, stub }
    })
}

fn fault() -> impl Strategy<Value = Fault> {
    (any::<(u16, u8, u32)>(), option::of(vec(any::<u8>(), 0..200))).prop_map(
        |((context_id, cancel_count, status), extended_error)| {
            let blob = extended_error.as_ref().map_or(0, Vec::len);
            let alloc_hint = 32 + u32::try_from(blob).unwrap();
            Fault { alloc_hint, context_id, cancel_count, status, extended_error }
        },
    )
}

fn bind_nak() -> impl Strategy<Value = BindNak> {
    (any::<u16>(), vec(any::<(u8, u8)>(), 0..5), option::of(vec(any::<u8>(), 0..50)))
        .prop_map(|(reason, versions, extended_error)| BindNak { reason, versions, extended_error })
}

fn body() -> impl Strategy<Value = Body> {
    prop_oneof![
        bind().prop_map(Body::Bind),
        bind().prop_map(Body::AlterContext),
        bind_ack().prop_map(Body::BindAck),
        bind_ack().prop_map(Body::AlterContextResp),
        bind_nak().prop_map(Body::BindNak),
        request().prop_map(Body::Request),
        response().prop_map(Body::Response),
        fault().prop_map(Body::Fault),
        Just(Body::Auth3),
        Just(Body::Shutdown),
    ]
}

fn auth() -> impl Strategy<Value = AuthVerifier> {
    (any::<(u8, u8, u32)>(), vec(any::<u8>(), 1..300)).prop_map(
        |((auth_type, level, context_id), token)| AuthVerifier {
            auth_type,
            level,
            context_id,
            token,
        },
    )
}

fn pdu() -> impl Strategy<Value = Pdu> {
    (0..=0x7fff_ffff_u32, any::<u8>(), order(), body(), option::of(auth())).prop_map(
        |(call_id, flags, order, body, auth)| {
            let object = matches!(&body, Body::Request(Request { object: Some(_), .. }));
            let flags = Flags::from_bits_retain(flags) - Flags::OBJECT_UUID;
            // In other bodies the flag is free; a request's is set by its object.
            let flags = if object { flags | Flags::OBJECT_UUID } else { flags };
            // Shutdown is 16 bytes and no more.
            let auth = auth.filter(|_| body != Body::Shutdown);
            Pdu { call_id, flags, order, body, auth }
        },
    )
}

fn tower() -> impl Strategy<Value = Tower> {
    let side = || vec(any::<u8>(), 0..100);
    let floor = (side(), side()).prop_map(|(lhs, rhs)| Floor { lhs, rhs });
    vec(floor, 0..=usize::from(MAX_FLOORS)).prop_map(|floors| Tower { floors })
}

fn octets() -> impl Strategy<Value = TowerBytes> {
    vec(any::<u8>(), 0..200).prop_map(|octets| TowerBytes::new(octets).unwrap())
}

fn handle() -> impl Strategy<Value = ContextHandle> {
    (any::<u32>(), uuid()).prop_map(|(attributes, uuid)| ContextHandle { attributes, uuid })
}

fn lookup_reply() -> impl Strategy<Value = LookupReply> {
    let entry = (uuid(), option::of(octets()), "[ -~]{0,63}")
        .prop_map(|(object, tower, annotation)| Entry { object, tower, annotation });
    (handle(), vec(entry, 0..20), any::<u32>()).prop_map(|(handle, entries, status)| LookupReply {
        handle,
        max_entries: MAX_PAGE_ENTRIES,
        entries,
        status,
    })
}

fn map_reply() -> impl Strategy<Value = MapReply> {
    (handle(), vec(octets(), 0..20), any::<u32>()).prop_map(|(handle, towers, raw_status)| {
        MapReply { handle, max_towers: MAX_PAGE_ENTRIES, towers, raw_status }
    })
}

/// Every decoder over `bytes`; what comes out keeps to its limits and to what `bytes` can hold.
fn decode_everything(bytes: &[u8]) {
    let _ = Header::decode(bytes);
    if let Ok(pdu) = Pdu::decode(bytes) {
        let size = match &pdu.body {
            Body::Request(request) => request.stub.len(),
            Body::Response(response) => response.stub.len(),
            Body::Bind(bind) | Body::AlterContext(bind) => bind.contexts.len() * 24,
            Body::BindAck(ack) | Body::AlterContextResp(ack) => ack.results.len() * 24,
            _ => 0,
        };
        assert!(size <= bytes.len());
        let _ = Reassembler::new().push(pdu);
    }
    if let Ok(tower) = Tower::decode(bytes) {
        assert!(tower.floors.len() <= usize::from(MAX_FLOORS));
        let _ = (tower.interface(), tower.transfer_syntax());
        if let Some(binding) = tower.binding() {
            // A replaced byte takes three in UTF-8.
            assert!(binding.endpoint.len() <= 3 * bytes.len());
        }
    }
    for order in [ByteOrder::Little, ByteOrder::Big] {
        let _ = LookupRequest::decode(bytes, order);
        let _ = MapRequest::decode(bytes, order);
        let _ = epm::decode_handle_free_request(bytes, order);
        let _ = epm::decode_handle_free_response(bytes, order);
        if let Ok(reply) = LookupReply::decode(bytes, order) {
            assert!(reply.entries.len() <= 500 && reply.entries.len() * 28 <= bytes.len());
            for entry in &reply.entries {
                let _ = entry.endpoint();
                let length = entry.tower.as_ref().map_or(0, |tower| tower.as_bytes().len());
                assert!(length <= MAX_TOWER_LEN && entry.annotation.len() <= 3 * 64);
            }
        }
        if let Ok(reply) = epm::decode_map_response(bytes, order) {
            assert!(reply.towers.len() <= 500 && reply.towers.len() * 4 <= bytes.len());
            let _ = (reply.status(), reply.bindings(EPMAPPER));
        }
        let mut lookup = Lookup::new();
        let _ = lookup.push_reply(bytes, order);
        let _ = lookup.into_report();
    }
    let mut client = Client::new();
    let _ = client.bind(EPMAPPER, None);
    let _ = client.receive(bytes);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_are_decoded_or_refused(bytes in vec(any::<u8>(), 0..2000)) {
        decode_everything(&bytes);
    }

    #[test]
    fn arbitrary_bytes_behind_a_good_header_are_decoded_or_refused(
        start in prop_oneof![Just([5, 0, 12, 3, 0x10]), Just([5, 0, 11, 3, 0]),
            Just([5, 0, 2, 3, 0x10]), Just([5, 0, 3, 3, 0x10]), Just([5, 0, 13, 3, 0x10])],
        auth_length in 0_u16..40,
        rest in vec(any::<u8>(), 0..400),
    ) {
        let length = u16::try_from(16 + rest.len()).unwrap();
        let two = |value: u16| if start[4] == 0 { value.to_be_bytes() } else { value.to_le_bytes() };
        let mut bytes = [&start[..], &[0, 0, 0], &two(length), &two(auth_length)].concat();
        bytes.extend(if start[4] == 0 { [0, 0, 0, 1] } else { [1, 0, 0, 0] });
        bytes.extend(rest);
        decode_everything(&bytes);
    }

    #[test]
    fn recorded_bytes_with_changes_are_decoded_or_refused(
        which in any::<Index>(),
        changes in vec((any::<Index>(), any::<u8>()), 1..6),
        cut in option::of(any::<Index>()),
    ) {
        let vectors: Vec<_> = vectors().into_values().collect();
        let mut bytes = which.get(&vectors).clone();
        for (at, value) in changes {
            *at.get_mut(&mut bytes) = value;
        }
        bytes.truncate(cut.map_or(bytes.len(), |cut| cut.index(bytes.len())));
        decode_everything(&bytes);
        decode_everything(bytes.get(24..).unwrap_or_default());
    }

    #[test]
    fn every_pdu_comes_back(pdu in pdu()) {
        let bytes = pdu.encode().unwrap();
        prop_assert!(bytes.len() <= usize::from(MAX_FRAG));
        prop_assert_eq!(Pdu::decode(&bytes).unwrap(), pdu);
    }

    #[test]
    fn every_tower_comes_back(tower in tower()) {
        let octets = tower.encode().unwrap();
        prop_assert_eq!(octets.parse().unwrap(), tower);
        let mut longer = octets.as_bytes().to_vec();
        longer.push(0);
        prop_assert!(Tower::decode(&longer).is_err());
    }

    #[test]
    fn every_lookup_comes_back(
        reply in lookup_reply(),
        order in order(),
        object in option::of(uuid()),
        interface in option::of(syntax()),
        max_entries in 0..=MAX_PAGE_ENTRIES,
    ) {
        let stub = reply.encode(order).unwrap();
        prop_assert_eq!(LookupReply::decode(&stub, order).unwrap(), reply.clone());
        // Eight bytes more are no padding.
        let longer = [stub, vec![0; 8]].concat();
        prop_assert!(LookupReply::decode(&longer, order).is_err());

        let (inquiry, version_option, handle) = (Inquiry::Both, 3, reply.handle);
        let request =
            LookupRequest { inquiry, object, interface, version_option, handle, max_entries };
        let decoded = LookupRequest::decode(&request.encode(), ByteOrder::Little);
        prop_assert_eq!(decoded.unwrap(), request);
    }

    #[test]
    fn every_map_comes_back(
        reply in map_reply(),
        order in order(),
        object in option::of(uuid()),
        tower in option::of(octets()),
        max_towers in 0..=MAX_PAGE_ENTRIES,
    ) {
        let stub = reply.encode(order).unwrap();
        prop_assert_eq!(MapReply::decode(&stub, order).unwrap(), reply.clone());
        let request = MapRequest { object, tower, handle: reply.handle, max_towers };
        let stub = request.encode().unwrap();
        prop_assert_eq!(MapRequest::decode(&stub, ByteOrder::Little).unwrap(), request);
    }

    #[test]
    fn a_stream_may_be_cut_anywhere(
        pdus in vec(pdu(), 1..6),
        cuts in vec(1_usize..400, 1..20),
    ) {
        let sent: Vec<Vec<u8>> = pdus.iter().map(|pdu| pdu.encode().unwrap()).collect();
        let bytes = sent.concat();
        let mut rest = bytes.as_slice();
        let mut splitter = Splitter::new();
        let mut taken = Vec::new();
        for cut in cuts.iter().cycle() {
            let (piece, next) = rest.split_at(*cut.min(&rest.len()));
            splitter.push(piece).unwrap();
            while let Some(pdu) = splitter.next_pdu().unwrap() {
                taken.push(pdu);
            }
            rest = next;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(taken, sent);
        prop_assert_eq!(splitter.pending(), 0);
    }

    #[test]
    fn fragments_make_the_same_stub(
        request in request(),
        length in 0_usize..20_000,
        max_frag in 1432..=MAX_FRAG,
    ) {
        let stub: Vec<u8> = request.stub.iter().copied().cycle().take(length).collect();
        let response = Response { alloc_hint: 0, context_id: 1, cancel_count: 0, stub: stub.clone() };
        let request = Request { stub, ..request };
        for pdus in [
            fragment_request(1, &request, max_frag).unwrap(),
            fragment_response(1, &response, max_frag).unwrap(),
        ] {
            let mut reassembler = Reassembler::new();
            let mut whole = None;
            for bytes in pdus {
                prop_assert!(bytes.len() <= usize::from(max_frag) && whole.is_none());
                whole = reassembler.push(Pdu::decode(&bytes).unwrap()).unwrap();
            }
            prop_assert_eq!(whole.unwrap().into_stub(), request.stub.clone());
        }
    }

    #[test]
    fn every_sequence_has_a_text(ids in vec(any::<u8>(), 0..=6)) {
        let sequence = ProtocolSequence::from_ids(&ids);
        prop_assert_eq!(sequence.to_string().parse::<ProtocolSequence>().unwrap(), sequence);
    }
}
