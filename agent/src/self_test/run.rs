//! The command `self-test`: tries everything, and prints.

use std::{process::ExitCode, sync::Arc};

use clap::Args;
use epmesh_agent_host::{
    os::clock::{Clock as _, SystemClock},
    platform::{Platform, read_all},
};
use epmesh_common::facts::SectionKind;

use super::{facts, own, render, report::Report, settings::Settings};
use crate::output::Output;

/// The arguments of `self-test`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Exit status: 0 all was read or does not apply here, 1 something could not be \
    read or is not in order, 2 wrong usage or configuration."
)]
pub struct Arguments {
    /// Only what is not in order.
    #[arg(long)]
    pub problems: bool,
    /// The form of the output.
    #[arg(long, value_enum, default_value = "table")]
    pub output: Output,
}

/// Tries everything, prints it, and says how it ends.
///
/// # Errors
/// When the report cannot be written as JSON, which its types rule out.
pub async fn run(
    arguments: &Arguments,
    settings: &Settings,
    platform: &Arc<dyn Platform>,
) -> anyhow::Result<ExitCode> {
    let report = test(settings, platform).await;
    arguments.output.print(&report, || Ok(render::table(&report, arguments.problems)))?;
    Ok(if report.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Tries everything.
pub async fn test(settings: &Settings, platform: &Arc<dyn Platform>) -> Report {
    let (sections, agent) = tokio::join!(
        read_all(platform, &SectionKind::ALL),
        own::rows(settings, SystemClock.now()),
    );
    Report { facts: facts::rows(&sections), agent }
}
