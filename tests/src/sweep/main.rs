//! `epmesh-sweep`: what one sweep over many peers costs an agent. `tests/campaign sweep` runs it.
//!
//! The simulated peers live in another process, so that the memory told is the sweeping one's
//! alone. It shares the machine with them all the same: half of the time told is theirs.

mod peers;
mod sweep;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// What one sweep over many peers costs an agent.
#[derive(Parser)]
#[command(name = "epmesh-sweep")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Starts simulated peers in another process, looks at each once, and tells what it took.
    Sweep {
        /// How many.
        #[arg(default_value_t = 1000, value_parser = clap::value_parser!(u16).range(1..=1500))]
        peers: u16,
        /// Looks at the same time.
        #[arg(long, default_value_t = 64)]
        concurrency: usize,
    },
    /// Serves simulated peers until its input ends.
    Peers {
        /// How many.
        peers: u16,
    },
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    match Arguments::parse().command {
        Command::Sweep { peers, concurrency } => sweep::run(peers, concurrency).await,
        Command::Peers { peers } => peers::serve(peers).await.map(|()| ExitCode::SUCCESS),
    }
}
