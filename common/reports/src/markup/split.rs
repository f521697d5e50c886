//! Lines that another program glued together: a web page with `<br>` or `<p>` in place of line ends, and a
//! report as a string of JSON. They are taken apart, and each part keeps the number of its line.

use std::borrow::Cow;

use super::{
    element::{element, is_tagged},
    table::{is_row_of_page, is_table_row},
};

/// The longest line of JSON that is taken apart, in bytes.
const MAX_JSON: usize = 8 << 20;

/// The elements that begin a line of their own on the screen.
const BLOCKS: [&str; 21] = [
    "br",
    "p",
    "li",
    "tr",
    "dt",
    "dd",
    "hr",
    "h1",
    "h2",
    "h3",
    "h4",
    "ul",
    "ol",
    "div",
    "pre",
    "table",
    "tbody",
    "thead",
    "blockquote",
    "section",
    "body",
];

/// `text` with a line for every part, and for each line the number (from 1) of the one that it was part of;
/// without the numbers where no line was taken apart.
pub(crate) fn split(text: &str) -> (Cow<'_, str>, Option<Vec<u32>>) {
    let tagged = is_tagged(text);
    // samba-tool's own JSON is read as a document.
    let json = text.contains('"') && !text.contains("\"repsFrom\"");
    if !tagged && !json {
        return (Cow::Borrowed(text), None);
    }
    let mut out = String::new();
    let mut origin = Vec::new();
    let mut apart = false;
    for (number, line) in (1_u32..).zip(text.split_inclusive('\n')) {
        let (body, end) = line.strip_suffix('\n').map_or((line, ""), |body| (body, "\n"));
        let parts = if is_table_row(body) {
            Vec::new()
        } else {
            let strings = if json { strings(body) } else { Vec::new() };
            if strings.is_empty() && tagged { rows(body) } else { strings }
        };
        apart |= parts.len() > 1;
        if parts.len() > 1 {
            let last = parts.len() - 1;
            for (at, part) in parts.iter().enumerate() {
                out.push_str(part);
                out.push_str(if at == last { end } else { "\n" });
                origin.push(number);
            }
        } else {
            out.push_str(line);
            origin.push(number);
        }
    }
    if apart { (Cow::Owned(out), Some(origin)) } else { (Cow::Borrowed(text), None) }
}

/// The parts of a line: a row of a table with several cells stays whole.
fn rows(line: &str) -> Vec<Cow<'_, str>> {
    let whole = |part: &Cow<'_, str>| is_row_of_page(part);
    let parts = blocks(line, &["tr", "table", "tbody", "thead"]);
    if !parts.iter().any(whole) {
        return blocks(line, &BLOCKS);
    }
    parts
        .into_iter()
        .flat_map(|part| match part {
            Cow::Borrowed(part) if !is_row_of_page(part) => blocks(part, &BLOCKS),
            part => vec![part],
        })
        .collect()
}

/// The parts of a line between the elements that begin a line; each keeps its tags.
fn blocks<'a>(line: &'a str, elements: &[&str]) -> Vec<Cow<'a, str>> {
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    let mut cut = |start: &mut usize, at: usize| {
        if let Some(part) = line.get(*start..at).filter(|part| !part.trim().is_empty()) {
            parts.push(Cow::Borrowed(part));
            *start = at;
        }
    };
    while let Some(place) = line.get(at..).and_then(|rest| rest.find('<')) {
        let tag_at = at + place;
        let tag = line.get(tag_at..).unwrap_or_default();
        let Some((name, length)) = element(tag) else {
            at = tag_at + 1;
            continue;
        };
        at = tag_at + length;
        if !elements.contains(&name.as_str()) {
            continue;
        }
        if !tag.starts_with("</") && name != "br" {
            cut(&mut start, tag_at);
        }
        if tag.starts_with("</") || matches!(name.as_str(), "br" | "hr") {
            cut(&mut start, at);
        }
    }
    cut(&mut start, line.len());
    parts
}

