//! The command line. Each subcommand is a struct with its own file of work behind it.
//!
//! Exit codes: 0 done; 1 it failed; 2 wrong usage or configuration, nothing was started. `check`
//! has those of `epmesh`: 0 healthy, 1 failing or latent, 4 unknown; so has `endpoints`: 0 the map was
//! read, 1 an interface is not in it, 4 it could not be read.

use std::{io::IsTerminal as _, path::PathBuf, process::ExitCode, sync::Arc};

use clap::{Args, Parser, Subcommand, ValueEnum};
use epmesh_agent_host::platform::Platform;
use epmesh_common::error::chain;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

mod collect;
mod enroll;

use self::{collect::Collect, enroll::Enroll};
use crate::{
    app::{
        config::{Config, ConfigError},
        detect::{PlatformError, detect},
        start,
    },
    check, endpoints,
    notice::Notices,
    self_test,
    session::Identity,
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
    #[arg(
        long,
        global = true,
        env = "EPMESH_LOG",
        hide_env_values = true,
        default_value = "info",
        value_name = "FILTER"
    )]
    log: String,
    /// The configuration [default: /etc/epmesh-agent/agent.toml, where it is there; on Windows
    /// %ProgramData%\epmesh-agent\agent.toml].
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
    /// Run as a daemon, in the foreground. Enrols first where an enrolment is pending.
    Run(Run),
    /// Enrol this host with a coordinator, by a join token.
    Enroll(Enroll),
    /// Print what this host says of itself.
    Collect(Collect),
    /// Look at one host from here: names, endpoint mapper, ports, who answers, and a verdict; or with
    /// --join at a domain, as a computer that joins it does.
    Check(Box<check::Command>),
    /// Print the endpoint map of one host, and nothing else: who is registered there, and where.
    Endpoints(endpoints::Arguments),
    /// Tell what the agent may read on this host and what not, with the right that is missing, and
    /// whether it could run.
    SelfTest(self_test::Arguments),
    /// Work on configuration files.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// The Windows service.
    #[cfg(windows)]
    #[command(subcommand)]
    Service(crate::service::Command),
}

#[derive(Debug, Args)]
struct Run {
    /// In the console, as `run` always does: for those who know it from other services.
    #[arg(long)]
    console: bool,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// List every problem in a configuration file.
    Check {
        /// The file.
        file: PathBuf,
    },
}

/// Does what the arguments say.
pub fn main(cli: Cli) -> ExitCode {
    // The only provider that is linked; a second installation changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let filter = match EnvFilter::builder().parse(&cli.log) {
        Ok(filter) => filter,
        Err(error) => return fail(USAGE, &format!("--log {:?}: {error}", cli.log)),
    };
    #[cfg(windows)]
    if let Command::Service(command) = cli.command {
        // It has a log of its own: nobody sees the standard error of a service.
        let context = crate::service::Context { config: cli.config, filter };
        return match crate::service::main(command, context) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(1, &format!("{error:#}")),
        };
    }
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let runtime = match start::runtime() {
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
    if let Command::Endpoints(arguments) = &cli.command {
        // It looks at another host, and needs neither a configuration nor a platform.
        return match endpoints::run(arguments).await {
            Ok(exit) => exit.into(),
            Err(error) => fail(1, &format!("{error:#}")),
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
    let chosen = chosen.map(str::to_owned).or_else(|| config.platform.clone());
    let outcome = match cli.command {
        Command::Run(_) => match daemon(config, chosen.as_deref()).await {
            Err(error) if error.is::<PlatformError>() => return fail(USAGE, &format!("{error:#}")),
            outcome => outcome,
        },
        Command::Enroll(arguments) if arguments.pending => {
            enroll::leave_pending(&(&config).into(), &arguments)
        }
        Command::Enroll(arguments) => match detect(chosen.as_deref(), &config, None) {
            Ok(platform) => enroll::enroll(&(&config).into(), arguments, &platform).await,
            Err(error) => return fail(USAGE, &chain(&error)),
        },
        Command::Collect(arguments) => match enrolled_platform(chosen.as_deref(), &config) {
            Ok(platform) => collect::print(&arguments, &platform).await,
            Err(error) => return fail(USAGE, &chain(&error)),
        },
        Command::Check(arguments) => {
            let platform = detect(chosen.as_deref(), &config, Some(check::own_name()));
            let platform = platform.map_err(|error| error.to_string());
            match check::run(&arguments, (&config).into(), platform).await {
                Ok(exit) => return exit.into(),
                Err(error) => Err(error),
            }
        }
        Command::SelfTest(arguments) => match enrolled_platform(chosen.as_deref(), &config) {
            Ok(platform) => match self_test::run(&arguments, &(&config).into(), &platform).await {
                Ok(code) => return code,
                Err(error) => Err(error),
            },
            Err(error) => return fail(USAGE, &chain(&error)),
        },
        Command::Config(_) | Command::Endpoints(_) => Ok(()), // done before
        #[cfg(windows)]
        Command::Service(_) => Ok(()), // done before there was a runtime
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(1, &format!("{error:#}")),
    }
}

/// The platform of this host, under the name that it was enrolled with.
fn enrolled_platform(
    chosen: Option<&str>,
    config: &Config,
) -> Result<Arc<dyn Platform>, PlatformError> {
    let enrolled = Identity::load(&config.state_dir).ok().map(|identity| identity.name);
    detect(chosen, config, enrolled)
}

async fn daemon(config: Config, chosen: Option<&str>) -> anyhow::Result<()> {
    let shutdown = CancellationToken::new();
    let signal = shutdown.clone();
    tokio::spawn(async move {
        asked_to_stop().await;
        tracing::info!("stopping");
        signal.cancel();
    });
    start::start(config, chosen, &Notices::default(), shutdown).await
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
        assert!(parse("epmesh-agent run --console").is_ok());
        assert!(parse("epmesh-agent collect --section host --output json").is_ok());
        assert!(parse("epmesh-agent collect --section nothing").is_err());
        assert!(parse("epmesh-agent check dc2 --interface samr --dns 10.0.0.1 -a").is_ok());
        assert!(parse("epmesh-agent check dc2 --interface nothing").is_err());
        assert!(parse("epmesh-agent check --join lab.test --netsetup-log NETSETUP.LOG").is_ok());
        assert!(parse("epmesh-agent check").is_err());
        assert!(parse("epmesh-agent check dc2 --join lab.test").is_err());
        assert!(parse("epmesh-agent check dc2 --netsetup-log NETSETUP.LOG").is_err());
        assert!(parse("epmesh-agent endpoints dc2 -i drsuapi --output csv").is_ok());
        assert!(parse("epmesh-agent endpoints [fd00::2] --port 1135").is_ok());
        assert!(parse("epmesh-agent endpoints").is_err());
        assert!(parse("epmesh-agent endpoints dc2 --port 0").is_err());
        assert!(parse("epmesh-agent self-test --problems --output json").is_ok());
        assert!(parse("epmesh-agent enroll --coordinator https://c:1 --token-file -").is_ok());
        assert!(parse("epmesh-agent enroll --coordinator https://c:1").is_err());
        assert!(parse("epmesh-agent enroll --coordinator http://c:1 --token x").is_err());
        let join = "epmesh-agent enroll --pending --coordinator https://c:1 --token x";
        assert!(parse(&format!("{join} --ca-fingerprint 0a")).is_err());
        assert!(parse(&format!("{join} --ca-fingerprint {}", "0A:".repeat(32))).is_ok());
        assert!(parse(&format!("{join} --ca-fingerprint ")).is_ok(), "nothing was given");
    }
}
