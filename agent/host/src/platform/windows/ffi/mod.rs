//! The calls into Windows. Everything above them is safe code over values that are its own.
//!
//! What a call hands back lies in a buffer of ours wherever that can be, and is read there with its
//! bounds checked ([`buffer::Buffer`]): no length or pointer from outside is followed beyond it.
//! Every handle is closed by the value that holds it.

#![expect(unsafe_code, reason = "these functions have no safe wrapper in windows-sys")]

pub(super) mod adapters;
mod audit;
pub(super) mod boot;
mod buffer;
pub(super) mod dns_cache;
pub(super) mod endpoints;
mod error;
pub(super) mod events;
pub(super) mod filters;
pub(super) mod ldap;
pub(super) mod names;
pub(super) mod process;
pub(super) mod registry;
pub(super) mod role;
pub(super) mod services;
pub(super) mod sockets;
mod text;

pub(super) use self::error::CallError;
