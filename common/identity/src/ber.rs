//! The part of BER that LDAP uses ([RFC 4511] 5.1): definite lengths, one-octet tags.
//!
//! [RFC 4511]: https://www.rfc-editor.org/rfc/rfc4511

use epmesh_codec::{ByteOrder, DecodeError, EncodeError, Reader as Cursor};

/// The depth to which values may nest.
pub const MAX_DEPTH: u8 = 24;

/// BOOLEAN.
pub const BOOLEAN: u8 = 0x01;
/// INTEGER.
pub const INTEGER: u8 = 0x02;
/// OCTET STRING.
pub const OCTET_STRING: u8 = 0x04;
/// ENUMERATED.
pub const ENUMERATED: u8 = 0x0a;
/// SEQUENCE and SEQUENCE OF.
pub const SEQUENCE: u8 = 0x30;
/// SET OF.
pub const SET: u8 = 0x31;

/// Tag and length in front of a value (RFC 4511 5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The identifier octet.
    pub tag: u8,
    /// Octets of identifier and length.
    pub header_len: usize,
    /// Octets of the value.
    pub value_len: usize,
}

/// Reads the header at the start of `bytes`; `None` where more octets are needed to know it.
///
/// `offset` is where `bytes` starts in the message, for errors.
///
/// # Errors
/// A tag of more than one octet, the indefinite form, a length of more than four octets.
pub fn header(
    bytes: &[u8],
    field: &'static str,
    offset: usize,
) -> Result<Option<Header>, DecodeError> {
    let Some((&tag, rest)) = bytes.split_first() else { return Ok(None) };
    if tag & 0x1f == 0x1f {
        let expected = "a tag of one octet";
        return Err(DecodeError::Value { field, offset, value: tag.into(), expected });
    }
    let Some((&first, rest)) = rest.split_first() else { return Ok(None) };
    if first < 0x80 {
        return Ok(Some(Header { tag, header_len: 2, value_len: first.into() }));
    }
    let count = usize::from(first & 0x7f);
    if !(1..=4).contains(&count) {
        let expected = "a definite length of at most four octets";
        return Err(DecodeError::Value {
            field,
            offset: offset + 1,
            value: first.into(),
            expected,
        });
    }
    let Some(octets) = rest.get(..count) else { return Ok(None) };
    let len = octets.iter().fold(0u32, |len, octet| (len << 8) | u32::from(*octet));
    let value_len = usize::try_from(len).unwrap_or(usize::MAX);
    Ok(Some(Header { tag, header_len: 2 + count, value_len }))
}

/// A value with its tag (RFC 4511 5.1).
#[derive(Clone, Debug)]
pub struct Tlv<'a> {
    /// The identifier octet.
    pub tag: u8,
    /// Offset of the value in the message.
    pub offset: usize,
    /// The value.
    pub value: &'a [u8],
    content: Reader<'a>,
}

impl<'a> Tlv<'a> {
    /// The values inside this one.
    ///
    /// # Errors
    /// Nesting deeper than [`MAX_DEPTH`].
    pub fn children(&self) -> Result<Reader<'a>, DecodeError> {
        let depth = self.content.depth.into();
        DecodeError::bound("nesting depth", self.offset, depth, MAX_DEPTH.into())?;
        Ok(self.content.clone())
    }

    /// The value as an integer from 0 to 2^31-1, the range of every integer of LDAP.
    ///
    /// # Errors
    /// No octets, more than four, or a negative number.
    pub fn unsigned(&self, field: &'static str) -> Result<u32, DecodeError> {
        let offset = self.offset;
        let unexpected = |value| DecodeError::Value {
            field,
            offset,
            value,
            expected: "an integer from 0 to 2147483647 in 1 to 4 octets",
        };
        let value = self.value.iter().take(8).fold(0, |v, octet| (v << 8) | u64::from(*octet));
        match (self.value.len(), u32::try_from(value)) {
            (1..=4, Ok(number)) if self.value.first().is_some_and(|first| first & 0x80 == 0) => {
                Ok(number)
            }
            _ => Err(unexpected(value)),
        }
    }

    /// The value as a boolean.
    ///
    /// # Errors
    /// Another length than one octet.
    pub fn boolean(&self, field: &'static str) -> Result<bool, DecodeError> {
        match self.value {
            [octet] => Ok(*octet != 0),
            _ => Err(DecodeError::Value {
                field,
                offset: self.offset,
                value: u64::try_from(self.value.len()).unwrap_or(u64::MAX),
                expected: "a boolean of one octet",
            }),
        }
    }
}

