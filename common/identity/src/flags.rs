//! Sets of named bits as text.

use std::fmt;

use bitflags::Flags;

/// The names of the bits that are set and have one, lowest bit first: `GOOD_TIMESERV` is
/// `good-timeserv`.
pub(super) fn names<T: Flags>(flags: &T) -> impl Iterator<Item = String> {
    flags.iter_names().map(|(name, _)| name.to_ascii_lowercase().replace('_', "-"))
}

/// Writes the number and the names.
pub(super) fn write<T>(flags: &T, f: &mut fmt::Formatter<'_>) -> fmt::Result
where
    T: Flags,
    T::Bits: fmt::LowerHex,
{
    write!(f, "{:#x}", flags.bits())?;
    names(flags).try_for_each(|name| write!(f, " {name}"))
}
