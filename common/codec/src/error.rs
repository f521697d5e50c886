//! Errors of decoding bytes, and of encoding a value.

use thiserror::Error;

/// The bytes are not what the specification says they are.
///
/// Offsets count bytes from the start of what was decoded: a message, a PDU, a stub or a tower.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The bytes end inside a field.
    #[error("{field} at offset {offset} needs {needed} bytes, {left} are there")]
    Short {
        /// The field's name.
        field: &'static str,
        /// Where the field begins.
        offset: usize,
        /// Bytes of the field.
        needed: usize,
        /// Bytes that were there.
        left: usize,
    },
    /// A field holds a value that it must not hold.
    #[error("{field} at offset {offset} is {value:#x}, expected {expected}")]
    Value {
        /// The field's name.
        field: &'static str,
        /// Where the field begins.
        offset: usize,
        /// The value found.
        value: u64,
        /// What is allowed there.
        expected: &'static str,
    },
    /// A length, a count or a depth exceeds its bound.
    #[error("{field} at offset {offset} is {value}, the bound is {max}")]
    TooLarge {
        /// What was counted.
        field: &'static str,
        /// Where the counted field begins.
        offset: usize,
        /// The number found.
        value: usize,
        /// The bound.
        max: usize,
    },
    /// Bytes are left over where the specification allows none.
    #[error("{count} bytes left over at offset {offset}, after {what}")]
    Trailing {
        /// What ended there.
        what: &'static str,
        /// Where the bytes begin.
        offset: usize,
        /// Bytes left over.
        count: usize,
    },
    /// A value of the specification that has no place in this conversation.
    #[error("{field} at offset {offset} is {value:#x} ({name}), which is not accepted here")]
    Refused {
        /// The field's name.
        field: &'static str,
        /// Where the field begins.
        offset: usize,
        /// The value found.
        value: u64,
        /// Its name in the specification.
        name: &'static str,
    },
}

/// The value has no form on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EncodeError {
    /// A length or a count exceeds its bound.
    #[error("{field} is {value}, the bound is {max}")]
    TooLong {
        /// What was counted.
        field: &'static str,
        /// The length or count.
        value: usize,
        /// The bound.
        max: usize,
    },
    /// The field cannot hold this value.
    #[error("{field} cannot be {value:?}: {reason}")]
    Unencodable {
        /// The field's name.
        field: &'static str,
        /// Its value, shortened.
        value: String,
        /// Why not.
        reason: &'static str,
    },
}

impl DecodeError {
    /// Refuses a length, a count or a depth that exceeds its bound.
    ///
    /// # Errors
    /// [`DecodeError::TooLarge`] where `value` is more than `max`.
    pub const fn bound(
        field: &'static str,
        offset: usize,
        value: usize,
        max: usize,
    ) -> Result<(), Self> {
        if value > max { Err(Self::TooLarge { field, offset, value, max }) } else { Ok(()) }
    }
}

impl EncodeError {
    /// Refuses a length or a count that exceeds its bound.
    ///
    /// # Errors
    /// [`EncodeError::TooLong`] where `value` is more than `max`.
    pub const fn bound(field: &'static str, value: usize, max: usize) -> Result<(), Self> {
        if value > max { Err(Self::TooLong { field, value, max }) } else { Ok(()) }
    }
}
