//! Characters that editors, tickets and web pages put in place of those that a tool wrote: curly quotes,
//! hyphens that do not break, blanks of other widths; and the marks of Markdown inside of a line.

use std::borrow::Cow;

/// `text` with the characters that tools write, line for line; as it is where there is nothing else in it.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    let strange = text.chars().any(|c| replaced(c) != Some(c));
    let marked = text.contains("\\\\")
        || text.contains('`')
        || text.contains("**")
        || ESCAPES.iter().any(|mark| text.contains(mark));
    if !strange && !marked {
        return Cow::Borrowed(text);
    }
    let text: Cow<'_, str> = match strange {
        true => Cow::Owned(text.chars().filter_map(replaced).collect()),
        false => Cow::Borrowed(text),
    };
    if !marked {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        unmarked(line, &mut plain);
    }
    Cow::Owned(plain)
}

/// What stands for a character; `None` where nothing does.
const fn replaced(c: char) -> Option<char> {
    Some(match c {
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{201f}' | '\u{ff02}' => '"',
        '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}' => '\'',
        '\u{2010}' | '\u{2011}' | '\u{2012}' | '\u{2013}' | '\u{2212}' | '\u{fe63}' => '-',
        '\u{a0}' | '\u{202f}' | '\u{2007}' | '\u{2009}' | '\u{2002}' | '\u{2003}' => ' ',
        '\u{200b}' | '\u{2060}' | '\u{ad}' => return None,
        c => c,
    })
}

/// Characters that Markdown would read are written so.
const ESCAPES: [&str; 5] = ["\\<", "\\_", "\\*", "\\#", "\\>"];

/// The longest line that is looked at; the marks are of people's texts.
const MAX_LINE: usize = 8_192;

/// A line without the marks of Markdown: doubled backslashes, back-ticks and stars in pairs, escapes.
fn unmarked(line: &str, plain: &mut String) {
    if line.len() > MAX_LINE
        || line.trim_start().starts_with("```")
        || super::table::is_table_row(line)
    {
        plain.push_str(line);
        return;
    }
    let ticks = line.matches('`').count();
    let bold = line.matches("**").count();
    let keep_ticks = ticks == 0 || ticks % 2 == 1;
    let keep_bold = bold == 0 || bold % 2 == 1 || line.contains("***");
    // In JSON a doubled backslash is one, and its reader takes it so.
    let doubled = !line.trim_start().starts_with(['"', '{']);
    let characters: Vec<char> = line.chars().collect();
    let at = |place: Option<usize>| place.and_then(|place| characters.get(place)).copied();
    let in_name = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let mut here = 0;
    while let Some(c) = at(Some(here)) {
        let (before, next) = (at(here.checked_sub(1)), at(Some(here + 1)));
        let length = match (c, next) {
            ('`', _) if !keep_ticks => 1,
            ('*', Some('*')) if !keep_bold => 2,
            // `SITE\\SERVER`, and `\\\\SERVER` for `\\SERVER`.
            ('\\', Some('\\')) if doubled && in_name(before) && in_name(at(Some(here + 2))) => 1,
            ('\\', Some('\\'))
                if doubled
                    && at(Some(here + 2)) == Some('\\')
                    && at(Some(here + 3)) == Some('\\') =>
            {
                plain.push_str("\\\\");
                4
            }
            ('\\', Some('_')) => 1,
            ('\\', Some('<' | '*' | '#' | '>'))
                if before.is_none_or(|c| c.is_whitespace() || matches!(c, '*' | '_' | '"')) =>
            {
                1
            }
            _ => {
                plain.push(c);
                1
            }
        };
        here += length;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn characters_as_a_tool_writes_them() {
        for (text, wanted) in [
            ("\u{201c}DC=lab,DC=test\u{201d}", "\"DC=lab,DC=test\""),
            ("2026\u{2011}10\u{2011}02", "2026-10-02"),
            ("a\u{a0}b\u{200b}c", "a bc"),
            ("Site-A\\\\DC2\n", "Site-A\\DC2\n"),
            ("on \\\\\\\\DC1 and \\\\DC2", "on \\\\DC1 and \\\\DC2"),
            ("Computer: `dc3.lab.test`\n", "Computer: dc3.lab.test\n"),
            ("one ` alone", "one ` alone"),
            ("*\\<DateTime>* **status: 0x54b**", "*<DateTime>* status: 0x54b"),
            ("******* 12 CONSECUTIVE", "******* 12 CONSECUTIVE"),
            ("<site>\\<DC Name>", "<site>\\<DC Name>"),
            ("showrepl\\_INFO", "showrepl_INFO"),
        ] {
            assert_eq!(plain(text), wanted, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_line_keeps_its_place(text in "(\\\\|`|\\*|_|<|\u{201c}|a|\r|\n|\\PC){0,60}") {
            prop_assert_eq!(plain(&text).matches('\n').count(), text.matches('\n').count());
        }
    }
}
