//! From the two columns of a case to one finding.

use std::net::IpAddr;

use epmesh_facts::Failure;

use super::{
    Cause, Confidence, Side, State,
    case::Case,
    directory,
    finding::{Finding, connect_code, windows_code},
    latent::{full, latent},
    misled,
    naming::{Alias, View, effective},
    owner::Owner,
    path::Path,
    server,
    sight::Mapped,
    unanswered::{address_missing, every_server_answered, unanswered, until_forgotten},
};

/// Names what is wrong with a link, or that nothing is, or that it cannot be said.
pub(super) fn decide(case: &Case<'_>, views: &[View<'_>]) -> Finding {
    let finding = match any(case, views) {
        found if found.cause == Cause::DnsCnameMissing && case.destination_platform().is_none() => {
            alias_may_be_needed(case)
        }
        found => found,
    };
    if !matches!(finding.state, State::Failing | State::Latent) {
        return finding;
    }
    if case.may_be_of_another_forest() {
        return Finding::unknown(format!(
            "whether {} is of the forest of {}, whose directory has no NTDS Settings object for it: what it \
             says of itself",
            case.source(),
            case.destination()
        ));
    }
    if case.is_between_forests() {
        return Finding::unknown(format!(
            "whether anything needs this of {}: it is in another forest, and forests do not \
             replicate with each other",
            case.source()
        ));
    }
    // No domain controller pulls from a read-only one: whether one could does not matter.
    if case.is_read_only_source() {
        return Finding::unknown(format!(
            "whether anything needs this of {}: it is a read-only domain controller, from which \
             none replicates",
            case.source()
        ));
    }
    if may_be_cut_on_purpose(case, &finding) {
        return Finding::unknown(format!(
            "whether anything needs the way from {} to {}: it is cut, they are in different sites, \
             and by its own word {} replicates from others only",
            case.destination(),
            case.source(),
            case.destination()
        ));
    }
    finding
}

/// A way between two sites may be closed on purpose where no replication takes it.
fn may_be_cut_on_purpose(case: &Case<'_>, finding: &Finding) -> bool {
    let is_cut = matches!(finding.cause, Cause::EpmUnreachable | Cause::DynamicPortBlocked);
    is_cut && finding.side == Side::Network && case.has_no_connection()
}

/// The alias is missing, and the destination has not said what it is: Windows does without, and between
/// forests nothing needs it. A source that serves nobody stops either.
fn alias_may_be_needed(case: &Case<'_>) -> Finding {
    if let Some(lost) = server::does_not_serve(case) {
        let sure = lost.confidence.min(Confidence::Likely);
        return lost.sure(sure);
    }
    Finding::unknown(format!(
        "what {} says of itself: its DNS servers do not have the alias of {}, and whether it needs \
         that is not known",
        case.destination(),
        case.source()
    ))
}

fn any(case: &Case<'_>, views: &[View<'_>]) -> Finding {
    if let Some(stale) = directory::stale_settings(case) {
        return stale;
    }
    if case.look.is_none() {
        return server::alone(case);
    }
    let Some(view) = effective(views) else { return unanswered(case, views) };
    let alias_lost = *view.alias == Alias::Missing;
    if alias_lost && !case.destination_falls_back() {
        return misled::alias_missing(case, views);
    }
    if view.addresses.is_empty() {
        return misled::disagreement(case, views)
            .or_else(|| misled::alias_astray(case, views, view))
            .unwrap_or_else(|| address_missing(case, view));
    }
    if let Some(misled) = misled::by(case, views, view) {
        return beside(case, view, misled);
    }
    let finding = reach(case, view.addresses);
    if finding.state != State::Healthy {
        return misled::unsettled(case, views, view, &finding)
            .or_else(|| misled::astray_in_silence(case, views, view, &finding))
            .unwrap_or(finding);
    }
    if alias_lost {
        return misled::alias_missing(case, views).latent();
    }
    let later = misled::elsewhere(case, views, view).or_else(|| latent(case));
    if let Some(found) = later.or_else(|| until_forgotten(case, views, view)) {
        return found;
    }
    if every_server_answered(case, views) && directory::is_seen(case) {
        return finding;
    }
    // What the others hold, or the directory, could break it tomorrow, and was not seen.
    let sure = finding.confidence.min(Confidence::Likely);
    finding.sure(sure)
}

/// A wrong address beside right ones breaks some of the attempts. Where none of the right ones leads
/// through either, what stops the destination there breaks all of them, and is the cause.
fn beside(case: &Case<'_>, view: &View<'_>, misled: Finding) -> Finding {
    // One that nobody claims may be right.
    let may_be_right = |mapped: &&Mapped| {
        !matches!(case.owner(mapped.0), Owner::Other(_))
            && !has_no_way(case, mapped.0, &case.path(mapped.0))
    };
    let right: Vec<Mapped> = view.addresses.iter().filter(may_be_right).copied().collect();
    if right.iter().all(|mapped| case.owner(mapped.0) != Owner::Source) {
        return misled;
    }
    let there = reach(case, &right);
    if there.state != State::Failing || may_be_cut_on_purpose(case, &there) {
        return misled;
    }
    // From a silent address it goes on to the wrong one, whose answer is what it reports; to one that may
    // be the source itself, it gets through.
    let all_silent = right.iter().all(|mapped| goes_on(&case.path(mapped.0)));
    if all_silent && misled.state == State::Unknown {
        return misled;
    }
    Finding { error: if all_silent { misled.error } else { there.error }, ..there }
}

