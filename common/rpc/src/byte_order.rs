//! The byte order of a sender (C706 14.1).

/// The byte order of a sender's integers (`packed_drep`): the reader makes it right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ByteOrder {
    /// What this crate sends.
    #[default]
    Little,
    /// Read, and written only when asked for by name.
    Big,
}
