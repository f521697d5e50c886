//! Enrolment as an installer does it.
//!
//! Windows Installer writes the command line of a program that failed into its log and into the application
//! log (errors 1721, 1722), whether it is hidden there otherwise or not. So the program that is given the
//! token does not fail: it leaves the reason, in words without the token, to another that is given none.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::Args;
use epmesh_agent_host::os::{private_files, windows::service::eventlog};

use super::{
    identity::{Context, NAME},
    install, run,
};
use crate::{
    app::Config,
    enrolment,
    session::{Fingerprint, coordinator_url},
};

/// The longest reason that is kept, in bytes.
const LONGEST: usize = 4 << 10;

/// `epmesh-agent service enroll`. All are texts: what is wrong with one must not be found by who reads
/// the command line, for that fails.
#[derive(Debug, Args)]
pub struct Enroll {
    /// The coordinator, https://HOST:PORT.
    #[arg(long, value_name = "URL")]
    coordinator: String,
    /// The join token.
    #[arg(long)]
    token: Option<String>,
    /// A file with the join token.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The SHA-256 of the coordinator's authority, to be compared with the one in the token.
    #[arg(long, value_name = "HEX", default_value = "")]
    ca_fingerprint: String,
}

/// Leaves an enrolment pending, or the reason why not to [`enrolled`] and in the event log.
pub(super) fn enroll(arguments: &Enroll, context: &Context) {
    let Err(error) = pend(arguments, context) else { return };
    let why = format!("no enrolment is pending: {error:#}");
    eprintln!("epmesh-agent: {why}");
    if let Err(error) = eventlog::report(NAME, eventlog::Severity::Error, run::NOT_PENDING, &why) {
        eprintln!("epmesh-agent: could not write to the event log: {error}");
    }
    // Where this cannot be kept, what is pending could not be either: that is what `enrolled` finds then.
    let kept =
        Config::load(context.config.as_deref()).map_err(anyhow::Error::from).and_then(|config| {
            private_files::private_dir(&config.state_dir)?;
            let why = why.get(..why.floor_char_boundary(LONGEST)).unwrap_or_default();
            Ok(private_files::write_private(&reason(&config.state_dir), why.as_bytes())?)
        });
    if let Err(error) = kept {
        eprintln!("epmesh-agent: could not keep that for `service enrolled`: {error:#}");
    }
}

fn pend(arguments: &Enroll, context: &Context) -> anyhow::Result<()> {
    let config = Config::load(context.config.as_deref())?;
    let coordinator = coordinator_url(arguments.coordinator.trim())
        .map_err(|why| anyhow::anyhow!("the address of the coordinator: {why}"))?;
    let expected = arguments.ca_fingerprint.trim();
    let expected: Option<Fingerprint> =
        if expected.is_empty() { None } else { Some(expected.parse()?) };
    let token =
        enrolment::token(arguments.token.as_deref(), arguments.token_file.as_deref(), expected)?;
    println!("{}", enrolment::leave_pending(&(&config).into(), &coordinator, &token, None)?);
    remove(&reason(&config.state_dir))?;
    Ok(())
}

/// Fails with the reason where the last [`enroll`] did.
pub(super) fn enrolled(context: &Context) -> anyhow::Result<()> {
    let config = Config::load(context.config.as_deref())?;
    let path = reason(&config.state_dir);
    match fs::read_to_string(&path) {
        Ok(why) => {
            remove(&path)?;
            bail!("{why}");
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => {
            return Err(error).with_context(|| format!("could not read {}", path.display()));
        }
    }
    if !install::is_ready(context.config.as_deref())? {
        bail!("no enrolment is pending, and the reason could not be kept");
    }
    Ok(())
}

fn reason(state_dir: &Path) -> PathBuf {
    state_dir.join("join-failed")
}

fn remove(path: &Path) -> anyhow::Result<()> {
    private_files::remove_if_there(path)
        .with_context(|| format!("could not delete {}", path.display()))
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::EnvFilter;

    use super::*;

    #[test]
    fn what_failed_is_told_by_the_next_and_without_the_token() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("agent.toml");
        fs::write(&file, format!("state-dir = '{}'\n", dir.path().join("state").display()))
            .expect("a configuration");
        let context = Context { config: Some(file), filter: EnvFilter::default() };
        let token = format!("epm1.AAAAAAAAAAAAAAAAAAAAAA.{}", "0a".repeat(32));
        let given = |coordinator: &str, token: &str, fingerprint: &str| Enroll {
            coordinator: coordinator.to_owned(),
            token: Some(token.to_owned()),
            token_file: None,
            ca_fingerprint: fingerprint.to_owned(),
        };
        let url = "https://c.lab.test:7353";
        for wrong in [
            given("http://c.lab.test:7353", &token, ""),
            given(url, "hunter2", ""),
            given(url, &token, "0b"),
            given(url, &token, &"0b".repeat(32)),
        ] {
            enroll(&wrong, &context);
            let error = format!("{:#}", enrolled(&context).expect_err("it failed"));
            assert!(error.contains("no enrolment is pending: "), "{error}");
            assert!(!error.contains("hunter2") && !error.contains("AAAA"), "{error}");
            let error = enrolled(&context).expect_err("nothing is pending").to_string();
            assert!(error.contains("could not be kept"), "told once: {error}");
        }
        enroll(&given(url, "hunter2", ""), &context);
        enroll(&given(url, &token, &"0A:".repeat(32)), &context);
        enrolled(&context).expect("the last one is pending");
        enroll(&given(url, "hunter2", ""), &context);
        enrolled(&context).expect_err("the one before is pending; the last one failed");
    }
}
