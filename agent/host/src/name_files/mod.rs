//! The files of a host that map names to addresses. They are parsed here, for the host's own facts and
//! for a look at a peer.

pub mod hosts;
pub mod lmhosts;
