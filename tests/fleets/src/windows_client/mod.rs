//! A model of a Windows destination: what it lives through when it pulls from a source, and which error it
//! then reports. Written from Microsoft's documents alone; no part of the engine was read for it.
//!
//! | module | what |
//! |---|---|
//! | `around` | what the model asks of its surroundings |
//! | `lived` | how a link stands, where an attempt ends, with which errors |
//! | `name_rows`, `names` | sources of names and their order, and which answer ends a search; the search |
//! | `call_rows`, `calls` | which error comes of what at which stage, and what is tried next; the attempts |
//! | `of_world`, `of_evidence` | the surroundings in the generator's world, and in the evidence of a scenario |
//! | `differs` | a verdict against the model |
//! | `scene` | random scenes for it, as scenarios |
//!
//! Sources that the rows name: A and B are Microsoft's articles on 1753 (KB 2089874) and on 0x6D9 at a domain
//! join; `KB n` are the support articles by their original number; detection locations are those of "Extended
//! Error Information Detection Locations" (Win32, RPC).

mod around;
mod call_rows;
mod calls;
mod differs;
mod lived;
mod name_rows;
mod names;
mod of_evidence;
mod of_world;
mod scene;

pub use self::{
    around::{Around, Client, NetBios, Owner, Tcp},
    calls::lived,
    differs::{Difference, differs},
    lived::{End, Lived, Stage, Stands},
    of_evidence::OfEvidence,
    of_world::{OfWorld, lives},
    scene::scene,
};
