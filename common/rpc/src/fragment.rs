//! From a byte stream to PDUs, from fragments to stubs, and back.
//!
//! Specification: [C706].
//!
//! [C706]: https://pubs.opengroup.org/onlinepubs/9629399/toc.htm

use epmesh_codec::{ByteOrder, DecodeError, EncodeError};

use super::{
    error::ProtocolError,
    header::{Flags, Header},
    limits::{HEADER_LEN, MAX_BUFFERED, MAX_FRAG, MAX_FRAGMENTS, MAX_REASSEMBLED, MUST_RECV_FRAG},
    packet_type::PacketType,
    pdu::{Body, Pdu},
    request::{Request, Response},
};

/// Bytes of a request or response before its stub.
const STUB_OFFSET: usize = HEADER_LEN + 8;

/// Bytes in, whole PDUs out. TCP cuts where it likes: one PDU may come in many pieces, one piece
/// may hold many PDUs.
///
/// Holds at most [`MAX_BUFFERED`] bytes. After an error the stream cannot be read on.
#[derive(Clone, Debug, Default)]
pub struct Splitter {
    buffer: Vec<u8>,
    taken: usize,
}

impl Splitter {
    /// Nothing in it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends what came from the peer.
    ///
    /// # Errors
    ///
    /// When more than [`MAX_BUFFERED`] bytes would wait: take PDUs out first.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), ProtocolError> {
        if self.pending() + bytes.len() > MAX_BUFFERED {
            return Err(ProtocolError::TooMuch { what: "unread bytes", max: MAX_BUFFERED });
        }
        self.buffer.drain(..self.taken);
        self.taken = 0;
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// Bytes that wait for the rest of their PDU or to be taken.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.buffer.len() - self.taken
    }

    /// The bytes of the next PDU, for [`Pdu::decode`]; `None` until all of it has come.
    ///
    /// # Errors
    ///
    /// As soon as the bytes cannot be the start of a DCE/RPC 5.0 PDU, or its header is bad.
    pub fn next_pdu(&mut self) -> Result<Option<Vec<u8>>, ProtocolError> {
        let waiting = self.buffer.get(self.taken..).unwrap_or_default();
        let header = match Header::decode(waiting) {
            Ok(header) => header,
            Err(DecodeError::Short { .. }) => return Ok(None),
            // Other protocols may begin with the right version by chance (a Modbus answer to a
            // bind does, and is shorter than a header), but not with the data representation.
            Err(DecodeError::Value {
                field: "rpc_vers" | "rpc_vers_minor" | "packed_drep",
                ..
            }) => {
                let start = waiting.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
                return Err(ProtocolError::NotRpc { start });
            }
            Err(error) => return Err(ProtocolError::decode("header")(error)),
        };
        let length = usize::from(header.frag_length);
        let Some(pdu) = waiting.get(..length).map(<[u8]>::to_vec) else { return Ok(None) };
        self.taken += length;
        Ok(Some(pdu))
    }
}

/// A request or response whose stub is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assembled {
    /// Which call.
    pub call_id: u32,
    /// The byte order of the stub.
    pub order: ByteOrder,
    /// The body of the first fragment, with the stub of all of them.
    pub body: Body,
}

impl Assembled {
    /// The stub.
    #[must_use]
    pub fn into_stub(self) -> Vec<u8> {
        match self.body {
            Body::Request(request) => request.stub,
            Body::Response(response) => response.stub,
            _ => Vec::new(),
        }
    }
}

/// Puts the fragments of one call's request or response together (C706 12.6.2.4), up to
/// [`MAX_REASSEMBLED`] bytes; `alloc_hint` is not looked at.
#[derive(Clone, Debug, Default)]
pub struct Reassembler {
    partial: Option<Assembled>,
    count: usize,
}

