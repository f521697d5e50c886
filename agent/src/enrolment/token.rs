//! Enrolment, from the command line's arguments to the identity on disk.

use std::{
    io::{self, Read as _},
    path::Path,
};

use anyhow::{Context as _, bail};
use epmesh_common::facts::DnsName;

use crate::{
    config::Config,
    join::PendingJoin,
    session::{Enrolment, Fingerprint, Identity, IdentityError, JoinToken, enrol},
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

/// The token, out of the text or the file; where an authority is expected, the token is for that one.
///
/// # Errors
/// When there is none, it cannot be read, or it is for another authority. No error has the token in it.
pub fn token(
    text: Option<&str>,
    file: Option<&Path>,
    expected: Option<Fingerprint>,
) -> anyhow::Result<JoinToken> {
    let read = match (text, file) {
        (Some(text), _) => text.to_owned(),
        (None, Some(file)) => read_token(file).context("could not read the token")?,
        (None, None) => bail!("no token was given"),
    };
    let token: JoinToken = read.parse()?;
    if let Some(expected) = expected
        && expected != token.authority()
    {
        bail!(
            "the token is for the authority {}, not for {expected}: it was made by another \
             coordinator; nothing was changed",
            token.authority()
        );
    }
    Ok(token)
}

/// Leaves the join to the agent, which joins when it starts. A host that is enrolled stays as it is.
/// Returns what was done, in words.
///
/// # Errors
/// When the identity that is there cannot be used, or the pending join cannot be kept.
pub fn pend(
    config: &Config,
    coordinator: &str,
    token: &JoinToken,
    name: Option<&DnsName>,
) -> anyhow::Result<String> {
    match Identity::load(&config.state_dir) {
        Ok(identity) => {
            let name = identity.name;
            return Ok(format!("enrolled as {name} already: nothing is to be done"));
        }
        Err(IdentityError::NotEnrolled { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let join = PendingJoin {
        coordinator: coordinator.to_owned(),
        token: token.secret_text().to_owned(),
        name: name.cloned(),
        key: None,
    };
    join.save(&config.state_dir)?;
    Ok("the agent joins when it starts".to_owned())
}
