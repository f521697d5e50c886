//! The command line. Each subcommand is a struct with its own file of work behind it.
//!
//! Exit codes: 0 done; 1 it failed; 2 wrong usage or configuration, nothing was started. `check`
//! has those of `epmesh`: 0 healthy, 1 failing or latent, 4 unknown.

use std::{io::IsTerminal as _, path::PathBuf, process::ExitCode, sync::Arc};

use clap::{Args, Parser, Subcommand, ValueEnum};
use epmesh_common::error::chain;
use epmesh_common::facts::{DnsName, Section, SectionKind};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use crate::{
    check,
    clock::SystemClock,
    collect,
    config::{Config, ConfigError, coordinator},
    daemon::Peers,
    enroll,
    platform::{self, Platform},
    probe::Prober,
    run, self_test,
    session::{Identity, JoinToken},
};

/// Exit code for wrong usage or configuration.
const USAGE: u8 = 2;

/// The epmesh agent: reports what this domain controller says of itself and sees of its peers.
#[derive(Debug, Parser)]
#[command(
    name = "epmesh-agent",
    version,
    after_help = "Exit status: 0 done, 1 it failed, 2 wrong usage or configuration."
)]
pub struct Cli {
    /// What is logged, to standard error: error, warn, info, debug, or a filter by module.
    #[arg(long, global = true, default_value = "info", value_name = "FILTER")]
    log: String,
    /// The configuration [default: /etc/epmesh-agent/agent.toml, where it is there].
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Which platform's code reads this host [default: what the program was built for].
    #[arg(long, global = true, value_enum)]
    platform: Option<PlatformName>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PlatformName {
    Samba,
    Windows,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run as a daemon.
    Run,
    /// Join a mesh with a join token.
    Enroll(Enroll),
    /// Print what this host says of itself.
    Collect(Collect),
    /// Look at one host from here: names, endpoint mapper, ports, who answers, and a verdict; or with
    /// --join at a domain, as a computer that joins it does.
    Check(Box<check::Command>),
    /// Tell what the agent may read on this host and what not, with the right that is missing, and
    /// whether it could run.
    SelfTest(self_test::Arguments),
    /// Work on configuration files.
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Debug, Args)]
struct Enroll {
    /// The coordinator, https://HOST:PORT.
    #[arg(long, value_name = "URL", value_parser = coordinator)]
    coordinator: String,
    /// The join token. It can be seen in the process list: prefer --token-file.
    #[arg(long, conflicts_with = "token_file", required_unless_present = "token_file")]
    token: Option<String>,
    /// A file with the join token; - for standard input.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The name of this domain controller [default: what the host tells].
    #[arg(long)]
    name: Option<DnsName>,
}

#[derive(Debug, Args)]
struct Collect {
    /// Only this section; may be repeated.
    #[arg(long, value_parser = section)]
    section: Vec<SectionKind>,
    /// The form of the output.
    #[arg(long, value_enum, default_value = "table")]
    output: Output,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Output {
    Table,
    Json,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// List every problem in a configuration file.
    Check {
        /// The file.
        file: PathBuf,
    },
}

fn section(text: &str) -> Result<SectionKind, String> {
    SectionKind::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| {
        let all: Vec<&str> = SectionKind::ALL.iter().map(|kind| kind.as_str()).collect();
        format!("no such section; there are {}", all.join(", "))
    })
}

/// Does what the arguments say.
pub fn main(cli: Cli) -> ExitCode {
    // The only provider that is linked; a second installation changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let filter = match EnvFilter::builder().parse(&cli.log) {
        Ok(filter) => filter,
        Err(error) => return fail(USAGE, &format!("--log {:?}: {error}", cli.log)),
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    // One thread: all of this waits, it does not work. What blocks (the disk, the host's resolver) has
    // threads of its own, with small stacks and gone soon after.
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(16)
        .thread_stack_size(512 * 1024)
        .thread_keep_alive(std::time::Duration::from_secs(2))
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(1, &format!("could not start: {error}")),
    };
    let code = runtime.block_on(dispatch(cli));
    // A blocking read that hangs must not hold up the end.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    code
}

