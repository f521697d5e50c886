//! `epmesh diagnose`: the coordinator's verdict on a link, or that of a file.

use std::io::Write;

use epmesh_common::facts::Timestamp;
use epmesh_proto::v1::DiagnoseRequest;

#[cfg(feature = "scenarios")]
use super::scenario;
use super::{
    args::{ClientArguments, DiagnoseArguments, Output},
    bundle,
    client::{Client, parse, reply},
    exit::Exit,
    file::Opened,
    output::print,
    render,
};
use crate::query::Diagnosis;

/// Prints the verdict; the exit status is that of the link.
pub(super) async fn answer(
    client: &ClientArguments,
    what: DiagnoseArguments,
    now: Timestamp,
    width: Option<u16>,
    out: &mut impl Write,
    output: Output,
) -> anyhow::Result<Exit> {
    let file = what.from.as_deref().map(Opened::open).transpose()?;
    let (diagnosis, at) = match file {
        Some(file) if !file.is_json() => return by_scenario(file, &what, out, output, width),
        Some(file) => bundle::diagnose_from(file, &what)?,
        None => (ask(client, what).await?, now),
    };
    let Diagnosis { verdict, silent } = &diagnosis;
    print(out, output, verdict, || render::verdict(verdict, silent, at, width))?;
    Ok(Exit::of([verdict.state]))
}

#[cfg(feature = "scenarios")]
fn by_scenario(
    file: Opened,
    what: &DiagnoseArguments,
    out: &mut impl Write,
    output: Output,
    width: Option<u16>,
) -> anyhow::Result<Exit> {
    scenario::answer(&scenario::read(file)?, what, out, output, width)
}

#[cfg(not(feature = "scenarios"))]
fn by_scenario(
    file: Opened,
    _what: &DiagnoseArguments,
    _out: &mut impl Write,
    _output: Output,
    _width: Option<u16>,
) -> anyhow::Result<Exit> {
    let Opened { name, .. } = file;
    anyhow::bail!(
        "{name} is no bundle, and this build of epmesh does not read scenarios (it was made without the feature \
         `scenarios`)"
    )
}

async fn ask(client: &ClientArguments, what: DiagnoseArguments) -> anyhow::Result<Diagnosis> {
    let mut client = Client::connect(client).await?;
    let request = DiagnoseRequest {
        // The command line has both, but for `--from`.
        destination: what.destination.unwrap_or_default(),
        source: what.source.unwrap_or_default(),
        interface: what.interface,
        now: what.now,
    };
    Ok(parse(reply(client.query.diagnose(request).await)?)?)
}
