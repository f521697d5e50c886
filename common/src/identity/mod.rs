//! Who answers at an address, without credentials: codecs only.

pub mod ber;
pub mod ldap;
pub mod nbstat;
pub mod netlogon;
pub mod ntlm;
pub mod text;
mod wire;

pub use wire::{DecodeError, EncodeError};
