//! What the tests of reports share.

use std::{collections::BTreeSet, fmt::Write};

use epmesh_reports::{Party, Report, explain, extended_words};

/// Every line that is not blank is told, a heading, or quoted.
pub(crate) fn nothing_is_lost(text: &str, report: &Report) {
    let mut seen: BTreeSet<u32> =
        report.told.iter().flat_map(|told| &told.lines).copied().collect();
    seen.extend(report.frame.iter().flat_map(|at| at.first_line..=at.last_line));
    seen.extend(report.unread.iter().map(|unread| unread.line));
    for (number, line) in (1_u32..).zip(text.lines()) {
        let blank = line
            .trim_matches(|c: char| c.is_whitespace() || c == '\0' || c == '\u{feff}')
            .is_empty();
        assert!(blank || seen.contains(&number), "line {number} is lost: {line:?}\n{text}");
    }
}

/// A report in lines, as it stands beside a fixture.
pub(crate) fn listing(report: &Report) -> String {
    let mut text = String::new();
    let name = |party: &Option<_>| party.as_ref().map_or_else(|| "?".to_owned(), Party::label);
    for part in &report.parts {
        let _ =
            writeln!(text, "{} {}-{}", part.tool.words(), part.at.first_line, part.at.last_line);
    }
    for told in &report.told {
        let _ = writeln!(
            text,
            "{:?} {} <- {} {} code {:?} when {:?} success {:?} failures {:?} lines {:?}: {}",
            told.outcome,
            name(&told.destination),
            name(&told.source),
            told.naming_context.as_deref().unwrap_or("-"),
            told.code,
            told.when.as_deref().unwrap_or("-"),
            told.last_success.as_deref().unwrap_or("-"),
            told.failures,
            told.lines,
            told.words
        );
        for words in extended_words(&told.extended) {
            let _ = writeln!(text, "    {words}");
        }
    }
    for list in explain::lists(report) {
        let _ = writeln!(text, "list {list}");
    }
    for unread in &report.unread {
        let _ = writeln!(text, "unread {}: {}", unread.line, unread.text);
    }
    text
}
