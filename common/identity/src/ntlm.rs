//! The first two NTLM messages: NEGOTIATE and CHALLENGE ([MS-NLMP] 2.2.1.1, 2.2.1.2).
//!
//! A server that takes NTLM says in its CHALLENGE who it is. The third message, AUTHENTICATE, would
//! prove who the client is; it does not exist here, so a probe can log on to nothing.
//!
//! [MS-NLMP]: https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/b38c36ed-2804-4868-a9ff-8dd3182128e4

use std::fmt;

use bitflags::bitflags;
use epmesh_codec::{ByteOrder, DecodeError, EncodeError, Reader};

use super::{
    flags,
    text::{self, MAX_NAME},
};

const SIGNATURE: [u8; 8] = *b"NTLMSSP\0";
const NEGOTIATE: u32 = 1;
const CHALLENGE: u32 = 2;
/// Offset of the payload in a CHALLENGE that carries a version.
const CHALLENGE_PAYLOAD: usize = 56;
/// AV pairs read from one target info; the specification knows eleven.
const MAX_AV_PAIRS: usize = 64;

bitflags! {
    /// NEGOTIATE structure (MS-NLMP 2.2.2.5), the bits that matter to a probe.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct NegotiateFlags: u32 {
        /// Text is UTF-16LE.
        const UNICODE = 0x0000_0001;
        /// Text is in the OEM character set.
        const OEM = 0x0000_0002;
        /// The server shall fill in its target name.
        const REQUEST_TARGET = 0x0000_0004;
        /// NTLM v1 session security.
        const NTLM = 0x0000_0200;
        /// A signature on every message.
        const ALWAYS_SIGN = 0x0000_8000;
        /// The target name is a domain: the server is joined to one, or is a DC.
        const TARGET_TYPE_DOMAIN = 0x0001_0000;
        /// The target name is the server itself: it is in no domain.
        const TARGET_TYPE_SERVER = 0x0002_0000;
        /// NTLM v2 session security.
        const EXTENDED_SESSION_SECURITY = 0x0008_0000;
        /// The CHALLENGE carries AV pairs.
        const TARGET_INFO = 0x0080_0000;
        /// The version field is filled in.
        const VERSION = 0x0200_0000;
        // Bits without a name are kept as they came.
        const _ = !0;
    }
}

impl fmt::Display for NegotiateFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        flags::write(self, f)
    }
}

/// VERSION (MS-NLMP 2.2.2.10): of the operating system, for information only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// Major version, 10 since Windows Server 2016.
    pub major: u8,
    /// Minor version.
    pub minor: u8,
    /// Build, 20348 for Windows Server 2022.
    pub build: u16,
    /// Revision of NTLMSSP, 15.
    pub revision: u8,
}

/// NEGOTIATE_MESSAGE (MS-NLMP 2.2.1.1), without the client's names: a probe sends none, and the
/// decoder drops them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Negotiate {
    /// What the client offers.
    pub flags: NegotiateFlags,
    /// The client's version.
    pub version: Option<Version>,
}

impl Negotiate {
    /// The offer that makes a server name itself: Unicode, a target name and target info.
    #[must_use]
    pub const fn probe() -> Self {
        let flags = NegotiateFlags::UNICODE
            .union(NegotiateFlags::REQUEST_TARGET)
            .union(NegotiateFlags::NTLM)
            .union(NegotiateFlags::ALWAYS_SIGN)
            .union(NegotiateFlags::EXTENDED_SESSION_SECURITY)
            .union(NegotiateFlags::TARGET_INFO);
        // Servers answer with their own version only to a client that gives one.
        Self { flags, version: Some(Version { major: 10, minor: 0, build: 0, revision: 15 }) }
    }

    /// The 40 octets of the message. The version flag follows the version field.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(40);
        out.extend(SIGNATURE);
        out.extend(NEGOTIATE.to_le_bytes());
        out.extend(with_version(self.flags, self.version).bits().to_le_bytes());
        out.extend([0; 16]); // domain and workstation: none
        out.extend(encode_version(self.version));
        out
    }

    /// Reads flags and version; the version is absent where the message ends before it.
    ///
    /// # Errors
    /// Another signature or message type, or fewer than 16 octets.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = header(bytes, NEGOTIATE, "1, NEGOTIATE")?;
        let flags = NegotiateFlags::from_bits_retain(reader.u32("negotiate flags")?);
        let version = if flags.contains(NegotiateFlags::VERSION) && bytes.len() >= 40 {
            Some(decode_version(&mut Reader::starting_at(bytes, 32, ByteOrder::Little))?)
        } else {
            None
        };
        Ok(Self { flags: with_version(flags, version), version })
    }
}

