//! The last word of a text that does not end with a line: it may be half of one. "17" of 1753 is another
//! error, and "DC1" of DC11 another domain controller, so that nothing is read from it.

use std::borrow::Cow;

use super::{codes, scan};

/// The sign in the place of a word that may be cut off; no name and no number has it in it.
pub(super) const CUT: char = '\u{2026}';

/// `text` without its last word where that may be cut off. It goes on being quoted as it is written.
pub(super) fn sure(text: Cow<'_, str>) -> Cow<'_, str> {
    let in_word =
        |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | char::REPLACEMENT_CHARACTER);
    let start = text.trim_end_matches(in_word).len();
    let word = text.get(start..).unwrap_or_default();
    if word.is_empty() || is_whole(word) {
        return text;
    }
    let mut sure = text.into_owned();
    sure.truncate(start);
    sure.push(CUT);
    Cow::Owned(sure)
}

/// Whether a word cannot be half of another one: the end of a sentence, nothing, an error that is well
/// known, a GUID.
fn is_whole(word: &str) -> bool {
    if let Some(last) = word.strip_suffix('.') {
        // `dc1.` is half of a name.
        let named = last.contains('.') || last.contains(|c: char| c.is_ascii_digit());
        return !(named && last.contains(|c: char| c.is_alphabetic()));
    }
    if let Some(guid) = word.get(..36).filter(|guid| guid.parse::<uuid::Uuid>().is_ok()) {
        return word.len() == guid.len() || word.contains("._msdcs.");
    }
    let code = match word.strip_prefix("0x") {
        Some(_) => scan::hexadecimal(word),
        None => word.parse().ok().map(scan::signed),
    };
    // A short number may be the beginning of any.
    let known = |code: i64| code.unsigned_abs() >= 1_000 && codes::about(code).is_some();
    code.is_some_and(|code| (code == 0 && !word.starts_with("0x00")) || known(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_not_read() {
        for (text, wanted) in [
            ("error 17", "error …"),
            ("error 1753", "error 1753"),
            ("error 17\n", "error 17\n"),
            ("error 5", "error …"),
            ("status: 0x6d", "status: …"),
            ("status: 0x6d9", "status: 0x6d9"),
            ("status: 0x0", "status: 0x0"),
            ("RPC,0,0,0,0", "RPC,0,0,0,0"),
            ("result -2146893022", "result -2146893022"),
            ("HUB\\DC1", "HUB\\…"),
            ("at 22:00:00.", "at 22:00:00."),
            ("was successful.", "was successful."),
            ("on dc1.", "on …"),
            ("Zürich", "…"),
            ("{74fbe06c-932c-46b5-831b-af9e31f496b2", "{74fbe06c-932c-46b5-831b-af9e31f496b2"),
            (
                "74fbe06c-932c-46b5-831b-af9e31f496b2._msdcs.c",
                "74fbe06c-932c-46b5-831b-af9e31f496b2._msdcs.c",
            ),
            ("74fbe06c-932c-46b5-831b-af9e31f496b", "…"),
            ("", ""),
        ] {
            assert_eq!(sure(Cow::Borrowed(text)), wanted);
        }
    }
}
