//! Looks at peers, stage by stage: names, addresses, endpoint mapper, ports, and who answers.
//!
//! | module | what |
//! |---|---|
//! | `config` | times, ports and limits |
//! | `prober` | one look at a peer: [`Prober`] |
//! | `resolve` | every source of its name by itself |
//! | `hosts`, `dns`, `system` | the sources of names |
//! | `address` | one address: endpoint mapper, ports, identity |
//! | `identity` | who answers there, asked in four ways |
//! | `rpc` | a DCE/RPC conversation over any stream; the walk through an endpoint map |
//! | `net` | sockets, and what their errors mean |
//! | `gate`, `budget`, `together` | what all looks share, what one look may use, concurrency |
//!
//! Nothing here logs on, and nothing is concluded: every stage states what was seen, with its
//! code. What was not finished in time is stated as timed out, never as absent.

pub mod rpc;

mod address;
mod budget;
mod config;
mod dns;
mod gate;
mod hosts;
mod identity;
mod net;
mod prober;
mod resolve;
mod system;
mod together;

pub use self::{
    config::{Config, WirePorts},
    net::failure_of,
    prober::Prober,
    resolve::addresses,
};
