//! `epmesh diagnose --from` a scenario: the verdict, and whether it is the expected one.

use std::io::{Read as _, Write};

use anyhow::Context as _;
use epmesh_common::diagnosis::diagnose;
use epmesh_scenario::Scenario;

use super::{
    args::{DiagnoseArguments, Output},
    exit::Exit,
    file::Opened,
    output::print,
    render,
};

/// The longest scenario that is read, in bytes; the reader refuses more than this too.
const LONGEST: u64 = 1024 * 1024 + 1;

/// The scenario in `file`, which is no bundle.
pub(super) fn read(file: Opened) -> anyhow::Result<Scenario> {
    let name = file.name.clone();
    let mut text = Vec::new();
    let read = file.read().take(LONGEST).read_to_end(&mut text);
    read.with_context(|| format!("{name} cannot be read"))?;
    let text = String::from_utf8(text).with_context(|| {
        format!("{name} is neither a bundle nor a scenario: it is no text in UTF-8")
    })?;
    Scenario::parse(&name, &text)
        .with_context(|| format!("{name} is no bundle, and as a scenario it cannot be read"))
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
