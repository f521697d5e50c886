//! Printing: a table for people or JSON for programs.

use std::io::Write;

use serde::Serialize;

use super::args::Output;

pub(super) fn print(
    out: &mut impl Write,
    output: Output,
    document: &impl Serialize,
    text: impl FnOnce() -> String,
) -> anyhow::Result<()> {
    match output {
        Output::Json => {
            serde_json::to_writer_pretty(&mut *out, document)?;
            out.write_all(b"\n")?;
        }
        Output::Table => out.write_all(harmless(text()).as_bytes())?,
    }
    Ok(())
}

/// The text without characters that move a terminal's cursor, change its colours or turn the direction of its
/// text: it quotes files and hosts that are not trusted.
fn harmless(text: String) -> String {
    let harms = |c: char| {
        let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        (c.is_control() && c != '\n') || turns
    };
    if !text.contains(harms) {
        return text;
    }
    let shown = |c: char| match c {
        '\t' => ' ',
        c if harms(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    text.chars().map(shown).collect()
}

/// The width of the terminal: as the environment tells it, else as the terminal does, where there is one.
pub(super) fn terminal_width() -> Option<u16> {
    let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let seen = || terminal_size::terminal_size().map(|(terminal_size::Width(width), _)| width);
    told.or_else(seen).filter(|width| (40..=1_000).contains(width))
}
