//! What other tools say: their text, read into what epmesh knows.
//!
//! Every parser is a function over text or bytes, bounded, and keeps the line numbers: whoever is
//! told what a file says must be able to find it there.

pub mod netsetup;
mod text;

pub use self::text::{MAX_BYTES, TextError, decode};
