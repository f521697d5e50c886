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
//! | [`config`], [`cli`] | the configuration file and the command line |

pub mod check;
pub mod cli;
pub mod clock;
pub mod collect;
pub mod config;
pub mod daemon;
pub mod enroll;
pub mod files;
pub mod platform;
pub mod probe;
pub mod run;
pub mod self_test;
pub mod session;
