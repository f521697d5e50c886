//! A page around a report: its tags, its character references, the fences of Markdown.

use std::borrow::Cow;

use super::{
    element::{element, is_tagged},
    table::{is_row_of_page, is_table_row},
};

/// The elements that hold a sample; what stands in front of one in its line is not of the sample.
const SAMPLES: [&str; 2] = ["code", "pre"];

/// `text` without its tags, references and fences, line for line; as it is where it is no page.
pub(super) fn of_page(text: &str) -> Cow<'_, str> {
    let fenced = text.lines().any(is_fence);
    let tagged = is_tagged(text);
    // Event XML is read by its own means.
    let referred = text.contains('&') && !text.contains("<Event") && has_reference(text);
    if !fenced && !tagged && !referred {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (body, end) = line.strip_suffix('\n').map_or((line, ""), |body| (body, "\n"));
        if !is_fence(body) {
            match (tagged && !is_table_row(body) && !is_row_of_page(body), referred) {
                (true, _) => untagged(body, &mut plain),
                (false, true) => resolved(body, &mut plain),
                (false, false) => plain.push_str(body),
            }
        }
        plain.push_str(end);
    }
    Cow::Owned(plain)
}

/// Three backquotes, and at most a word behind them.
fn is_fence(line: &str) -> bool {
    let rest = line.trim().strip_prefix("```");
    rest.is_some_and(|word| word.len() <= 20 && !word.contains(char::is_whitespace))
}

/// The elements that stand inside of a word or a sentence.
const INLINE: [&str; 16] = [
    "a",
    "b",
    "i",
    "u",
    "em",
    "tt",
    "ui",
    "kbd",
    "code",
    "samp",
    "span",
    "font",
    "strong",
    "linktext",
    "embeddedlabel",
    "codefeaturedelement",
];

fn untagged(line: &str, plain: &mut String) {
    let start = plain.len();
    let lower = line.to_ascii_lowercase();
    let last_end = SAMPLES.iter().filter_map(|name| lower.rfind(&format!("</{name}>"))).max();
    let mut rest = line;
    // Words of two elements are two words: "DC1" and "1753" of a table.
    let mut gap = false;
    let put = |text: &str, gap: &mut bool, plain: &mut String| {
        if !text.is_empty() && std::mem::take(gap) && plain.len() > start {
            plain.push(' ');
        }
        resolved(text, plain);
    };
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at_checked(at).unwrap_or((rest, ""));
        put(before, &mut gap, plain);
        let Some((name, length)) = element(tag) else {
            put("<", &mut gap, plain);
            rest = tag.get(1..).unwrap_or_default();
            continue;
        };
        gap |= !INLINE.contains(&name.as_str());
        // The number of a line, which stands in a cell of its own.
        if name == "td" {
            let text = plain.get(start..).unwrap_or_default().trim();
            if tag.starts_with("</") && !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
            {
                plain.truncate(start);
            }
        }
        let opens = SAMPLES.contains(&name.as_str()) && !tag.starts_with("</");
        if opens && last_end.is_none_or(|end| end < line.len().saturating_sub(tag.len())) {
            // The sample goes on in the lines to come, and begins here.
            plain.truncate(start);
        }
        rest = tag.get(length..).unwrap_or_default();
    }
    put(rest, &mut gap, plain);
}

/// The references that have names in reports.
const NAMED: [(&str, char); 8] = [
    ("lt;", '<'),
    ("gt;", '>'),
    ("amp;", '&'),
    ("quot;", '"'),
    ("apos;", '\''),
    ("nbsp;", ' '),
    ("ndash;", '-'),
    ("shy;", '\u{ad}'),
];

/// Whether a text has character references that stand for something.
fn has_reference(text: &str) -> bool {
    text.split('&').skip(1).any(|behind| reference(behind).is_some())
}

/// The character of the reference that `behind` an ampersand begins, and its length; one that would end a
/// line stands for nothing.
fn reference(behind: &str) -> Option<(char, usize)> {
    if let Some((name, c)) = NAMED.iter().find(|(name, _)| behind.starts_with(name)) {
        return Some((*c, name.len()));
    }
    let number = behind.strip_prefix('#')?;
    let end = number.bytes().take(8).position(|byte| byte == b';')?;
    let digits = number.get(..end)?;
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
        None => digits.parse().ok()?,
    };
    let c = char::from_u32(code).filter(|c| !c.is_control())?;
    Some((c, end + 2))
}

/// `text` with its character references resolved.
fn resolved(text: &str, plain: &mut String) {
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        plain.push_str(before);
        let (character, length) = reference(behind).unwrap_or(('&', 0));
        plain.push(character);
        rest = behind.get(length..).unwrap_or_default();
    }
    plain.push_str(rest);
}
