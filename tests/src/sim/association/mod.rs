//! The server side of a DCE/RPC connection, as Samba 4.17 behaves: binds, the endpoint mapper's
//! three operations, faults. No I/O: bytes in, bytes out.

use std::{collections::BTreeMap, sync::Arc};

use epmesh_common::{
    identity::ntlm::{Challenge, Negotiate},
    rpc::{
        AuthVerifier, Bind, BindAck, BindNak, Body, ContextHandle, ContextResult, EncodeError,
        Endpoint, Fault, Flags, InterfaceId, NDR, Pdu, ProtocolError, Reassembler, Request,
        Response, Splitter, TowerBytes, auth_type,
        epm::{self, EPMAPPER, Entry, LookupReply, LookupRequest, MapReply, MapRequest, opnum},
        fragment_response,
        limits::MAX_FRAG,
    },
};
use uuid::{Uuid, uuid};

/// Walks that one connection may have open.
const MOST_WALKS: usize = 16;

/// The smallest fragment that is agreed to on TCP.
const LEAST_FRAG: u16 = 2048;

/// The last operation that the endpoint mapper's interface has; Samba refuses those that it does
/// not implement only after it has taken them for calls.
const LAST_OPERATION: u16 = 7;
/// `nca_s_op_rng_error`.
const OPERATION_RANGE: u32 = 0x1c01_0002;
/// `nca_s_unk_if`.
const UNKNOWN_INTERFACE: u32 = 0x1c01_0003;
/// `RPC_X_BAD_STUB_DATA`.
const BAD_STUB: u32 = 0x6f7;
/// `ERROR_ACCESS_DENIED`.
const ACCESS_DENIED: u32 = 5;
/// `bind_nak`: the protocol version is not supported.
const NAK_VERSION: u16 = 4;
/// `bind_nak`: the authentication type is not known.
const NAK_AUTH_TYPE: u16 = 8;

/// The management interface, which every RPC server offers. Its operations are not simulated.
pub(super) const MGMT: InterfaceId =
    InterfaceId::new(uuid!("afa8bd80-7d8a-11c9-bef4-08002b102989"), 1, 0);

/// First bytes of the transfer syntax by which features are negotiated (MS-RPCE 2.2.2.14); the
/// rest of its UUID are the features.
const FEATURES: [u8; 8] = [0x2c, 0x1c, 0xb7, 0x6c, 0x12, 0x98, 0x40, 0x45];

/// The host behind a connection.
pub trait RpcHost: Send + Sync {
    /// The endpoint map as callers over the network are told it.
    fn endpoints(&self) -> Vec<Endpoint>;

    /// Whether the endpoint mapper turns anonymous callers away.
    fn refuses_anonymous(&self) -> bool;

    /// Whether the process behind `port` offers `interface`, in this version.
    fn offers(&self, port: u16, interface: InterfaceId) -> bool;

    /// Who the host says it is to a client that offers NTLM.
    fn challenge(&self) -> Challenge;
}

/// The things to do after bytes came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// Bytes for the client.
    pub send: Vec<u8>,
    /// Whether the connection ends with them.
    pub close: bool,
}

/// A connection.
pub struct Association {
    host: Arc<dyn RpcHost>,
    port: u16,
    splitter: Splitter,
    reassembler: Reassembler,
    contexts: BTreeMap<u16, InterfaceId>,
    max_frag: Option<u16>,
    group: u32,
    walks: BTreeMap<Uuid, Vec<Entry>>,
}

impl Association {
    /// A new connection to `port` of `host`.
    #[must_use]
    pub fn new(host: Arc<dyn RpcHost>, port: u16) -> Self {
        Self {
            host,
            port,
            splitter: Splitter::new(),
            reassembler: Reassembler::new(),
            contexts: BTreeMap::new(),
            max_frag: None,
            group: 0,
            walks: BTreeMap::new(),
        }
    }

    /// Takes what came from the client.
    pub fn receive(&mut self, bytes: &[u8]) -> Reply {
        let mut reply = Reply::default();
        if let Some(nak) = self.other_version(bytes) {
            return nak;
        }
        if self.splitter.push(bytes).is_err() {
            return Reply { close: true, ..reply };
        }
        while !reply.close {
            let pdu = match self.splitter.next_pdu() {
                Ok(Some(pdu)) => Pdu::decode(&pdu),
                Ok(None) => break,
                // Samba says nothing to what is no RPC, and waits.
                Err(ProtocolError::NotRpc { .. }) => break,
                Err(_) => return Reply { close: true, ..reply },
            };
            let Ok(pdu) = pdu else { return Reply { close: true, ..reply } };
            match self.take(pdu) {
                Ok(next) => {
                    reply.send.extend(next.send);
                    reply.close = next.close;
                }
                Err(_) => reply.close = true,
            }
        }
        reply
    }