/// Whether the destination has no way into the version of IP of this address: it does not use such
/// addresses, and misses nothing.
pub(super) fn has_no_way(case: &Case<'_>, address: IpAddr, path: &Path<'_>) -> bool {
    matches!(path, Path::Unreached(Failure::Unreachable(_)))
        && case.probe(address).is_some_and(|probe| probe.local.is_none())
}

/// Whether a client goes on to the next address from what came of this one: it does where that is silent,
/// and not where it says no.
pub(super) const fn goes_on(path: &Path<'_>) -> bool {
    matches!(path, Path::Unreached(_) | Path::PortUnreached(..))
}

/// The right server, or one that nobody claims: how far the destination gets there.
fn reach(case: &Case<'_>, addresses: &[Mapped]) -> Finding {
    let paths: Vec<(IpAddr, Path<'_>)> =
        addresses.iter().map(|&(address, _)| (address, case.path(address))).collect();
    let reached = paths.iter().find(|(_, path)| matches!(path, Path::Reached(_)));
    let no_way = |(address, path): &(IpAddr, Path<'_>)| has_no_way(case, *address, path);
    let is_broken = |entry: &&(IpAddr, Path<'_>)| {
        let unused = reached.is_some() && no_way(entry);
        !unused && !matches!(entry.1, Path::Reached(_) | Path::NotSeen)
    };
    // The one from which a client does not go on decides, wherever it stands in the list.
    let stops = |entry: &&(IpAddr, Path<'_>)| is_broken(entry) && !goes_on(&entry.1);
    let broken = paths
        .iter()
        .find(stops)
        .or_else(|| paths.iter().find(|entry| is_broken(entry) && !no_way(entry)))
        .or_else(|| paths.iter().find(is_broken));
    let stopped_at = broken.filter(|entry| !goes_on(&entry.1));
    if let (Some((address, _)), None) = (reached, stopped_at) {
        // It gets through, and an address that is silent only costs time: not where the source has said
        // otherwise since, or turned it away there.
        if let Some(finding) =
            server::lost_since(case).or_else(|| server::turned_away(case, *address))
        {
            return finding;
        }
    }
    let share = |finding: Finding| {
        let count = paths.iter().filter(is_broken).count();
        let tried = paths.iter().filter(|entry| !no_way(entry)).count();
        finding.share(count, tried, "addresses")
    };
    match (reached, broken) {
        (Some((address, _)), None) => server::one_port(case, *address).unwrap_or_else(|| {
            // Both sides: the destination got through, and the source says that it is the source.
            let both = case.owner(*address) == Owner::Source && case.source_host.is_some();
            Finding::healthy(if both { Confidence::Proven } else { Confidence::Likely })
        }),
        (Some(_), Some((address, path))) => {
            let finding = share(at(case, *address, path));
            if goes_on(path) { finding.latent() } else { finding }
        }
        (None, Some((address, path))) => at(case, *address, path),
        (None, None) => unseen(case),
    }
}

/// Nothing could be tried: for lack of ports, or for a reason that says nothing.
fn unseen(case: &Case<'_>) -> Finding {
    let tried = case.look.into_iter().flat_map(|look| &look.seen.addresses);
    let own = tried.filter_map(|probe| match &probe.connect.outcome {
        Err(Failure::Local(why)) => Some(why),
        _ => None,
    });
    let full = case.destination_port_use.and_then(full);
    if let (Some(why), Some((first, last))) = (own.into_iter().next(), full) {
        return Finding::failing(Cause::PortExhaustion, Side::Destination, 1722)
            .culprit(
                "port-range",
                format!("dynamic TCP ports {first}-{last} of {}", case.destination()),
                format!("more than 95 % in use, and it could not connect: {why}"),
            )
            .sure(Confidence::Likely);
    }
    Finding::unknown(format!(
        "a look of {} at the addresses of {}",
        case.destination(),
        case.source()
    ))
}

fn at(case: &Case<'_>, address: IpAddr, path: &Path<'_>) -> Finding {
    match path {
        Path::NotRegistered(_) => server::not_registered(case, address),
        Path::Unreached(failure) => server::unreached(case, address, failure),
        Path::PortUnreached(port, failure) => server::port_unreached(case, address, *port, failure),
        Path::PortBind(port, failure) => server::port_bind(case, address, *port, failure),
        Path::Mapper(stage, failure) => server::mapper(case, address, stage, failure),
        Path::Reached(_) | Path::NotSeen => Finding::healthy(Confidence::Possible),
    }
}

/// The error that comes of trusting a wrong address.
pub(super) fn error_at(path: &Path<'_>) -> i64 {
    match path {
        // SEC_E_WRONG_PRINCIPAL: the ticket is for another machine.
        Path::Reached(_) => -2_146_893_022,
        Path::Unreached(failure) | Path::PortUnreached(_, failure) => connect_code(failure),
        Path::PortBind(_, failure) | Path::Mapper(_, failure) => windows_code(failure),
        Path::NotRegistered(_) | Path::NotSeen => 1753,
    }
}
