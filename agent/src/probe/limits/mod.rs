//! Limits of what a look may cost: what all looks share (`rate`), what one look may use (`budget`), and
//! the bytes that are counted (`bytes`).

pub(super) mod budget;
pub(super) mod bytes;
pub(super) mod rare;
pub(super) mod rate;
