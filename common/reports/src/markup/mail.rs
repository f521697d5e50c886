//! Mail: the marks in front of quoted lines; and what a copy holds that nobody sees: the colours of a
//! terminal, the marks of direction that Windows puts into dates.

use std::borrow::Cow;

/// How often a line may have been quoted.
const MAX_DEPTH: usize = 10;

/// Left to right, and right to left.
const DIRECTIONS: [char; 2] = ['\u{200e}', '\u{200f}'];

/// `text` without all that, line for line; as it is where there is nothing of it.
pub(super) fn unquoted(text: &str) -> Cow<'_, str> {
    let coloured = text.contains("\u{1b}[") || text.contains(DIRECTIONS);
    if !coloured && !text.lines().any(is_marked) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut lines = text.split_inclusive('\n').peekable();
    let mut before = false;
    while let Some(line) = lines.next() {
        let marked = is_marked(line);
        // One line alone is no quotation: an event's tag may end in a line of its own, and a prompt of
        // a shell begins so.
        let next = lines.peek().copied().unwrap_or_default();
        // Markdown carries a quotation on over a line that it was told to break.
        let goes_on =
            line.trim_end_matches(['\r', '\n']).ends_with("  ") && !next.trim().is_empty();
        let quoted = marked && (before || is_marked(next) || goes_on);
        before = marked;
        let line = if quoted { unmarked(line) } else { line };
        if coloured { uncoloured(line, &mut plain) } else { plain.push_str(line) }
    }
    Cow::Owned(plain)
}

fn is_marked(line: &str) -> bool {
    line.starts_with('>')
}

/// `> > text`, `>>text`: the blanks of the text itself stay. The line keeps its end.
fn unmarked(line: &str) -> &str {
    let mut rest = line;
    for _ in 0..MAX_DEPTH {
        let Some(behind) = rest.strip_prefix('>').or_else(|| rest.strip_prefix(" >")) else {
            break;
        };
        rest = behind;
    }
    rest.strip_prefix(' ').unwrap_or(rest)
}

/// Takes `ESC [ … letter` away, and marks of direction.
fn uncoloured(line: &str, plain: &mut String) {
    let line = &line.replace(DIRECTIONS, "");
    let mut rest = line.as_str();
    while let Some((before, behind)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        let inside =
            behind.bytes().take(16).take_while(|b| b.is_ascii_digit() || *b == b';').count();
        let ends = behind.as_bytes().get(inside).is_some_and(u8::is_ascii_alphabetic);
        rest = behind.get(inside + usize::from(ends)..).unwrap_or_default();
    }
    plain.push_str(rest);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quoted_lines() {
        assert_eq!(
            unquoted("he wrote:\n> HUB\\DC1\n>\n> >     a > b\n>>c\r\n> d"),
            "he wrote:\nHUB\\DC1\n\n    a > b\nc\r\nd"
        );
        for text in ["a\n> repadmin /showrepl\nb", "<Event\n>\n<System>", ">60 days\nx"] {
            assert_eq!(unquoted(text), text);
        }
    }

    #[test]
    fn colours_of_a_terminal() {
        assert_eq!(unquoted("\u{1b}[1;31mFailing\u{1b}[0m x\u{1b}["), "Failing x");
        assert_eq!(unquoted("Date: \u{200e}11\u{200e}/\u{200e}20\n"), "Date: 11/20\n");
    }

    proptest! {
        #[test]
        fn every_line_keeps_its_place(text in "(>| |\u{1b}|\\[|1;|m|\n|\r|\\PC){0,60}") {
            prop_assert_eq!(unquoted(&text).matches('\n').count(), text.matches('\n').count());
        }
    }
}
