//! Text that a peer sent.

/// Bytes a peer sent as text, fit for a screen: up to the first NUL, what is not UTF-8 and every
/// control character replaced by U+FFFD.
pub(crate) fn printable(bytes: &[u8]) -> String {
    let text = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    let clean = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    String::from_utf8_lossy(text).chars().map(clean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_fit_for_a_screen() {
        assert_eq!(printable(b"\x1b[2Jok\0rest"), "\u{fffd}[2Jok");
    }
}
