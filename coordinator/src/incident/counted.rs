//! Numbers with the right form of the noun.

/// A number of something, with the noun for one and for any other number.
pub(crate) fn so_many(count: usize, one: &str, others: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { others })
}
