//! The `_msdcs` alias is missing, or names a host that is not the source.

use epmesh_facts::{DnsName, RecordType, Source};

use super::{
    super::{
        super::{
            case::Case,
            cause::{Cause, Confidence, Side},
            culprit::{Culprit, DnsRecord, RecordTrouble},
            name_source::{Alias, NameSource},
            observation_index::targets,
        },
        finding::Finding,
    },
    holders::{servers_where, sure_of_source},
};

/// The finding on an alias that names a host that is not the source and has no address.
pub(in crate::diagnosis) fn alias_astray(
    case: &Case<'_>,
    name_sources: &[NameSource<'_>],
    holder: &NameSource<'_>,
) -> Option<Finding> {
    let Alias::Dead(target) = &holder.alias else { return None };
    let trouble = RecordTrouble::TargetWithoutAddress(target.clone());
    let asked = name_sources.iter().filter(|other| other.is_dns() && other.is_conclusive());
    let astray = asked.clone().filter(|other| matches!(other.alias, Alias::Dead(_))).count();
    let finding = Finding::failing(Cause::DnsCnameWrong, Side::NameResolution, 8524)
        .blames(wrong_alias(case, name_sources, holder, trouble))
        .sure(sure_of_source(case))
        .share(astray, asked.count(), "DNS servers");
    Some(finding)
}

/// The finding on a DNS server that has several records for the alias, one of which does not name the source:
/// the answer differs from one time to the next.
pub(in crate::diagnosis) fn alias_twice(case: &Case<'_>) -> Option<Finding> {
    let look = case.look.filter(|look| look.seen.index().many_aliases)?;
    let other = |lookup| targets(lookup).find(|target| *target != case.source());
    let many = look.seen.lookups.iter().filter(|lookup| targets(lookup).nth(1).is_some());
    let mut found = many.filter_map(|lookup| match (lookup.source, other(lookup)) {
        (Source::Dns(server), Some(target)) => Some((server, lookup, target)),
        _ => None,
    });
    let (first, lookup, target) = found.next()?;
    let more = found.filter(|(.., of)| *of == target).map(|(server, ..)| server);
    let servers = std::iter::once(first).chain(more).map(|server| case.name_server(server));
    let count = targets(lookup).count();
    let wrong = targets(lookup).filter(|target| *target != case.source()).count();
    let finding = Finding::failing(Cause::DnsCnameWrong, Side::NameResolution, 1753)
        .blames(Culprit::DnsRecord(DnsRecord {
            name: lookup.question.name.clone(),
            record: RecordType::Cname,
            servers: servers.collect(),
            trouble: RecordTrouble::OneOfSeveralTargets(target.clone()),
        }))
        // It may be another name of the source.
        .sure(Confidence::Likely)
        .share(wrong, count, "CNAME records");
    Some(finding)
}

/// The finding on an alias that does not exist on at least one DNS server.
pub(in super::super) fn alias_missing(case: &Case<'_>, name_sources: &[NameSource<'_>]) -> Finding {
    let lacks = |name_source: &NameSource<'_>| *name_source.alias == Alias::Missing;
    let has = |name_source: &NameSource<'_>| {
        matches!(name_source.alias, Alias::Target(_) | Alias::Dead(_))
    };
    let dns = || name_sources.iter().filter(|name_source| name_source.is_dns());
    let lacking = dns().filter(|name_source| lacks(name_source)).count();
    let having = dns().filter(|name_source| has(name_source)).count();
    Finding::failing(Cause::DnsCnameMissing, Side::NameResolution, 8524)
        .blames(Culprit::DnsRecord(DnsRecord {
            name: name(case),
            record: RecordType::Cname,
            servers: servers_where(case, name_sources, lacks),
            trouble: RecordTrouble::Missing,
        }))
        .sure(sure_of_source(case))
        .share(lacking, lacking + having, "DNS servers")
}

/// The alias that leads elsewhere, on the DNS servers that have it as `name_source` has.
pub(super) fn wrong_alias(
    case: &Case<'_>,
    name_sources: &[NameSource<'_>],
    name_source: &NameSource<'_>,
    trouble: RecordTrouble,
) -> Culprit {
    Culprit::DnsRecord(DnsRecord {
        name: name(case),
        record: RecordType::Cname,
        servers: servers_where(case, name_sources, |other| other.alias == name_source.alias),
        trouble,
    })
}

/// The alias that the destination looks for. Where a source of names says anything of it, the destination
/// has asked for it, so that the name is known.
fn name(case: &Case<'_>) -> DnsName {
    case.alias_name().unwrap_or_else(|| case.source()).clone()
}
