//! The `_msdcs` alias is missing, or names a host that has no address.

use super::{
    super::{
        Cause, Side,
        case::Case,
        finding::{BadRecord, Finding},
        naming::{Alias, View},
    },
    blame::{addresses_where, servers_where, sure_of_source},
};
use crate::facts::{RecordType, Source};

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
