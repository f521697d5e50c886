//! `bind`, `alter_context` and their answers ([C706] 12.6.4.1 to 12.6.4.5, [MS-RPCE] 2.2.2.4 to
//! 2.2.2.9).
//!
//! See also [MS-EERR].
//!
//! [C706]: https://pubs.opengroup.org/onlinepubs/9629399/toc.htm
//! [MS-EERR]: https://learn.microsoft.com/openspecs/windows_protocols/ms-eerr/572bb78f-9116-4966-8f9d-4593456da307
//! [MS-RPCE]: https://learn.microsoft.com/openspecs/windows_protocols/ms-rpce/290c38b1-92fe-4229-91e6-4fc376610c15

use epmesh_codec::{DecodeError, EncodeError, Reader, Writer};
use uuid::{Uuid, uuid};

use super::{InterfaceId, limits::MAX_FRAG, text::printable};

/// NDR 2.0 (C706 chapter 14), the only transfer syntax that is offered: where NDR64 is offered beside
/// it, 64-bit Windows takes that one and refuses this.
pub const NDR: InterfaceId = InterfaceId::new(uuid!("8a885d04-1ceb-11c9-9fe8-08002b104860"), 2, 0);

/// NDR64 1.0; never offered.
pub const NDR64: InterfaceId =
    InterfaceId::new(uuid!("71710533-beba-4937-8319-b5dbef9ccc36"), 1, 0);

/// What marks extended error information in a `bind_nak` (MS-RPCE 2.2.2.9).
const NAK_SIGNATURE: Uuid = uuid!("90740320-fad0-11d3-82d7-009027b130ab");

/// Bytes after the last element that count as padding.
const PADDING: usize = 15;

/// A presentation context that is offered (C706 12.6.4.3): an interface and the encodings the client can use
/// for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// The number requests name it by.
    pub id: u16,
    /// The interface.
    pub interface: InterfaceId,
    /// Transfer syntaxes, best first.
    pub transfer: Vec<InterfaceId>,
}

/// The body of `bind` and `alter_context` (C706 12.6.4.3 and 12.6.4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bind {
    /// Largest fragment the client sends.
    pub max_xmit: u16,
    /// Largest fragment the client takes.
    pub max_recv: u16,
    /// Association group to join; 0 for a new one.
    pub assoc_group: u32,
    /// At most 255.
    pub contexts: Vec<Context>,
}

impl Bind {
    /// Offers `interface` as context `id`, in NDR alone, with the largest fragments.
    #[must_use]
    pub fn new(id: u16, interface: InterfaceId) -> Self {
        let contexts = vec![Context { id, interface, transfer: vec![NDR] }];
        Self { max_xmit: MAX_FRAG, max_recv: MAX_FRAG, assoc_group: 0, contexts }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let max_xmit = reader.u16("max_xmit_frag")?;
        let max_recv = reader.u16("max_recv_frag")?;
        let assoc_group = reader.u32("assoc_group_id")?;
        let count = reader.u8("n_context_elem")?;
        reader.bytes("reserved", 3)?;
        let mut contexts = Vec::new();
        for _ in 0..count {
            let id = reader.u16("p_cont_id")?;
            let syntaxes = reader.u8("n_transfer_syn")?;
            reader.u8("reserved")?;
            let interface = InterfaceId::decode(reader, "abstract_syntax")?;
            let mut transfer = Vec::new();
            for _ in 0..syntaxes {
                transfer.push(InterfaceId::decode(reader, "transfer_syntax")?);
            }
            contexts.push(Context { id, interface, transfer });
        }
        reader.finish("the presentation contexts", PADDING)?;
        Ok(Self { max_xmit, max_recv, assoc_group, contexts })
    }

    pub(crate) fn encode(&self, out: &mut Writer) -> Result<(), EncodeError> {
        out.u16(self.max_xmit);
        out.u16(self.max_recv);
        out.u32(self.assoc_group);
        out.count8("n_context_elem", self.contexts.len())?;
        out.zeros(3);
        for context in &self.contexts {
            out.u16(context.id);
            out.count8("n_transfer_syn", context.transfer.len())?;
            out.u8(0);
            context.interface.encode(out);
            for syntax in &context.transfer {
                syntax.encode(out);
            }
        }
        Ok(())
    }
}

/// The server's answer to one context: `p_result_t` (C706 12.6.4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContextResult {
    /// 0 acceptance, 1 user rejection, 2 provider rejection, 3 feature negotiation.
    pub result: u16,
    /// Why rejected: 1 interface not offered here, 2 no transfer syntax, 3 local limit. With
    /// result 3, the accepted feature bits.
    pub reason: u16,
    /// The transfer syntax to use; all zero unless accepted.
    pub transfer: InterfaceId,
}

