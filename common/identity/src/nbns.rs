//! NetBIOS name queries to a name server over UDP 137 ([RFC 1002] 4.2.12 to 4.2.14): what a WINS
//! server holds of one name.
//!
//! See also [RFC 1001].
//!
//! [RFC 1001]: https://www.rfc-editor.org/rfc/rfc1001
//! [RFC 1002]: https://www.rfc-editor.org/rfc/rfc1002

use std::net::Ipv4Addr;

use epmesh_codec::{ByteOrder, DecodeError, EncodeError, Reader};

use super::{
    nbstat::{INTERNET, NAME_LEN, NameFlags, encode_name, expect},
    netbios_flags::HeaderFlags,
};

/// NB, the type of the addresses of a name.
const NB: u16 = 0x0020;
/// Addresses kept of one name; a multihomed host has at most 25 on WINS.
const MAX_ADDRESSES: usize = 25;

/// A name as it stands on the wire: a label in the first-level encoding (RFC 1001 14.1).
type Label = [u8; 34];

/// NAME QUERY REQUEST (RFC 1002 4.2.12) for a unique name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// NAME_TRN_ID; the reply carries the same.
    pub transaction: u16,
    /// The name, at most 15 octets; it is asked for in upper case, as it is registered.
    pub name: String,
    /// The sixteenth octet.
    pub suffix: u8,
}

impl Request {
    /// The 50 octets of the request.
    ///
    /// # Errors
    /// A name over 15 octets or one that is not printable ASCII.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut out = Vec::with_capacity(50);
        for word in [self.transaction, HeaderFlags::RECURSION_DESIRED.bits(), 1, 0, 0, 0] {
            out.extend(word.to_be_bytes());
        }
        out.extend(label(&self.name, self.suffix)?);
        out.extend(NB.to_be_bytes());
        out.extend(INTERNET.to_be_bytes());
        Ok(out)
    }

    /// Reads a request, for a simulated name server.
    ///
    /// # Errors
    /// What is no name query.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes, ByteOrder::Big);
        let transaction = reader.u16("transaction id")?;
        let kind = HeaderFlags::RESPONSE | HeaderFlags::OPCODE | HeaderFlags::RCODE;
        HeaderFlags::read(&mut reader, kind, HeaderFlags::empty(), "a query")?;
        expect(&mut reader, "question count", 1, "1")?;
        reader.bytes("record counts", 6)?;
        let (name, suffix) = read_label(&mut reader)?;
        expect(&mut reader, "question type", NB, "0x20, NB")?;
        expect(&mut reader, "question class", INTERNET, "0x1, IN")?;
        Ok(Self { transaction, name, suffix })
    }

    /// Reads the reply to this request.
    ///
    /// # Errors
    /// What is no response to a name query, one cut short, or one about another name. Comparing
    /// the transaction id is up to the caller.
    pub fn read_reply(&self, bytes: &[u8]) -> Result<Reply, DecodeError> {
        let mut reader = Reader::new(bytes, ByteOrder::Big);
        reader.u16("transaction id")?;
        let kind = HeaderFlags::RESPONSE | HeaderFlags::OPCODE;
        let expected = "a response to a query";
        let flags = HeaderFlags::read(&mut reader, kind, HeaderFlags::RESPONSE, expected)?;
        let code = (flags & HeaderFlags::RCODE).bits();
        if code != 0 {
            return Ok(Reply::Negative(code));
        }
        expect(&mut reader, "question count", 0, "0")?;
        expect(&mut reader, "answer count", 1, "1")?;
        reader.bytes("record counts", 4)?;
        let offset = reader.offset();
        let (name, suffix) = read_label(&mut reader)?;
        if !name.eq_ignore_ascii_case(&self.name) || suffix != self.suffix {
            let expected = "the name that was asked for";
            let field = "answer name";
            return Err(DecodeError::Value { field, offset, value: suffix.into(), expected });
        }
        expect(&mut reader, "answer type", NB, "0x20, NB")?;
        expect(&mut reader, "answer class", INTERNET, "0x1, IN")?;
        let ttl = reader.u32("time to live")?;
        let len = reader.u16("data length")?;
        let mut data = reader.part("data", len.into())?;
        let mut addresses = Vec::new();
        let mut group = false;
        while data.remaining() > 0 {
            let flags = NameFlags::from_bits_retain(data.u16("name flags")?);
            group |= flags.contains(NameFlags::GROUP);
            let address = Ipv4Addr::from(data.array::<4>("address")?);
            if addresses.len() < MAX_ADDRESSES {
                addresses.push(address);
            }
        }
        Ok(Reply::Positive { addresses, group, ttl })
    }

    /// The reply, for a simulated name server.
    ///
    /// # Errors
    /// As [`Request::encode`].
    pub fn reply(&self, reply: &Reply) -> Result<Vec<u8>, EncodeError> {
        let flags = HeaderFlags::RESPONSE
            | HeaderFlags::AUTHORITATIVE
            | HeaderFlags::RECURSION_DESIRED
            | HeaderFlags::RECURSION_AVAILABLE;
        let mut out = Vec::new();
        let (code, count) = match reply {
            Reply::Positive { .. } => (0, 1),
            Reply::Negative(code) => (code & 0xf, 0),
        };
        for word in [self.transaction, flags.bits() | code, 0, count, 0, 0] {
            out.extend(word.to_be_bytes());
        }
        out.extend(label(&self.name, self.suffix)?);
        let Reply::Positive { addresses, group, ttl } = reply else {
            // NULL, RFC 1002 4.2.14.
            out.extend([0, 0x0a, 0, 1, 0, 0, 0, 0, 0, 0]);
            return Ok(out);
        };
        out.extend(NB.to_be_bytes());
        out.extend(INTERNET.to_be_bytes());
        out.extend(ttl.to_be_bytes());
        out.extend(u16::try_from(addresses.len() * 6).unwrap_or(u16::MAX).to_be_bytes());
        for address in addresses {
            let h_node = NameFlags::P_NODE | NameFlags::M_NODE;
            let flags = if *group { NameFlags::GROUP } else { h_node };
            out.extend(flags.bits().to_be_bytes());
            out.extend(address.octets());
        }
        Ok(out)
    }
}

