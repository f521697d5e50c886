//! The agent's view of its own host, and how it is read; nothing here knows what is made of it.
//!
//! From the top down; an arrow points down only.
//!
//! | module | what |
//! |---|---|
//! | [`platform`] | the sections of a host's own facts: one trait, a folder a platform |
//! | [`rpc`], [`name_files`] | DCE/RPC over a stream; hosts and LMHOSTS files |
//! | [`os`] | clock, private files, log file |
//!
//! It stands on the facts and on the codecs alone, so that a change of the diagnosis, or of its words,
//! builds none of the calls into Windows anew.

pub mod name_files;
pub mod os;
pub mod platform;
pub mod rpc;
