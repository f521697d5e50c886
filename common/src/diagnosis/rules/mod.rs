//! The rules, in their order: from the two columns of a case to one finding.

mod addresses;
mod destination;
mod directory;
mod exclusions;
mod finding;
mod latent;
mod missing;
mod names;
mod replication;
mod server;

pub(super) use self::{
    addresses::behind_wrong_name,
    destination::not_serving,
    finding::Finding,
    names::{alias_astray, alias_twice, wrongs},
    server::{RPC_SERVICES, does_not_serve, dynamic_used_up},
};
use super::{
    case::{Case, effective, tried},
    cause::{Confidence, Side, State},
    name_source::{Alias, NameSource},
};

/// Names what is wrong with a link, or that nothing is, or that it cannot be said.
pub(super) fn decide(case: &Case<'_>, name_sources: &[NameSource<'_>]) -> Finding {
    let found = first_finding(case, name_sources);
    let found = match not_serving(case) {
        Some(not_serving) if !stands_before(&found, &not_serving) => not_serving,
        _ => replication::reconcile(case, name_sources, found),
    };
    let found = destination::may_not_serve(case, destination::without_tcp(case, found));
    exclusions::apply(case, found)
}

/// Whether what was found on the way is said before that the destination does not serve: the source, the path
/// or the directory's data is wrong by both sides' word, whatever the destination does.
fn stands_before(found: &Finding, not_serving: &Finding) -> bool {
    let is_there = matches!(found.side, Side::Source | Side::Network | Side::Directory);
    found.state == State::Failing
        && is_there
        && (found.confidence == Confidence::Proven || not_serving.state == State::Unknown)
}

/// What the first rule that finds anything finds.
fn first_finding(case: &Case<'_>, name_sources: &[NameSource<'_>]) -> Finding {
    if let Some(stale) = directory::stale_settings(case) {
        return stale;
    }
    if case.look.is_none() {
        return server::alone(case);
    }
    // Names: what the destination is given for the source.
    let Some(decides) = effective(name_sources) else {
        return names::unanswered(case, name_sources);
    };
    let alias_lost = *decides.alias == Alias::Missing;
    if alias_lost && !case.destination_falls_back() {
        return names::alias_missing(case, name_sources);
    }
    if decides.addresses.is_empty() {
        return alias_astray(case, name_sources, decides)
            .or_else(|| names::disagreement(case, name_sources))
            .unwrap_or_else(|| names::address_missing(case, decides));
    }
    if let Some(wrong) = names::wrong_address(case, name_sources, decides) {
        return names::right_beside_wrong(case, &tried(name_sources, decides), wrong);
    }
    // The right server, or one that nobody claims: how far the destination gets there.
    let finding = addresses::right_server(case, &tried(name_sources, decides));
    if finding.state != State::Healthy {
        return names::disagreement_in_trouble(case, name_sources, decides, &finding)
            .or_else(|| names::astray_in_silence(case, name_sources, decides, &finding))
            .unwrap_or(finding);
    }
    // The link works: what is wrong nevertheless, and will break it.
    if alias_lost {
        return names::alias_missing(case, name_sources).latent();
    }
    if let Some(astray) = alias_astray(case, name_sources, decides) {
        return astray.latent();
    }
    let later = names::elsewhere(case, name_sources, decides)
        .or_else(|| latent::latent(case))
        .or_else(|| names::until_forgotten(case, name_sources, decides));
    if let Some(found) = later {
        return found;
    }
    if names::every_server_answered(case, name_sources)
        && replication::names_are_read(case, name_sources)
        && directory::is_seen(case)
        && names::all_are_stated(case, name_sources)
    {
        return finding;
    }
    // What comes before DNS, what the other servers hold, or the directory, was not seen, or a name leads to an address
    // that may not be the source's: it could break the link tomorrow.
    let sure = finding.confidence.min(Confidence::Likely);
    finding.sure(sure)
}
