//! NetBIOS node status over UDP 137 ([RFC 1002] 4.2.17 and 4.2.18): the names a host has registered.
//!
//! See also [RFC 1001].
//!
//! [RFC 1001]: https://www.rfc-editor.org/rfc/rfc1001
//! [RFC 1002]: https://www.rfc-editor.org/rfc/rfc1002

use bitflags::bitflags;
use epmesh_codec::{ByteOrder, DecodeError, EncodeError, Reader};

use super::{netbios_flags::HeaderFlags, text};

/// The name `*`, filled up with NULs, in the first-level encoding (RFC 1001 14.1), and its end.
const WILDCARD: [u8; 34] = *b"\x20CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\0";
const NBSTAT: u16 = 0x0021;
pub(super) const INTERNET: u16 = 0x0001;
pub(super) const NAME_LEN: usize = 15;
/// Jumpers, test result, version and counters, behind the MAC address.
const STATISTICS: usize = 40;

/// The flags that tell what sort of message it is.
const KIND: HeaderFlags =
    HeaderFlags::RESPONSE.union(HeaderFlags::OPCODE).union(HeaderFlags::RCODE);

bitflags! {
    /// NAME_FLAGS, of a name (RFC 1002 4.2.18) and of an address (NB_FLAGS, 4.2.2.1).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct NameFlags: u16 {
        /// G: held by a group of hosts.
        const GROUP = 0x8000;
        /// ONT, the type of the owner: a P node alone, an H node with [`NameFlags::M_NODE`], a B node with neither.
        const P_NODE = 0x2000;
        /// ONT: an M node alone.
        const M_NODE = 0x4000;
        /// DRG: being given up.
        const DEREGISTER = 0x1000;
        /// CNF: in conflict, another host holds it.
        const CONFLICT = 0x0800;
        /// ACT: registered.
        const ACTIVE = 0x0400;
        /// PRM: permanent.
        const PERMANENT = 0x0200;
        // Bits without a name are kept as they came.
        const _ = !0;
    }
}

/// NODE STATUS REQUEST (RFC 1002 4.2.17) for every name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// NAME_TRN_ID; the reply carries the same.
    pub transaction: u16,
}

impl Request {
    /// The 50 octets of the request.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(50);
        for word in [self.transaction, 0, 1, 0, 0, 0] {
            out.extend(word.to_be_bytes());
        }
        out.extend(WILDCARD);
        out.extend(NBSTAT.to_be_bytes());
        out.extend(INTERNET.to_be_bytes());
        out
    }

    /// Reads a request, for a simulated host.
    ///
    /// # Errors
    /// What is no node status request for the name `*`.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes, ByteOrder::Big);
        let transaction = reader.u16("transaction id")?;
        HeaderFlags::read(&mut reader, KIND, HeaderFlags::empty(), "a query")?;
        expect(&mut reader, "question count", 1, "1")?;
        reader.bytes("record counts", 6)?;
        let name = reader.bytes("question name", WILDCARD.len())?;
        if name != WILDCARD {
            let differs = name.iter().zip(WILDCARD).position(|(seen, wanted)| *seen != wanted);
            let at = differs.unwrap_or_default();
            return Err(DecodeError::Value {
                field: "question name",
                offset: 12 + at,
                value: name.get(at).copied().unwrap_or_default().into(),
                expected: "the name *",
            });
        }
        expect(&mut reader, "question type", NBSTAT, "0x21, NBSTAT")?;
        expect(&mut reader, "question class", INTERNET, "0x1, IN")?;
        Ok(Self { transaction })
    }
}

/// A name of a host (RFC 1002 4.2.18, NODE_NAME).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name without the blanks behind it; what is not ASCII is U+FFFD, as the character set
    /// is not said.
    pub name: String,
    /// The sixteenth octet: 0x00 workstation or domain, 0x03 messenger, 0x1b domain master
    /// browser, which is the PDC, 0x1c domain controllers, 0x1d and 0x1e browsers, 0x20 server.
    pub suffix: u8,
    /// NAME_FLAGS.
    pub flags: NameFlags,
}

impl Name {
    /// Whether a group holds this name.
    #[must_use]
    pub const fn is_group(&self) -> bool {
        self.flags.contains(NameFlags::GROUP)
    }

