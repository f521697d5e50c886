//! The name leads nowhere: no source of names answered, or none has an address; and what is to come of
//! servers that are silent.

use std::net::IpAddr;

use epmesh_facts::{Answer, Source};

use super::{
    Cause, Confidence, Side, State,
    case::Case,
    finding::Finding,
    naming::{Alias, View},
};

/// The destination still knows the name by its cache alone: no DNS server gave any answer.
pub(super) fn until_forgotten(
    case: &Case<'_>,
    views: &[View<'_>],
    view: &View<'_>,
) -> Option<Finding> {
    let answered = |other: &View<'_>| other.answered || *other.alias != Alias::NoAnswer;
    let silent = || views.iter().filter(|other| other.is_dns()).all(|other| !answered(other));
    if view.source != Source::Cache || !silent() {
        return None;
    }
    let finding = unanswered(case, views);
    (finding.state == State::Failing).then(|| finding.latent())
}

/// Whether every DNS server of the destination said where the source is.
pub(super) fn every_server_answered(case: &Case<'_>, views: &[View<'_>]) -> bool {
    let answered = |server: &IpAddr| {
        views.iter().any(|view| view.source == Source::Dns(*server) && view.answered)
    };
    case.dns_servers().iter().all(answered)
}

/// No source of names said anything. A server that was not asked is not silent.
pub(super) fn unanswered(case: &Case<'_>, views: &[View<'_>]) -> Finding {
    let lookups = || case.look.iter().flat_map(|look| &look.seen.lookups);
    let was_asked = |source: Source| {
        lookups().any(|l| l.source == source && !matches!(l.answer, Answer::NotAsked(_)))
    };
    let servers: Vec<String> = views
        .iter()
        .filter(|view| was_asked(view.source))
        .filter_map(|view| match view.source {
            Source::Dns(server) => Some(case.server_name(server)),
            _ => None,
        })
        .collect();
    if servers.is_empty() {
        return Finding::unknown(format!(
            "the answers of the DNS servers of {}: its look at {} has none",
            case.destination(),
            case.source()
        ));
    }
    Finding::failing(Cause::NotError1753, Side::NameResolution, 8524)
        .culprit("dns-server", servers.join(", "), "no answer to any question")
        .sure(Confidence::Likely)
}

/// The name has no address.
pub(super) fn address_missing(case: &Case<'_>, view: &View<'_>) -> Finding {
    let place = match view.source {
        Source::Dns(server) => {
            format!("A {} on DNS server {}", view.name, case.server_name(server))
        }
        _ => format!("{} in {}", view.name, view.source),
    };
    if !view.answered {
        return Finding::unknown(format!(
            "an answer of {} for the address of {}",
            view.source, view.name
        ));
    }
    let confidence =
        if case.source_host.is_some() { Confidence::Proven } else { Confidence::Likely };
    Finding::failing(Cause::NotError1753, Side::NameResolution, 8524)
        .culprit("dns-record", place, "no address")
        .sure(confidence)
}
