//! Remains of a web page or a mail around a report: tags, character references, the fences of Markdown,
//! the marks of quoted lines. Reports reach people copied out of articles, tickets and mails; every
//! line keeps its place.

use std::borrow::Cow;

mod characters;
mod mail;
mod prefix;
mod split;

pub(super) use self::split::split;

/// The elements of HTML, and of the language that Microsoft wrote its articles in, that stand around
/// samples. No other `<…>` is touched: event XML is read by its own means, and `<date>` or `<DC name>` is
/// what an article writes for a value.
const ELEMENTS: [&str; 52] = [
    "a",
    "b",
    "i",
    "u",
    "p",
    "em",
    "tt",
    "br",
    "hr",
    "h1",
    "h2",
    "h3",
    "h4",
    "li",
    "ol",
    "ul",
    "tr",
    "td",
    "th",
    "ui",
    "dl",
    "dt",
    "dd",
    "pre",
    "div",
    "kbd",
    "code",
    "samp",
    "span",
    "font",
    "body",
    "html",
    "head",
    "para",
    "list",
    "link",
    "table",
    "tbody",
    "thead",
    "strong",
    "section",
    "content",
    "listitem",
    "linktext",
    "linkuri",
    "blockquote",
    "introduction",
    "externallink",
    "embeddedlabel",
    "relatedtopics",
    "codefeaturedelement",
    "developerconceptualdocument",
];
/// The elements that hold a sample; what stands in front of one in its line is not of the sample.
const SAMPLES: [&str; 2] = ["code", "pre"];

/// `text` without what a page put around it, line for line; as it is where it is no page.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    // A reference may stand for the mark of a quotation, and a quoted line may be numbered.
    let steps: [fn(&str) -> Cow<'_, str>; 6] = [
        mail::unquoted,
        of_page,
        mail::unquoted,
        // Strings of JSON come before their backslashes are taken for those of Markdown.
        prefix::without,
        characters::plain,
        prefix::without,
    ];
    steps.into_iter().fold(Cow::Borrowed(text), |text, step| match text {
        Cow::Borrowed(text) => step(text),
        Cow::Owned(text) => {
            let plain = match step(&text) {
                Cow::Owned(plain) => Some(plain),
                Cow::Borrowed(_) => None,
            };
            Cow::Owned(plain.unwrap_or(text))
        }
    })
}

/// Whether a line is a row of a table of Markdown: a document about a tool, and no output of it.
pub(super) fn is_table_row(line: &str) -> bool {
    let line = line.trim();
    line.starts_with('|') && line.ends_with('|') && line.matches('|').count() > 2
}

/// Whether a line is a row of a table of a page with words in more than one cell: a document, as above. A report
/// that stands in a table stands in one cell, beside the numbers of its lines.
pub(super) fn is_row_of_page(line: &str) -> bool {
    let (mut cells, mut in_cell) = (0, false);
    for part in line.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap_or((part, ""));
        let is =
            |name: &str| tag.get(..name.len()).is_some_and(|tag| tag.eq_ignore_ascii_case(name));
        let whole = |name: &str| is(name) && matches!(tag.as_bytes().get(2), None | Some(b' '));
        match () {
            () if whole("td") || whole("th") => in_cell = true,
            () if is("/td") || is("/th") => in_cell = false,
            () => {}
        }
        // A cell is counted once, by its first words.
        if in_cell && text.contains(char::is_alphabetic) {
            cells += 1;
            in_cell = false;
        }
    }
    cells > 1
}

/// Whether a text is a page: a page closes what it opens, and a name in brackets stands open.
fn is_tagged(text: &str) -> bool {
    text.match_indices('<').any(|(at, _)| {
        let tag = text.get(at..).unwrap_or_default();
        let closes = tag.starts_with("</");
        let breaks = tag.get(1..3).is_some_and(|name| name.eq_ignore_ascii_case("br"));
        (closes || breaks) && element(tag).is_some_and(|(name, _)| closes || name == "br")
    })
}

fn of_page(text: &str) -> Cow<'_, str> {
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

/// The name of the element whose tag `text` begins with, in small letters, and the tag's length.
fn element(text: &str) -> Option<(String, usize)> {
    let inside = text.get(1..)?;
    let inside = inside.strip_prefix('/').unwrap_or(inside);
    let length = inside.bytes().take(30).take_while(u8::is_ascii_alphanumeric).count();
    let (name, behind) = inside.split_at_checked(length)?;
    let name = name.to_ascii_lowercase();
    if !ELEMENTS.contains(&name.as_str()) || !behind.starts_with([' ', '/', '\t', '>']) {
        return None;
    }
    // An attribute does not hold a bracket, so that what never ends is not searched again and again.
    let end = behind.find(['<', '>']).filter(|end| behind.as_bytes().get(*end) == Some(&b'>'))?;
    Some((name, text.len() - behind.len() + end + 1))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_page_around_a_report() {
        let page = "<para>Sample output:</para><code>Testing server: &lt;site&gt;&lt;DC Name&gt;\n\
            [&lt;DC Name&gt;] <codeFeaturedElement>DsBindWithSpnEx() failed with error 1753,\n\
            There are no more endpoints.</codeFeaturedElement> \r\n</code></listItem>\n\
            <p class=\"a\">use <code>ipconfig</code> &amp; more</p>\n";
        assert_eq!(
            plain(page),
            "Testing server: <site><DC Name>\n[<DC Name>] DsBindWithSpnEx() failed with error 1753,\n\
             There are no more endpoints. \r\n\nuse ipconfig & more\n"
        );
    }

    #[test]
    fn fences_go_and_everything_else_stays() {
        assert_eq!(plain("a\n```output\nb <date>\n   ```\r\nc"), "a\n\nb <date>\n\nc");
        for text in
            ["<Event xmlns='x'><Data>&lt;b&gt;</Data></Event>", "From <source DC>", "a & b; c"]
        {
            assert!(matches!(plain(text), Cow::Borrowed(same) if same == text));
        }
    }

    proptest! {
        #[test]
        fn every_line_keeps_its_place(
            text in "(<code>|</code>|<pre |<p>|</p>|&lt;|&#10;|```|<date>|\r|\n|<|>|&|\\PC){0,60}",
        ) {
            prop_assert_eq!(plain(&text).matches('\n').count(), text.matches('\n').count());
        }
    }
}
