//! A bounded reader: integers in the sender's byte order, alignment from the start.

use uuid::Uuid;

use super::{byte_order::ByteOrder, error::DecodeError};

/// Reads the fields of one message, one after the other.
///
/// Every read names its field. A read past the end is [`DecodeError::Short`] and leaves the reader where
/// it was.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
    order: ByteOrder,
}

impl<'a> Reader<'a> {
    /// Reads from the start of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8], order: ByteOrder) -> Self {
        Self::starting_at(bytes, 0, order)
    }

    /// Reads from `position` on, so that offsets and alignment still count from the start.
    #[must_use]
    pub const fn starting_at(bytes: &'a [u8], position: usize, order: ByteOrder) -> Self {
        Self { bytes, position, order }
    }

    /// Bytes from the start of the message to the next field.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.position
    }

    /// Bytes that are left.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.bytes.len().saturating_sub(self.position)
    }

    /// The next `n` bytes.
    ///
    /// # Errors
    /// The end comes first.
    pub fn bytes(&mut self, field: &'static str, n: usize) -> Result<&'a [u8], DecodeError> {
        let end = self.position.checked_add(n);
        let Some(found) = end.and_then(|end| self.bytes.get(self.position..end)) else {
            let (offset, left) = (self.position, self.remaining());
            return Err(DecodeError::Short { field, offset, needed: n, left });
        };
        self.position += n;
        Ok(found)
    }

    /// A reader of the next `n` bytes, in which offsets still count from the start of the message.
    ///
    /// # Errors
    /// The end comes first.
    pub fn part(&mut self, field: &'static str, n: usize) -> Result<Self, DecodeError> {
        let position = self.position;
        self.bytes(field, n)?;
        let bytes = self.bytes.get(..self.position).unwrap_or_default();
        Ok(Self { bytes, position, order: self.order })
    }

    /// The next byte, without reading it; `None` at the end.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.position).copied()
    }

    /// The bytes that are left.
    pub fn rest(&mut self) -> &'a [u8] {
        let found = self.bytes.get(self.position..).unwrap_or_default();
        self.position = self.bytes.len();
        found
    }

    /// The next `N` bytes, by value.
    ///
    /// # Errors
    /// The end comes first.
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], DecodeError> {
        let (offset, left) = (self.position, self.remaining());
        let short = DecodeError::Short { field, offset, needed: N, left };
        self.bytes(field, N)?.first_chunk().copied().ok_or(short)
    }

    /// Reads one byte.
    ///
    /// # Errors
    /// The end comes first.
    pub fn u8(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        self.array(field).map(|[byte]| byte)
    }

    /// An integer of two bytes.
    ///
    /// # Errors
    /// The end comes first.
    pub fn u16(&mut self, field: &'static str) -> Result<u16, DecodeError> {
        let bytes = self.array(field)?;
        Ok(match self.order {
            ByteOrder::Little => u16::from_le_bytes(bytes),
            ByteOrder::Big => u16::from_be_bytes(bytes),
        })
    }

    /// An integer of four bytes.
    ///
    /// # Errors
    /// The end comes first.
    pub fn u32(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        let bytes = self.array(field)?;
        Ok(match self.order {
            ByteOrder::Little => u32::from_le_bytes(bytes),
            ByteOrder::Big => u32::from_be_bytes(bytes),
        })
    }

    /// A UUID, its integers in the byte order too.
    ///
    /// # Errors
    /// The end comes first.
    pub fn uuid(&mut self, field: &'static str) -> Result<Uuid, DecodeError> {
        let bytes = self.array(field)?;
        Ok(match self.order {
            ByteOrder::Little => Uuid::from_bytes_le(bytes),
            ByteOrder::Big => Uuid::from_bytes(bytes),
        })
    }

    /// Skips to the next multiple of `to`. What the padding holds is not looked at: peers put
    /// anything there.
    ///
    /// # Errors
    /// The end comes first.
    pub fn align(&mut self, field: &'static str, to: usize) -> Result<(), DecodeError> {
        let pad = self.position.next_multiple_of(to) - self.position;
        self.bytes(field, pad).map(drop)
    }

    /// Refuses the field just read, `width` bytes wide, unless it is `ok`.
    ///
    /// # Errors
    /// [`DecodeError::Value`].
    pub fn ensure(
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
    ///
    /// # Errors
    /// [`DecodeError::Trailing`].
    pub fn finish(&self, what: &'static str, padding: usize) -> Result<(), DecodeError> {
        if self.remaining() <= padding {
            return Ok(());
        }
        Err(DecodeError::Trailing { what, offset: self.position, count: self.remaining() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_field_is_named_with_its_offset() {
        let mut reader = Reader::new(&[1, 2, 3], ByteOrder::Big);
        assert_eq!(reader.u16("a"), Ok(0x0102));
        let short = DecodeError::Short { field: "b", offset: 2, needed: 4, left: 1 };
        assert_eq!(reader.u32("b"), Err(short.clone()));
        assert_eq!(short.to_string(), "b at offset 2 needs 4 bytes, 1 are there");
        assert!(reader.bytes("c", usize::MAX).is_err());
        // A refused read leaves the reader where it was.
        assert_eq!(reader.u8("d"), Ok(3));
    }

    #[test]
    fn a_part_ends_where_it_says_and_counts_offsets_on() {
        let mut reader = Reader::new(&[1, 2, 3, 4], ByteOrder::Little);
        assert_eq!(reader.u8("a"), Ok(1));
        let mut part = reader.part("b", 2).unwrap();
        assert_eq!((part.offset(), part.remaining(), part.u16("c")), (1, 2, Ok(0x0302)));
        let short = DecodeError::Short { field: "d", offset: 3, needed: 1, left: 0 };
        assert_eq!(part.u8("d"), Err(short));
        assert_eq!(reader.u8("e"), Ok(4));
    }
}
