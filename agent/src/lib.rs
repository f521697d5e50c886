//! The epmesh agent: what a domain controller says of itself and what it sees of its peers.
//!
//! From the top down; an arrow points down only.
//!
//! | module | what |
//! |---|---|
//! | [`cli`] | the command line |
//! | `service` | the Windows service |
//! | [`check`] | one host, or the domain controllers of a domain, looked at from here, with a verdict |
//! | [`endpoints`] | the endpoint map of one host, and nothing else |
//! | [`self_test`] | what the agent may read on this host, and whether it could run |
//! | [`app`] | the configuration, and the parts of an agent put together: no other module knows both |
//! | [`enrolment`] | how an agent gets its identity, at once or when it starts |
//! | [`daemon`] | when the agent reads and looks, and what it reports |
//! | [`session`] | how reports reach a coordinator: certificate, stream, spool, back-off |
//! | [`probe`] | how it looks at a peer |
//! | [`notice`] | what an administrator hears, where there is no terminal |
//! | [`listing`] | an endpoint map, entry for entry |
//! | [`output`] | the form in which a command prints what it found |
//!
//! What it reads on its own host, and what that needs, is the crate below this one:
//! [`epmesh_agent_host`].

pub mod app;
pub mod check;
pub mod cli;
pub mod daemon;
pub mod endpoints;
pub mod enrolment;
pub mod listing;
pub mod notice;
pub mod output;
pub mod probe;
pub mod self_test;
#[cfg(windows)]
pub mod service;
pub mod session;
