//! Who else fails in the same way: the pattern tells a host from a path.

use super::super::{
    Confidence, Side,
    case::Case,
    path::{Path, path},
};

/// Who else fails in the same way: the pattern tells a host from a path.
pub(super) struct Pattern {
    pub(super) side: Side,
    pub(super) words: String,
    /// Whether somebody got through.
    pub(super) others_reach: bool,
    /// Whether somebody else looked, and nobody did.
    pub(super) all_fail: bool,
}

impl Pattern {
    pub(super) fn confidence(&self, listens: Option<bool>) -> Confidence {
        match (listens, self.others_reach) {
            (Some(true), true) => Confidence::Proven,
            (Some(_), _) | (None, true) => Confidence::Likely,
            (None, false) => Confidence::Possible,
        }
    }
}

/// The pattern over the looks of the others: whether each fails in the `same` way or got `beyond`.
pub(super) fn pattern(
    case: &Case<'_>,
    same: impl Fn(&Path<'_>) -> bool,
    beyond: impl Fn(&Path<'_>) -> bool,
) -> Pattern {
    let owned = case.source_addresses();
    let mut reached = Vec::new();
    let mut failed = Vec::new();
    for other in &case.others {
        for probe in &other.seen.addresses {
            // Only looks at the source's own addresses say something about the source.
            if owned.as_ref().is_some_and(|owned| !owned.contains(&probe.address)) {
                continue;
            }
            match path(Some(probe), case.interface()) {
                path if beyond(&path) => reached.push(&other.witness),
                path if same(&path) => failed.push(&other.witness),
                _ => {}
            }
        }
    }
    let list = |names: &[&crate::facts::DnsName]| {
        let shown: Vec<&str> = names.iter().take(5).map(|name| name.as_str()).collect();
        let more = names.len().saturating_sub(shown.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{more}", shown.join(", "))
    };
    if !reached.is_empty() {
        let words =
            format!("reached from {}: the path from {} is cut", list(&reached), case.destination());
        Pattern { side: Side::Network, words, others_reach: true, all_fail: false }
    } else if !failed.is_empty() {
        let words = format!(
            "the same from {}: the host filters, or all paths to it are cut",
            list(&failed)
        );
        Pattern { side: Side::Source, words, others_reach: false, all_fail: true }
    } else {
        let words = "no other witness has looked: a filter on the host or on the path".to_owned();
        Pattern { side: Side::Network, words, others_reach: false, all_fail: false }
    }
}
