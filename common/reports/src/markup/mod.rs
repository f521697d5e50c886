//! Remains of a web page or a mail around a report: tags, character references, the fences of Markdown,
//! the marks of quoted lines. Reports reach people copied out of articles, tickets and mails; every
//! line keeps its place.

use std::borrow::Cow;

mod characters;
mod element;
mod mail;
mod prefix;
mod split;
mod table;
mod tags;

pub(super) use self::{
    split::split,
    table::{is_row_of_page, is_table_row},
};

/// `text` without what a page put around it, line for line; as it is where it is no page.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    // A reference may stand for the mark of a quotation, and a quoted line may be numbered.
    let steps: [fn(&str) -> Cow<'_, str>; 6] = [
        mail::unquoted,
        tags::of_page,
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
