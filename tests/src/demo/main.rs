//! `epmesh-demo`: a forest of simulated domain controllers with real agents and a real coordinator
//! on this machine's loopback addresses, broken, diagnosed and healed.

mod samba;
mod show;

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use epmesh_common::diagnosis::State;
use epmesh_tests::sim::{FEWEST, Forest, MOST, Scenario};
use tracing_subscriber::EnvFilter;

use self::show::{Output, Show};

/// Shows which side causes error 1753: starts a forest, breaks its second domain controller, prints
/// the verdict, heals it. Needs no privileges and nothing installed.
#[derive(Parser, Debug)]
#[command(name = "epmesh-demo", version)]
struct Arguments {
    /// How to break it; --list names the ways.
    #[arg(long, default_value = "dns-a-stale")]
    scenario: Scenario,
    /// Lists the scenarios and ends.
    #[arg(long)]
    list: bool,
    /// What the domain controllers are: simulated ones, or Samba in network namespaces (as root,
    /// on Debian).
    #[arg(long, value_enum, default_value_t = Kind::Sim)]
    forest: Kind,
    /// Stays up after the verdict on the broken link, for `epmesh` to be tried; Ctrl-C ends it.
    #[arg(long)]
    stay: bool,
    /// What is printed: the story, or the two verdicts alone, one JSON line each.
    #[arg(long, value_enum, default_value_t = Output::Table)]
    output: Output,
    /// How many domain controllers.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(i64::from(FEWEST)..=i64::from(MOST)))]
    dcs: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Simulated domain controllers in this process.
    Sim,
    /// A real Samba forest, by `deploy/lab/lab demo`.
    Samba,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Quiet unless asked: what happens is told by the demo itself.
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("off"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match perform(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("epmesh-demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(arguments: &Arguments) -> Result<ExitCode> {
    if arguments.list {
        for scenario in Scenario::ALL {
            println!("{scenario:24} {}", scenario.about());
        }
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.forest == Kind::Samba {
        return samba::demo();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let right = runtime.block_on(simulated(arguments))?;
    Ok(if right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether both verdicts were what they must be.
async fn simulated(arguments: &Arguments) -> Result<bool> {
    let (scenario, show) = (arguments.scenario, Show::new(arguments.output));
    show.step(&format!(
        "Starting a forest of {} simulated domain controllers, a member host, a coordinator and an agent for each domain controller",
        arguments.dcs
    ));
    let mut forest = Forest::launch(arguments.dcs).await.context("starting the forest")?;
    for dc in &forest.hosts().dcs {
        show.detail(&format!("{} at {}, agent enrolled", dc.who().name, dc.who().address));
    }
    let member = forest.hosts().member.who();
    show.detail(&format!("{} at {}, no domain controller", member.name, member.address));
    show.detail(&format!("coordinator at {}", forest.url()));
    forest.all_healthy().await?;
    show.step("All links are healthy");

    show.step(&format!("Breaking it: {}", scenario.about()));
    forest.fault(scenario).await?;
    let verdict = forest.broken(scenario).await?;
    show.verdict(&verdict)?;
    let mut right = (verdict.state, verdict.cause, verdict.side)
        == (scenario.state(), scenario.cause(), scenario.side());
    if !right {
        show.complaint(&format!(
            "expected: {} {}, side {}",
            scenario.state(),
            scenario.cause(),
            scenario.side()
        ));
    }
    if arguments.stay {
        stay(&forest, &show).await?;
    }

    show.step("Healing it");
    forest.heal().await?;
    let verdict = forest.healed().await?;
    show.verdict(&verdict)?;
    if verdict.state != State::Healthy {
        show.complaint("expected: healthy");
        right = false;
    }
    forest.stop().await?;
    Ok(right)
}

async fn stay(forest: &Forest, show: &Show) -> Result<()> {
    let (destination, source) = forest.link()?;
    show.step("Staying up, broken; Ctrl-C heals and ends. Meanwhile:");
    let flags =
        format!("--coordinator {} --identity {}", forest.url(), forest.identity().display());
    for question in ["dcs", "links", &format!("diagnose {destination} {source} --now")] {
        show.detail(&format!("epmesh {flags} {question}"));
    }
    tokio::signal::ctrl_c().await.context("waiting for Ctrl-C")
}
