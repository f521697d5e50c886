//! The epmesh agent: what a domain controller says of itself and what it sees of its peers.

pub mod daemon;
pub mod platform;
pub mod probe;
