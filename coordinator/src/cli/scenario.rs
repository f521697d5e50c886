//! `epmesh diagnose --from` a scenario: the verdict, and whether it is the expected one.

use std::{
    fs::File,
    io::{Read as _, Write},
    path::Path,
};

use anyhow::Context as _;
use epmesh_common::diagnosis::diagnose;
use epmesh_scenario::Scenario;

use super::{
    args::{DiagnoseArguments, Output},
    exit::Exit,
    output::print,
    render,
};

/// The longest scenario that is read, in bytes; the reader refuses more than this too.
const LONGEST: u64 = 1024 * 1024 + 1;

/// The scenario in `file`; `None` where it is something else.
pub(super) fn read(file: &Path) -> anyhow::Result<Option<Scenario>> {
    let name = file.display();
    let mut opened = File::open(file).with_context(|| format!("{name} cannot be opened"))?;
    let unread = || format!("{name} cannot be read");
    // A bundle may be far larger than what has to be seen of it here.
    let mut text = Vec::new();
    std::io::Read::by_ref(&mut opened).take(4096).read_to_end(&mut text).with_context(unread)?;
    if !Scenario::is_one(&text) {
        return Ok(None);
    }
    opened.take(LONGEST).read_to_end(&mut text).with_context(unread)?;
    let text = String::from_utf8(text)
        .with_context(|| format!("{name} is neither a bundle nor a scenario"))?;
    let scenario = Scenario::parse(&name.to_string(), &text)
        .with_context(|| format!("{name} is no bundle, and as a scenario it cannot be read"))?;
    Ok(Some(scenario))
}

/// Prints the verdict; the exit status says whether it is the expected one.
pub(super) fn answer(
    scenario: &Scenario,
    what: &DiagnoseArguments,
    out: &mut impl Write,
    output: Output,
    width: Option<u16>,
) -> anyhow::Result<Exit> {
    if what.destination.is_some() {
        anyhow::bail!("a scenario names its link itself: leave the domain controllers out");
    }
    let verdict = diagnose(&scenario.evidence(), scenario.at());
    print(out, output, &verdict, || render::verdict(&verdict, &[], scenario.at(), width))?;
    let differences = scenario.differences(&verdict);
    if matches!(output, Output::Table) {
        writeln!(out, "\nscenario   {}", scenario.title)?;
        let told = match differences.as_slice() {
            [] => "as expected".to_owned(),
            _ => format!("NOT as expected: {}", differences.join("\n           ")),
        };
        writeln!(out, "           {told}")?;
    }
    Ok(if differences.is_empty() { Exit::Healthy } else { Exit::Failing })
}
