//! `epmesh-stores`: the embedded engines of the store beside each other: commits a second, size on the
//! disk after a day's reports, time to open. It prints a table, and asserts nothing. `tests/campaign
//! stores` runs it.
//!
//! What is written is what the coordinator itself writes of a report, by its own function: the reports of
//! a random healthy forest of 51 domain controllers that all look at each other, under as many names as
//! are wanted. Every commit is durable when it is counted.

#![allow(
    clippy::expect_used,
    reason = "a benchmark over a fleet that it made itself ends where that is not as it was made"
)]

mod arguments;
mod measure;
mod reports;

use clap::Parser;
use epmesh::store::EmbeddedEngine;

use self::{arguments::Arguments, measure::Measured, reports::Model};

#[tokio::main]
async fn main() {
    let arguments = Arguments::parse();
    let Arguments { dcs, reports, changed, sessions, open_dcs } = arguments;
    let model = Model::new();
    println!(
        "a day: {dcs} domain controllers, {reports} reports each, a body changed in one of {changed}, \
         {sessions} sessions at a time"
    );
    let mut rows = Vec::new();
    for engine in EmbeddedEngine::ALL {
        rows.push(Measured::of(engine, &model, arguments).await);
    }
    println!(
        "\n| engine | commits a second, {sessions} sessions | commits a second, one session | after the day | with {open_dcs} domain controllers | opened in | read whole in |"
    );
    println!("|---|---|---|---|---|---|---|");
    for row in &rows {
        println!("{row}");
    }
}
