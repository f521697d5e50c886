//! The Windows service: its life in the hands of the service control manager, and its installation.

mod ffi;
mod install;
mod join;
mod run;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use tracing_subscriber::EnvFilter;

pub(crate) use self::ffi::{access, folders};

/// The name of the service, and of the source of its events.
pub(crate) const NAME: &str = "epmesh-agent";

/// What people see in the list of services.
const DISPLAY_NAME: &str = "epmesh agent";

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
    /// For installers: leave a pending join, as `enroll --pending` does, and never fail; `joined` does.
    /// An installer logs the command line of a program that failed, and there is a token in this one.
    Join(join::Join),
    /// For installers: fail, with the reason, where `join` left no pending join.
    Joined,
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
    /// Only if the host is enrolled or a join is pending; otherwise leave the service stopped, and
    /// call that no error.
    #[arg(long)]
    if_ready: bool,
}

/// The account of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Account {
    /// LocalSystem: reads everything that a diagnosis needs.
    System,
    /// `NT SERVICE\epmesh-agent`: what it may not read is reported as not readable.
    Virtual,
}

impl Account {
    /// The account's name as the service control manager takes it.
    const fn name(self) -> &'static str {
        match self {
            Self::System => "LocalSystem",
            Self::Virtual => r"NT SERVICE\epmesh-agent",
        }
    }
}

/// What was said before the subcommand.
#[derive(Debug)]
pub struct Context {
    /// The configuration file, where it is not the default.
    pub config: Option<PathBuf>,
    /// What is logged.
    pub filter: EnvFilter,
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
        Command::Join(arguments) => {
            join::join(&arguments, &context);
            Ok(())
        }
        Command::Joined => join::joined(&context),
        Command::Run => run::run(context)
            .context("this is for the service control manager; in a console, use `run`"),
    }
}

#[cfg(test)]
mod tests {
    use sha1::{Digest as _, Sha1};

    use super::*;

    /// How Windows makes the SID of a service: five numbers out of the SHA-1 of its name in
    /// capitals, in UTF-16.
    fn service_sid(name: &str) -> String {
        let name: Vec<u8> = name.to_uppercase().encode_utf16().flat_map(u16::to_le_bytes).collect();
        let digest = Sha1::digest(name);
        let parts: String = digest
            .chunks_exact(4)
            .map(|part| format!("-{}", u32::from_le_bytes(part.try_into().expect("four bytes"))))
            .collect();
        format!("S-1-5-80{parts}")
    }

    #[test]
    fn the_sid_is_of_the_service() {
        // The one that everybody knows.
        let installer = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";
        assert_eq!(service_sid("TrustedInstaller"), installer);
        assert_eq!(service_sid(NAME), access::SERVICE_SID);
    }

    #[test]
    fn the_virtual_account_is_of_the_service() {
        assert_eq!(Account::Virtual.name(), format!(r"NT SERVICE\{NAME}"));
    }
}
