//! A peer's name, from every source of names by itself.

pub(super) mod cache;
pub(super) mod dns;
pub(super) mod hosts;
pub(super) mod netbios;
pub(super) mod resolve;
pub(super) mod server;
pub(super) mod system;
