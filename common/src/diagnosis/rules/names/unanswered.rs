//! The name leads nowhere: no source of names answered, or none has an address. And what silent DNS servers
//! will come to.

use std::net::IpAddr;

use epmesh_facts::{Answer, Source};

use super::super::{
    super::{
        case::Case,
        cause::{Cause, Confidence, Side, State},
        culprit::{Culprit, NamePlace, NameServer},
        name_source::{Alias, NameSource},
    },
    finding::Finding,
    missing::Missing,
};

/// The finding where the destination still knows the name by its cache alone: no DNS server gave any answer.
pub(in super::super) fn until_forgotten(
    case: &Case<'_>,
    name_sources: &[NameSource<'_>],
    decides: &NameSource<'_>,
) -> Option<Finding> {
    let answered = |other: &NameSource<'_>| other.answered || *other.alias != Alias::NoAnswer;
    let silent =
        || name_sources.iter().filter(|other| other.is_dns()).all(|other| !answered(other));
    if decides.kind != Source::Cache || !silent() {
        return None;
    }
    let finding = unanswered(case, name_sources);
    (finding.state == State::Failing).then(|| finding.latent())
}

/// Whether every DNS server of the destination said where the source is.
pub(in super::super) fn every_server_answered(
    case: &Case<'_>,
    name_sources: &[NameSource<'_>],
) -> bool {
    let answered = |server: &IpAddr| {
        name_sources.iter().any(|other| other.kind == Source::Dns(*server) && other.answered)
    };
    case.dns_servers().iter().all(answered)
}

/// The finding where no source of names said anything. A server that was not asked is not silent.
pub(in super::super) fn unanswered(case: &Case<'_>, name_sources: &[NameSource<'_>]) -> Finding {
    let lookups = || case.look.iter().flat_map(|look| &look.seen.lookups);
    let was_asked = |server: &IpAddr| {
        let source = Source::Dns(*server);
        lookups().any(|l| l.source == source && !matches!(l.answer, Answer::NotAsked(_)))
    };
    let servers: Vec<NameServer> = name_sources
        .iter()
        .filter_map(NameSource::dns_server)
        .filter(was_asked)
        .map(|server| case.name_server(server))
        .collect();
    if servers.is_empty() {
        return Finding::unknown(Missing::DnsAnswers);
    }
    Finding::failing(Cause::NotError1753, Side::NameResolution, 8524)
        .blames(Culprit::SilentDnsServers(servers))
        .sure(Confidence::Likely)
}

/// The finding where the name has no address.
pub(in super::super) fn address_missing(case: &Case<'_>, decides: &NameSource<'_>) -> Finding {
    let name = decides.name.clone();
    if !decides.answered {
        return Finding::unknown(Missing::AddressAnswer(decides.kind, name));
    }
    let place = match decides.kind {
        Source::Dns(server) => NamePlace::Dns(case.name_server(server)),
        other => NamePlace::Other(other),
    };
    let confidence =
        if case.source_host.is_some() { Confidence::Proven } else { Confidence::Likely };
    Finding::failing(Cause::NotError1753, Side::NameResolution, 8524)
        .blames(Culprit::NameWithoutAddress { name, place })
        .sure(confidence)
}