/// The answer of a name server on a name (RFC 1002 4.2.13 and 4.2.14).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The name is registered.
    Positive {
        /// Its addresses, at most 25; the octets behind those are not kept.
        addresses: Vec<Ipv4Addr>,
        /// Whether a group holds it: its addresses are then no host's.
        group: bool,
        /// Seconds.
        ttl: u32,
    },
    /// RCODE: 1 format error, 2 server failure, 3 no such name, 4 not implemented, 5 refused.
    Negative(u16),
}

fn label(name: &str, suffix: u8) -> Result<Label, EncodeError> {
    let octets = encode_name(&name.to_ascii_uppercase())?;
    let mut label = [0; 34];
    label[0] = 32;
    let halves = octets.iter().chain([&suffix]).flat_map(|octet| [octet >> 4, octet & 0xf]);
    for (to, half) in label.iter_mut().skip(1).zip(halves) {
        *to = b'A' + half;
    }
    Ok(label)
}

/// A name in the first-level encoding without a scope, as clients of Windows have it.
fn read_label(reader: &mut Reader<'_>) -> Result<(String, u8), DecodeError> {
    let field = "name";
    let len = reader.u8(field)?;
    reader.ensure(len == 32, field, 1, len, "a label of 32 octets")?;
    let mut octets = [0_u8; NAME_LEN + 1];
    for octet in &mut octets {
        let offset = reader.offset();
        let [high, low] = reader.array::<2>(field)?;
        for half in [high, low] {
            if !(b'A'..=b'P').contains(&half) {
                let expected = "a letter from A to P";
                return Err(DecodeError::Value { field, offset, value: half.into(), expected });
            }
        }
        *octet = (high - b'A') << 4 | (low - b'A');
    }
    let end = reader.u8(field)?;
    reader.ensure(end == 0, field, 1, end, "the end of the name")?;
    let [name @ .., suffix] = octets;
    let text = String::from_utf8_lossy(&name).trim_end_matches([' ', '\0']).to_owned();
    Ok((text, suffix))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn request() -> Request {
        Request { transaction: 0x1234, name: "dc2".to_owned(), suffix: 0 }
    }

    #[test]
    fn the_request_is_the_one_of_the_specification() {
        let bytes = request().encode().unwrap();
        let mut expected = vec![0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0, 32];
        // D is 0x44: E E; C is 0x43: E D; 2 is 0x32: D C; a blank is 0x20: C A.
        expected.extend(b"EEEDDCCACACACACACACACACACACACAAA\0\x00\x20\x00\x01");
        assert_eq!(bytes, expected);
        let read = Request::decode(&bytes).unwrap();
        assert_eq!((read.name.as_str(), read.suffix, read.transaction), ("DC2", 0, 0x1234));
    }

    #[test]
    fn replies_come_out_as_they_went_in() {
        for reply in [
            Reply::Positive { addresses: vec![[10, 0, 0, 2].into()], group: false, ttl: 300_000 },
            Reply::Positive { addresses: vec![Ipv4Addr::BROADCAST], group: true, ttl: 0 },
            Reply::Negative(3),
            Reply::Negative(2),
        ] {
            let bytes = request().reply(&reply).unwrap();
            assert_eq!(request().read_reply(&bytes).unwrap(), reply);
        }
    }

    #[test]
    fn another_name_is_no_answer() {
        let other = Request { name: "DC3".to_owned(), ..request() };
        let reply = Reply::Positive { addresses: vec![[10, 0, 0, 3].into()], group: false, ttl: 1 };
        let error = request().read_reply(&other.reply(&reply).unwrap()).unwrap_err();
        assert!(error.to_string().starts_with("answer name at offset 12"), "{error}");
        assert!(request().read_reply(&request().encode().unwrap()).is_err(), "a question");
        let long = Request { name: "SIXTEEN-OCTETS-X".to_owned(), ..request() };
        assert!(long.encode().is_err());
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut framed = vec![0x12, 0x34, 0x85, 0x80];
            framed.extend(&bytes);
            let _ = request().read_reply(&bytes);
            if let Ok(Reply::Positive { addresses, .. }) = request().read_reply(&framed) {
                prop_assert!(addresses.len() <= MAX_ADDRESSES);
            }
        }

        #[test]
        fn a_damaged_reply_is_read_or_refused(at in 0..62_usize, to: u8) {
            let reply = Reply::Positive { addresses: vec![[10, 0, 0, 2].into()], group: false, ttl: 9 };
            let mut bytes = request().reply(&reply).unwrap();
            prop_assert_eq!(bytes.len(), 62);
            bytes[at] = to;
            let _ = request().read_reply(&bytes);
        }
    }
}
