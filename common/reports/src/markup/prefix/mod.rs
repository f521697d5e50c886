//! What stands in front of every line of a report because something carried it: the numbers of `grep` and of
//! lists, bullets, the stamps of a log, the name of a file, strings of JSON. Such a mark is no part of the
//! report: its number is no count of failures, and its dash is no part of a site. It is a mark where several
//! lines in a row have it.

use std::borrow::Cow;

mod mark;

use self::mark::{Kind, Mark, mark, string};

/// How many lines are many: words that all of them begin with are not their own.
const MANY: usize = 8;

/// The most lines that are looked at together.
const MAX_RUN: usize = 50_000;

/// `text` without such marks, line for line; as it is where there are none.
pub(super) fn without(text: &str) -> Cow<'_, str> {
    let mut plain = String::new();
    let (mut at, mut copied) = (0, 0);
    while let Some(line) = line_at(text, at) {
        let (lines, end) = match mark(line) {
            Some(first) => run(text, at, first.kind),
            None => (Vec::new(), at + line.len()),
        };
        if let Some(bare) = unmarked(&lines) {
            plain.push_str(text.get(copied..at).unwrap_or_default());
            plain.extend(bare);
            copied = end;
        }
        at = end;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    plain.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(plain)
}

/// A line, and its mark, where it has one.
type Line<'a> = (&'a str, Option<Mark>);

/// The line that begins at a byte, with its end.
fn line_at(text: &str, at: usize) -> Option<&str> {
    text.get(at..)?.split_inclusive('\n').next()
}

/// The lines from `at` on that have a mark of one kind, with the blank ones between them; the byte behind
/// the last.
fn run(text: &str, at: usize, kind: Kind) -> (Vec<Line<'_>>, usize) {
    let mut lines = Vec::new();
    let (mut here, mut end, mut kept) = (at, at, 0);
    while lines.len() < MAX_RUN
        && let Some(line) = line_at(text, here)
    {
        let numbered = matches!(kind, Kind::Number(_));
        let mark = mark(line);
        let marked =
            mark.is_some_and(|mark| mark.kind == kind || (numbered && mark.kind == Kind::Alone));
        if !marked && !line.trim().is_empty() {
            break;
        }
        lines.push((line, mark));
        here += line.len();
        if marked {
            (end, kept) = (here, lines.len());
        }
    }
    lines.truncate(kept);
    (lines, end)
}

