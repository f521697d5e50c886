//! The join token, as a command line gives it: as text, in a file, or on the standard input.

use std::{
    io::{self, Read as _},
    path::Path,
};

use anyhow::{Context as _, bail};

use crate::session::{Fingerprint, JoinToken};

/// The longest token that is read.
const MAX_TOKEN: u64 = 4096;

/// Reads a token from a file, or from the standard input when the file is called `-`: a token in
/// the arguments of a program can be seen by everybody on the host.
///
/// # Errors
/// When the file cannot be read.
fn read_token(file: &Path) -> io::Result<String> {
    let mut text = String::new();
    if file == Path::new("-") {
        io::stdin().take(MAX_TOKEN).read_to_string(&mut text)?;
    } else {
        std::fs::File::open(file)?.take(MAX_TOKEN).read_to_string(&mut text)?;
    }
    Ok(text)
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
