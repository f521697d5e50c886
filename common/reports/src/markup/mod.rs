//! Remains of a web page or a mail around a report: tags, character references, the fences of Markdown,
//! the marks of quoted lines. Reports reach people copied out of articles, tickets and mails; every
//! line keeps its place.

use std::borrow::Cow;

mod mail;

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
    match mail::unquoted(text) {
        Cow::Borrowed(text) => of_page(text),
        Cow::Owned(text) => Cow::Owned(of_page(&text).into_owned()),
    }
}

fn of_page(text: &str) -> Cow<'_, str> {
    let fenced = text.lines().any(is_fence);
    let tagged = SAMPLES.iter().chain(&["div", "p", "span", "para"]).any(|name| {
        // A page closes what it opens, and a name in brackets stands open.
        text.contains(&format!("</{name}>"))
            || text.contains(&format!("</{}>", name.to_uppercase()))
    });
    if !fenced && !tagged {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (body, end) = line.strip_suffix('\n').map_or((line, ""), |body| (body, "\n"));
        if !is_fence(body) {
            if tagged { untagged(body, &mut plain) } else { plain.push_str(body) }
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

fn untagged(line: &str, plain: &mut String) {
    let start = plain.len();
    let lower = line.to_ascii_lowercase();
    let last_end = SAMPLES.iter().filter_map(|name| lower.rfind(&format!("</{name}>"))).max();
    let mut rest = line;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at_checked(at).unwrap_or((rest, ""));
        resolved(before, plain);
        let Some((name, length)) = element(tag) else {
            plain.push('<');
            rest = tag.get(1..).unwrap_or_default();
            continue;
        };
        let opens = SAMPLES.contains(&name.as_str()) && !tag.starts_with("</");
        if opens && last_end.is_none_or(|end| end < line.len().saturating_sub(tag.len())) {
            // The sample goes on in the lines to come, and begins here.
            plain.truncate(start);
        }
        rest = tag.get(length..).unwrap_or_default();
    }
    resolved(rest, plain);
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

/// `text` with its character references resolved; those that would end a line become blanks.
fn resolved(text: &str, plain: &mut String) {
    const NAMED: [(&str, char); 8] = [
        ("lt;", '<'),
        ("gt;", '>'),
        ("amp;", '&'),
        ("quot;", '"'),
        ("apos;", '\''),
        ("nbsp;", ' '),
        ("#39;", '\''),
        ("#160;", ' '),
    ];
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        plain.push_str(before);
        let known = NAMED.iter().find(|(name, _)| behind.starts_with(name));
        let (character, length) = known.map_or(('&', 0), |(name, c)| (*c, name.len()));
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
            ["<Event xmlns='x'><Data>&lt;b&gt;</Data></Event>", "From <source DC>", "a &lt; b"]
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
