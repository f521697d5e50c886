//! Bundles: evidence in a file, written by a coordinator, diagnosed without one.

use std::{
    fs::File,
    io::{BufReader, Write},
    path::Path,
};

use anyhow::Context;
use epmesh_common::{
    diagnosis::{Link, diagnose},
    facts::Timestamp,
    rpc::names,
};
use epmesh_proto::v1::ExportBundleRequest;

use super::{
    args::DiagnoseArguments,
    client::{Client, reply},
    file::Opened,
};
use crate::{fleet::View, query::Diagnosis};

/// The verdict that a bundle gives, at the moment it was written.
pub(super) fn diagnose_from(
    file: Opened,
    what: &DiagnoseArguments,
) -> anyhow::Result<(Diagnosis, Timestamp)> {
    let name = file.name.clone();
    let (view, at) = View::import(BufReader::new(file.read()))
        .with_context(|| format!("{name} cannot be read as a bundle"))?;
    let interface = names::find(&what.interface)
        .with_context(|| format!("no interface {:?} is known; give a name such as drsuapi or netlogon, or UUID vMAJOR.MINOR", what.interface))?;
    let (Some(destination), Some(source)) = (&what.destination, &what.source) else {
        anyhow::bail!("a bundle holds many links: name the destination and the source DC too");
    };
    let link = Link { destination: view.find(destination)?, source: view.find(source)?, interface };
    let verdict = diagnose(&view.evidence(&link, at), at);
    Ok((Diagnosis { verdict, silent: Vec::new() }, at))
}

/// Writes a bundle to a file that must not exist, and leaves none behind that is not whole.
pub(super) async fn export(client: &mut Client, file: &Path) -> anyhow::Result<usize> {
    let name = file.display();
    let mut lines = reply(client.query.export_bundle(ExportBundleRequest {}).await)?.into_inner();
    let mut made = File::create_new(file).with_context(|| {
        format!("{name} cannot be created (an existing file is not overwritten)")
    })?;
    let mut count = 0_usize;
    let written = async {
        while let Some(line) = reply(lines.message().await)? {
            made.write_all(&line.json)?;
            made.write_all(b"\n")?;
            count += 1;
        }
        made.sync_all()?;
        anyhow::Ok(())
    };
    if let Err(error) = written.await {
        // What is left of it is of no use; that it cannot be removed either is said by the error.
        let _ = std::fs::remove_file(file);
        return Err(error.context(format!("{name} could not be written")));
    }
    // The first line is the header.
    Ok(count.saturating_sub(1))
}
