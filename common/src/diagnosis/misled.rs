//! Name resolution leads the destination elsewhere.

use std::net::IpAddr;

use super::{
    Cause, Confidence, Side,
    case::Case,
    decide::error_at,
    finding::{BadRecord, Finding},
    naming::{Alias, View},
    owner::Owner,
    path::{Path, path},
};
use crate::facts::Source;

/// The source of names that decides gives an address that is not the source's.
pub(super) fn by(case: &Case<'_>, views: &[View], view: &View) -> Option<Finding> {
    let wrong: Vec<_> = view.wrong(case).collect();
    let (address, line, name) = wrong.first()?.clone();
    let path = path(case.probe(address), case.interface());
    let error = error_at(&path);
    if case.owns(address) {
        // The record is right, and somebody else answers there.
        let name = name.unwrap_or_else(|| "somebody else".to_owned());
        return Some(
            Finding::failing(Cause::WrongServerIdentity, Side::Network, error)
                .culprit(
                    "address",
                    format!("{address}, an address of {}", case.source()),
                    format!("{name} answers there: two hosts have it, or it is translated"),
                )
                .sure(Confidence::Likely),
        );
    }
    // A cache that holds what a server says is not at fault.
    let holds = |other: &&View| other.addresses.iter().any(|(known, _)| *known == address);
    let behind = views.iter().find(|other| other.is_dns() && holds(other));
    let view = if view.source == Source::Cache { behind.unwrap_or(view) } else { view };
    let mixed = view.addresses.iter().any(|(known, _)| case.owner(*known) == Owner::Source);
    let mapping = mapping(case, view);
    let cause = match (&path, mapping) {
        (_, Cause::DnsAStale) if mixed => Cause::DnsADuplicate,
        (Path::Reached(_), _) if !mixed => Cause::WrongServerIdentity,
        (_, mapping) => mapping,
    };
    let finding = Finding::failing(cause, Side::NameResolution, error);
    let finding = blame(finding, case, views, view, address, line, name.as_deref());
    let finding = finding.sure(confidence(case, &path));
    Some(if mixed {
        finding.share(wrong.len(), view.addresses.len(), "addresses")
    } else {
        of_servers(finding, case, views, view)
    })
}

/// How many of the DNS servers are wrong, where the others are right.
fn of_servers(finding: Finding, case: &Case<'_>, views: &[View], view: &View) -> Finding {
    if !view.is_dns() {
        return finding;
    }
    let dns = || views.iter().filter(|other| other.is_dns());
    let wrong = dns().filter(|other| other.wrong(case).next().is_some()).count();
    let right = dns().filter(|other| other.is_right(case)).count();
    finding.share(wrong, wrong + right, "DNS servers")
}

/// Another source of names than the one that decides is wrong: the link works, until the order
/// changes.
pub(super) fn elsewhere(case: &Case<'_>, views: &[View], effective: &View) -> Option<Finding> {
    for view in views.iter().filter(|view| view.source != effective.source) {
        if let Some((address, line, name)) = view.wrong(case).next()
            && !case.owns(address)
            && view.source != Source::System
        {
            let path = path(case.probe(address), case.interface());
            let finding =
                Finding::failing(mapping(case, view), Side::NameResolution, error_at(&path));
            let finding = blame(finding, case, views, view, address, line, name.as_deref());
            let finding = finding.sure(confidence(case, &path)).latent();
            return Some(of_servers(finding, case, views, view));
        }
        if view.is_dns() && view.alias == Alias::Missing {
            return Some(alias_missing(case, views).latent());
        }
    }
    disagreement(case, views).map(Finding::latent)
}

/// Some DNS servers have no address for the name, and others do.
pub(super) fn disagreement(case: &Case<'_>, views: &[View]) -> Option<Finding> {
    let lacks = |view: &&View| view.is_dns() && view.answered && view.addresses.is_empty();
    let lacking = views.iter().find(lacks)?;
    let has = views.iter().filter(|view| view.is_dns() && !view.addresses.is_empty()).count();
    if has == 0 {
        return None;
    }
    let servers = servers_where(case, views, |view| lacks(&view));
    let count = views.iter().filter(lacks).count();
    Some(
        Finding::failing(Cause::DnsServersDisagree, Side::NameResolution, 8524)
            .culprit(
                "dns-record",
                format!("A {} on DNS server {servers}", lacking.name),
                "no address there, and one on the others",
            )
            .record(BadRecord {
                servers: case.dns_servers(),
                name: lacking.name.clone(),
                kind: "A",
                data: None,
            })
            .sure(Confidence::Proven.min(sure_of_source(case)))
            .share(count, count + has, "DNS servers"),
    )
}

/// The `_msdcs` alias names a host that is not the source and has no address.
pub(super) fn alias_astray(case: &Case<'_>, views: &[View], view: &View) -> Option<Finding> {
    let Alias::Target(target) = &view.alias else { return None };
    if target == case.source() || !view.is_dns() {
        return None;
    }
    let servers = servers_where(case, views, |other| other.alias == view.alias);
    Some(
        Finding::failing(Cause::DnsCnameWrong, Side::NameResolution, 8524)
            .culprit(
                "dns-record",
                format!("CNAME {} on DNS server {servers}", alias_name(case)),
                format!("{target}, which has no address"),
            )
            .sure(sure_of_source(case)),
    )
}

