//! The client's side of a conversation, without I/O: the caller carries the bytes and keeps time.
//!
//! Specification: [MS-EERR].
//!
//! [MS-EERR]: https://learn.microsoft.com/openspecs/windows_protocols/ms-eerr/572bb78f-9116-4966-8f9d-4593456da307

use epmesh_codec::{ByteOrder, EncodeError};

use super::{
    InterfaceId,
    auth::AuthVerifier,
    bind::{Bind, BindAck, BindNak, Context, ContextResult, NDR},
    error::{ClientError, ProtocolError},
    fragment::{Reassembler, Splitter, fragment_request},
    limits::{MAX_CALL_ID, MAX_FRAG, MUST_RECV_FRAG},
    pdu::{Body, Pdu},
    request::{Fault, Request},
    status::Status,
};

/// The answer of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// At least one context was accepted: [`Client::request`] is possible now.
    Bound(Bound),
    /// No context was accepted. The association is open all the same: the peer is a live RPC
    /// server, and [`Client::alter_context`] may try another interface.
    Rejected(Bound),
    /// The association was refused; the connection is of no further use.
    Nak(BindNak),
    /// A call's result.
    Response {
        /// The results, not decoded.
        stub: Vec<u8>,
        /// The byte order they are in.
        order: ByteOrder,
    },
    /// A call's failure; the connection can be used on.
    Fault(FaultEvent),
    /// The server asks to close the connection.
    Shutdown,
}

/// The answer to a bind or alter-context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// What was said to each context, in the order of the offer.
    pub results: Vec<ContextResult>,
    /// The endpoint the server says it has; may be empty.
    pub secondary_address: String,
    /// The association group.
    pub assoc_group: u32,
    /// The server's token: with an NTLM bind, its challenge.
    pub auth: Option<AuthVerifier>,
}

impl Bound {
    /// [`Status::Ok`], or why not.
    #[must_use]
    pub fn status(&self) -> Status {
        Status::from_results(&self.results)
    }
}

/// A fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultEvent {
    /// What it means.
    pub status: Status,
    /// The server says the call did not run.
    pub did_not_execute: bool,
    /// Extended error information (MS-EERR), undecoded.
    pub extended_error: Option<Vec<u8>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Binding { call_id: u32, first: u16, count: usize, alter: bool },
    Open,
    Calling { call_id: u32 },
    Closed,
}

impl State {
    const fn name(&self) -> &'static str {
        match self {
            Self::Idle => "not bound",
            Self::Binding { .. } => "waiting for the answer to a bind",
            Self::Open => "bound",
            Self::Calling { .. } => "waiting for a response",
            Self::Closed => "closed",
        }
    }
}

