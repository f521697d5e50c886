//! Errors as text, with their causes.

use std::error::Error;

/// An error and everything beneath it, on one line: the one place that prints a chain, since no
/// error of ours repeats its source.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}
