//! The Windows service: its life in the hands of the service control manager, and its installation.

mod enroll;
mod identity;
mod install;
mod run;

use anyhow::Context as _;
use clap::{Args, Subcommand};

pub use self::identity::{Account, Context};

/// `epmesh-agent service …`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make the service, or bring the one that is there up to date. It is not started.
    Install(Install),
    /// Stop and remove the service and its event source. Configuration and identity stay.
    Uninstall(Uninstall),
    /// Start the service and wait until it runs.
    Start(Start),
    /// Stop the service and wait until it has stopped.
    Stop,
    /// Print the state of the service.
    Status,
    /// For installers: leave an enrolment pending, as `enroll --pending` does, and never fail; `enrolled`
    /// does. An installer logs the command line of a program that failed, and there is a token in this one.
    #[command(alias = "join")]
    Enroll(enroll::Enroll),
    /// For installers: fail, with the reason, where `enroll` left no enrolment pending.
    #[command(alias = "joined")]
    Enrolled,
    /// What the service control manager starts; not for the console (that is `run`).
    Run,
}

/// `epmesh-agent service install`.
#[derive(Debug, Args)]
pub struct Install {
    /// The account it runs as [default: the one it has; system where it is new].
    #[arg(long, value_enum)]
    account: Option<Account>,
}

/// `epmesh-agent service uninstall`.
#[derive(Debug, Args)]
pub struct Uninstall {
    /// Remove configuration, identity, spool and log too.
    #[arg(long)]
    purge: bool,
}

/// `epmesh-agent service start`.
#[derive(Debug, Args)]
pub struct Start {
    /// Only if the host is enrolled or an enrolment is pending; otherwise leave the service stopped, and
    /// call that no error.
    #[arg(long)]
    if_ready: bool,
}

/// Does what `command` says.
///
/// # Errors
/// When the service control manager refuses, or the service does not do what it was told.
pub fn main(command: Command, context: Context) -> anyhow::Result<()> {
    match command {
        Command::Install(arguments) => install::install(arguments.account, context.config),
        Command::Uninstall(arguments) => install::uninstall(arguments.purge),
        Command::Start(arguments) => {
            if arguments.if_ready && !install::is_ready(context.config.as_deref())? {
                println!("not enrolled: the service is left stopped");
                return Ok(());
            }
            install::start()
        }
        Command::Stop => install::stop(),
        Command::Status => install::status(),
        Command::Enroll(arguments) => {
            enroll::enroll(&arguments, &context);
            Ok(())
        }
        Command::Enrolled => enroll::enrolled(&context),
        Command::Run => run::run(context)
            .context("this is for the service control manager; in a console, use `run`"),
    }
}
