//! The byte order of integers on the wire.

/// The byte order of a sender's integers. An RPC peer names its own (`packed_drep`, C706 14.1); NTLM
/// is little-endian, NetBIOS big-endian.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ByteOrder {
    /// What this project sends where the sender may choose.
    #[default]
    Little,
    /// The order of the network.
    Big,
}
