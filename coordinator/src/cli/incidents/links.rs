//! Links by their names, beneath what is said of them.

use std::fmt::Write;

use crate::{cli::render::ends, incident::LinkName};

/// Links that are printed of each sort; JSON has all of them.
const PRINTED: usize = 40;

/// A list of links, as many of `in_all` as are printed, and how many are not.
pub(super) fn named(text: &mut String, links: &[LinkName], in_all: usize, width: Option<u16>) {
    for link in links.iter().take(PRINTED) {
        let standing = link.standing.map(|standing| format!("   {standing}")).unwrap_or_default();
        let LinkName { destination, source, interface, .. } = link;
        let rest = format!("{interface}{standing}");
        text.push_str(&ends(destination, source, &rest, "  ", width));
    }
    let printed = links.len().min(PRINTED);
    let in_all = in_all.max(links.len());
    if printed == in_all {
        return;
    }
    let more = in_all - printed;
    let _ = match in_all - links.len() {
        0 => writeln!(text, "  and {more} more: --output json has all"),
        // Of a large incident the first links are kept over a restart, and fit into an answer.
        _ => writeln!(text, "  and {more} more: --output json has the first {}", links.len()),
    };
}