/// CHALLENGE_MESSAGE (MS-NLMP 2.2.1.2) with the AV pairs that name the server (2.2.2.1).
///
/// Names are at most 255 octets and free of control characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Challenge {
    /// The domain of the server, or the server itself: see the target type flags.
    pub target_name: Option<String>,
    /// What the server chose.
    pub flags: NegotiateFlags,
    /// The nonce. Nothing here ever answers it.
    pub server_challenge: [u8; 8],
    /// MsvAvNbComputerName (1).
    pub netbios_computer: Option<String>,
    /// MsvAvNbDomainName (2).
    pub netbios_domain: Option<String>,
    /// MsvAvDnsComputerName (3).
    pub dns_computer: Option<String>,
    /// MsvAvDnsDomainName (4).
    pub dns_domain: Option<String>,
    /// MsvAvDnsTreeName (5): the forest.
    pub dns_tree: Option<String>,
    /// MsvAvTimestamp (7): the server's clock, in 100 ns since 1601-01-01 UTC.
    pub timestamp: Option<u64>,
    /// The server's version.
    pub version: Option<Version>,
}

impl Challenge {
    /// Reads a CHALLENGE. Octets that no field refers to are ignored, unknown AV pairs too; of an
    /// AV pair that is there twice the first counts.
    ///
    /// # Errors
    /// Another signature or message type, a field that reaches past the end, a name over
    /// 255 UTF-16 units, more than 64 AV pairs.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = header(bytes, CHALLENGE, "2, CHALLENGE")?;
        let mut name = payload(bytes, &mut reader, "target name")?;
        let flags = NegotiateFlags::from_bits_retain(reader.u32("negotiate flags")?);
        let mut challenge =
            Self { server_challenge: reader.array("server challenge")?, ..Self::default() };
        challenge.target_name = if flags.contains(NegotiateFlags::UNICODE) {
            name_utf16(name, "target name")?
        } else {
            text::non_empty(text::from_utf8(name.rest(), MAX_NAME))
        };
        // Servers without target info may end their message here.
        if flags.contains(NegotiateFlags::TARGET_INFO) {
            reader.bytes("reserved", 8)?;
            let info = payload(bytes, &mut reader, "target info")?;
            challenge.read_av_pairs(info)?;
        }
        if flags.contains(NegotiateFlags::VERSION) && bytes.len() >= CHALLENGE_PAYLOAD {
            challenge.version =
                Some(decode_version(&mut Reader::starting_at(bytes, 48, ByteOrder::Little))?);
        }
        challenge.flags = with_version(flags, challenge.version);
        Ok(challenge)
    }

    /// The message, for a simulated server. Unicode and target info are always set; the version
    /// flag follows the version field.
    ///
    /// # Errors
    /// A name over 255 UTF-16 units.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let name = encode_utf16("target name", self.target_name.as_deref())?;
        let mut info = Vec::new();
        for (id, field, value) in [
            (2u16, "netbios domain", &self.netbios_domain),
            (1, "netbios computer", &self.netbios_computer),
            (4, "dns domain", &self.dns_domain),
            (3, "dns computer", &self.dns_computer),
            (5, "dns tree", &self.dns_tree),
        ] {
            if let Some(value) = value {
                push_av_pair(&mut info, id, &encode_utf16(field, Some(value))?);
            }
        }
        if let Some(timestamp) = self.timestamp {
            push_av_pair(&mut info, 7, &timestamp.to_le_bytes());
        }
        push_av_pair(&mut info, 0, &[]);

        let flags = with_version(self.flags, self.version)
            .union(NegotiateFlags::UNICODE)
            .union(NegotiateFlags::TARGET_INFO);
        let mut out = Vec::with_capacity(CHALLENGE_PAYLOAD + name.len() + info.len());
        out.extend(SIGNATURE);
        out.extend(CHALLENGE.to_le_bytes());
        push_field(&mut out, name.len(), CHALLENGE_PAYLOAD);
        out.extend(flags.bits().to_le_bytes());
        out.extend(self.server_challenge);
        out.extend([0; 8]);
        push_field(&mut out, info.len(), CHALLENGE_PAYLOAD + name.len());
        out.extend(encode_version(self.version));
        out.extend(name);
        out.extend(info);
        Ok(out)
    }

    fn read_av_pairs(&mut self, mut reader: Reader<'_>) -> Result<(), DecodeError> {
        for _ in 0..MAX_AV_PAIRS {
            if reader.remaining() == 0 {
                return Ok(());
            }
            let id = reader.u16("av pair id")?;
            let len = usize::from(reader.u16("av pair length")?);
            let mut value = reader.part("av pair value", len)?;
            let (slot, field) = match id {
                0 => return Ok(()),
                1 => (&mut self.netbios_computer, "netbios computer"),
                2 => (&mut self.netbios_domain, "netbios domain"),
                3 => (&mut self.dns_computer, "dns computer"),
                4 => (&mut self.dns_domain, "dns domain"),
                5 => (&mut self.dns_tree, "dns tree"),
                7 => {
                    let seen = value.array("timestamp")?;
                    self.timestamp.get_or_insert(u64::from_le_bytes(seen));
                    continue;
                }
                _ => continue,
            };
            let name = name_utf16(value, field)?;
            if slot.is_none() {
                *slot = name;
            }
        }
        Err(DecodeError::TooLarge {
            field: "number of av pairs",
            offset: reader.offset(),
            value: MAX_AV_PAIRS + 1,
            max: MAX_AV_PAIRS,
        })
    }
}