impl Reassembler {
    /// Nothing in it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one fragment; the whole when it was the last one. A security trailer is dropped.
    ///
    /// # Errors
    ///
    /// When the PDU is neither request nor response, does not continue the one before it, or the
    /// stub or the number of fragments grows over its limit.
    pub fn push(&mut self, pdu: Pdu) -> Result<Option<Assembled>, ProtocolError> {
        let index = self.count;
        let broken = |reason| Err(ProtocolError::Fragments { index, reason });
        let packet_type = pdu.body.packet_type();
        if !matches!(packet_type, PacketType::Request | PacketType::Response) {
            let waiting_for = "a request or response";
            return Err(ProtocolError::UnexpectedPdu { got: packet_type, waiting_for });
        }
        let last = pdu.flags.contains(Flags::LAST);
        let first = pdu.flags.contains(Flags::FIRST);
        let mut whole = match self.partial.take() {
            None if !first => return broken("the first one lacks the first-fragment flag"),
            Some(_) if first => return broken("a first-fragment flag inside a call"),
            None => Assembled { call_id: pdu.call_id, order: pdu.order, body: pdu.body },
            Some(partial) if partial.call_id != pdu.call_id => {
                let (expected, got) = (partial.call_id, pdu.call_id);
                return Err(ProtocolError::CallId { expected, got });
            }
            Some(partial) if partial.order != pdu.order => return broken("another byte order"),
            Some(mut partial) => {
                match (&mut partial.body, pdu.body) {
                    (Body::Request(all), Body::Request(next)) => all.stub.extend(next.stub),
                    (Body::Response(all), Body::Response(next)) => all.stub.extend(next.stub),
                    _ => return broken("another PDU type"),
                }
                partial
            }
        };
        self.count += 1;
        let length = match &mut whole.body {
            Body::Request(request) => request.stub.len(),
            Body::Response(response) => response.stub.len(),
            _ => 0,
        };
        if length > MAX_REASSEMBLED {
            return Err(ProtocolError::TooMuch { what: "stub bytes", max: MAX_REASSEMBLED });
        }
        if last {
            self.count = 0;
            return Ok(Some(whole));
        }
        if self.count >= MAX_FRAGMENTS {
            return Err(ProtocolError::TooMuch { what: "fragments", max: MAX_FRAGMENTS });
        }
        self.partial = Some(whole);
        Ok(None)
    }
}

/// The PDUs that carry `request`, none longer than `max_frag` bytes (1432 to 5840, forced into
/// that range; C706 12.6.2.4).
///
/// # Errors
///
/// When the stub is longer than [`MAX_REASSEMBLED`].
pub fn fragment_request(
    call_id: u32,
    request: &Request,
    max_frag: u16,
) -> Result<Vec<Vec<u8>>, EncodeError> {
    let Request { context_id, opnum, object, .. } = *request;
    let head = if object.is_some() { 16 } else { 0 };
    fragment(call_id, &request.stub, head, max_frag, |stub, alloc_hint| {
        Body::Request(Request { alloc_hint, context_id, opnum, object, stub })
    })
}

/// The PDUs that carry `response`, as [`fragment_request`] does it.
///
/// # Errors
///
/// When the stub is longer than [`MAX_REASSEMBLED`].
pub fn fragment_response(
    call_id: u32,
    response: &Response,
    max_frag: u16,
) -> Result<Vec<Vec<u8>>, EncodeError> {
    let (context_id, cancel_count) = (response.context_id, response.cancel_count);
    fragment(call_id, &response.stub, 0, max_frag, |stub, alloc_hint| {
        Body::Response(Response { alloc_hint, context_id, cancel_count, stub })
    })
}

fn fragment(
    call_id: u32,
    stub: &[u8],
    head: usize,
    max_frag: u16,
    body: impl Fn(Vec<u8>, u32) -> Body,
) -> Result<Vec<Vec<u8>>, EncodeError> {
    let (value, max) = (stub.len(), MAX_REASSEMBLED);
    let mut left = u32::try_from(value)
        .ok()
        .filter(|_| value <= max)
        .ok_or(EncodeError::TooLong { field: "stub", value, max })?;
    let room = usize::from(max_frag.clamp(MUST_RECV_FRAG, MAX_FRAG)) - STUB_OFFSET - head;
    // Only the last fragment may end off an 8-byte boundary.
    let room = room & !7;
    // `chunks` yields nothing for an empty stub, which still takes one PDU.
    let pieces: Vec<&[u8]> = if stub.is_empty() { vec![stub] } else { stub.chunks(room).collect() };
    let count = pieces.len();
    let mut out = Vec::new();
    for (index, piece) in pieces.into_iter().enumerate() {
        let mut pdu = Pdu::new(call_id, body(piece.to_vec(), left));
        pdu.flags = Flags::default();
        if index == 0 {
            pdu.flags |= Flags::FIRST;
        }
        if index + 1 == count {
            pdu.flags |= Flags::LAST;
        }
        out.push(pdu.encode()?);
        left = left.saturating_sub(u32::try_from(piece.len()).unwrap_or(u32::MAX));
    }
    Ok(out)
}