    /// A bind of another protocol version than 5.0 is refused with the version that is meant.
    fn other_version(&self, bytes: &[u8]) -> Option<Reply> {
        let [5, minor, 11, _, _, _, _, _, _, _, _, _, a, b, c, d, ..] = bytes else { return None };
        if *minor == 0 || self.max_frag.is_some() || self.splitter.pending() > 0 {
            return None;
        }
        nak(u32::from_le_bytes([*a, *b, *c, *d]), NAK_VERSION).ok()
    }

    fn take(&mut self, pdu: Pdu) -> Result<Reply, EncodeError> {
        match pdu.body {
            Body::Bind(ref bind) if self.max_frag.is_none() => self.bind(&pdu, bind),
            Body::Bind(_) => nak(pdu.call_id, 0),
            Body::AlterContext(ref bind) if self.max_frag.is_some() => self.alter(&pdu, bind),
            Body::Request(_) if self.max_frag.is_some() => match self.reassembler.push(pdu) {
                Ok(Some(whole)) => {
                    let (call_id, order) = (whole.call_id, whole.order);
                    let Body::Request(request) = whole.body else { return Ok(closed()) };
                    self.call(call_id, order, &request)
                }
                Ok(None) => Ok(Reply::default()),
                Err(_) => Ok(closed()),
            },
            // The client ends its side of a handshake that leads nowhere: nobody is logged on.
            Body::Auth3 => Ok(Reply::default()),
            _ => Ok(closed()),
        }
    }

    fn bind(&mut self, pdu: &Pdu, bind: &Bind) -> Result<Reply, EncodeError> {
        if bind.contexts.is_empty() || bind.assoc_group != 0 {
            return nak(pdu.call_id, 0);
        }
        let auth = match &pdu.auth {
            None => None,
            Some(offered) => match offered.auth_type {
                // Samba takes bare NTLM under the type of SPNEGO too.
                auth_type::NTLM | auth_type::SPNEGO
                    if Negotiate::decode(&offered.token).is_ok() =>
                {
                    let Ok(token) = self.host.challenge().encode() else { return Ok(closed()) };
                    Some(AuthVerifier { token, ..offered.clone() })
                }
                auth_type::NTLM | auth_type::SPNEGO | auth_type::KERBEROS | auth_type::NETLOGON => {
                    return nak(pdu.call_id, 0);
                }
                _ => return nak(pdu.call_id, NAK_AUTH_TYPE),
            },
        };
        let frag = bind.max_xmit.min(bind.max_recv).clamp(LEAST_FRAG, MAX_FRAG) & !7;
        self.max_frag = Some(frag);
        let [.., a, b, c, d] = Uuid::new_v4().into_bytes();
        self.group = u32::from_be_bytes([a, b, c, d]).max(1);
        let ack = BindAck {
            max_xmit: frag,
            max_recv: frag,
            assoc_group: self.group,
            secondary_address: self.port.to_string(),
            results: self.results(bind),
        };
        let mut answer = Pdu::new(pdu.call_id, Body::BindAck(ack));
        answer.auth = auth;
        Ok(Reply { send: answer.encode()?, close: false })
    }

    fn alter(&mut self, pdu: &Pdu, bind: &Bind) -> Result<Reply, EncodeError> {
        // An alter_context does not negotiate fragments again.
        let frag = self.max_frag.unwrap_or(MAX_FRAG);
        let ack = BindAck {
            max_xmit: frag,
            max_recv: frag,
            assoc_group: self.group,
            secondary_address: String::new(),
            results: self.results(bind),
        };
        let answer = Pdu::new(pdu.call_id, Body::AlterContextResp(ack));
        Ok(Reply { send: answer.encode()?, close: false })
    }

    fn results(&mut self, bind: &Bind) -> Vec<ContextResult> {
        let mut results = Vec::new();
        for context in &bind.contexts {
            let features = context.transfer.iter().find_map(|syntax| features(*syntax));
            results.push(match features {
                Some(bits) => ContextResult {
                    result: ContextResult::NEGOTIATE_ACK,
                    // Samba takes both features that exist.
                    reason: bits & 3,
                    transfer: InterfaceId::new(Uuid::nil(), 0, 0),
                },
                None if !self.host.offers(self.port, context.interface) => {
                    ContextResult::rejected(ContextResult::ABSTRACT_SYNTAX)
                }
                None if !context.transfer.contains(&NDR) => {
                    ContextResult::rejected(ContextResult::TRANSFER_SYNTAXES)
                }
                None => {
                    self.contexts.insert(context.id, context.interface);
                    ContextResult::accepted()
                }
            });
        }
        results
    }

