//! The mark that stands in front of one line.

use super::super::table::is_table_row;

/// The longest line that is looked at.
const MAX_LINE: usize = 8_192;

/// A kind of mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `- `, `* `, `• `.
    Bullet(char),
    /// `12. `, `12:`, `12) `, and a tab, a bar or a blank behind the number.
    Number(char),
    /// A number in the place of a line that is blank.
    Alone,
    /// A time, and in every line the same words behind it.
    Stamp,
    /// `# `, `// `, `; `, `| `.
    Comment(char),
    /// `showrepl.txt:`, `showrepl.txt:12:`, `dc2-1  | `.
    File,
    /// `"…",`: an array of lines, one a line.
    Item,
    /// `{"log":"…"}`: an object for every line.
    Object,
}

/// A mark, and where the line goes on behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) kind: Kind,
    pub(super) end: usize,
    /// The number of a `Kind::Number`.
    pub(super) value: u64,
}

impl Mark {
    const fn new(kind: Kind, end: usize) -> Option<Self> {
        Some(Self { kind, end, value: 0 })
    }
}

/// The mark of a line.
pub(super) fn mark(line: &str) -> Option<Mark> {
    let bare = line.trim_end_matches(['\r', '\n']);
    let indent = bare.len() - bare.trim_start().len();
    let text = bare.get(indent..).filter(|text| !text.is_empty() && text.len() <= MAX_LINE)?;
    let first = text.chars().next()?;
    let second = text.chars().nth(1);
    let blank = second.is_none_or(|c| c == ' ' || c == '\t');
    match first {
        '"' => {
            return string(line, Kind::Item).and_then(|_| Mark::new(Kind::Item, bare.len()));
        }
        '{' => {
            return string(line, Kind::Object).and_then(|_| Mark::new(Kind::Object, bare.len()));
        }
        '-' | '*' | '+' | '\u{2013}' | '\u{2022}' | '\u{2023}' | '\u{25aa}' | '\u{25cf}'
        | '\u{25e6}' | '\u{b7}'
            if blank =>
        {
            return Mark::new(Kind::Bullet(first), indent + first.len_utf8());
        }
        '#' | ';' | '|' if blank && !is_table_row(text) => {
            return Mark::new(Kind::Comment(first), indent + 1);
        }
        '/' if text.starts_with("// ") => return Mark::new(Kind::Comment('/'), indent + 2),
        _ => {}
    }
    if let Some(end) = stamp(text) {
        return Mark::new(Kind::Stamp, indent + end);
    }
    if let Some(end) = file(text) {
        return Mark::new(Kind::File, indent + end);
    }
    // `(12) `, `[12] `
    let open = usize::from(matches!(first, '(' | '['));
    let (text, indent) = (text.get(open..)?, indent + open);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let value = text.get(..digits).filter(|_| (1..=7).contains(&digits))?.parse().ok()?;
    let behind = text.get(digits..)?;
    let Some(by) = behind.trim_end().chars().next().or(behind.chars().next()) else {
        return (open == 0).then_some(Mark { kind: Kind::Alone, end: indent + digits, value });
    };
    let next = behind.chars().nth(1);
    let bar = behind.trim_start().chars().next().filter(|c| matches!(c, '|' | '\u{2502}'));
    let (by, end) = match (by, bar) {
        ('.' | ')' | ']', _) if next.is_none_or(char::is_whitespace) => (by, 1),
        _ if open > 0 => return None,
        (':' | '\t' | '\u{2192}', _) => (by, by.len_utf8()),
        // `grep -C` writes a dash behind the numbers of the lines around those that it found.
        ('-', _) if next.is_none_or(|c| !c.is_ascii_digit()) => (':', 1),
        (_, Some(bar)) => (bar, behind.len() - behind.trim_start().len() + bar.len_utf8()),
        (' ', _) if !behind.trim_start().starts_with('-') => (' ', 1),
        _ => return None,
    };
    Some(Mark { kind: Kind::Number(by), end: indent + digits + end, value })
}