impl ContextResult {
    /// `acceptance`.
    pub const ACCEPTANCE: u16 = 0;
    /// `provider_rejection`.
    pub const PROVIDER_REJECTION: u16 = 2;
    /// `negotiate_ack` (MS-RPCE 2.2.2.4).
    pub const NEGOTIATE_ACK: u16 = 3;
    /// Reason: the interface is not offered on this endpoint.
    pub const ABSTRACT_SYNTAX: u16 = 1;
    /// Reason: none of the transfer syntaxes is.
    pub const TRANSFER_SYNTAXES: u16 = 2;

    /// Accepted, in NDR 2.0.
    #[must_use]
    pub const fn accepted() -> Self {
        Self { result: Self::ACCEPTANCE, reason: 0, transfer: NDR }
    }

    /// Rejected by the provider for this reason.
    #[must_use]
    pub const fn rejected(reason: u16) -> Self {
        let transfer = InterfaceId::new(Uuid::nil(), 0, 0);
        Self { result: Self::PROVIDER_REJECTION, reason, transfer }
    }

    /// May requests name this context?
    #[must_use]
    pub const fn is_accepted(&self) -> bool {
        self.result == Self::ACCEPTANCE
    }
}

/// The body of `bind_ack` and `alter_context_resp` (C706 12.6.4.4 and 12.6.4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindAck {
    /// Largest fragment the server sends.
    pub max_xmit: u16,
    /// Largest fragment the server takes.
    pub max_recv: u16,
    /// The association group.
    pub assoc_group: u32,
    /// The server's own endpoint ("135", "49667", `\PIPE\epmapper`), without its NUL; may be empty.
    pub secondary_address: String,
    /// The results, one for each context offered, in their order; at most 255.
    pub results: Vec<ContextResult>,
}

impl BindAck {
    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let max_xmit = reader.u16("max_xmit_frag")?;
        let max_recv = reader.u16("max_recv_frag")?;
        let assoc_group = reader.u32("assoc_group_id")?;
        let length = reader.u16("sec_addr length")?;
        let secondary_address = printable(reader.bytes("sec_addr", usize::from(length))?);
        reader.align("sec_addr padding", 4)?;
        let count = reader.u8("n_results")?;
        reader.bytes("reserved", 3)?;
        let mut results = Vec::new();
        for _ in 0..count {
            let result = reader.u16("result")?;
            let reason = reader.u16("reason")?;
            let transfer = InterfaceId::decode(reader, "transfer_syntax")?;
            results.push(ContextResult { result, reason, transfer });
        }
        reader.finish("the presentation context results", PADDING)?;
        Ok(Self { max_xmit, max_recv, assoc_group, secondary_address, results })
    }

    pub(crate) fn encode(&self, out: &mut Writer) -> Result<(), EncodeError> {
        out.u16(self.max_xmit);
        out.u16(self.max_recv);
        out.u32(self.assoc_group);
        let address = self.secondary_address.as_bytes();
        if address.is_empty() {
            out.u16(0);
        } else {
            out.count16("sec_addr length", address.len() + 1)?;
            out.bytes(address);
            out.u8(0);
        }
        out.align(4);
        out.count8("n_results", self.results.len())?;
        out.zeros(3);
        for result in &self.results {
            out.u16(result.result);
            out.u16(result.reason);
            result.transfer.encode(out);
        }
        Ok(())
    }
}

/// The body of `bind_nak` (C706 12.6.4.5, MS-RPCE 2.2.2.9): the whole association is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindNak {
    /// Why, see [`Status::BindNak`](super::Status::BindNak).
    pub reason: u16,
    /// Protocol versions the server would take: major and minor.
    pub versions: Vec<(u8, u8)>,
    /// Extended error information (MS-EERR), undecoded.
    pub extended_error: Option<Vec<u8>>,
}

impl BindNak {
    /// A refusal for this reason, as a 5.0 server words it.
    #[must_use]
    pub fn new(reason: u16) -> Self {
        Self { reason, versions: vec![(5, 0)], extended_error: None }
    }

    /// The list of versions may be missing; bytes after it without the signature of extended
    /// error information mean nothing and are dropped, so that the reason is not lost.
    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let reason = reader.u16("provider_reject_reason")?;
        let mut versions = Vec::new();
        if reader.remaining() > 0 {
            for _ in 0..reader.u8("n_protocols")? {
                versions.push((reader.u8("protocol major")?, reader.u8("protocol minor")?));
            }
        }
        let mut rest = reader.clone();
        let signed = rest.align("padding", 4).and_then(|()| rest.uuid("signature"));
        let extended_error = (signed == Ok(NAK_SIGNATURE)).then(|| rest.rest().to_vec());
        Ok(Self { reason, versions, extended_error })
    }

    pub(crate) fn encode(&self, out: &mut Writer) -> Result<(), EncodeError> {
        out.u16(self.reason);
        out.count8("n_protocols", self.versions.len())?;
        for (major, minor) in &self.versions {
            out.bytes(&[*major, *minor]);
        }
        out.align(4);
        if let Some(blob) = &self.extended_error {
            out.uuid(NAK_SIGNATURE);
            out.bytes(blob);
        }
        Ok(())
    }
}
