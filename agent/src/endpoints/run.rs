//! The command `endpoints`: reads, prints, and says how it ends.

use std::io::Write as _;

use epmesh_common::{error::chain, rpc::names};

use super::{
    args::{Arguments, Form},
    read::{Listed, read},
    render,
};
use crate::check::Exit;

/// Reads the map, prints it, and says how it ends: failing where an interface that was asked for is not in it, unknown
/// where it could not be read. What is missing and what failed goes to standard error.
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
            return Ok(Exit::Unknown);
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
    if listed.missing.is_empty() { Exit::Healthy } else { Exit::Failing }
}
