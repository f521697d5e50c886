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

mod measure;
mod reports;

use clap::Parser;
use epmesh::store::EmbeddedEngine;

use self::{measure::Measured, reports::Model};

/// Measures the embedded engines of the store beside each other.
#[derive(Clone, Copy, Parser)]
#[command(name = "epmesh-stores")]
pub(crate) struct Arguments {
    /// Domain controllers whose reports of a day are written.
    #[arg(long, default_value_t = 100)]
    dcs: usize,
    /// Reports of each of them: one a minute for a day.
    #[arg(long, default_value_t = 1_440)]
    reports: usize,
    /// One report in so many has a body that changed; the others say "still so".
    #[arg(long, default_value_t = 20)]
    changed: usize,
    /// Sessions that report at the same time.
    #[arg(long, default_value_t = 32)]
    sessions: usize,
    /// Domain controllers in the store that is opened.
    #[arg(long, default_value_t = 10_000)]
    open_dcs: usize,
}

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