/// Reads values one after the other.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    cursor: Cursor<'a>,
    depth: u8,
}

impl<'a> Reader<'a> {
    /// A reader of the values in `bytes`, which start the message.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { cursor: Cursor::new(bytes, ByteOrder::Big), depth: 0 }
    }

    /// Whether every value was read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.cursor.remaining() == 0
    }

    /// Offset of the next value in the message.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.cursor.offset()
    }

    /// The tag of the next value, `None` at the end.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.cursor.peek()
    }

    /// The next value.
    ///
    /// # Errors
    /// The end, a value that reaches past it, and what [`header`] refuses.
    pub fn any(&mut self, field: &'static str) -> Result<Tlv<'a>, DecodeError> {
        let offset = self.offset();
        let rest = self.cursor.clone().rest();
        let Some(Header { tag, header_len, value_len }) = header(rest, field, offset)? else {
            let needed = if rest.len() < 2 { 2 } else { rest.len() + 1 };
            return Err(DecodeError::Short { field, offset, needed, left: rest.len() });
        };
        let mut cursor = self.cursor.clone();
        cursor.bytes(field, header_len)?;
        let content = Self { cursor: cursor.part(field, value_len)?, depth: self.depth + 1 };
        self.cursor = cursor;
        let (offset, value) = (content.offset(), content.cursor.clone().rest());
        Ok(Tlv { tag, offset, value, content })
    }

    /// The next value, which must have this tag.
    ///
    /// # Errors
    /// Another tag, and what [`Reader::any`] refuses.
    pub fn expect(&mut self, tag: u8, field: &'static str) -> Result<Tlv<'a>, DecodeError> {
        let offset = self.offset();
        let tlv = self.any(field)?;
        if tlv.tag == tag {
            return Ok(tlv);
        }
        let expected = match tag {
            BOOLEAN => "a BOOLEAN (0x1)",
            INTEGER => "an INTEGER (0x2)",
            OCTET_STRING => "an OCTET STRING (0x4)",
            ENUMERATED => "an ENUMERATED (0xa)",
            SEQUENCE => "a SEQUENCE (0x30)",
            SET => "a SET (0x31)",
            _ => "another tag",
        };
        Err(DecodeError::Value { field, offset, value: tlv.tag.into(), expected })
    }

    /// Enters the next value, which must have this tag.
    ///
    /// # Errors
    /// Another tag, too deep a nesting, and what [`Reader::any`] refuses.
    pub fn enter(&mut self, tag: u8, field: &'static str) -> Result<Self, DecodeError> {
        self.expect(tag, field)?.children()
    }
}

/// The form in which lengths are written. Both are BER (RFC 4511 5.1); every reader takes both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LengthForm {
    /// As few octets as possible.
    #[default]
    Shortest,
    /// `84 xx xx xx xx` on constructed values, as Windows writes them.
    FourOctets,
}

/// Writes values one after the other.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    out: Vec<u8>,
    form: LengthForm,
}

impl Writer {
    /// An empty writer.
    #[must_use]
    pub const fn new(form: LengthForm) -> Self {
        Self { out: Vec::new(), form }
    }

