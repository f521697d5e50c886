//! DNS host names, as certificates and enrolments have them.

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no DNS host name: {why}")]
pub struct InvalidName {
    /// The text, shortened.
    pub text: String,
    /// The problem, in words.
    pub why: &'static str,
}

/// Checks a fully qualified DNS host name or a domain: lower case, at most 253 bytes, labels of 1
/// to 63 bytes of `a-z 0-9 - _`, no dot at the end, no hyphen at either end of a label.
///
/// # Errors
///
/// [`InvalidName`] says what is wrong first.
pub fn check_name(text: &str) -> Result<(), InvalidName> {
    let refuse = |why| Err(InvalidName { text: text.chars().take(300).collect(), why });
    if text.is_empty() || text.len() > 253 {
        return refuse("it must have 1 to 253 bytes");
    }
    for label in text.split('.') {
        if label.is_empty() || label.len() > 63 {
            return refuse("a label must have 1 to 63 bytes");
        }
        if label.starts_with('-') || label.ends_with('-') {
            return refuse("a label must not begin or end with a hyphen");
        }
        if !label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_')) {
            return refuse("only a-z, 0-9, - and _ are allowed");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_other_texts() {
        let label = "a".repeat(63);
        let longest = format!("{label}.{label}.{label}.{}", "a".repeat(61));
        for good in ["dc1", "dc1.example.com", "_msdcs.example.com", "a-b.c", &longest] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        let long_label = "a".repeat(64);
        let too_long = format!("{longest}a");
        for bad in [
            "",
            ".",
            "dc1.",
            ".dc1",
            "a..b",
            "DC1",
            "dc1 ",
            "dc1/..",
            "a\0b",
            "ü.de",
            "-a",
            "a-.b",
            &long_label,
            &too_long,
        ] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
    }
}