async fn dispatch(cli: Cli) -> ExitCode {
    if let Command::Config(ConfigCommand::Check { file }) = &cli.command {
        return match Config::load(Some(file)) {
            Ok(_) => ExitCode::SUCCESS,
            Err(error) => bad_config(&error),
        };
    }
    let config = match Config::load(cli.config.as_deref()) {
        Ok(config) => config,
        Err(error) => return bad_config(&error),
    };
    let chosen = cli.platform.map(|name| match name {
        PlatformName::Samba => "samba",
        PlatformName::Windows => "windows",
    });
    let chosen = chosen.or(config.platform.as_deref());
    let outcome = match cli.command {
        Command::Run => {
            let name =
                Identity::load(&config.state_dir).map(|identity| (identity.name.clone(), identity));
            match name {
                Ok((name, identity)) => match platform::detect(chosen, &config, Some(name)) {
                    Ok(platform) => daemon(config, identity, platform).await,
                    Err(error) => return fail(USAGE, &chain(&error)),
                },
                Err(error) => Err(error.into()),
            }
        }
        Command::Enroll(arguments) => match platform::detect(chosen, &config, None) {
            Ok(platform) => join(&config, arguments, &platform).await,
            Err(error) => return fail(USAGE, &chain(&error)),
        },
        Command::Collect(arguments) => {
            let enrolled = Identity::load(&config.state_dir).ok().map(|identity| identity.name);
            match platform::detect(chosen, &config, enrolled) {
                Ok(platform) => print(&arguments, &platform).await,
                Err(error) => return fail(USAGE, &chain(&error)),
            }
        }
        Command::Check(arguments) => match check::join::run(&arguments, &config, chosen).await {
            Ok(exit) => return exit.into(),
            Err(error) => Err(error),
        },
        Command::SelfTest(arguments) => {
            let enrolled = Identity::load(&config.state_dir).ok().map(|identity| identity.name);
            match platform::detect(chosen, &config, enrolled) {
                Ok(platform) => match self_test::run(&arguments, &config, &platform).await {
                    Ok(code) => return code,
                    Err(error) => Err(error),
                },
                Err(error) => return fail(USAGE, &chain(&error)),
            }
        }
        Command::Config(_) => Ok(()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(1, &format!("{error:#}")),
    }
}

async fn daemon(
    config: Config,
    identity: Identity,
    platform: Arc<dyn Platform>,
) -> anyhow::Result<()> {
    let shutdown = CancellationToken::new();
    let signal = shutdown.clone();
    tokio::spawn(async move {
        asked_to_stop().await;
        tracing::info!("stopping");
        signal.cancel();
    });
    tracing::info!(
        name = %identity.name,
        platform = platform.name(),
        version = env!("CARGO_PKG_VERSION"),
        "epmesh-agent"
    );
    let clock = Arc::new(SystemClock);
    let peers: Arc<dyn Peers> = Arc::new(Prober::new((&config).into()));
    let parts = run::Parts { config, identity, platform, peers: Some(peers), clock };
    run::run(parts, shutdown).await?;
    Ok(())
}

/// Waits for Ctrl-C or, on Unix, SIGTERM.
async fn asked_to_stop() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}

async fn join(
    config: &Config,
    arguments: Enroll,
    platform: &Arc<dyn Platform>,
) -> anyhow::Result<()> {
    let text = match (&arguments.token, &arguments.token_file) {
        (Some(token), _) => token.clone(),
        (None, Some(file)) => enroll::read_token(file)
            .map_err(|error| anyhow::anyhow!("could not read the token: {error}"))?,
        (None, None) => anyhow::bail!("no token"),
    };
    let token: JoinToken = text.parse()?;
    let name = match arguments.name.or_else(|| config.name.clone()) {
        Some(name) => name,
        None => match platform.collect(SectionKind::Host).await {
            Section::Host(host) => host.name,
            _ => anyhow::bail!("the host does not tell its name: give --name"),
        },
    };
    let identity = enroll::enroll(config, arguments.coordinator, token, name).await?;
    println!("enrolled as {}", identity.name);
    Ok(())
}

async fn print(arguments: &Collect, platform: &Arc<dyn Platform>) -> anyhow::Result<()> {
    let all = SectionKind::ALL;
    let kinds = if arguments.section.is_empty() { &all[..] } else { &arguments.section };
    let sections = collect::collect(platform, kinds).await;
    match arguments.output {
        Output::Table => print!("{}", collect::table(&sections)?),
        Output::Json => println!("{}", collect::json(&sections)?),
    }
    Ok(())
}

fn bad_config(error: &ConfigError) -> ExitCode {
    fail(USAGE, &chain(error))
}

fn fail(code: u8, text: &str) -> ExitCode {
    eprintln!("epmesh-agent: {text}");
    ExitCode::from(code)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_make_sense() {
        Cli::command().debug_assert();
        let parse = |line: &str| Cli::try_parse_from(line.split(' '));
        assert!(parse("epmesh-agent run --config x").is_ok());
        assert!(parse("epmesh-agent collect --section host --output json").is_ok());
        assert!(parse("epmesh-agent collect --section nothing").is_err());
        assert!(parse("epmesh-agent check dc2 --interface samr --dns 10.0.0.1 -a").is_ok());
        assert!(parse("epmesh-agent check dc2 --interface nothing").is_err());
        assert!(parse("epmesh-agent check --join lab.test --netsetup-log NETSETUP.LOG").is_ok());
        assert!(parse("epmesh-agent check").is_err());
        assert!(parse("epmesh-agent check dc2 --join lab.test").is_err());
        assert!(parse("epmesh-agent check dc2 --netsetup-log NETSETUP.LOG").is_err());
        assert!(parse("epmesh-agent self-test --problems --output json").is_ok());
        assert!(parse("epmesh-agent enroll --coordinator https://c:1 --token-file -").is_ok());
        assert!(parse("epmesh-agent enroll --coordinator https://c:1").is_err());
        assert!(parse("epmesh-agent enroll --coordinator http://c:1 --token x").is_err());
    }
}
