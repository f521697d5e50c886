//! The writer to the reader: integers in a byte order, alignment from the start.

use uuid::Uuid;

use super::{byte_order::ByteOrder, error::EncodeError};

/// Writes fields one after the other.
#[derive(Clone, Debug)]
pub struct Writer {
    bytes: Vec<u8>,
    order: ByteOrder,
}

impl Writer {
    /// An empty message.
    #[must_use]
    pub const fn new(order: ByteOrder) -> Self {
        Self { bytes: Vec::new(), order }
    }

    /// Bytes written so far.
    #[must_use]
    pub const fn written(&self) -> usize {
        self.bytes.len()
    }

    /// The message.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// These bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// `n` bytes of zero.
    pub fn zeros(&mut self, n: usize) {
        self.bytes.resize(self.bytes.len() + n, 0);
    }

    /// Writes one byte.
    pub fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    /// An integer of two bytes.
    pub fn u16(&mut self, value: u16) {
        match self.order {
            ByteOrder::Little => self.bytes(&value.to_le_bytes()),
            ByteOrder::Big => self.bytes(&value.to_be_bytes()),
        }
    }

    /// An integer of four bytes.
    pub fn u32(&mut self, value: u32) {
        match self.order {
            ByteOrder::Little => self.bytes(&value.to_le_bytes()),
            ByteOrder::Big => self.bytes(&value.to_be_bytes()),
        }
    }

    /// A UUID, its integers in the byte order too.
    pub fn uuid(&mut self, value: Uuid) {
        match self.order {
            ByteOrder::Little => self.bytes(&value.to_bytes_le()),
            ByteOrder::Big => self.bytes(value.as_bytes()),
        }
    }

    /// Zeros up to the next multiple of `to`.
    pub fn align(&mut self, to: usize) {
        self.zeros(self.written().next_multiple_of(to) - self.written());
    }

    /// A length or count in one byte.
    ///
    /// # Errors
    /// [`EncodeError::TooLong`].
    pub fn count8(&mut self, field: &'static str, value: usize) -> Result<(), EncodeError> {
        let max = usize::from(u8::MAX);
        let count = value.try_into().map_err(|_| EncodeError::TooLong { field, value, max })?;
        self.u8(count);
        Ok(())
    }

    /// A length or count in two bytes.
    ///
    /// # Errors
    /// [`EncodeError::TooLong`].
    pub fn count16(&mut self, field: &'static str, value: usize) -> Result<(), EncodeError> {
        let max = usize::from(u16::MAX);
        let count = value.try_into().map_err(|_| EncodeError::TooLong { field, value, max })?;
        self.u16(count);
        Ok(())
    }

    /// A length or count in four bytes, at most `max`.
    ///
    /// # Errors
    /// [`EncodeError::TooLong`].
    pub fn count32(
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
