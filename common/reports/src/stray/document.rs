//! Whether a text is a document about errors: an article, a note of a knowledge base.

use super::super::page::Page;

/// The most lines that are looked at.
const MAX_LINES: usize = 400;

/// The headings of such a document.
const HEADINGS: [&str; 8] = [
    "symptom",
    "symptoms",
    "cause",
    "resolution",
    "workaround",
    "summary",
    "more information",
    "applies to",
];

/// By what it calls itself, or by two of its headings.
pub(super) fn is_one(page: &Page<'_>) -> bool {
    let mut headings = 0;
    for line in (0..page.len().min(MAX_LINES)).filter_map(|at| page.line(at)) {
        if line.len() > 600 {
            continue;
        }
        let lower = line.to_ascii_lowercase();
        let itself = ["this article describes", "this article discusses", "this article explains"];
        if itself.iter().any(|words| lower.contains(words)) {
            return true;
        }
        let bare = lower.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        headings += usize::from(HEADINGS.contains(&bare));
    }
    headings >= 2
}