/// A connection to an RPC server. One thing at a time: bind, then call after call.
///
/// The bytes that the methods return are to be sent; what comes back goes into
/// [`Client::receive`].
#[derive(Debug)]
pub struct Client {
    state: State,
    splitter: Splitter,
    reassembler: Reassembler,
    last_call_id: u32,
    next_context: u16,
    /// The context that requests use: the one accepted last.
    context: Option<u16>,
    max_xmit: u16,
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

impl Client {
    /// For a connection on which nothing was sent.
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: State::Idle,
            splitter: Splitter::new(),
            reassembler: Reassembler::new(),
            last_call_id: 0,
            next_context: 0,
            context: None,
            max_xmit: MUST_RECV_FRAG,
        }
    }

    /// Opens the association for `interface`, in NDR 2.0. With `auth`, the first token of an
    /// authentication goes along; the server's token comes back in [`Bound::auth`].
    ///
    /// # Errors
    ///
    /// When something was sent on this connection before, or the token does not fit.
    pub fn bind(
        &mut self,
        interface: InterfaceId,
        auth: Option<AuthVerifier>,
    ) -> Result<Vec<u8>, ClientError> {
        self.bind_all(&[interface], auth)
    }

    /// As [`Client::bind`], for several interfaces at once, each in a context of its own.
    ///
    /// # Errors
    ///
    /// As [`Client::bind`]; also when the interfaces do not fit one PDU.
    pub fn bind_all(
        &mut self,
        interfaces: &[InterfaceId],
        auth: Option<AuthVerifier>,
    ) -> Result<Vec<u8>, ClientError> {
        if self.state != State::Idle {
            return Err(self.refused("bind"));
        }
        self.offer(interfaces, auth, false)
    }

    /// Adds `interface` to the open association.
    ///
    /// # Errors
    ///
    /// When the client is not bound or waits for an answer.
    pub fn alter_context(&mut self, interface: InterfaceId) -> Result<Vec<u8>, ClientError> {
        if self.state != State::Open {
            return Err(self.refused("alter_context"));
        }
        self.offer(&[interface], None, true)
    }

    /// Calls an operation of the interface that was accepted last. The bytes may be several PDUs.
    ///
    /// # Errors
    ///
    /// When no interface was accepted, another call is open, or the stub is too long.
    pub fn request(&mut self, opnum: u16, stub: Vec<u8>) -> Result<Vec<u8>, ClientError> {
        let (State::Open, Some(context_id)) = (&self.state, self.context) else {
            return Err(self.refused("a request"));
        };
        let call_id = self.next_call_id()?;
        let request = Request { alloc_hint: 0, context_id, opnum, object: None, stub };
        let pdus = fragment_request(call_id, &request, self.max_xmit)?;
        self.state = State::Calling { call_id };
        Ok(pdus.concat())
    }

    /// Takes what the server sent, at most [`MAX_BUFFERED`](super::limits::MAX_BUFFERED) bytes
    /// at once, and says what it means; `None` while an answer is not whole. Bytes behind an
    /// answer wait for the next call, which may be `receive(&[])`.
    ///
    /// # Errors
    ///
    /// When the server breaks the protocol. The connection is then of no further use.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<Option<Event>, ProtocolError> {
        let outcome = self.take(bytes);
        if outcome.is_err() {
            self.state = State::Closed;
        }
        outcome
    }

    /// Is an answer awaited?
    #[must_use]
    pub const fn is_waiting(&self) -> bool {
        matches!(self.state, State::Binding { .. } | State::Calling { .. })
    }

    fn take(&mut self, bytes: &[u8]) -> Result<Option<Event>, ProtocolError> {
        self.splitter.push(bytes)?;
        while let Some(bytes) = self.splitter.next_pdu()? {
            let pdu = Pdu::decode(&bytes).map_err(ProtocolError::decode("PDU"))?;
            if let Some(event) = self.answer(pdu)? {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    fn answer(&mut self, pdu: Pdu) -> Result<Option<Event>, ProtocolError> {
        let got = pdu.body.packet_type();
        // Legal at any time, and its call id means nothing.
        if pdu.body == Body::Shutdown {
            self.state = State::Closed;
            return Ok(Some(Event::Shutdown));
        }
        let waiting_for = self.state.name();
        let (State::Binding { call_id: expected, .. } | State::Calling { call_id: expected }) =
            self.state
        else {
            return Err(ProtocolError::UnexpectedPdu { got, waiting_for });
        };
        if pdu.call_id != expected {
            return Err(ProtocolError::CallId { expected, got: pdu.call_id });
        }
        let did_not_execute = pdu.flags.contains(super::Flags::DID_NOT_EXECUTE);
        match (&self.state, pdu) {
            (State::Calling { .. }, Pdu { body: Body::Fault(fault), .. }) => {
                self.state = State::Open;
                self.reassembler = Reassembler::new();
                Ok(Some(fault_event(fault, did_not_execute)))
            }
            (State::Binding { alter, .. }, Pdu { body: Body::Fault(fault), .. }) => {
                self.state = if *alter { State::Open } else { State::Closed };
                Ok(Some(fault_event(fault, did_not_execute)))
            }
            (State::Calling { .. }, pdu @ Pdu { body: Body::Response(_), .. }) => {
                let Some(whole) = self.reassembler.push(pdu)? else { return Ok(None) };
                self.state = State::Open;
                let order = whole.order;
                Ok(Some(Event::Response { stub: whole.into_stub(), order }))
            }
            (State::Binding { .. }, Pdu { body: Body::BindNak(nak), .. }) => {
                self.state = State::Closed;
                Ok(Some(Event::Nak(nak)))
            }
            (
                &State::Binding { first, count, alter: false, .. },
                Pdu { body: Body::BindAck(ack), auth, .. },
            ) => {
                // Both numbers are what the server takes; below this no request could be cut.
                for size in [ack.max_recv, ack.max_xmit] {
                    if size < MUST_RECV_FRAG {
                        return Err(ProtocolError::FragmentSize(size));
                    }
                }
                self.max_xmit = ack.max_recv.min(MAX_FRAG);
                self.bound(first, count, ack, auth).map(Some)
            }
            (
                &State::Binding { first, count, alter: true, .. },
                Pdu { body: Body::AlterContextResp(ack), auth, .. },
            ) => self.bound(first, count, ack, auth).map(Some),
            _ => Err(ProtocolError::UnexpectedPdu { got, waiting_for }),
        }
    }

    fn bound(
        &mut self,
        first: u16,
        expected: usize,
        ack: BindAck,
        auth: Option<AuthVerifier>,
    ) -> Result<Event, ProtocolError> {
        let BindAck { assoc_group, secondary_address, results, .. } = ack;
        let got = results.len();
        if got != expected {
            return Err(ProtocolError::ResultCount { expected, got });
        }
        let mut accepted = (first..).zip(&results).filter(|(_, result)| result.is_accepted());
        if let Some((_, odd)) = accepted.clone().find(|(_, result)| result.transfer != NDR) {
            return Err(ProtocolError::TransferSyntax(odd.transfer));
        }
        let accepted = accepted.next().map(|(id, _)| id);
        self.state = State::Open;
        self.context = accepted.or(self.context);
        let bound = Bound { results, secondary_address, assoc_group, auth };
        Ok(if accepted.is_some() { Event::Bound(bound) } else { Event::Rejected(bound) })
    }

    fn offer(
        &mut self,
        interfaces: &[InterfaceId],
        auth: Option<AuthVerifier>,
        alter: bool,
    ) -> Result<Vec<u8>, ClientError> {
        let first = self.next_context;
        let (field, count) = ("presentation contexts", interfaces.len());
        let too_many = EncodeError::TooLong { field, value: count, max: (u16::MAX - first).into() };
        let next = u16::try_from(count).ok().and_then(|count| first.checked_add(count));
        let next = next.ok_or(too_many)?;
        let context = |(id, &interface)| Context { id, interface, transfer: vec![NDR] };
        let contexts = (first..).zip(interfaces).map(context).collect();
        let bind = Bind { max_xmit: MAX_FRAG, max_recv: MAX_FRAG, assoc_group: 0, contexts };
        let body = if alter { Body::AlterContext(bind) } else { Body::Bind(bind) };
        let call_id = self.next_call_id()?;
        let bytes = Pdu { auth, ..Pdu::new(call_id, body) }.encode()?;
        self.next_context = next;
        self.state = State::Binding { call_id, first, count, alter };
        Ok(bytes)
    }

    fn next_call_id(&mut self) -> Result<u32, ClientError> {
        if self.last_call_id >= MAX_CALL_ID {
            return Err(ClientError::CallIds);
        }
        self.last_call_id += 1;
        Ok(self.last_call_id)
    }

    const fn refused(&self, action: &'static str) -> ClientError {
        ClientError::State { action, state: self.state.name() }
    }
}

fn fault_event(fault: Fault, did_not_execute: bool) -> Event {
    let status = Status::from_fault(fault.status);
    Event::Fault(FaultEvent { status, did_not_execute, extended_error: fault.extended_error })
}
