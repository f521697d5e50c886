//! The parts of a link that the destination's look found to work.

use super::{
    super::{
        name_source::{Alias, NameSource},
        proven_reachable::ProvenReachable,
    },
    fresh_evidence::Case,
    names::effective,
    owner::Owner,
    reach::Reach,
    sites::{destination_site, source_site},
};

/// The parts of a link that the destination's fresh look found to work.
pub(in crate::diagnosis) fn works(
    case: &Case<'_>,
    name_sources: &[NameSource<'_>],
) -> ProvenReachable {
    let mut works = ProvenReachable {
        destination_site: destination_site(case),
        source_site: source_site(case),
        ..ProvenReachable::default()
    };
    let Some(look) = case.look else { return works };
    works.at = Some(look.at);
    for probed in look.seen.index().probes() {
        let address = probed.address;
        // An answer at another host's address says nothing of the source.
        if matches!(case.owner(address), Owner::Other(_)) {
            continue;
        }
        match case.reach(address) {
            Reach::NotSeen => {}
            Reach::Unreached(_) => works.missed.push(address),
            reach => {
                works.mapper = true;
                works.large |= probed.has_large;
                works.reached.push(address);
                if let Reach::Reached(port) = reach {
                    works.port = works.port.or(Some(port));
                    works.dynamic |= case.is_dynamic(port);
                }
            }
        }
    }
    for name_source in name_sources {
        if let Some(server) = name_source.dns_server()
            && is_right(case, name_source)
        {
            works.right.push(case.server_key(server));
        }
    }
    let decides = effective(name_sources).and_then(NameSource::dns_server);
    works.decided_by = decides.map(|server| case.server_key(server));
    works
}

/// Whether every address that it gives is one of the source's, and it has the alias if it was asked for it.
fn is_right(case: &Case<'_>, name_source: &NameSource<'_>) -> bool {
    matches!(name_source.alias, Alias::Target(_) | Alias::NotAsked) && name_source.is_right(case)
}
