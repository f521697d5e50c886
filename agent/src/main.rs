//! epmesh-agent.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    epmesh_agent::cli::main(epmesh_agent::cli::Cli::parse())
}