    fn call(
        &mut self,
        call_id: u32,
        order: epmesh_common::rpc::ByteOrder,
        request: &Request,
    ) -> Result<Reply, EncodeError> {
        let stub = match self.contexts.get(&request.context_id) {
            None => Err(UNKNOWN_INTERFACE),
            Some(interface) if *interface == MGMT => Err(OPERATION_RANGE),
            Some(interface) if *interface != EPMAPPER => Err(ACCESS_DENIED),
            Some(_) if self.host.refuses_anonymous() => Err(ACCESS_DENIED),
            Some(_) => match request.opnum {
                opnum::LOOKUP => match LookupRequest::decode(&request.stub, order) {
                    Ok(asked) => Ok(self.lookup(&asked).encode(Default::default())?),
                    Err(_) => Err(BAD_STUB),
                },
                opnum::MAP => match MapRequest::decode(&request.stub, order) {
                    Ok(asked) => Ok(self.map(&asked).encode(Default::default())?),
                    Err(_) => Err(BAD_STUB),
                },
                opnum::LOOKUP_HANDLE_FREE => {
                    match epm::decode_handle_free_request(&request.stub, order) {
                        Ok(handle) => {
                            self.walks.remove(&handle.uuid);
                            Ok(epm::handle_free_response(0))
                        }
                        Err(_) => Err(BAD_STUB),
                    }
                }
                _ => Err(OPERATION_RANGE),
            },
        };
        let stub = match stub {
            Ok(stub) => stub,
            Err(status) => {
                let known = status == OPERATION_RANGE && request.opnum <= LAST_OPERATION;
                let ran = known || matches!(status, BAD_STUB | ACCESS_DENIED);
                return fault(call_id, status, ran);
            }
        };
        let response =
            Response { alloc_hint: 0, context_id: request.context_id, cancel_count: 0, stub };
        // Samba fills its fragments up to a multiple of 16 bytes of stub: 5832 of 5840.
        let frag = self.max_frag.unwrap_or(MAX_FRAG);
        let frag = 24 + ((frag - 24) & !15);
        let send = fragment_response(call_id, &response, frag)?.concat();
        Ok(Reply { send, close: false })
    }

    /// Like Samba, all entries are told whatever the question selects by.
    fn lookup(&mut self, asked: &LookupRequest) -> LookupReply {
        let mut rest = if asked.handle.is_null() {
            self.host.endpoints().iter().filter_map(|endpoint| endpoint.entry().ok()).collect()
        } else {
            self.walks.remove(&asked.handle.uuid).unwrap_or_default()
        };
        let count = usize::try_from(asked.max_entries).unwrap_or(usize::MAX).min(rest.len());
        let entries: Vec<Entry> = rest.drain(..count).collect();
        let max_entries = asked.max_entries;
        if entries.is_empty() || self.walks.len() >= MOST_WALKS {
            let (handle, status) = (ContextHandle::NULL, epm::EPT_S_NOT_REGISTERED);
            return LookupReply { handle, max_entries, entries, status };
        }
        // The walk ends with one more question, even when nothing is left.
        let uuid = if asked.handle.is_null() { Uuid::new_v4() } else { asked.handle.uuid };
        let handle = ContextHandle { attributes: 0, uuid };
        self.walks.insert(handle.uuid, rest);
        LookupReply { handle, max_entries, entries, status: 0 }
    }

    fn map(&self, asked: &MapRequest) -> MapReply {
        let nothing = MapReply::not_registered(asked.max_towers);
        let Some(Ok(wanted)) = asked.tower.as_ref().map(TowerBytes::parse) else {
            return nothing;
        };
        let (Some(interface), Some(binding)) = (wanted.interface(), wanted.binding()) else {
            return nothing;
        };
        let endpoints = self.host.endpoints();
        let found = endpoints.iter().find(|endpoint| {
            // The minor version asked for is not looked at here; a bind to it is refused.
            (endpoint.interface.uuid, endpoint.interface.major) == (interface.uuid, interface.major)
                && endpoint.binding.sequence == binding.sequence
        });
        let found = found.filter(|_| asked.max_towers > 0);
        let tower = found.and_then(|found| found.entry().ok()).and_then(|entry| entry.tower);
        match tower {
            Some(tower) => MapReply {
                handle: ContextHandle::NULL,
                max_towers: asked.max_towers,
                towers: vec![tower],
                raw_status: 0,
            },
            None => nothing,
        }
    }
}

/// The features offered, where `syntax` is an offer of features.
fn features(syntax: InterfaceId) -> Option<u16> {
    let bytes = syntax.uuid.to_bytes_le();
    let [.., low, high, _, _, _, _, _, _] = bytes;
    bytes.starts_with(&FEATURES).then(|| u16::from_le_bytes([low, high]))
}

fn nak(call_id: u32, reason: u16) -> Result<Reply, EncodeError> {
    let answer = Pdu::new(call_id, Body::BindNak(BindNak::new(reason)));
    Ok(Reply { send: answer.encode()?, close: true })
}

/// `ran`: whether the call got as far as the interface's own code.
fn fault(call_id: u32, status: u32, ran: bool) -> Result<Reply, EncodeError> {
    let mut answer = Pdu::new(call_id, Body::Fault(Fault::new(status)));
    if !ran {
        answer.flags |= Flags::DID_NOT_EXECUTE;
    }
    Ok(Reply { send: answer.encode()?, close: false })
}

fn closed() -> Reply {
    Reply { send: Vec::new(), close: true }
}

#[cfg(test)]
mod tests;