    /// Whether it is registered and not in conflict.
    #[must_use]
    pub const fn is_in_use(&self) -> bool {
        self.flags.contains(NameFlags::ACTIVE) && !self.flags.contains(NameFlags::CONFLICT)
    }
}

/// NODE STATUS RESPONSE (RFC 1002 4.2.18).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// NAME_TRN_ID, of the request. Comparing it is up to the caller.
    pub transaction: u16,
    /// The names, at most 255.
    pub names: Vec<Name>,
    /// UNIT_ID: the MAC address, zero from Samba; `None` where the reply ends before it.
    pub mac: Option<[u8; 6]>,
}

impl Reply {
    /// Reads a reply; the statistics are ignored, as are octets behind the record.
    ///
    /// # Errors
    /// What is no positive node status response, or one cut short.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes, ByteOrder::Big);
        let transaction = reader.u16("transaction id")?;
        let expected = "a positive response to a query";
        HeaderFlags::read(&mut reader, KIND, HeaderFlags::RESPONSE, expected)?;
        expect(&mut reader, "question count", 0, "0")?;
        expect(&mut reader, "answer count", 1, "1")?;
        reader.bytes("record counts", 4)?;
        skip_name(&mut reader)?;
        expect(&mut reader, "answer type", NBSTAT, "0x21, NBSTAT")?;
        expect(&mut reader, "answer class", INTERNET, "0x1, IN")?;
        reader.bytes("time to live", 4)?;
        let len = reader.u16("data length")?;
        let mut data = reader.part("data", len.into())?;
        let count = data.u8("number of names")?;
        let mut names = Vec::with_capacity(count.into());
        for _ in 0..count {
            let name = data.bytes("node name", NAME_LEN)?;
            let suffix = data.u8("name suffix")?;
            let flags = NameFlags::from_bits_retain(data.u16("name flags")?);
            names.push(Name { name: decode_name(name), suffix, flags });
        }
        let mac = if data.remaining() >= 6 { Some(data.array("unit id")?) } else { None };
        Ok(Self { transaction, names, mac })
    }

    /// The reply, for a simulated host, with statistics of zeros.
    ///
    /// # Errors
    /// More than 255 names, a name over 15 octets or one that is not printable ASCII.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut data = Vec::new();
        let max = usize::from(u8::MAX);
        EncodeError::bound("number of names", self.names.len(), max)?;
        data.push(u8::try_from(self.names.len()).unwrap_or(u8::MAX));
        for name in &self.names {
            data.extend(encode_name(&name.name)?);
            data.push(name.suffix);
            data.extend(name.flags.bits().to_be_bytes());
        }
        if let Some(mac) = self.mac {
            data.extend(mac);
            data.extend([0; STATISTICS]);
        }
        let mut out = Vec::with_capacity(56 + data.len());
        let flags = HeaderFlags::RESPONSE | HeaderFlags::AUTHORITATIVE;
        for word in [self.transaction, flags.bits(), 0, 1, 0, 0] {
            out.extend(word.to_be_bytes());
        }
        out.extend(WILDCARD);
        out.extend(NBSTAT.to_be_bytes());
        out.extend(INTERNET.to_be_bytes());
        out.extend([0; 4]); // time to live
        // 255 names and the statistics stay far below 64 KiB.
        out.extend(u16::try_from(data.len()).unwrap_or(u16::MAX).to_be_bytes());
        out.extend(data);
        Ok(out)
    }

    /// The name of the computer: the first unique 00 name in use.
    #[must_use]
    pub fn computer_name(&self) -> Option<&str> {
        self.in_use(0x00, false).next().map(|name| name.name.as_str())
    }

    /// The NetBIOS name of the domain: the 1C group if there is one, else the first 00 group.
    #[must_use]
    pub fn domain_name(&self) -> Option<&str> {
        // Samba adds `__SAMBA__` as a permanent 00 group.
        let lasting = |name: &&Name| !name.flags.contains(NameFlags::PERMANENT);
        self.in_use(0x1c, true)
            .next()
            .or_else(|| self.in_use(0x00, true).find(lasting))
            .or_else(|| self.in_use(0x00, true).next())
            .map(|name| name.name.as_str())
    }

    /// Whether the host says it is a domain controller: it holds a 1C group. That it does not is
    /// no proof of the contrary, since Netlogon registers the name, and may be stopped.
    #[must_use]
    pub fn claims_domain_controller(&self) -> bool {
        self.in_use(0x1c, true).next().is_some()
    }

    fn in_use(&self, suffix: u8, group: bool) -> impl Iterator<Item = &Name> {
        self.names.iter().filter(move |name| {
            name.suffix == suffix
                && name.is_group() == group
                && name.is_in_use()
                && !name.name.is_empty()
        })
    }
}

