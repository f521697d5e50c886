//! Lines that could not be read: word for word, and whether one holds an error all the same.

use epmesh_rpc::windows_error;

use super::{
    messages, scan,
    told::{Report, Unread},
};

/// The most lines that are quoted.
const MAX_UNREAD: usize = 2_000;
/// The most that is quoted of one, in characters.
const MAX_QUOTE: usize = 400;
/// Long lines are searched in pieces of so many bytes, and each reaches so far into the next.
const PIECE: usize = 900;
const OVERLAP: usize = 160;

/// A NUL is what is left of UTF-16 that was taken apart.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\0' || c == '\u{feff}'
}

/// Quotes a line.
pub(super) fn quote(report: &mut Report, line: u32, text: &str) {
    if report.unread.len() >= MAX_UNREAD {
        report.unread_left_out = report.unread_left_out.saturating_add(1);
        return;
    }
    let text = text.trim_matches(is_blank);
    let mut rest = text.chars();
    let quoted = rest.by_ref().take(MAX_QUOTE).collect();
    let cut = u32::try_from(rest.count()).unwrap_or(u32::MAX);
    report.unread.push(Unread { line, text: quoted, cut, error: error_in(text) });
}

/// The first error of Windows that stands in a text in a form in which tools and people write one. Not every such
/// text tells of a failure: this is for what nobody could read.
pub(super) fn error_in(text: &str) -> Option<i64> {
    let mut at = 0;
    while let Some(piece) = piece(text, at) {
        if let Some(code) = in_piece(piece) {
            return Some(code);
        }
        if at + PIECE >= text.len() {
            return None;
        }
        at += PIECE - OVERLAP;
    }
    None
}

/// A piece from a place on, moved to whole characters.
fn piece(text: &str, at: usize) -> Option<&str> {
    let start = (at..at + 4).find(|at| text.is_char_boundary(*at))?;
    let end = (start + PIECE).min(text.len());
    let end = (start..=end).rev().find(|at| text.is_char_boundary(*at))?;
    text.get(start..end).filter(|piece| !piece.is_empty())
}

fn in_piece(text: &str) -> Option<i64> {
    let lower = text.to_ascii_lowercase();
    let digits = text.contains(|c: char| c.is_ascii_digit());
    let hexadecimal = digits && lower.contains("0x");
    let paired = || scan::paired_code(text).or_else(|| scan::doubled_code(text));
    let found = hexadecimal.then(paired).flatten().filter(|code| *code != 0);
    found
        .or_else(|| hexadecimal.then(|| wrapped(&lower)).flatten())
        .or_else(|| digits.then(|| named(text)).flatten())
        .or_else(|| symbol(text))
        .or_else(|| messages::code(text))
}

/// `0x800706D9`, `0x6d9` behind a word for an error.
fn wrapped(lower: &str) -> Option<i64> {
    lower.match_indices("0x").take(64).find_map(|(at, _)| {
        let digits = lower.get(at + 2..)?;
        let end = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
        let value = u32::from_str_radix(digits.get(..end)?, 16).ok()?;
        let code = windows_error::out_of_com(i64::from(value));
        let is_com = code != i64::from(value);
        let before = lower.get(..at)?.trim_end_matches([' ', ':', '=', '(']);
        let word = before.rsplit(|c: char| !c.is_alphabetic()).next()?;
        let known = code >= 1_000 && windows_error::symbol(code).is_some();
        (known && (is_com || (value < 0x1_0000 && is_word_for_an_error(word)))).then_some(code)
    })
}

/// `error 1753`, `Fehler: 1753`, `(1753)` behind such a word.
fn named(text: &str) -> Option<i64> {
    scan::numbers(text).into_iter().find_map(|number| {
        let before = text.get(..number.start)?.trim_end_matches([' ', ':', '=', '(', '#']);
        let word = before.rsplit(|c: char| !c.is_alphabetic()).next()?;
        let code = scan::signed(number.value);
        let known = code.unsigned_abs() >= 1_000 && windows_error::symbol(code).is_some();
        (known && is_word_for_an_error(&word.to_lowercase())).then_some(code)
    })
}

fn is_word_for_an_error(word: &str) -> bool {
    let words = [
        "err",
        "error",
        "errors",
        "status",
        "result",
        "code",
        "returned",
        "failed",
        "fehler",
        "ergebnis",
        "erreur",
        "errore",
        "fout",
        "ошибка",
        "resultado",
        "hresult",
    ];
    words.contains(&word)
}

fn symbol(text: &str) -> Option<i64> {
    let mut words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words
        .find_map(|word| windows_error::code_of(word).filter(|_| word.contains('_')))
        .filter(|code| *code != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_in_what_nobody_reads() {
        for (text, wanted) in [
            ("the article on error 1753 was helpful", Some(1753)),
            ("it says 0x800706ba", Some(1722)),
            ("the RPC server is unavailable on Mondays", Some(1722)),
            ("EPT_S_NOT_REGISTERED", Some(1753)),
            ("Tel. +49 40 1753-1722", None),
            ("room 1753", None),
            ("EventID: 0x000006D9", None),
            ("status 0 (0x0)", None),
            ("Queue contains 1753 items.", None),
        ] {
            assert_eq!(error_in(text), wanted, "{text}");
        }
        let long = format!("{} error 1753 {}", "é".repeat(4_000), "x ".repeat(4_000));
        assert_eq!(error_in(&long), Some(1753));
    }
}