/// The `_msdcs` alias does not exist on at least one DNS server.
pub(super) fn alias_missing(case: &Case<'_>, views: &[View]) -> Finding {
    let lacks = |view: &View| view.alias == Alias::Missing;
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

/// Proven where the source itself says who it is.
const fn sure_of_source(case: &Case<'_>) -> Confidence {
    if case.source_host.is_some() { Confidence::Proven } else { Confidence::Likely }
}

/// Which sort of mapping a source of names holds wrong.
fn mapping(case: &Case<'_>, view: &View) -> Cause {
    match (view.source, &view.alias) {
        (Source::Hosts, _) => Cause::HostsFileOverride,
        (Source::Cache, _) => Cause::DnsCacheStale,
        (Source::Lmhosts, _) => Cause::LmhostsOverride,
        (Source::Wins(_), _) => Cause::WinsStale,
        (_, Alias::Target(target)) if target != case.source() => Cause::DnsCnameWrong,
        _ => Cause::DnsAStale,
    }
}

fn blame(
    finding: Finding,
    case: &Case<'_>,
    views: &[View],
    view: &View,
    address: IpAddr,
    line: Option<u32>,
    owner: Option<&str>,
) -> Finding {
    let owner = owner.map_or_else(
        || format!("{address}, not an address of {}", case.source()),
        |owner| format!("{address}, which is {owner}"),
    );
    match (view.source, mapping(case, view)) {
        (Source::Hosts, _) => {
            let line = line.map_or(String::new(), |line| format!(":{line}"));
            finding.culprit(
                "hosts-line",
                format!("{}{line} on {}", case.hosts_path(), case.destination()),
                owner,
            )
        }
        (Source::Lmhosts, _) => {
            let line = line.map_or(String::new(), |line| format!(":{line}"));
            let lmhosts = case.destination_resolver.and_then(|r| r.fact.lmhosts.value());
            let path = lmhosts.map_or("LMHOSTS file", |file| file.path.as_str());
            finding.culprit(
                "lmhosts-line",
                format!("{path}{line} on {}", case.destination()),
                owner,
            )
        }
        (Source::Wins(server), _) => finding.culprit(
            "wins-record",
            format!("{} on WINS server {}", case.source().host(), case.server_name(server)),
            owner,
        ),
        (Source::Cache, _) => finding.culprit(
            "dns-cache",
            format!("{} in the DNS client's cache of {}", view.name, case.destination()),
            owner,
        ),
        (Source::System, _) => finding.culprit(
            "system-resolver",
            format!("{} as {} of {} has it", view.name, view.source, case.destination()),
            owner,
        ),
        (Source::Dns(_), Cause::DnsCnameWrong) => {
            let holds = |other: &View| other.alias == view.alias;
            let servers = servers_where(case, views, holds);
            let finding = finding.culprit(
                "dns-record",
                format!("CNAME {} on DNS server {servers}", alias_name(case)),
                format!("{}, {owner}", view.name),
            );
            match alias_name(case).parse() {
                Ok(name) => finding.record(BadRecord {
                    servers: addresses_where(views, holds),
                    name,
                    kind: "CNAME",
                    data: Some(view.name.to_string()),
                }),
                Err(_) => finding,
            }
        }
        (Source::Dns(_), _) => {
            let kind = if address.is_ipv4() { "A" } else { "AAAA" };
            let holds = |other: &View| {
                other.name == view.name && other.addresses.iter().any(|(a, _)| *a == address)
            };
            let servers = servers_where(case, views, holds);
            finding
                .culprit(
                    "dns-record",
                    format!("{kind} {} on DNS server {servers}", view.name),
                    owner,
                )
                .record(BadRecord {
                    servers: addresses_where(views, holds),
                    name: view.name.clone(),
                    kind,
                    data: Some(address.to_string()),
                })
        }
    }
}

fn servers_where(case: &Case<'_>, views: &[View], holds: impl Fn(&View) -> bool) -> String {
    let servers: Vec<String> = views
        .iter()
        .filter(|view| holds(view))
        .filter_map(|view| match view.source {
            Source::Dns(server) => Some(case.server_name(server)),
            _ => None,
        })
        .collect();
    servers.join(", ")
}

fn addresses_where(views: &[View], holds: impl Fn(&View) -> bool) -> Vec<IpAddr> {
    let servers = views.iter().filter(|view| holds(view)).filter_map(|view| match view.source {
        Source::Dns(server) => Some(server),
        _ => None,
    });
    servers.collect()
}

/// The `_msdcs` name that the destination looks for.
pub(super) fn alias_name(case: &Case<'_>) -> String {
    use crate::facts::RecordType;
    case.look
        .and_then(|look| {
            look.seen.lookups.iter().find(|lookup| lookup.question.kind == RecordType::Cname)
        })
        .map_or_else(|| format!("of {} in _msdcs", case.source()), |l| l.question.name.to_string())
}

/// Proven when the source says which addresses are its own *and* somebody else answered there. An
/// address that is silent could still be a translated one that leads to the source.
fn confidence(case: &Case<'_>, path: &Path<'_>) -> Confidence {
    let answered = !matches!(path, Path::Unreached(_) | Path::NotSeen);
    match (case.source_addresses(), answered) {
        (Some(_), true) => Confidence::Proven,
        (Some(_), false) | (None, true) => Confidence::Likely,
        (None, false) => Confidence::Possible,
    }
}