    /// The bytes that were written.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.out
    }

    /// Writes a value as it is.
    ///
    /// # Errors
    /// A value of 2^32 octets or more.
    pub fn value(&mut self, tag: u8, value: &[u8]) -> Result<(), EncodeError> {
        let Ok(len) = u32::try_from(value.len()) else {
            let max = usize::try_from(u32::MAX).unwrap_or(usize::MAX);
            return Err(EncodeError::TooLong { field: "ber value", value: value.len(), max });
        };
        self.out.push(tag);
        let octets = len.to_be_bytes();
        let constructed = tag & 0x20 != 0;
        match octets {
            _ if constructed && self.form == LengthForm::FourOctets => {
                self.out.push(0x84);
                self.out.extend(octets);
            }
            [0, 0, 0, short @ 0..0x80] => self.out.push(short),
            [0, 0, 0, a] => self.out.extend([0x81, a]),
            [0, 0, a, b] => self.out.extend([0x82, a, b]),
            [0, a, b, c] => self.out.extend([0x83, a, b, c]),
            [a, b, c, d] => self.out.extend([0x84, a, b, c, d]),
        }
        self.out.extend(value);
        Ok(())
    }

    /// Writes a value made of what `fill` writes.
    ///
    /// # Errors
    /// Those of `fill`, and those of [`Writer::value`].
    pub fn constructed(
        &mut self,
        tag: u8,
        fill: impl FnOnce(&mut Self) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        let mut inner = Self::new(self.form);
        fill(&mut inner)?;
        self.value(tag, &inner.out)
    }

    /// Writes an integer in as few octets as possible.
    ///
    /// # Errors
    /// None in practice; see [`Writer::value`].
    pub fn unsigned(&mut self, tag: u8, number: u32) -> Result<(), EncodeError> {
        let octets = u64::from(number).to_be_bytes();
        // The first octet kept must have its sign bit clear, so a zero octet may have to stay.
        let bits: usize = (0..32).rev().find(|bit| number >> bit & 1 == 1).map_or(0, |bit| bit + 1);
        let keep = bits / 8 + 1;
        self.value(tag, octets.get(octets.len() - keep..).unwrap_or(&octets))
    }

    /// Writes a boolean.
    ///
    /// # Errors
    /// None in practice; see [`Writer::value`].
    pub fn boolean(&mut self, tag: u8, value: bool) -> Result<(), EncodeError> {
        self.value(tag, &[if value { 0xff } else { 0 }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_take_as_few_octets_as_possible() {
        for (number, octets) in [
            (0, vec![2, 1, 0]),
            (127, vec![2, 1, 127]),
            (128, vec![2, 2, 0, 128]),
            (0x7fff, vec![2, 2, 0x7f, 0xff]),
            (0x8000, vec![2, 3, 0, 0x80, 0]),
            (0x7fff_ffff, vec![2, 4, 0x7f, 0xff, 0xff, 0xff]),
        ] {
            let mut writer = Writer::default();
            writer.unsigned(INTEGER, number).unwrap();
            let bytes = writer.finish();
            assert_eq!(bytes, octets);
            let tlv = Reader::new(&bytes).expect(INTEGER, "number").unwrap();
            assert_eq!(tlv.unsigned("number"), Ok(number));
        }
        for refused in [&[2, 0][..], &[2, 1, 0x80], &[2, 5, 0, 0, 0, 0, 1]] {
            let tlv = Reader::new(refused).expect(INTEGER, "number").unwrap();
            assert!(tlv.unsigned("number").is_err(), "{refused:?}");
        }
    }

    #[test]
    fn both_length_forms_are_read() {
        for form in [LengthForm::Shortest, LengthForm::FourOctets] {
            for len in [0, 1, 127, 128, 255, 256, 70_000] {
                let mut writer = Writer::new(form);
                let content = vec![7; len];
                writer.constructed(SEQUENCE, |w| w.value(OCTET_STRING, &content)).unwrap();
                let bytes = writer.finish();
                if form == LengthForm::FourOctets {
                    assert_eq!(bytes[..2], [SEQUENCE, 0x84]);
                }
                let mut reader = Reader::new(&bytes);
                let mut inner = reader.enter(SEQUENCE, "outer").unwrap();
                assert_eq!(inner.expect(OCTET_STRING, "inner").unwrap().value, content);
                assert!(inner.is_empty() && reader.is_empty());
            }
        }
    }

    #[test]
    fn what_ldap_does_not_use_is_refused() {
        for refused in [&[0x30, 0x80, 0, 0][..], &[0x1f, 1, 0], &[0x30, 0x85, 0, 0, 0, 0, 0]] {
            let error = header(refused, "value", 0).unwrap_err();
            assert!(matches!(error, DecodeError::Value { .. }), "{error}");
        }
        assert_eq!(header(&[0x30, 0x84, 0, 0], "value", 0), Ok(None));
    }

    #[test]
    fn nesting_is_bounded() {
        let mut reader = Reader { depth: MAX_DEPTH, ..Reader::new(&[SEQUENCE, 0x00]) };
        let tlv = reader.any("value").unwrap();
        assert!(matches!(tlv.children(), Err(DecodeError::TooLarge { value: 25, max: 24, .. })));
    }
}
