//! Random fleets with faults whose truth is known, seen through agents whose reports are late, lost
//! and by wrong clocks, taken in by the coordinator's own view and judged by the engine.
//!
//! | module | what |
//! |---|---|
//! | `dice` | seeded chance |
//! | `world`, `network`, `way` | hosts and name servers as they are; what lies between hosts; what becomes of what is sent |
//! | `build`, `harmless` | a random healthy fleet, and what is odd in it and does no harm |
//! | `kind`, `sorts` | what goes wrong and what the catalogue says of it; what several kinds have in common |
//! | `fault`, `place`, `strike` | one fault and what is right of it; whether a fleet has a place for it; what it does |
//! | `client` | how a link really stands |
//! | `windows_client`, `modelled` | the model of a Windows destination; the verdicts against it |
//! | `culprit` | whom a verdict has to name for each fault |
//! | `own`, `ports`, `map` | what an agent states of its host, its ports and its endpoint map |
//! | `look`, `at_address` | what it sees of a peer: the names, and what is at each address |
//! | `lies` | what it states of a peer where it is mistaken or lies |
//! | `replication`, `attempt` | what a destination records of its inbound replication, and how an attempt ends |
//! | `begin` | a fleet and its faults, drawn from a seed |
//! | `agent`, `run` | reports through time, into the coordinator's view |
//! | `played` | the variants of a play, and its record |
//! | `situation` | the surroundings in which a fault is decided, so that each is known to be played |
//! | `decidable` | which faults the evidence that came in decides: the rule |
//! | `history` | fleets through a day, with the coordinator's incidents |
//! | `score` | what was said against what is so, and the incidents against the faults |
//! | `seeds` | many seeds on several threads |

#![expect(
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "numbers of hosts are made by the builder, and a generator that is wrong has to stop"
)]

mod agent;
mod at_address;
mod attempt;
mod begin;
pub mod build;
pub mod client;
pub mod culprit;
pub mod decidable;
pub mod dice;
pub mod fault;
mod harmless;
pub mod history;
pub mod kind;
mod lies;
pub mod look;
mod map;
mod modelled;
pub mod network;
pub mod own;
mod place;
pub mod played;
mod ports;
mod replication;
pub mod run;
pub mod score;
mod seeds;
pub mod situation;
mod sorts;
mod strike;
mod way;
pub mod windows_client;
pub mod world;

pub use self::{
    build::Naming,
    played::{Judged, Played, Variant},
    run::{drawn, play},
    score::{Miss, MissKind, Score, score},
    seeds::on_threads,
};
