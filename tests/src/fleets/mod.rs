//! Random fleets with faults whose truth is known, seen through agents whose reports are late, lost
//! and by wrong clocks, taken in by the coordinator's own view and judged by the engine.
//!
//! | module | what |
//! |---|---|
//! | `dice` | seeded chance |
//! | `world`, `network` | hosts and name servers as they are; what lies between hosts |
//! | `build` | a random healthy fleet |
//! | `kind`, `fault`, `strike` | what goes wrong and what the catalogue says of it; where; what it does |
//! | `client` | how a link really stands |
//! | `windows_client`, `modelled` | the model of a Windows destination; the verdicts against it |
//! | `culprit` | whom a verdict has to name for each fault |
//! | `own`, `ports`, `look` | what an agent states of its host and its ports, and what it sees of a peer |
//! | `begin` | a fleet and its faults, drawn from a seed |
//! | `agent`, `run` | reports through time, into the coordinator's view |
//! | `played` | the variants of a play, and its record |
//! | `decidable` | which faults the evidence that came in decides: the rule |
//! | `history` | fleets through a day, with the coordinator's incidents |
//! | `score` | what was said against what is so, and the incidents against the faults |

#![expect(
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "numbers of hosts are made by the builder, and a generator that is wrong has to stop"
)]

mod agent;
mod begin;
pub mod build;
pub mod client;
pub mod culprit;
pub mod decidable;
pub mod dice;
pub mod fault;
pub mod history;
pub mod kind;
pub mod look;
mod modelled;
pub mod network;
pub mod own;
pub mod played;
mod ports;
pub mod run;
pub mod score;
mod strike;
pub mod windows_client;
pub mod world;

pub use self::{
    build::Naming,
    played::{Judged, Played, Variant},
    run::{drawn, play},
    score::{Miss, MissKind, Score, score},
};
