//! Which record, line or cache is to blame for a wrong address, named so that it can be found.

use std::net::IpAddr;

use epmesh_facts::Source;

use super::{
    super::{
        Cause, Confidence,
        case::Case,
        finding::{BadRecord, Finding},
        naming::{Alias, View},
    },
    TRANSLATED,
    alias::wrong_alias,
    alias_name, is_translated,
};

/// Proven where the source itself says who it is.
pub(super) const fn sure_of_source(case: &Case<'_>) -> Confidence {
    if case.source_host.is_some() { Confidence::Proven } else { Confidence::Likely }
}

/// Which sort of mapping a source of names holds wrong.
pub(super) fn mapping(case: &Case<'_>, view: &View<'_>) -> Cause {
    match (view.source, &view.alias) {
        (Source::Hosts, _) => Cause::HostsFileOverride,
        (Source::Cache, _) => Cause::DnsCacheStale,
        (Source::Lmhosts, _) => Cause::LmhostsOverride,
        (Source::Wins(_), _) => Cause::WinsStale,
        (_, Alias::Target(target)) if target != case.source() => Cause::DnsCnameWrong,
        _ => Cause::DnsAStale,
    }
}

pub(super) fn blame(
    finding: Finding,
    case: &Case<'_>,
    views: &[View<'_>],
    view: &View<'_>,
    address: IpAddr,
    line: Option<u32>,
    owner: Option<&str>,
) -> Finding {
    let owner = match owner {
        None => format!("{address}, not an address of {}", case.source()),
        Some(owner) if is_translated(case, address, owner) => {
            format!("{address}, where {owner} answers, which does not have it: {TRANSLATED}")
        }
        Some(owner) => format!("{address}, which is {owner}"),
    };
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
        (Source::Cache, _) => {
            let record = if *view.name == *case.source() {
                view.name.to_string()
            } else {
                format!("CNAME {}, {},", alias_name(case), view.name)
            };
            finding.culprit(
                "dns-cache",
                format!("{record} in the DNS client's cache of {}", case.destination()),
                owner,
            )
        }
        (Source::System, _) => finding.culprit(
            "system-resolver",
            format!("{} as {} of {} has it", view.name, view.source, case.destination()),
            owner,
        ),
        (Source::Dns(_), Cause::DnsCnameWrong) => {
            let holds = |other: &View<'_>| other.alias == view.alias;
            let servers = servers_where(case, views, holds);
            let finding = finding.culprit(
                "dns-record",
                format!("CNAME {} on DNS server {servers}", alias_name(case)),
                format!("{}, {owner}", view.name),
            );
            wrong_alias(finding, case, views, view)
        }
        (Source::Dns(_), _) => {
            let kind = if address.is_ipv4() { "A" } else { "AAAA" };
            let holds = |other: &View<'_>| {
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

pub(super) fn servers_where(
    case: &Case<'_>,
    views: &[View<'_>],
    holds: impl Fn(&View<'_>) -> bool,
) -> String {
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

pub(super) fn addresses_where(
    views: &[View<'_>],
    holds: impl Fn(&View<'_>) -> bool,
) -> Vec<IpAddr> {
    let servers = views.iter().filter(|view| holds(view)).filter_map(|view| match view.source {
        Source::Dns(server) => Some(server),
        _ => None,
    });
    servers.collect()
}
