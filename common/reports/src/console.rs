//! Lines that a console broke at its last column, in the middle of words too: "DC1" of DC11 is another domain
//! controller. They are put together again; the lines that they went on in stay, empty.

use std::borrow::Cow;

/// How wide the consoles of Windows are, unless somebody pulled at them.
const WIDTHS: [usize; 2] = [80, 120];
/// The most lines that one was broken into.
const MAX_PARTS: usize = 16;

/// `text` with its lines as they were, and which of them (from 0) are now empty because they are part of the
/// one above. A text is a console's where its longest lines are as long as one is wide and not all the same:
/// a message that is repeated may be as long by chance.
pub(super) fn rejoined(text: Cow<'_, str>) -> (Cow<'_, str>, Vec<usize>) {
    let is_full = |line: &str, width: usize| line.len() >= width && line.chars().count() == width;
    let longest = text.lines().map(bare).map(|line| line.chars().count()).max().unwrap_or_default();
    let mut full = text.lines().map(bare).filter(|line| is_full(line, longest));
    let first = full.next();
    if !WIDTHS.contains(&longest) || full.all(|line| Some(line) == first) {
        return (text, Vec::new());
    }
    let mut joined = String::with_capacity(text.len());
    let mut parts = Vec::new();
    let mut lines = text.lines().map(bare).enumerate().peekable();
    while let Some((_, line)) = lines.next() {
        joined.push_str(line);
        let (mut last, mut empty) = (line, 0);
        while empty < MAX_PARTS
            && is_full(last, longest)
            && let Some((at, more)) = lines.next_if(|(_, next)| goes_on(next))
        {
            joined.push_str(more);
            parts.push(at);
            (last, empty) = (more, empty + 1);
        }
        (0..=empty).for_each(|_| joined.push('\n'));
    }
    if !text.ends_with('\n') {
        joined.pop();
    }
    (Cow::Owned(joined), parts)
}

/// Whether a line may be the rest of one: what is indented was begun by a tool, and some keep to 80 columns
/// by themselves.
fn goes_on(line: &str) -> bool {
    !line.trim().is_empty() && !line.starts_with("  ") && !line.starts_with('\t')
}

fn bare(line: &str) -> &str {
    line.trim_end_matches('\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_as_they_were() {
        let (a, b) = ("a".repeat(80), "b".repeat(80));
        let text = format!("x\n{a}\r\n{b}\nccc\n\n{a}\n\ny");
        let (joined, parts) = rejoined(Cow::Borrowed(&text));
        assert_eq!(joined, format!("x\n{a}{b}ccc\n\n\n\n{a}\n\ny"));
        assert_eq!(parts, [2, 3]);
    }

    #[test]
    fn what_no_console_broke() {
        let line = "a".repeat(80);
        for text in [format!("{line}\nx\n{line}\ny"), format!("{line}b\n{line}\ny"), String::new()]
        {
            let (same, parts) = rejoined(Cow::Borrowed(&text));
            assert_eq!((same.as_ref(), parts.len()), (text.as_str(), 0));
        }
    }
}
