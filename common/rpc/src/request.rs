//! `request`, `response` and `fault` ([C706] 12.6.4.7 to 12.6.4.10, [MS-RPCE] 2.2.2.8).
//!
//! See also [MS-EERR].
//!
//! [C706]: https://pubs.opengroup.org/onlinepubs/9629399/toc.htm
//! [MS-EERR]: https://learn.microsoft.com/openspecs/windows_protocols/ms-eerr/572bb78f-9116-4966-8f9d-4593456da307
//! [MS-RPCE]: https://learn.microsoft.com/openspecs/windows_protocols/ms-rpce/290c38b1-92fe-4229-91e6-4fc376610c15

use epmesh_codec::{DecodeError, Reader, Writer};
use uuid::Uuid;

/// Where extended error information starts in a fault.
const FAULT_LEN: usize = 32;

/// A fragment of a call (C706 12.6.4.9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Bytes still to come, this fragment's included; a hint that nothing may rely on.
    pub alloc_hint: u32,
    /// Which presentation context, so which interface.
    pub context_id: u16,
    /// Which operation of the interface.
    pub opnum: u16,
    /// The object the call is about; sets [`Flags::OBJECT_UUID`](super::Flags::OBJECT_UUID).
    pub object: Option<Uuid>,
    /// The parameters, or this fragment's part of them.
    pub stub: Vec<u8>,
}

impl Request {
    pub(crate) fn decode(reader: &mut Reader<'_>, object: bool) -> Result<Self, DecodeError> {
        let alloc_hint = reader.u32("alloc_hint")?;
        let context_id = reader.u16("p_cont_id")?;
        let opnum = reader.u16("opnum")?;
        let object = if object { Some(reader.uuid("object")?) } else { None };
        Ok(Self { alloc_hint, context_id, opnum, object, stub: reader.rest().to_vec() })
    }

    pub(crate) fn encode(&self, out: &mut Writer) {
        out.u32(self.alloc_hint);
        out.u16(self.context_id);
        out.u16(self.opnum);
        if let Some(object) = self.object {
            out.uuid(object);
        }
        out.bytes(&self.stub);
    }
}

/// A fragment of a result (C706 12.6.4.10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// As in [`Request::alloc_hint`].
    pub alloc_hint: u32,
    /// Which presentation context.
    pub context_id: u16,
    /// Cancels received.
    pub cancel_count: u8,
    /// The result, or this fragment's part of it.
    pub stub: Vec<u8>,
}

impl Response {
    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let alloc_hint = reader.u32("alloc_hint")?;
        let context_id = reader.u16("p_cont_id")?;
        let cancel_count = reader.u8("cancel_count")?;
        reader.u8("reserved")?;
        Ok(Self { alloc_hint, context_id, cancel_count, stub: reader.rest().to_vec() })
    }

    pub(crate) fn encode(&self, out: &mut Writer) {
        out.u32(self.alloc_hint);
        out.u16(self.context_id);
        out.bytes(&[self.cancel_count, 0]);
        out.bytes(&self.stub);
    }
}

/// The failure of a call (C706 12.6.4.7, MS-RPCE 2.2.2.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// With extended error information: where that ends in the PDU. Otherwise a hint.
    pub alloc_hint: u32,
    /// Which presentation context; servers often write 0.
    pub context_id: u16,
    /// Cancels received.
    pub cancel_count: u8,
    /// The code, see [`Status::from_fault`](super::Status::from_fault).
    pub status: u32,
    /// Extended error information (MS-EERR), undecoded.
    pub extended_error: Option<Vec<u8>>,
}

impl Fault {
    /// A fault with this code and no more.
    #[must_use]
    pub const fn new(status: u32) -> Self {
        Self { alloc_hint: 0x20, context_id: 0, cancel_count: 0, status, extended_error: None }
    }

    /// Decodes a fault. What follows the status is optional: a short fault must not hide its code.
    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let alloc_hint = reader.u32("alloc_hint")?;
        let context_id = reader.u16("p_cont_id")?;
        let cancel_count = reader.u8("cancel_count")?;
        let extended = reader.u8("fault flags")? & 1 == 1;
        let status = reader.u32("status")?;
        let _reserved = reader.bytes("reserved", reader.remaining().min(4))?;
        let rest = reader.rest();
        let length = usize::try_from(alloc_hint).unwrap_or(usize::MAX).saturating_sub(FAULT_LEN);
        let extended_error =
            extended.then(|| rest.get(..length).unwrap_or(rest)).map(<[u8]>::to_vec);
        Ok(Self { alloc_hint, context_id, cancel_count, status, extended_error })
    }

    pub(crate) fn encode(&self, out: &mut Writer) {
        out.u32(self.alloc_hint);
        out.u16(self.context_id);
        out.bytes(&[self.cancel_count, u8::from(self.extended_error.is_some())]);
        out.u32(self.status);
        out.u32(0);
        out.bytes(self.extended_error.as_deref().unwrap_or_default());
    }
}
