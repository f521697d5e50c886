//! What the codecs of this module share: the errors, a bounded reader, and flag sets.

use thiserror::Error;

/// Bytes that are not what the field's specification allows.
///
/// One type for every codec of this module: each variant names the field, the offset in octets
/// from the start of the message, and the value that was seen.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The message ends inside the field.
    #[error("{field} at offset {offset} needs {needed} octets, {have} are there")]
    Truncated {
        /// The field that was being read.
        field: &'static str,
        /// Offset of the field.
        offset: usize,
        /// Octets the field needs.
        needed: usize,
        /// Octets that are left.
        have: usize,
    },
    /// The field holds a value that it must not hold.
    #[error("{field} at offset {offset} is {value:#x}, expected {expected}")]
    Unexpected {
        /// The field that was read.
        field: &'static str,
        /// Offset of the field.
        offset: usize,
        /// The value seen.
        value: u64,
        /// What the specification allows there.
        expected: &'static str,
    },
    /// The field exceeds a bound.
    #[error("{field} at offset {offset} is {value}, the bound is {max}")]
    TooLarge {
        /// The field that was read.
        field: &'static str,
        /// Offset of the field.
        offset: usize,
        /// The value seen.
        value: usize,
        /// The bound.
        max: usize,
    },
}

/// A message that cannot be put into its wire form.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EncodeError {
    /// The field is longer than its wire form can hold.
    #[error("{field} is {len} long, the bound is {max}")]
    TooLong {
        /// The field.
        field: &'static str,
        /// Its length.
        len: usize,
        /// The bound.
        max: usize,
    },
    /// The field has no wire form.
    #[error("{field} cannot be {value:?}: {reason}")]
    Unencodable {
        /// The field.
        field: &'static str,
        /// Its value, shortened.
        value: String,
        /// Why not.
        reason: &'static str,
    },
}

/// Refuses a field that is longer than its bound.
pub(super) fn check_len(field: &'static str, len: usize, max: usize) -> Result<(), EncodeError> {
    if len > max { Err(EncodeError::TooLong { field, len, max }) } else { Ok(()) }
}

/// A cursor over one message; every read is checked.
#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// A cursor at `at`, an offset from the start of `bytes`.
    pub(super) const fn at(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// Octets from the start of the message to the cursor.
    pub(super) const fn offset(&self) -> usize {
        self.at
    }

    /// Octets that are left.
    pub(super) const fn remaining(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }

    /// The next `len` octets.
    pub(super) fn take(
        &mut self,
        field: &'static str,
        len: usize,
    ) -> Result<&'a [u8], DecodeError> {
        let end = self.at.checked_add(len);
        let Some(taken) = end.and_then(|end| self.bytes.get(self.at..end)) else {
            return Err(DecodeError::Truncated {
                field,
                offset: self.at,
                needed: len,
                have: self.remaining(),
            });
        };
        self.at += len;
        Ok(taken)
    }

    /// The next `N` octets by value.
    pub(super) fn array<const N: usize>(
        &mut self,
        field: &'static str,
    ) -> Result<[u8; N], DecodeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(field, N)?);
        Ok(array)
    }

    pub(super) fn u8(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        self.array(field).map(u8::from_be_bytes)
    }

    pub(super) fn u16_le(&mut self, field: &'static str) -> Result<u16, DecodeError> {
        self.array(field).map(u16::from_le_bytes)
    }

    pub(super) fn u16_be(&mut self, field: &'static str) -> Result<u16, DecodeError> {
        self.array(field).map(u16::from_be_bytes)
    }

    pub(super) fn u32_le(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        self.array(field).map(u32::from_le_bytes)
    }
}

/// Defines a set of named bits in a `u32`.
macro_rules! flag_set {
    (
        $(#[$meta:meta])* $name:ident {
            $( $(#[$bit_meta:meta])* $bit:ident = $value:literal, $text:literal; )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub struct $name(pub u32);

        impl $name {
            $( $(#[$bit_meta])* pub const $bit: Self = Self($value); )*

            /// Whether every bit of `other` is set.
            #[must_use]
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }

            /// The bits of either.
            #[must_use]
            pub const fn union(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// The names of the bits that are set and have one, lowest bit first.
            pub fn names(self) -> impl Iterator<Item = &'static str> {
                [$((Self::$bit, $text)),*]
                    .into_iter()
                    .filter(move |(bit, _)| self.contains(*bit))
                    .map(|(_, name)| name)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{:#x}", self.0)?;
                for name in self.names() {
                    write!(f, " {name}")?;
                }
                Ok(())
            }
        }
    };
}

pub(super) use flag_set;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_past_the_end_names_field_and_offset() {
        let mut reader = Reader::at(&[1, 2, 3], 0);
        assert_eq!(reader.u16_le("first"), Ok(0x0201));
        let error = reader.u32_le("second").unwrap_err();
        assert_eq!(error.to_string(), "second at offset 2 needs 4 octets, 1 are there");
        // A refused read leaves the cursor where it was.
        assert_eq!(reader.u8("third"), Ok(3));
        let error = reader.take("huge", usize::MAX).unwrap_err();
        assert!(matches!(error, DecodeError::Truncated { offset: 3, have: 0, .. }));
    }
}
