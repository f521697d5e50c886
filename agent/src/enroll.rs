//! Enrolment, from the command line's arguments to the identity on disk.

use std::{
    io::{self, Read as _},
    path::Path,
};

use anyhow::Context as _;
use epmesh_common::facts::DnsName;

use crate::{
    config::Config,
    session::{Enrolment, Identity, JoinToken, enrol},
};

/// The longest token that is read.
const MAX_TOKEN: u64 = 4096;

/// Reads a token from a file, or from the standard input when the file is called `-`: a token in
/// the arguments of a program can be seen by everybody on the host.
///
/// # Errors
/// When the file cannot be read.
pub fn read_token(file: &Path) -> io::Result<String> {
    let mut text = String::new();
    if file == Path::new("-") {
        io::stdin().take(MAX_TOKEN).read_to_string(&mut text)?;
    } else {
        std::fs::File::open(file)?.take(MAX_TOKEN).read_to_string(&mut text)?;
    }
    Ok(text)
}

/// Enrols this host as `name` and keeps the identity in the state folder.
///
/// # Errors
/// When the coordinator cannot be trusted or refuses, or the identity cannot be kept.
pub async fn enroll(
    config: &Config,
    coordinator: String,
    token: JoinToken,
    name: DnsName,
) -> anyhow::Result<Identity> {
    let server_name = config.server_name.clone();
    let enrolment = Enrolment { coordinator, server_name, token, name, key: None };
    let identity = enrol(&enrolment).await?;
    identity.save(&config.state_dir).context("the enrolment is lost")?;
    Ok(identity)
}
