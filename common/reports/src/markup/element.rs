//! The elements of pages: which `<…>` is a tag, and whether a text is a page at all.

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
/// Whether a text is a page: a page closes what it opens, and a name in brackets stands open.
pub(super) fn is_tagged(text: &str) -> bool {
    text.match_indices('<').any(|(at, _)| {
        let tag = text.get(at..).unwrap_or_default();
        let closes = tag.starts_with("</");
        let breaks = tag.get(1..3).is_some_and(|name| name.eq_ignore_ascii_case("br"));
        (closes || breaks) && element(tag).is_some_and(|(name, _)| closes || name == "br")
    })
}

/// The name of the element whose tag `text` begins with, in small letters, and the tag's length.
pub(super) fn element(text: &str) -> Option<(String, usize)> {
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
