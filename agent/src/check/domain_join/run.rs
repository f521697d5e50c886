//! The command `check --join`: looks at a domain, and prints.

use std::path::Path;

use epmesh_common::facts::{DnsName, Resolver};

use super::{log, look::look, render};
use crate::{
    check::{args::Arguments, report::Exit},
    probe,
};

/// Looks at `domain` as a computer that joins it does, prints, and says how it ends. `netsetup_log` is the
/// log of a join that failed.
///
/// # Errors
/// When the log cannot be read, or is none of a join.
pub(in crate::check) async fn run(
    arguments: &Arguments,
    domain: &DnsName,
    netsetup_log: Option<&Path>,
    settings: probe::Config,
    resolver: Resolver,
) -> anyhow::Result<Exit> {
    let log = netsetup_log.map(log::read).transpose()?;
    let found = look(arguments, domain, log, settings, resolver).await;
    arguments.output.print(&found, || Ok(render::table(&found, arguments)))?;
    Ok(found.exit())
}