/// The parts of a line of JSON whose strings hold lines: what stands before a string, its lines, what stands
/// behind it. Also an array of lines that was written into one.
fn strings(line: &str) -> Vec<Cow<'_, str>> {
    let trimmed = line.trim_start();
    let document = trimmed.starts_with(['{', '[']);
    let lines = line.contains("\\n");
    if line.len() > MAX_JSON || !(lines || document) {
        return Vec::new();
    }
    let mut literals: Vec<(usize, usize, bool)> = Vec::new();
    let mut at = 0;
    while let Some(place) = line.get(at..).and_then(|rest| rest.find('"')) {
        let start = at + place;
        let Some(end) = end_of_string(line, start) else { break };
        let before = line.get(..start).unwrap_or_default().trim_end();
        let behind = line.get(end..).unwrap_or_default().trim_start();
        let value = before.is_empty() || before.ends_with([':', '[', '{', ',', '(', '=']);
        let closed = behind.is_empty() || behind.starts_with([',', ']', '}', ')', ';']);
        let item = before.ends_with(['[', ',']) && behind.starts_with([',', ']']);
        if value && closed {
            literals.push((start, end, item));
        }
        at = end;
    }
    let items = literals.iter().filter(|(.., item)| *item).count();
    let array = document && items >= 3;
    let mut parts: Vec<Cow<'_, str>> = Vec::new();
    let mut from = 0;
    let mut apart = false;
    for (start, end, item) in literals {
        let Some(written) = line.get(start..end) else { continue };
        let whole = written.contains("\\n") || (array && item);
        let Some(value) = whole.then(|| serde_json::from_str::<String>(written).ok()).flatten()
        else {
            continue;
        };
        if !(array && item) && value.trim().lines().count() < 3 {
            continue;
        }
        apart = true;
        let before = line.get(from..start).filter(|before| !before.trim().is_empty());
        parts.extend(before.map(Cow::Borrowed));
        parts.extend(value.lines().map(|line| Cow::Owned(line.to_owned())));
        from = end;
    }
    if !apart {
        return Vec::new();
    }
    parts.extend(line.get(from..).filter(|rest| !rest.trim().is_empty()).map(Cow::Borrowed));
    parts
}

/// The byte behind the string that begins at `start`.
fn end_of_string(line: &str, start: usize) -> Option<usize> {
    let mut escaped = false;
    for (offset, byte) in line.as_bytes().iter().enumerate().skip(start + 1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(offset + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, Option<Vec<u32>>) {
        let (text, origin) = split(text);
        (text.into_owned(), origin)
    }

    #[test]
    fn a_page_without_line_ends() {
        let (text, origin) = parts("x\n<p>a<br/>b</p><p>c</p>\n<ul><li>d</li></ul>");
        assert_eq!(text, "x\n<p>a<br/>\nb</p>\n<p>c</p>\n<ul>\n<li>d</li>\n</ul>");
        assert_eq!(origin, Some(vec![1, 2, 2, 2, 3, 3, 3]));
    }

    #[test]
    fn a_report_as_a_string() {
        let (text, origin) = parts("{\"output\": \"HUB\\\\DC1\\r\\nb\\nc\\n\", \"rc\": 0}\ny\n");
        assert_eq!(text, "{\"output\": \nHUB\\DC1\nb\nc\n, \"rc\": 0}\ny\n");
        assert_eq!(origin, Some(vec![1, 1, 1, 1, 1, 2]));
        let (text, _) = parts("{\"stdout_lines\": [\"a\", \"b\\\\c\", \"d\"]}");
        assert_eq!(text, "{\"stdout_lines\": [\na\n, \nb\\c\n, \nd\n]}");
    }

    #[test]
    fn what_is_whole_stays() {
        for text in [
            "a <b> c\n",
            "| a<br/>b | c |\n",
            "\"DC=a\",\"C:\\\\new\"\n",
            "{\"a\": \"b\"}",
            "[DC2] DsBindWithSpnEx() failed \"x\"",
        ] {
            assert_eq!(parts(text), (text.to_owned(), None));
        }
    }
}
