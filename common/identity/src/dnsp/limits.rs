//! The bounds of what a value may hold.

/// The longest value that is taken: a header, and data whose length is a number of two bytes.
pub(super) const MAX_VALUE: usize = 64 * 1024;

/// The most addresses of one list that are taken.
pub(super) const MAX_ADDRESSES: usize = 256;
