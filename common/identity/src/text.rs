//! Text that came from a peer, made fit for a log line and a terminal.
//!
//! Specification: [RFC 1035].
//!
//! [RFC 1035]: https://www.rfc-editor.org/rfc/rfc1035

/// Bound of a name, in octets: a DNS name is not longer (RFC 1035 2.3.4).
pub const MAX_NAME: usize = 255;

/// `text` cut to at most `max` octets, every control character and every character that changes
/// the direction of the text around it replaced by U+FFFD.
#[must_use]
pub fn clean(text: &str, max: usize) -> String {
    let mut cleaned = String::new();
    for c in text.chars() {
        let c = if is_harmful(c) { char::REPLACEMENT_CHARACTER } else { c };
        if cleaned.len() + c.len_utf8() > max {
            break;
        }
        cleaned.push(c);
    }
    cleaned
}

/// The octets as UTF-8, cleaned; what is no UTF-8 becomes U+FFFD.
pub(super) fn from_utf8(bytes: &[u8], max: usize) -> String {
    clean(&String::from_utf8_lossy(bytes), max)
}

/// The octets as UTF-16LE, cleaned; an odd last octet is dropped.
pub(super) fn from_utf16_le(bytes: &[u8], max: usize) -> String {
    let (units, _) = bytes.as_chunks::<2>();
    let units: Vec<u16> = units.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
    clean(&String::from_utf16_lossy(&units), max)
}

/// `Some` of a text that is not empty.
pub(super) fn non_empty(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

// Line and paragraph separators break a log line in two; bidirectional marks make a terminal show
// a name in another order than it has.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmful_characters_are_replaced() {
        assert_eq!(clean("dc1\u{1b}[2J\n", MAX_NAME), "dc1\u{fffd}[2J\u{fffd}");
        assert_eq!(clean("a\u{202e}b", MAX_NAME), "a\u{fffd}b");
        assert_eq!(from_utf8(b"dc\xff", MAX_NAME), "dc\u{fffd}");
        assert_eq!(from_utf16_le(b"d\0c\0\x07\0x", MAX_NAME), "dc\u{fffd}");
    }

    #[test]
    fn the_bound_counts_octets_and_keeps_characters_whole() {
        assert_eq!(clean("äö", 3), "ä");
        assert_eq!(clean(&"x".repeat(300), MAX_NAME).len(), MAX_NAME);
    }
}
