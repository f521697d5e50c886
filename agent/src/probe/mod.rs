//! Looks at peers, stage by stage: names, addresses, endpoint mapper, ports, and who answers.
//!
//! | module | what |
//! |---|---|
//! | `peers` | the seam to the daemon: [`Peers`] |
//! | `prober` | one look at a peer: [`Prober`] |
//! | `config` | times, ports and limits |
//! | `names` | every source of a peer's name by itself: `resolve` asks `cache`, `hosts`, `dns`, `system`, `netbios` |
//! | `endpoint` | one `address`: `mapper`, then `ports`, `identity`, `well_known` |
//! | `net`, `datagram` | connections, and questions in datagrams |
//! | `limits` | what all looks share, what one look may use, bytes counted |
//!
//! Nothing here logs on, and nothing is concluded: every stage states what was seen, with its
//! code. What was not finished in time is stated as timed out, never as absent; what could not be
//! tried, be it for the agent's own budget, is stated so and is no word about the peer.

mod config;
mod datagram;
mod endpoint;
mod limits;
mod names;
mod net;
mod peers;
mod prober;

pub(crate) use self::names::dns::ask_apart;
pub use self::{
    config::{Config, NtlmChallenge, Sign, WELL_KNOWN, WellKnown, WirePorts},
    names::{dns::message::answer as dns_answer, resolve::addresses},
    peers::{Peers, Priority},
    prober::Prober,
};
