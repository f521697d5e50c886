//! The bounds that every engine keeps: of a value, of a transaction, of a page.

/// The largest value in bytes. sled moves values from about 130 kB on into files of their own,
/// which it leaks when it is killed.
pub const MAX_VALUE: usize = 96 * 1024;

/// The most writes, and the most expectations, in a transaction; an etcd server's own limit.
pub const MAX_OPERATIONS: usize = 128;

/// The most bytes of keys and values in a transaction; an etcd server takes 1.5 MiB.
pub const MAX_TRANSACTION: usize = 1024 * 1024;

/// The most entries one [`Page`](super::contract::Page) holds, whatever limit was asked for.
pub const MAX_PAGE: usize = 1000;

/// Once the values of a [`Page`](super::contract::Page) reach this many bytes, the page ends.
pub const MAX_PAGE_BYTES: usize = 4 * 1024 * 1024;