/// Lines of one kind of mark without it; `None` where they are too few, or do not fit together.
fn unmarked(lines: &[Line<'_>]) -> Option<Vec<String>> {
    let marked: Vec<(&str, Mark)> =
        lines.iter().filter_map(|(line, mark)| Some((*line, (*mark)?))).collect();
    let kind = marked.first()?.1.kind;
    let least = match kind {
        Kind::Bullet(_) | Kind::Number(' ') => 4,
        Kind::Alone => return None,
        Kind::Item | Kind::File => 2,
        _ => 3,
    };
    if marked.len() < least {
        return None;
    }
    let rest = |(line, mark): &(&str, Mark)| line.get(mark.end..).unwrap_or_default().to_owned();
    let words = match kind {
        Kind::Number(by) => {
            let rising = marked.windows(2).all(|two| match two {
                [(_, one), (_, other)] => one.value < other.value,
                _ => true,
            });
            // `12:35:32` is a time.
            let digit = |one: &&(&str, Mark)| {
                let rest = rest(one);
                let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
                // A date has other signs.
                digits > 0 && !matches!(rest.as_bytes().get(digits), Some(b'/' | b'-' | b'.'))
            };
            // With nothing but a blank behind it a number is one of the lines where it counts them all.
            let all = marked.windows(2).all(|two| match two {
                [(_, one), (_, other)] => one.value + 1 == other.value,
                _ => true,
            });
            if !rising
                || (by == ' ' && !all)
                || (by == ':' && marked.iter().filter(digit).count() * 2 > marked.len())
            {
                return None;
            }
            0
        }
        Kind::Stamp => common(&marked)?,
        _ => 0,
    };
    let bare = lines.iter().map(|(line, mark)| {
        let Some(mark) = mark else { return (*line).to_owned() };
        let end = line.strip_suffix('\n').map_or("", |_| "\n");
        match kind {
            Kind::Item | Kind::Object => format!("{}{end}", string(line, kind).unwrap_or_default()),
            _ => {
                let behind = line.get(mark.end..).unwrap_or_default();
                let behind = behind.get(words.min(behind.trim_end().len())..).unwrap_or_default();
                let behind = behind.strip_prefix(' ').unwrap_or(behind);
                // YAML has its strings in quotes.
                match behind.trim_end().strip_prefix('\'').and_then(|text| text.strip_suffix('\''))
                {
                    Some(text) if matches!(kind, Kind::Bullet(_)) => {
                        format!("{}{end}", text.replace("''", "'"))
                    }
                    _ => behind.to_owned(),
                }
            }
        }
    });
    Some(bare.collect())
}

/// The length of the words behind the stamps of a log that are the same in every line: `dc2 stdout:`.
fn common(marked: &[(&str, Mark)]) -> Option<usize> {
    let rests =
        || marked.iter().map(|(line, mark)| line.get(mark.end..).unwrap_or_default().trim_end());
    let first = rests().next()?;
    let shared = rests().fold(first.len(), |length, rest| {
        let same = first.bytes().zip(rest.bytes()).take_while(|(one, other)| one == other);
        length.min(same.count())
    });
    let shared = first.as_bytes().get(..shared)?;
    // Without a sign that ends them, words are of the log where many lines have them.
    let sign = |byte: &u8| matches!(byte, b':' | b']' | b'|' | b'>');
    let end = shared.iter().rposition(sign).or_else(|| {
        let words = shared.iter().rposition(|byte| !byte.is_ascii_whitespace())?;
        let whole = shared.get(words + 1).is_none_or(u8::is_ascii_whitespace);
        let last = if whole { words } else { shared.iter().rposition(u8::is_ascii_whitespace)? };
        (marked.len() >= MANY).then_some(last)
    });
    Some(end.map_or(0, |end| end + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn marks_of_every_kind() {
        let lines = ["Repadmin: x", "HUB\\DC1", "", "    a", "4 consecutive failure(s)."];
        let marked = |mark: &dyn Fn(usize) -> String| -> String {
            lines.iter().enumerate().map(|(at, line)| format!("{}{line}\n", mark(at))).collect()
        };
        for text in [
            marked(&|_| "- ".to_owned()),
            marked(&|_| "\u{2022} ".to_owned()),
            marked(&|at| format!("{}. ", at + 9)),
            marked(&|at| format!("{}: ", at + 9)),
            marked(&|at| format!("{}:", at + 9)),
            marked(&|at| format!("{:>6}\t", at + 9)),
            marked(&|at| format!("{:>3} | ", at + 9)),
            marked(&|at| format!("2026-10-02T12:40:{at:02}Z dc2 stdout: ")),
            marked(&|at| format!("[2026-10-02 12:40:{at:02}] ")),
            marked(&|at| format!("Oct  2 12:40:{at:02} dc2 repadmin[7]: ")),
            marked(&|at| format!("showrepl.txt:{}:", at + 1)),
            marked(&|at| format!("C:\\temp\\showrepl.txt:{}:", at + 1)),
            marked(&|_| "# ".to_owned()),
            marked(&|_| "dc2-1  | ".to_owned()),
        ] {
            let plain = without(&text);
            let bare: Vec<&str> = plain.lines().map(str::trim).collect();
            let wanted: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
            assert_eq!(bare, wanted, "{text}");
        }
        let items = "[\n  \"HUB\\\\DC1\",\n  \"b\"\n]\n";
        assert_eq!(without(items), "[\nHUB\\DC1\nb\n]\n");
        let objects = "{\"log\":\"a\\n\",\"t\":1}\n{\"log\":\"b\\n\"}\n{\"log\":\"c\"}\n";
        assert_eq!(without(objects), "a\nb\nc\n");
    }

    #[test]
    fn what_is_no_mark() {
        for text in [
            "07/20/2026 11:29:05:559 NetpJoin: a\n07/20/2026 11:29:05:560 NetpJoin: b\n07/20/2026 11:29:05:561 NetpJoin: c\n",
            "4 consecutive failure(s).\n5 consecutive failure(s).\n6 consecutive failure(s).\n",
            "09:15:00 a\n10:15:00 b\n11:15:00 c\n",
            "3. a\n2. b\n1. c\n",
            "| a | b |\n| c | d |\n| e | f |\n",
            "\"a\",\"b\"\n\"c\",\"d\"\n\"e\",\"f\"\n",
            "58 - dc4.contoso.com\n59 - dc5.contoso.com\n60 - dc6.contoso.com\n",
        ] {
            assert_eq!(without(text), text);
        }
    }

    proptest! {
        #[test]
        fn every_line_keeps_its_place(
            text in "(- |# |[0-9]{1,2}|\\. |:|\"|\\{|\n|\r|2026-10-02T12:40:00Z|a\\.txt:|\\PC){0,60}",
        ) {
            prop_assert_eq!(without(&text).matches('\n').count(), text.matches('\n').count());
        }
    }
}
