//! Rules for every remedy: an administrator may follow it step by step, at night, and paste its commands.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test panics where it is wrong"
)]

mod commands;
mod copies;
mod facts;
mod join;
mod ours;
mod restarts;
mod steps;
mod values;

#[path = "../suite/cases.rs"]
mod cases;
#[path = "../suite/judged.rs"]
mod judged;
#[path = "../suite/mod.rs"]
mod suite;