/// Where a stamp ends: `2026-10-02T12:40:00Z`, `[2026-10-02 12:40:00]`, `Oct  2 12:40:00`. Dates with slashes
/// are the tools' own.
fn stamp(text: &str) -> Option<usize> {
    // The priority and version of syslog stand in front.
    if let Some((priority, rest)) = text.strip_prefix('<').and_then(|rest| rest.split_once('>'))
        && (1..=3).contains(&priority.len())
        && priority.bytes().all(|byte| byte.is_ascii_digit())
    {
        let rest = rest.strip_prefix("1 ").unwrap_or(rest);
        return stamp(rest).map(|end| text.len() - rest.len() + end);
    }
    let (inside, open) = match text.strip_prefix('[') {
        Some(inside) => (inside, true),
        None => (text, false),
    };
    let shape = |text: &str, shape: &str| -> bool {
        text.len() >= shape.len()
            && text.bytes().zip(shape.bytes()).all(|(byte, wanted)| match wanted {
                b'9' => byte.is_ascii_digit(),
                b'A' => byte.is_ascii_alphabetic(),
                b'_' => matches!(byte, b' ' | b'T'),
                b'?' => byte.is_ascii_digit() || byte == b' ',
                other => byte == other,
            })
    };
    let length = if shape(inside, "9999-99-99_99:99:99")
        || (!open && shape(inside, "9999/99/99 99:99:99"))
    {
        19
    } else if shape(inside, "AAA ?9 99:99:99") {
        15
    } else if open && shape(inside, "99:99:99") {
        8
    } else {
        return None;
    };
    let zone = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | 'Z' | '+' | '-' | ':');
    let behind = inside.get(length..)?;
    let end = length + behind.find(|c| !zone(c)).unwrap_or(behind.len());
    let closed = inside.get(end..)?.starts_with(']');
    if open != closed {
        return None;
    }
    Some(if open { end + 2 } else { end })
}

/// Where the name of a file ends, with the number of its line: `C:\temp\showrepl.txt:12:`; or that of a
/// container, with a bar behind it.
fn file(text: &str) -> Option<usize> {
    let name =
        |c: char| !c.is_whitespace() && !matches!(c, ':' | '"' | '<' | '>' | '|' | ',' | ';');
    let drive = match text.as_bytes() {
        [letter, b':', b'\\', ..] if letter.is_ascii_alphabetic() => 2,
        _ => 0,
    };
    let rest = text.get(drive..)?;
    let length = rest.find(|c| !name(c)).filter(|length| (1..=200).contains(length))?;
    let (file, behind) = rest.split_at_checked(length)?;
    let kinds = [".txt", ".log", ".csv", ".xml", ".out", ".md"];
    if kinds.iter().any(|kind| file.to_ascii_lowercase().ends_with(kind)) && behind.starts_with(':')
    {
        let digits = behind.bytes().skip(1).take_while(u8::is_ascii_digit).count();
        let numbered = digits > 0 && behind.as_bytes().get(digits + 1) == Some(&b':');
        return Some(drive + length + 1 + if numbered { digits + 1 } else { 0 });
    }
    let bar = behind.trim_start_matches(' ');
    let plain = file.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        && file.contains(|c: char| c.is_ascii_alphabetic());
    (drive == 0 && plain && behind.starts_with(' ') && (bar.starts_with("| ") || bar == "|"))
        .then(|| text.len() - bar.len() + 1)
}

/// The text of a line that is a string of JSON, or an object that has one for the line of a log.
pub(super) fn string(line: &str, kind: Kind) -> Option<String> {
    let text = line.trim();
    let value = match kind {
        Kind::Item => {
            let text = text.strip_suffix(',').unwrap_or(text);
            // A row of quoted fields is no string.
            let inner = text.strip_prefix('"')?.strip_suffix('"')?;
            (!inner.replace("\\\"", "").contains('"')).then_some(())?;
            serde_json::from_str::<String>(text).ok()?
        }
        Kind::Object => {
            let text = text.strip_suffix(',').unwrap_or(text);
            let object: serde_json::Map<String, serde_json::Value> =
                serde_json::from_str(text).ok()?;
            let keys = ["log", "message", "msg", "MESSAGE", "line", "text"];
            let found = keys.iter().find_map(|key| object.get(*key)?.as_str());
            found?.trim_end().to_owned()
        }
        _ => return None,
    };
    (!value.contains(['\n', '\r'])).then_some(value)
}
