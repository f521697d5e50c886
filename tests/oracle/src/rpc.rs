//! DCE/RPC and the endpoint mapper's calls.

use std::convert::Infallible;

use epmesh_common::rpc::{
    Body, ByteOrder, Client, Pdu, ProtocolError, Reassembler, Splitter, Tower,
    epm::{EPMAPPER, Lookup, LookupReply, LookupRequest, MapReply, MapRequest},
    limits::{MAX_FLOORS, MAX_TOWER_LEN},
};

use super::property::comes_back;

const ORDERS: [ByteOrder; 2] = [ByteOrder::Little, ByteOrder::Big];

pub(super) fn pdu(bytes: &[u8]) {
    let Some(pdu) = comes_back(bytes, Pdu::decode, Pdu::encode) else { return };
    let size = match &pdu.body {
        Body::Request(request) => request.stub.len(),
        Body::Response(response) => response.stub.len(),
        Body::Bind(bind) | Body::AlterContext(bind) => bind.contexts.len() * 24,
        Body::BindAck(ack) | Body::AlterContextResp(ack) => ack.results.len() * 24,
        _ => 0,
    };
    assert!(size <= bytes.len(), "more than the bytes can hold: {size}");
}

/// The PDUs in a stream, which arrives in pieces of this many bytes.
fn split(bytes: &[u8], piece: usize) -> Result<Vec<Vec<u8>>, ProtocolError> {
    let mut splitter = Splitter::new();
    let mut found = Vec::new();
    for piece in bytes.chunks(piece) {
        splitter.push(piece)?;
        while let Some(pdu) = splitter.next_pdu()? {
            found.push(pdu);
        }
    }
    Ok(found)
}

/// However a stream is cut, the same PDUs are in it; what they make together is bounded by it.
pub(super) fn fragments(bytes: &[u8]) {
    let whole = split(bytes, bytes.len().max(1));
    for piece in [1, 7, 1000] {
        let pieces = split(bytes, piece);
        // A stream that is refused is refused however it is cut; the error may name another limit.
        assert_eq!(pieces.is_ok(), whole.is_ok(), "in pieces of {piece}: {pieces:?}; {whole:?}");
        if let (Ok(pieces), Ok(whole)) = (&pieces, &whole) {
            assert_eq!(pieces, whole, "in pieces of {piece}");
        }
    }
    let mut reassembler = Reassembler::new();
    for pdu in whole.into_iter().flatten().filter_map(|pdu| Pdu::decode(&pdu).ok()) {
        match reassembler.push(pdu) {
            Ok(Some(call)) => assert!(call.into_stub().len() <= bytes.len()),
            Ok(None) => {}
            Err(_) => return,
        }
    }
}

/// A client that waits for the answer to its bind.
pub(super) fn client(bytes: &[u8]) {
    let mut client = Client::new();
    let bind = client.bind(EPMAPPER, None);
    assert!(bind.is_ok(), "{bind:?}");
    for piece in bytes.chunks(40) {
        if client.receive(piece).is_err() {
            return;
        }
        while let Ok(Some(_)) = client.receive(&[]) {}
    }
}

pub(super) fn lookup(bytes: &[u8]) {
    let request = |stub: &[u8]| LookupRequest::decode(stub, ByteOrder::Little);
    comes_back(bytes, request, |request| Ok::<_, Infallible>(request.encode()));
    for order in ORDERS {
        let reply = |stub: &[u8]| LookupReply::decode(stub, order);
        let Some(reply) = comes_back(bytes, reply, |reply| reply.encode(order)) else { continue };
        assert!(reply.entries.len() * 28 <= bytes.len(), "{} entries", reply.entries.len());
        for entry in &reply.entries {
            let length = entry.tower.as_ref().map_or(0, |tower| tower.as_bytes().len());
            assert!(length <= MAX_TOWER_LEN, "a tower of {length} bytes");
            let _ = entry.endpoint();
        }
        let mut lookup = Lookup::new();
        let _ = lookup.push_reply(bytes, order);
        let _ = lookup.into_report();
    }
}

pub(super) fn map(bytes: &[u8]) {
    let request = |stub: &[u8]| MapRequest::decode(stub, ByteOrder::Little);
    comes_back(bytes, request, MapRequest::encode);
    for order in ORDERS {
        let reply = |stub: &[u8]| MapReply::decode(stub, order);
        let Some(reply) = comes_back(bytes, reply, |reply| reply.encode(order)) else { continue };
        assert!(reply.towers.len() * 4 <= bytes.len(), "{} towers", reply.towers.len());
        let _ = (reply.status(), reply.bindings(EPMAPPER));
    }
}

pub(super) fn tower(bytes: &[u8]) {
    let encode = |tower: &Tower| tower.encode().map(|octets| octets.as_bytes().to_vec());
    let Some(tower) = comes_back(bytes, Tower::decode, encode) else { return };
    assert!(tower.floors.len() <= usize::from(MAX_FLOORS), "{} floors", tower.floors.len());
    let _ = (tower.interface(), tower.transfer_syntax());
    if let Some(binding) = tower.binding() {
        // A replaced byte takes three in UTF-8.
        assert!(binding.endpoint.len() <= 3 * bytes.len(), "{binding}");
    }
}
