//! Bounds of an LDAP message.

/// Bound of one message, in octets. A rootDSE takes 2 to 8 KiB.
pub const MAX_MESSAGE: usize = 64 * 1024;
/// Bound of a distinguished name and of a diagnostic message, in octets.
pub const MAX_TEXT: usize = 2048;
