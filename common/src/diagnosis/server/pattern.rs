//! Who else fails in the same way: the pattern tells a host from a path.

use std::net::IpAddr;

use epmesh_facts::AddressProbe;

use super::super::{
    Confidence, Side,
    case::Case,
    owner::Owner,
    path::{Path, path},
};

/// Who else fails in the same way: the pattern tells a host from a path.
pub(super) struct Pattern {
    pub(super) side: Side,
    pub(super) words: String,
    /// Whether somebody got through, after the destination had failed.
    pub(super) others_reach: bool,
    /// Whether somebody else looked, and nobody did.
    pub(super) all_fail: bool,
}

impl Pattern {
    /// How sure the side is, with what the source says of the port itself.
    pub(super) fn confidence(&self, case: &Case<'_>, listens: Option<bool>) -> Confidence {
        let since = case.against_since();
        let said = case.source_ports.map(|ports| ports.at);
        let after = since.is_some_and(|since| said.is_some_and(|said| said >= since));
        match (listens, self.others_reach) {
            (Some(true), true) if after => Confidence::Proven,
            (Some(_), _) | (None, true) => Confidence::Likely,
            (None, false) => Confidence::Possible,
        }
    }
}

/// The pattern over the looks of the others at one address of the source: whether each fails in the `same` way or got `beyond`.
pub(super) fn pattern(
    case: &Case<'_>,
    address: IpAddr,
    same: impl Fn(&Path<'_>) -> bool,
    beyond: impl Fn(&Path<'_>) -> bool,
) -> Pattern {
    // Whoever got through before the destination failed for the first time tells nothing: it may
    // be the source that changed in between, and the next look of that witness fails as well.
    let since = case.against_since().or(case.look.map(|look| look.at));
    let foreign = case.source_addresses().is_some_and(|owned| !owned.contains(&address));
    let is_source = |probe: &AddressProbe| case.answerer(probe) == Some(Owner::Source);
    let mut reached = Vec::new();
    let mut before = Vec::new();
    let mut failed = Vec::new();
    for other in &case.others {
        let is_after = since.is_none_or(|since| other.at >= since);
        // A host can filter one of its addresses, or not listen on it, and serve on another.
        let there = other.seen.addresses.iter().filter(|probe| probe.address == address);
        for probe in there {
            // An address that is not the source's own leads to it from where it is translated, and
            // from there alone.
            if foreign && !is_source(probe) {
                continue;
            }
            match path(Some(probe), case.interface()) {
                path if beyond(&path) && is_after => reached.push(&other.witness),
                path if beyond(&path) => before.push(&other.witness),
                path if same(&path) => failed.push(&other.witness),
                _ => {}
            }
        }
    }
    let list = |names: &[&epmesh_facts::DnsName]| {
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
    } else if !before.is_empty() {
        let words = format!(
            "reached from {} before, and nobody has looked since: a filter on the host or on the path",
            list(&before)
        );
        Pattern { side: Side::Network, words, others_reach: false, all_fail: false }
    } else {
        let words = "no other witness has looked: a filter on the host or on the path".to_owned();
        Pattern { side: Side::Network, words, others_reach: false, all_fail: false }
    }
}