fn header<'a>(
    bytes: &'a [u8],
    message_type: u32,
    expected: &'static str,
) -> Result<Reader<'a>, DecodeError> {
    let mut reader = Reader::new(bytes, ByteOrder::Little);
    let signature = reader.array("signature")?;
    let value = u64::from_be_bytes(signature);
    reader.ensure(signature == SIGNATURE, "signature", 8, value, "\"NTLMSSP\" and a NUL")?;
    let value = reader.u32("message type")?;
    reader.ensure(value == message_type, "message type", 4, value, expected)?;
    Ok(reader)
}

/// Reads length, maximum length and offset, and what they refer to. The maximum is ignored
/// (MS-NLMP 2.2.1.2).
fn payload<'a>(
    bytes: &'a [u8],
    reader: &mut Reader<'_>,
    field: &'static str,
) -> Result<Reader<'a>, DecodeError> {
    let len = usize::from(reader.u16(field)?);
    reader.u16(field)?;
    let offset = usize::try_from(reader.u32(field)?).unwrap_or(usize::MAX);
    if len == 0 {
        // The offset of an empty field means nothing.
        return Ok(Reader::new(&[], ByteOrder::Little));
    }
    Reader::starting_at(bytes, offset, ByteOrder::Little).part(field, len)
}

fn name_utf16(mut value: Reader<'_>, field: &'static str) -> Result<Option<String>, DecodeError> {
    let offset = value.offset();
    let bytes = value.rest();
    DecodeError::bound(field, offset, bytes.len() / 2, MAX_NAME)?;
    Ok(text::non_empty(text::from_utf16_le(bytes, MAX_NAME)))
}

fn encode_utf16(field: &'static str, text: Option<&str>) -> Result<Vec<u8>, EncodeError> {
    let bytes: Vec<u8> =
        text.unwrap_or_default().encode_utf16().flat_map(u16::to_le_bytes).collect();
    EncodeError::bound(field, bytes.len() / 2, MAX_NAME)?;
    Ok(bytes)
}

// Every value here is bounded by `encode_utf16`, so the lengths fit 16 bits.
fn len16(len: usize) -> [u8; 2] {
    u16::try_from(len).unwrap_or(u16::MAX).to_le_bytes()
}

fn push_av_pair(out: &mut Vec<u8>, id: u16, value: &[u8]) {
    out.extend(id.to_le_bytes());
    out.extend(len16(value.len()));
    out.extend(value);
}

fn push_field(out: &mut Vec<u8>, len: usize, offset: usize) {
    out.extend(len16(len));
    out.extend(len16(len));
    out.extend(u32::try_from(offset).unwrap_or(u32::MAX).to_le_bytes());
}

fn with_version(mut flags: NegotiateFlags, version: Option<Version>) -> NegotiateFlags {
    flags.set(NegotiateFlags::VERSION, version.is_some());
    flags
}

fn encode_version(version: Option<Version>) -> [u8; 8] {
    let Some(version) = version else { return [0; 8] };
    let [build_low, build_high] = version.build.to_le_bytes();
    [version.major, version.minor, build_low, build_high, 0, 0, 0, version.revision]
}

fn decode_version(reader: &mut Reader<'_>) -> Result<Version, DecodeError> {
    let major = reader.u8("version")?;
    let minor = reader.u8("version")?;
    let build = reader.u16("version")?;
    reader.bytes("version", 3)?;
    Ok(Version { major, minor, build, revision: reader.u8("version")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_probe_asks_for_target_info_and_carries_no_name() {
        let bytes = Negotiate::probe().encode();
        assert_eq!(bytes.len(), 40);
        assert_eq!(bytes[16..32], [0; 16]);
        let sent = Negotiate::decode(&bytes).unwrap();
        assert_eq!(sent.version, Negotiate::probe().version);
        assert!(sent.flags.contains(NegotiateFlags::TARGET_INFO));
        assert!(sent.flags.contains(NegotiateFlags::VERSION));
    }

    #[test]
    fn the_other_message_is_refused() {
        let error = Challenge::decode(&Negotiate::probe().encode()).unwrap_err();
        assert_eq!(error.to_string(), "message type at offset 8 is 0x1, expected 2, CHALLENGE");
    }

    #[test]
    fn a_short_message_has_no_version() {
        let mut bytes = Negotiate::probe().encode();
        bytes.truncate(32);
        assert_eq!(Negotiate::decode(&bytes).unwrap().version, None);
    }

    #[test]
    fn a_field_past_the_end_names_itself() {
        let challenge =
            Challenge { dns_computer: Some("dc1.lab.test".into()), ..Challenge::default() };
        let mut bytes = challenge.encode().unwrap();
        bytes[44] = 0xff;
        let error = Challenge::decode(&bytes).unwrap_err();
        assert!(matches!(error, DecodeError::Short { field: "target info", offset: 255, .. }));
    }
}