pub(super) fn expect(
    reader: &mut Reader<'_>,
    field: &'static str,
    wanted: u16,
    expected: &'static str,
) -> Result<(), DecodeError> {
    let value = reader.u16(field)?;
    reader.ensure(value == wanted, field, 2, value, expected)
}

/// Passes over the name of a record: the first label has 32 octets, those of a scope may follow.
fn skip_name(reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let field = "answer name";
    let start = reader.offset();
    loop {
        let len = reader.u8(field)?;
        if len == 0 {
            return Ok(());
        }
        reader.ensure(len <= 63, field, 1, len, "a label of at most 63 octets")?;
        reader.bytes(field, len.into())?;
        DecodeError::bound(field, start, reader.offset() - start, text::MAX_NAME)?;
    }
}

fn decode_name(octets: &[u8]) -> String {
    let name: String = octets
        .iter()
        .map(
            |octet| if octet.is_ascii() { char::from(*octet) } else { char::REPLACEMENT_CHARACTER },
        )
        .collect();
    text::clean(name.trim_end_matches([' ', '\0']), text::MAX_NAME)
}

pub(super) fn encode_name(name: &str) -> Result<[u8; NAME_LEN], EncodeError> {
    EncodeError::bound("node name", name.len(), NAME_LEN)?;
    if !name.bytes().all(|octet| matches!(octet, b' '..=b'~')) || name.ends_with(' ') {
        return Err(EncodeError::Unencodable {
            field: "node name",
            value: name.to_owned(),
            reason: "printable ASCII without a blank at the end is needed",
        });
    }
    let mut octets = [b' '; NAME_LEN];
    for (octet, byte) in octets.iter_mut().zip(name.bytes()) {
        *octet = byte;
    }
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str, suffix: u8, flags: NameFlags) -> Name {
        Name { name: name.to_owned(), suffix, flags }
    }

    #[test]
    fn the_helpers_read_suffix_and_group() {
        let (unique, group) = (NameFlags::ACTIVE, NameFlags::ACTIVE | NameFlags::GROUP);
        let mut reply = Reply {
            names: vec![
                name("OLD", 0x00, unique | NameFlags::CONFLICT),
                name("__SAMBA__", 0x00, group | NameFlags::PERMANENT),
                name("WORK", 0x00, group),
                name("SRV", 0x20, unique),
                name("SRV", 0x00, unique),
            ],
            ..Reply::default()
        };
        assert_eq!(reply.computer_name(), Some("SRV"));
        assert_eq!(reply.domain_name(), Some("WORK"));
        assert!(!reply.claims_domain_controller());
        reply.names.push(name("LAB", 0x1c, group));
        assert_eq!(reply.domain_name(), Some("LAB"));
        assert!(reply.claims_domain_controller());
        reply.names.clear();
        assert_eq!((reply.computer_name(), reply.domain_name()), (None, None));
    }

    #[test]
    fn a_negative_response_names_its_flags() {
        let mut bytes = Reply::default().encode().unwrap();
        bytes[3] = 3;
        let error = Reply::decode(&bytes).unwrap_err();
        let text = "flags at offset 2 is 0x8003, expected a positive response to a query";
        assert_eq!(error.to_string(), text);
        assert!(Reply::decode(&Request { transaction: 1 }.encode()).is_err());
        assert!(Request::decode(&Reply::default().encode().unwrap()).is_err());
    }

    #[test]
    fn names_that_would_change_on_the_wire_are_refused() {
        for refused in ["SIXTEEN-OCTETS-X", "DC\u{e4}", "DC1 ", "DC\t"] {
            assert!(encode_name(refused).is_err(), "{refused:?}");
        }
    }
}
