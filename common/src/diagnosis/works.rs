//! What the destination's look shows to work.

use std::net::IpAddr;

use epmesh_facts::Source;

use super::{
    Evidence, ProvenReachable, ServerName,
    case::Case,
    naming::{Alias, View, effective},
    owner::Owner,
    path::Path,
};

/// What the destination's fresh look at the source shows to work.
pub(super) fn works(case: &Case<'_>, views: &[View<'_>]) -> ProvenReachable {
    let mut works = ProvenReachable {
        destination_site: destination_site(case),
        source_site: source_site(case),
        ..ProvenReachable::default()
    };
    let Some(look) = case.look else { return works };
    works.at = Some(look.at);
    for address in look.seen.sight().probes().iter().map(|probed| probed.address) {
        // Somebody else's address that answers says nothing of the source.
        if matches!(case.owner(address), Owner::Other(_)) {
            continue;
        }
        match case.path(address) {
            Path::NotSeen => {}
            Path::Unreached(_) => works.missed.push(address),
            path => {
                works.mapper = true;
                works.reached.push(address);
                if let Path::Reached(port) = path {
                    works.port = works.port.or(Some(port));
                    works.dynamic |= case.is_dynamic(port);
                }
            }
        }
    }
    for view in views {
        if let Source::Dns(server) = view.source
            && is_right(case, view)
        {
            works.right.push(server_key(case, server));
        }
    }
    works.decided_by = effective(views).and_then(|view| match view.source {
        Source::Dns(server) => Some(server_key(case, server)),
        _ => None,
    });
    works
}

/// The DNS server by the name that is the same for all who ask it.
pub(super) fn server_key(case: &Case<'_>, server: IpAddr) -> ServerName {
    match case.evidence.owners.get(&server) {
        Some(owner) => ServerName::Dc(owner.clone()),
        None if server.is_loopback() => ServerName::Dc(case.destination().clone()),
        None => ServerName::Address(server),
    }
}

/// Every address that it gives is one of the source's, and it has the alias if it was asked for it.
fn is_right(case: &Case<'_>, view: &View<'_>) -> bool {
    matches!(view.alias, Alias::Target(_) | Alias::NotAsked) && view.is_right(case)
}

/// By its own word, else by somebody's copy of the directory.
pub(super) fn destination_site(case: &Case<'_>) -> Option<String> {
    let Evidence { destination, destination_site, .. } = case.evidence;
    destination.site().or(destination_site.as_ref()).cloned()
}

/// By the source's own word, else by the destination's copy of the directory, else by somebody's.
pub(super) fn source_site(case: &Case<'_>) -> Option<String> {
    let Evidence { source, source_site, .. } = case.evidence;
    let held = || case.known_settings()?.site.as_ref();
    source.site().or_else(held).or(source_site.as_ref()).cloned()
}
