//! The command `endpoints`: reads, prints, and says how it ends.

use std::{io::Write as _, process::ExitCode};

use epmesh_common::{error::chain, rpc::names};

use super::{
    args::{Arguments, Form},
    read::{Listed, read},
    render,
};

/// The exit status of `endpoints`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The map was read and lists every interface that was asked for.
    Listed = 0,
    /// The map was read and does not list one of them.
    Missing = 1,
    /// The map could not be read: what is in it is not known.
    NotRead = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        // The discriminants are the exit status.
        Self::from(exit as u8)
    }
}

/// Reads the map, prints it, and says how it ends. What is missing and what failed goes to standard error.
///
/// # Errors
/// When standard output takes nothing.
pub async fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let listed = match read(arguments).await {
        Ok(listed) => listed,
        Err(error) => {
            eprintln!("epmesh-agent: {}", chain(&error));
            eprintln!(
                "whether anything is registered there is not known; `epmesh-agent check {}` looks at each step",
                arguments.host
            );
            return Ok(Exit::NotRead);
        }
    };
    let out = match arguments.output {
        Form::Table => render::table(&listed).into_bytes(),
        Form::Json => [serde_json::to_vec_pretty(&listed)?, b"\n".to_vec()].concat(),
        Form::Csv => render::csv(&listed)?,
    };
    std::io::stdout().lock().write_all(&out)?;
    Ok(ended(&listed))
}

fn ended(listed: &Listed) -> Exit {
    for missing in &listed.missing {
        eprintln!(
            "epmesh-agent: {} is not in the endpoint map of {}: who asks for it there gets error 1753 (EPT_S_NOT_REGISTERED)",
            names::label(*missing),
            listed.host
        );
    }
    if listed.missing.is_empty() { Exit::Listed } else { Exit::Missing }
}
