//! Rows of tables in documents: what stands in them is about a tool, and no output of it.

/// Whether a line is a row of a table of Markdown: a document about a tool, and no output of it.
pub(crate) fn is_table_row(line: &str) -> bool {
    let line = line.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ','));
    // What stands in front of it may be the mark of a quotation, or the number of a line.
    line.ends_with('|') && line.matches('|').count() > 2
}

/// Whether a line is a row of a table of a page with words in more than one cell: a document, as above. A report
/// that stands in a table stands in one cell, beside the numbers of its lines.
pub(crate) fn is_row_of_page(line: &str) -> bool {
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
