//! A bounded reader and its writer: integers in the sender's byte order, alignment from the start.

use uuid::Uuid;

use super::{
    InterfaceId,
    byte_order::ByteOrder,
    error::{DecodeError, EncodeError},
};

/// Reads fields one after the other; every error names field, offset and value.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
    order: ByteOrder,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8], order: ByteOrder) -> Self {
        Self::starting_at(bytes, 0, order)
    }

    /// Reads from `position` on, so that offsets and alignment still count from the start.
    pub(crate) fn starting_at(bytes: &'a [u8], position: usize, order: ByteOrder) -> Self {
        Self { bytes, position, order }
    }

    pub(crate) fn remaining(&self) -> usize {
        self.bytes.len().saturating_sub(self.position)
    }

    pub(crate) fn bytes(&mut self, field: &'static str, n: usize) -> Result<&'a [u8], DecodeError> {
        let end = self.position.checked_add(n);
        let Some(found) = end.and_then(|end| self.bytes.get(self.position..end)) else {
            let (offset, left) = (self.position, self.remaining());
            return Err(DecodeError::Short { field, offset, needed: n, left });
        };
        self.position += n;
        Ok(found)
    }

    /// Everything that is left.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        let found = self.bytes.get(self.position..).unwrap_or_default();
        self.position = self.bytes.len();
        found
    }

    fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], DecodeError> {
        let (offset, left) = (self.position, self.remaining());
        let short = DecodeError::Short { field, offset, needed: N, left };
        self.bytes(field, N)?.first_chunk().copied().ok_or(short)
    }

    pub(crate) fn u8(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        self.array(field).map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self, field: &'static str) -> Result<u16, DecodeError> {
        let bytes = self.array(field)?;
        Ok(match self.order {
            ByteOrder::Little => u16::from_le_bytes(bytes),
            ByteOrder::Big => u16::from_be_bytes(bytes),
        })
    }

    pub(crate) fn u32(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        let bytes = self.array(field)?;
        Ok(match self.order {
            ByteOrder::Little => u32::from_le_bytes(bytes),
            ByteOrder::Big => u32::from_be_bytes(bytes),
        })
    }

    pub(crate) fn uuid(&mut self, field: &'static str) -> Result<Uuid, DecodeError> {
        let bytes = self.array(field)?;
        Ok(match self.order {
            ByteOrder::Little => Uuid::from_bytes_le(bytes),
            ByteOrder::Big => Uuid::from_bytes(bytes),
        })
    }

    /// `p_syntax_id_t`: a UUID and a version word, major in its low half (C706 12.6.3.1).
    pub(crate) fn syntax(&mut self, field: &'static str) -> Result<InterfaceId, DecodeError> {
        let uuid = self.uuid(field)?;
        let version = self.u32(field)?;
        let [a, b, c, d] = version.to_le_bytes();
        Ok(InterfaceId::new(uuid, u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])))
    }

    /// Skips to the next multiple of `to`. What the padding holds is not looked at: peers put
    /// anything there.
    pub(crate) fn align(&mut self, field: &'static str, to: usize) -> Result<(), DecodeError> {
        let pad = self.position.next_multiple_of(to) - self.position;
        self.bytes(field, pad).map(drop)
    }

    /// Refuses the field just read, `width` bytes wide, unless it is `ok`.
    pub(crate) fn ensure(
        &self,
        ok: bool,
        field: &'static str,
        width: usize,
        value: impl Into<u64>,
        expected: &'static str,
    ) -> Result<(), DecodeError> {
        if ok {
            return Ok(());
        }
        let offset = self.position.saturating_sub(width);
        Err(DecodeError::Value { field, offset, value: value.into(), expected })
    }

    /// Refuses more than `padding` bytes after the end of `what`.
    pub(crate) fn finish(&self, what: &'static str, padding: usize) -> Result<(), DecodeError> {
        if self.remaining() <= padding {
            return Ok(());
        }
        Err(DecodeError::Trailing { what, offset: self.position, count: self.remaining() })
    }
}

/// Writes fields one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
    order: ByteOrder,
}

impl Writer {
    pub(crate) fn new(order: ByteOrder) -> Self {
        Self { bytes: Vec::new(), order }
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn zeros(&mut self, n: usize) {
        self.bytes.resize(self.bytes.len() + n, 0);
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    pub(crate) fn u16(&mut self, value: u16) {
        match self.order {
            ByteOrder::Little => self.bytes(&value.to_le_bytes()),
            ByteOrder::Big => self.bytes(&value.to_be_bytes()),
        }
    }

    pub(crate) fn u32(&mut self, value: u32) {
        match self.order {
            ByteOrder::Little => self.bytes(&value.to_le_bytes()),
            ByteOrder::Big => self.bytes(&value.to_be_bytes()),
        }
    }

    pub(crate) fn uuid(&mut self, value: Uuid) {
        match self.order {
            ByteOrder::Little => self.bytes(&value.to_bytes_le()),
            ByteOrder::Big => self.bytes(value.as_bytes()),
        }
    }

    pub(crate) fn syntax(&mut self, value: InterfaceId) {
        self.uuid(value.uuid);
        self.u32(u32::from(value.major) | u32::from(value.minor) << 16);
    }

    pub(crate) fn align(&mut self, to: usize) {
        self.zeros(self.len().next_multiple_of(to) - self.len());
    }

    pub(crate) fn count8(&mut self, field: &'static str, value: usize) -> Result<(), EncodeError> {
        let max = usize::from(u8::MAX);
        let count = value.try_into().map_err(|_| EncodeError::TooLong { field, value, max })?;
        self.u8(count);
        Ok(())
    }

    pub(crate) fn count16(&mut self, field: &'static str, value: usize) -> Result<(), EncodeError> {
        let max = usize::from(u16::MAX);
        let count = value.try_into().map_err(|_| EncodeError::TooLong { field, value, max })?;
        self.u16(count);
        Ok(())
    }

    pub(crate) fn count32(
        &mut self,
        field: &'static str,
        value: usize,
        max: usize,
    ) -> Result<(), EncodeError> {
        let count = u32::try_from(value).ok().filter(|_| value <= max);
        self.u32(count.ok_or(EncodeError::TooLong { field, value, max })?);
        Ok(())
    }
}

/// Bytes a peer sent as text, fit for a screen: up to the first NUL, what is not UTF-8 and every
/// control character replaced by U+FFFD.
pub(crate) fn printable(bytes: &[u8]) -> String {
    let text = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    let clean = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    String::from_utf8_lossy(text).chars().map(clean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_field_is_named_with_its_offset() {
        let mut reader = Reader::new(&[1, 2, 3], ByteOrder::Big);
        assert_eq!(reader.u16("a"), Ok(0x0102));
        let short = DecodeError::Short { field: "b", offset: 2, needed: 4, left: 1 };
        assert_eq!(reader.u32("b"), Err(short));
        assert_eq!(reader.bytes("c", usize::MAX).map(<[u8]>::len).ok(), None);
    }

    #[test]
    fn text_is_fit_for_a_screen() {
        assert_eq!(printable(b"\x1b[2Jok\0rest"), "\u{fffd}[2Jok");
    }
}
