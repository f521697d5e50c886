//! The `_msdcs` alias is missing, or names a host that has no address.

use std::net::IpAddr;

use epmesh_facts::{RecordType, Source};

use super::{
    super::{
        Cause, Confidence, Side,
        case::Case,
        finding::{BadRecord, Finding},
        naming::{Alias, View},
        sight::targets,
    },
    blame::{addresses_where, servers_where, sure_of_source},
};

/// The `_msdcs` alias names a host that is not the source and has no address.
pub(in super::super) fn alias_astray(
    case: &Case<'_>,
    views: &[View<'_>],
    view: &View<'_>,
) -> Option<Finding> {
    let Alias::Target(target) = &view.alias else { return None };
    if target == case.source() || !view.is_dns() {
        return None;
    }
    let holds = |other: &View<'_>| other.alias == view.alias;
    let servers = servers_where(case, views, holds);
    let finding = Finding::failing(Cause::DnsCnameWrong, Side::NameResolution, 8524)
        .culprit(
            "dns-record",
            format!("CNAME {} on DNS server {servers}", alias_name(case)),
            format!("{target}, which has no address"),
        )
        .sure(sure_of_source(case));
    Some(wrong_alias(finding, case, views, view))
}

/// A DNS server has several records for the `_msdcs` alias, and one of them does not name the source: the
/// answer differs from one time to the next.
pub(in super::super) fn alias_twice(case: &Case<'_>) -> Option<Finding> {
    let look = case.look.filter(|look| look.seen.sight().many_aliases)?;
    let other = |lookup| targets(lookup).find(|target| *target != case.source());
    let many = look.seen.lookups.iter().filter(|lookup| targets(lookup).nth(1).is_some());
    let mut found = many.filter_map(|lookup| match (lookup.source, other(lookup)) {
        (Source::Dns(server), Some(target)) => Some((server, lookup, target)),
        _ => None,
    });
    let (first, lookup, target) = found.next()?;
    let more = found.filter(|(.., of)| *of == target).map(|(server, ..)| server);
    let servers: Vec<IpAddr> = std::iter::once(first).chain(more).collect();
    let names: Vec<String> = servers.iter().map(|server| case.server_name(*server)).collect();
    let count = targets(lookup).count();
    let wrong = targets(lookup).filter(|target| *target != case.source()).count();
    Some(
        Finding::failing(Cause::DnsCnameWrong, Side::NameResolution, 1753)
            .culprit(
                "dns-record",
                format!("CNAME {} on DNS server {}", lookup.question.name, names.join(", ")),
                format!("{target}, beside other names: an alias has one"),
            )
            .record(BadRecord {
                servers,
                name: lookup.question.name.clone(),
                kind: "CNAME",
                data: Some(target.to_string()),
            })
            // It may be another name of the source.
            .sure(Confidence::Likely)
            .share(wrong, count, "CNAME records"),
    )
}

/// Names the record that leads elsewhere, so that it can be deleted.
pub(super) fn wrong_alias(
    finding: Finding,
    case: &Case<'_>,
    views: &[View<'_>],
    view: &View<'_>,
) -> Finding {
    match alias_name(case).parse() {
        Ok(name) => finding.record(BadRecord {
            servers: addresses_where(views, |other| other.alias == view.alias),
            name,
            kind: "CNAME",
            data: Some(view.name.to_string()),
        }),
        Err(_) => finding,
    }
}

/// The `_msdcs` alias does not exist on at least one DNS server.
pub(in super::super) fn alias_missing(case: &Case<'_>, views: &[View<'_>]) -> Finding {
    let lacks = |view: &View<'_>| *view.alias == Alias::Missing;
    let servers = servers_where(case, views, lacks);
    let lacking = views.iter().filter(|view| view.is_dns() && lacks(view));
    let count = lacking.clone().count();
    let has = views.iter().filter(|view| view.is_dns() && matches!(view.alias, Alias::Target(_)));
    let finding = Finding::failing(Cause::DnsCnameMissing, Side::NameResolution, 8524)
        .culprit(
            "dns-record",
            format!("CNAME {} on DNS server {servers}", alias_name(case)),
            "no such record",
        )
        .sure(sure_of_source(case))
        .share(count, count + has.count(), "DNS servers");
    let servers = lacking.filter_map(|view| match view.source {
        Source::Dns(server) => Some(server),
        _ => None,
    });
    match alias_name(case).parse() {
        Ok(name) => finding.record(BadRecord {
            servers: servers.collect(),
            name,
            kind: "CNAME",
            data: None,
        }),
        Err(_) => finding,
    }
}

/// The `_msdcs` name that the destination looks for.
pub(in super::super) fn alias_name(case: &Case<'_>) -> String {
    case.look
        .and_then(|look| {
            look.seen.lookups.iter().find(|lookup| lookup.question.kind == RecordType::Cname)
        })
        .map_or_else(|| format!("of {} in _msdcs", case.source()), |l| l.question.name.to_string())
}
