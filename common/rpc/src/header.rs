//! The common header of every connection-oriented PDU ([C706] 12.6.3.1, [MS-RPCE] 2.2.2.1 to 2.2.2.3).
//!
//! [C706]: https://pubs.opengroup.org/onlinepubs/9629399/toc.htm
//! [MS-RPCE]: https://learn.microsoft.com/openspecs/windows_protocols/ms-rpce/290c38b1-92fe-4229-91e6-4fc376610c15

use bitflags::bitflags;
use epmesh_codec::{ByteOrder, DecodeError, Reader, Writer};

use super::{
    limits::{HEADER_LEN, MAX_CALL_ID, MAX_FRAG, SEC_TRAILER_LEN},
    packet_type::{PacketType, refused_name},
};

bitflags! {
    /// `pfc_flags` (C706 12.6.3.1, MS-RPCE 2.2.2.3).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct Flags: u8 {
        /// First fragment.
        const FIRST = 0x01;
        /// Last fragment.
        const LAST = 0x02;
        /// The only fragment.
        const WHOLE = 0x03;
        /// A cancel was pending; in bind and its answers: header signing is supported.
        const PENDING_CANCEL = 0x04;
        /// Calls may overlap on the connection.
        const CONC_MPX = 0x10;
        /// In a fault: the call did not run.
        const DID_NOT_EXECUTE = 0x20;
        /// In a request: an object UUID is there.
        const OBJECT_UUID = 0x80;
        // Bits without a name are kept as they came.
        const _ = !0;
    }
}

/// The 16 bytes in front of every PDU (C706 12.6.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What kind of PDU follows.
    pub packet_type: PacketType,
    /// Fragment and option flags.
    pub flags: Flags,
    /// The sender's byte order.
    pub order: ByteOrder,
    /// Bytes of the whole PDU, 16 to [`MAX_FRAG`].
    pub frag_length: u16,
    /// Bytes of the authentication token, without its 8-byte trailer.
    pub auth_length: u16,
    /// Which call this belongs to.
    pub call_id: u32,
}

impl Header {
    /// The header at the start of `bytes`, every length in it checked.
    ///
    /// # Errors
    ///
    /// When `bytes` holds less than 16 bytes, the version is not 5.0, the type is refused, the
    /// data representation is neither little- nor big-endian ASCII/IEEE, or a length is over its
    /// limit.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let order = match bytes.get(4).map(|drep| drep & 0xf0) {
            Some(0) => ByteOrder::Big,
            _ => ByteOrder::Little,
        };
        let mut reader = Reader::new(bytes, order);
        let major = reader.u8("rpc_vers")?;
        reader.ensure(major == 5, "rpc_vers", 1, major, "5")?;
        let minor = reader.u8("rpc_vers_minor")?;
        reader.ensure(minor == 0, "rpc_vers_minor", 1, minor, "0")?;
        let ptype = reader.u8("PTYPE")?;
        let Some(packet_type) = PacketType::from_number(ptype) else {
            let (field, offset, value) = ("PTYPE", 2, ptype.into());
            return Err(DecodeError::Refused { field, offset, value, name: refused_name(ptype) });
        };
        let flags = Flags::from_bits_retain(reader.u8("pfc_flags")?);
        let integers = reader.u8("packed_drep")?;
        let known = matches!(integers, 0x00 | 0x10);
        reader.ensure(known, "packed_drep", 1, integers, "0x10 or 0x00 (ASCII)")?;
        let floats = reader.u8("packed_drep")?;
        reader.ensure(floats == 0, "packed_drep", 1, floats, "0 (IEEE)")?;
        let reserved = reader.u16("packed_drep")?;
        reader.ensure(reserved == 0, "packed_drep", 2, reserved, "0")?;
        let frag_length = reader.u16("frag_length")?;
        let fits = usize::from(frag_length) >= HEADER_LEN && frag_length <= MAX_FRAG;
        reader.ensure(fits, "frag_length", 2, frag_length, "16 to 5840")?;
        let auth_length = reader.u16("auth_length")?;
        let room = usize::from(frag_length) - HEADER_LEN;
        let fits = auth_length == 0 || usize::from(auth_length) + SEC_TRAILER_LEN <= room;
        reader.ensure(fits, "auth_length", 2, auth_length, "a token inside the PDU")?;
        let call_id = reader.u32("call_id")?;
        reader.ensure(call_id <= MAX_CALL_ID, "call_id", 4, call_id, "at most 0x7fffffff")?;
        Ok(Self { packet_type, flags, order, frag_length, auth_length, call_id })
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new(self.order);
        out.bytes(&[5, 0, self.packet_type as u8, self.flags.bits()]);
        out.bytes(&[if self.order == ByteOrder::Little { 0x10 } else { 0 }, 0, 0, 0]);
        out.u16(self.frag_length);
        out.u16(self.auth_length);
        out.u32(self.call_id);
        out.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BIND: [u8; 16] = [5, 0, 11, 3, 0x10, 0, 0, 0, 72, 0, 0, 0, 1, 0, 0, 0];

    #[test]
    fn both_byte_orders_are_read() {
        let little = Header::decode(&BIND).unwrap();
        assert_eq!((little.frag_length, little.call_id), (72, 1));
        assert_eq!(little.encode(), BIND);
        let big = [5, 0, 11, 3, 0, 0, 0, 0, 0, 72, 0, 0, 0, 0, 0, 1];
        let decoded = Header::decode(&big).unwrap();
        assert_eq!(decoded, Header { order: ByteOrder::Big, ..little });
        assert_eq!(decoded.encode(), big);
    }

    #[test]
    fn what_a_connection_does_not_carry_is_refused_by_name() {
        let with = |at: usize, value: u8| {
            let mut bytes = BIND;
            bytes[at] = value;
            Header::decode(&bytes).unwrap_err()
        };
        let refused = |value, name| DecodeError::Refused { field: "PTYPE", offset: 2, value, name };
        assert_eq!(with(2, 7), refused(7, "ack"));
        assert_eq!(with(2, 20), refused(20, "rts"));
        assert_eq!(with(0, 4).to_string(), "rpc_vers at offset 0 is 0x4, expected 5");
        for (at, value) in [(1, 1), (4, 0x11), (5, 1), (8, 15), (9, 0x17), (10, 49), (15, 0x80)] {
            assert!(matches!(with(at, value), DecodeError::Value { .. }), "byte {at}");
        }
    }
}
