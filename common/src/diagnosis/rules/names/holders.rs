//! The DNS servers that hold what is in question, or lack it.

use super::super::super::{
    case::Case, cause::Confidence, culprit::NameServer, name_source::NameSource,
};

/// The confidence in a finding on names: proven where the source itself says who it is.
pub(super) const fn sure_of_source(case: &Case<'_>) -> Confidence {
    if case.source_host.is_some() { Confidence::Proven } else { Confidence::Likely }
}

/// The DNS servers of which `holds` is true, in the destination's order.
pub(super) fn servers_where(
    case: &Case<'_>,
    name_sources: &[NameSource<'_>],
    holds: impl Fn(&NameSource<'_>) -> bool,
) -> Vec<NameServer> {
    let holding = name_sources.iter().filter(|name_source| holds(name_source));
    holding.filter_map(NameSource::dns_server).map(|server| case.name_server(server)).collect()
}
