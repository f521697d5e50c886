//! Looks at peers, stage by stage: names, addresses, endpoint mapper, ports, and who answers.
//!
//! | module | what |
//! |---|---|
//! | `config` | times, ports and limits |
//! | `prober` | one look at a peer: [`Prober`] |
//! | `resolve` | every source of its name by itself |
//! | `cache`, `hosts`, `dns`, `system`, `netbios` | the sources of names |
//! | `address` | one address: `mapper`, then `ports`, `identity`, `well_known` |
//! | `mapper` | `ept_map` for each interface, and the whole map |
//! | `ports` | connect, bind, and more interfaces on the same connection |
//! | `well_known` | the other ports of a domain controller |
//! | `identity` | who answers there, asked in four ways |
//! | `rpc` | a DCE/RPC conversation over any stream; the walk through an endpoint map |
//! | `net`, `datagram` | connections, questions in datagrams, and what their errors mean |
//! | `gate`, `budget`, `meter` | what all looks share, what one look may use, bytes counted |
//! | `together` | concurrency inside a look |
//!
//! Nothing here logs on, and nothing is concluded: every stage states what was seen, with its
//! code. What was not finished in time is stated as timed out, never as absent; what could not be
//! tried, be it for the agent's own budget, is stated so and is no word about the peer.

pub mod rpc;

mod address;
mod asked;
mod budget;
mod cache;
mod config;
mod datagram;
mod dns;
mod gate;
mod hosts;
mod identity;
mod mapper;
mod meter;
mod net;
mod netbios;
mod ports;
mod prober;
mod resolve;
mod system;
mod together;
mod well_known;

pub(crate) use self::dns::ask_apart;
pub use self::{
    cache::NameCache,
    config::{Config, Sign, WELL_KNOWN, WellKnown, WirePorts},
    net::failure_of,
    prober::Prober,
    resolve::addresses,
};
