//! The look at one address of a peer: the way to its interfaces, who answers there, and its
//! well-known ports.

pub(super) mod address;
pub(super) mod identity;
pub(super) mod mapper;
pub(super) mod ports;
pub(super) mod well_known;
