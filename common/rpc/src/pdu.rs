//! A whole PDU: header, body, security trailer.
//!
//! Specifications: [C706], [MS-RPCE].
//!
//! [C706]: https://pubs.opengroup.org/onlinepubs/9629399/toc.htm
//! [MS-RPCE]: https://learn.microsoft.com/openspecs/windows_protocols/ms-rpce/290c38b1-92fe-4229-91e6-4fc376610c15

use epmesh_codec::{ByteOrder, DecodeError, EncodeError, Reader, Writer};

use super::{
    auth::AuthVerifier,
    bind::{Bind, BindAck, BindNak},
    header::{Flags, Header},
    limits::{HEADER_LEN, MAX_FRAG},
    packet_type::PacketType,
    request::{Fault, Request, Response},
};

/// A connection-oriented PDU (C706 12.6.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pdu {
    /// Which call it belongs to.
    pub call_id: u32,
    /// Fragment and option flags; those the body implies are set by [`Pdu::encode`].
    pub flags: Flags,
    /// The sender's byte order: that of the stub, too.
    pub order: ByteOrder,
    /// What it says.
    pub body: Body,
    /// The security trailer, where there is one.
    pub auth: Option<AuthVerifier>,
}

/// The body of a PDU, by type (C706 12.6.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// See [`PacketType::Request`].
    Request(Request),
    /// See [`PacketType::Response`].
    Response(Response),
    /// See [`PacketType::Fault`].
    Fault(Fault),
    /// See [`PacketType::Bind`].
    Bind(Bind),
    /// See [`PacketType::BindAck`].
    BindAck(BindAck),
    /// See [`PacketType::BindNak`].
    BindNak(BindNak),
    /// See [`PacketType::AlterContext`].
    AlterContext(Bind),
    /// See [`PacketType::AlterContextResp`].
    AlterContextResp(BindAck),
    /// See [`PacketType::Auth3`]; it carries nothing but its security trailer.
    Auth3,
    /// See [`PacketType::Shutdown`].
    Shutdown,
}

impl Body {
    /// The type that stands in the header.
    #[must_use]
    pub const fn packet_type(&self) -> PacketType {
        match self {
            Self::Request(_) => PacketType::Request,
            Self::Response(_) => PacketType::Response,
            Self::Fault(_) => PacketType::Fault,
            Self::Bind(_) => PacketType::Bind,
            Self::BindAck(_) => PacketType::BindAck,
            Self::BindNak(_) => PacketType::BindNak,
            Self::AlterContext(_) => PacketType::AlterContext,
            Self::AlterContextResp(_) => PacketType::AlterContextResp,
            Self::Auth3 => PacketType::Auth3,
            Self::Shutdown => PacketType::Shutdown,
        }
    }
}

impl Pdu {
    /// A PDU in one fragment, little-endian, without security trailer.
    #[must_use]
    pub const fn new(call_id: u32, body: Body) -> Self {
        Self { call_id, flags: Flags::WHOLE, order: ByteOrder::Little, body, auth: None }
    }

    /// The PDU that fills `bytes` exactly, as a [`Splitter`](super::Splitter) hands it out.
    ///
    /// # Errors
    ///
    /// When `bytes` is not exactly one well-formed PDU of a type in [`PacketType`].
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let header = Header::decode(bytes)?;
        let Header { packet_type, flags, order, call_id, frag_length, .. } = header;
        if bytes.len() != usize::from(frag_length) {
            let (field, offset, value) = ("frag_length", 8, u64::from(frag_length));
            let expected = "the number of bytes of the PDU";
            return Err(DecodeError::Value { field, offset, value, expected });
        }
        let (body_end, auth) = AuthVerifier::split(bytes, &header)?;
        let body = bytes.get(..body_end).unwrap_or_default();
        let mut reader = Reader::starting_at(body, HEADER_LEN, order);
        let body = match packet_type {
            PacketType::Request => {
                Body::Request(Request::decode(&mut reader, flags.contains(Flags::OBJECT_UUID))?)
            }
            PacketType::Response => Body::Response(Response::decode(&mut reader)?),
            PacketType::Fault => Body::Fault(Fault::decode(&mut reader)?),
            PacketType::Bind => Body::Bind(Bind::decode(&mut reader)?),
            PacketType::BindAck => Body::BindAck(BindAck::decode(&mut reader)?),
            PacketType::BindNak => Body::BindNak(BindNak::decode(&mut reader)?),
            PacketType::AlterContext => Body::AlterContext(Bind::decode(&mut reader)?),
            PacketType::AlterContextResp => Body::AlterContextResp(BindAck::decode(&mut reader)?),
            PacketType::Auth3 => {
                reader.finish("auth3", 15)?;
                Body::Auth3
            }
            PacketType::Shutdown => {
                reader.finish("shutdown", 0)?;
                Body::Shutdown
            }
        };
        Ok(Self { call_id, flags, order, body, auth })
    }

    /// The bytes of this PDU, in its byte order.
    ///
    /// # Errors
    ///
    /// When a count does not fit its field or the PDU is longer than [`MAX_FRAG`].
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut out = Writer::new(self.order);
        out.zeros(HEADER_LEN);
        let mut flags = self.flags;
        match &self.body {
            Body::Request(request) => {
                flags = match request.object {
                    Some(_) => flags | Flags::OBJECT_UUID,
                    None => flags - Flags::OBJECT_UUID,
                };
                request.encode(&mut out);
            }
            Body::Response(response) => response.encode(&mut out),
            Body::Fault(fault) => fault.encode(&mut out),
            Body::Bind(bind) | Body::AlterContext(bind) => bind.encode(&mut out)?,
            Body::BindAck(ack) | Body::AlterContextResp(ack) => ack.encode(&mut out)?,
            Body::BindNak(nak) => nak.encode(&mut out)?,
            // Four bytes that mean nothing stand before the trailer (MS-RPCE 2.2.2.10).
            Body::Auth3 => out.zeros(4),
            Body::Shutdown => {}
        }
        let auth_length = match &self.auth {
            Some(auth) => auth.encode(&mut out)?,
            None => 0,
        };
        let (value, max) = (out.written(), usize::from(MAX_FRAG));
        let frag_length = u16::try_from(value).ok().filter(|_| value <= max);
        let too_long = EncodeError::TooLong { field: "frag_length", value, max };
        let frag_length = frag_length.ok_or(too_long)?;
        let packet_type = self.body.packet_type();
        let (order, call_id) = (self.order, self.call_id);
        let header = Header { packet_type, flags, order, frag_length, auth_length, call_id };
        let mut bytes = out.into_bytes();
        bytes.splice(..HEADER_LEN, header.encode());
        Ok(bytes)
    }
}
