//! `epmesh-agent collect`: this host's own facts, printed.

use std::{fmt::Write as _, sync::Arc};

use clap::Args;
use comfy_table::{Table, presets::NOTHING};
use epmesh_agent_host::platform::{Platform, read_all};
use epmesh_common::{
    diagnosis::Remarks,
    facts::{DcFacts, Section, SectionKind, Timestamp, listing},
};

use crate::output::Output;

/// The arguments of `collect`.
#[derive(Debug, Args)]
pub(super) struct Collect {
    /// Only this section; may be repeated.
    #[arg(long, value_parser = str::parse::<SectionKind>)]
    section: Vec<SectionKind>,
    /// The form of the output.
    #[arg(long, value_enum, default_value = "table")]
    output: Output,
}

/// Reads the sections and prints them.
pub(super) async fn print(arguments: &Collect, platform: &Arc<dyn Platform>) -> anyhow::Result<()> {
    let all = SectionKind::ALL;
    let kinds = if arguments.section.is_empty() { &all[..] } else { &arguments.section };
    let sections = read_all(platform, kinds).await;
    arguments.output.print(&sections, || table(&sections))?;
    Ok(())
}

/// The sections as text for people: the facts that stand alone, a table for each list, and whatever could not be read
/// with its reason.
/// At the end what there is to say about them; programs get that from the coordinator, whose
/// document of a domain controller has it beside the sections.
///
/// # Errors
/// None that these types can have.
fn table(sections: &[Section]) -> serde_json::Result<String> {
    let mut text = String::new();
    let mut facts = DcFacts::default();
    for section in sections {
        facts.put(Timestamp::default(), section.clone());
        let _ = writeln!(text, "{}", section.kind());
        for block in listing(section)? {
            let mut table = Table::new();
            table.load_preset(NOTHING);
            if !block.columns.is_empty() {
                table.set_header(&block.columns);
            }
            table.add_rows(&block.rows);
            let _ = writeln!(text, "{}{}\n", block.heading(), table.trim_fmt());
        }
    }
    let _ = write!(text, "{}", Remarks::of(&facts));
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use epmesh_agent_host::platform::unreadable;

    #[test]
    fn what_could_not_be_read_is_shown_with_its_reason() {
        let name = "dc1.lab.test".parse().expect("a name");
        let sections: Vec<Section> = SectionKind::ALL
            .into_iter()
            .map(|kind| {
                unreadable(kind, epmesh_common::facts::Platform::Samba, &name, "no\u{1b}way")
            })
            .collect();
        let text = table(&sections).expect("text");
        for kind in SectionKind::ALL {
            assert!(text.contains(kind.as_str()), "{text}");
        }
        assert!(text.contains("dsa-guid") && text.contains("unreadable: no\u{fffd}way"), "{text}");
        assert!(!text.contains('\u{1b}'));
    }
}
