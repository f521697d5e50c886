//! The epmesh agent: what a domain controller says of itself and what it sees of its peers.
//!
//! | module | what |
//! |---|---|
//! | [`platform`] | what the agent reads on its own host |
//! | [`daemon`] | when it reads and looks, and what it reports |
//! | [`probe`] | how it looks at a peer |
//! | [`check`] | one host looked at from here, with a verdict |
//! | [`self_test`] | what it may read here, and whether it could run |
//! | [`session`] | how reports reach a coordinator: enrolment, stream, spool, back-off |
//! | [`start`], [`join`] | how it begins: its identity, or a join that is pending |
//! | `service` | the Windows service |
//! | [`notice`], [`log`] | what an administrator hears, where there is no terminal |
//! | [`config`], [`cli`] | the configuration file and the command line |

pub mod check;
pub mod cli;
pub mod clock;
pub mod collect;
pub mod config;
pub mod daemon;
pub mod enroll;
pub mod files;
pub mod join;
pub mod log;
pub mod notice;
pub mod platform;
pub mod probe;
pub mod run;
pub mod self_test;
#[cfg(windows)]
pub mod service;
pub mod session;
pub mod start;
