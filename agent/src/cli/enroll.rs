//! `epmesh-agent enroll`.

use std::{path::PathBuf, sync::Arc};

use clap::Args;
use epmesh_agent_host::platform::Platform;
use epmesh_common::facts::DnsName;

use crate::{
    enrolment::{self, EnrolmentSettings, PendingEnrolment},
    session::{Fingerprint, FingerprintError, JoinToken, coordinator_url},
};

/// The arguments of `enroll`.
#[derive(Debug, Args)]
pub(super) struct Enroll {
    /// The coordinator, https://HOST:PORT.
    #[arg(long, value_name = "URL", value_parser = coordinator_url)]
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
    /// The SHA-256 of the coordinator's authority, to be compared with the one in the token.
    #[arg(long, value_name = "HEX", value_parser = fingerprint)]
    ca_fingerprint: Option<Expected>,
    /// Do not connect now: leave it to the agent, which enrols when it starts and tries until the
    /// coordinator admits it. A host that is enrolled stays as it is.
    #[arg(long)]
    pub(super) pending: bool,
}

impl Enroll {
    /// The token that is given, checked against the fingerprint.
    fn token(&self) -> anyhow::Result<JoinToken> {
        let (token, file) = (self.token.as_deref(), self.token_file.as_deref());
        enrolment::token(token, file, self.ca_fingerprint.flatten())
    }
}

/// A fingerprint to compare with, or none: installers pass an empty text where nothing was given.
type Expected = Option<Fingerprint>;

fn fingerprint(text: &str) -> Result<Expected, FingerprintError> {
    if text.trim().is_empty() { Ok(None) } else { text.parse().map(Some) }
}

/// Enrols this host at once.
pub(super) async fn enroll(
    settings: &EnrolmentSettings,
    arguments: Enroll,
    platform: &Arc<dyn Platform>,
) -> anyhow::Result<()> {
    let token = arguments.token()?;
    let name = match arguments.name.or_else(|| settings.name.clone()) {
        Some(name) => name,
        None => match enrolment::host_name(platform).await {
            Some(name) => name,
            None => anyhow::bail!("the host does not tell its name: give --name"),
        },
    };
    let identity = enrolment::enroll(settings, arguments.coordinator, token, name).await?;
    // What was pending is done, or is not what was wanted.
    PendingEnrolment::remove(&settings.state_dir)?;
    println!("enrolled as {}", identity.name);
    Ok(())
}

/// Leaves the enrolment to the agent.
pub(super) fn leave_pending(
    settings: &EnrolmentSettings,
    arguments: &Enroll,
) -> anyhow::Result<()> {
    let token = arguments.token()?;
    let name = arguments.name.as_ref();
    let done = enrolment::leave_pending(settings, &arguments.coordinator, &token, name)?;
    println!("{done}");
    Ok(())
}
