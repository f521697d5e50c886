//! Name resolution leads the destination elsewhere.

use std::net::IpAddr;

use super::{
    Cause, Confidence, Side,
    case::{Case, Owner, Path, path},
    decide::error_at,
    finding::Finding,
    naming::{Alias, View},
};
use crate::facts::Source;

/// The source of names that decides gives an address that is not the source's.
pub(super) fn by(case: &Case<'_>, views: &[View], view: &View) -> Option<Finding> {
    let wrong: Vec<_> = view.wrong(case).collect();
    let (address, line, name) = wrong.first()?.clone();
    let path = path(case.probe(address), case.interface());
    let mixed = view.addresses.iter().any(|(known, _)| case.owner(*known) == Owner::Source);
    let mapping = mapping(case, view);
    let cause = match (&path, mapping) {
        (_, Cause::DnsAStale) if mixed => Cause::DnsADuplicate,
        (Path::Reached(_), _) if !mixed => Cause::WrongServerIdentity,
        (_, mapping) => mapping,
    };
    let finding = Finding::failing(cause, Side::NameResolution, error_at(&path));
    let finding = blame(finding, case, views, view, address, line, name.as_deref());
    Some(finding.sure(confidence(case, &path)))
}

/// Another source of names than the one that decides is wrong: the link works, until the order
/// changes.
pub(super) fn elsewhere(case: &Case<'_>, views: &[View], effective: &View) -> Option<Finding> {
    let others = || views.iter().filter(|view| view.source != effective.source);
    for view in others().filter(|view| matches!(view.source, Source::Dns(_))) {
        if let Some((address, line, name)) = view.wrong(case).next() {
            let path = path(case.probe(address), case.interface());
            let finding =
                Finding::failing(mapping(case, view), Side::NameResolution, error_at(&path));
            let finding = blame(finding, case, views, view, address, line, name.as_deref());
            return Some(finding.sure(confidence(case, &path)).latent());
        }
        if view.alias == Alias::Missing {
            return Some(alias_missing(case, views).latent());
        }
    }
    None
}

/// The `_msdcs` alias does not exist on at least one DNS server.
pub(super) fn alias_missing(case: &Case<'_>, views: &[View]) -> Finding {
    let servers = servers_where(case, views, |view| view.alias == Alias::Missing);
    let confidence =
        if case.source_host.is_some() { Confidence::Proven } else { Confidence::Likely };
    Finding::failing(Cause::DnsCnameMissing, Side::NameResolution, 8524)
        .culprit(
            "dns-record",
            format!("CNAME {} on DNS server {servers}", alias_name(case)),
            "no such record",
        )
        .sure(confidence)
}

/// Which sort of mapping a source of names holds wrong.
fn mapping(case: &Case<'_>, view: &View) -> Cause {
    match (view.source, &view.alias) {
        (Source::Hosts, _) => Cause::HostsFileOverride,
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
        (Source::System | Source::Cache | Source::Lmhosts | Source::Wins(_), _) => finding.culprit(
            "system-resolver",
            format!("{} as {} of {} has it", view.name, view.source, case.destination()),
            owner,
        ),
        (Source::Dns(_), Cause::DnsCnameWrong) => {
            let servers = servers_where(case, views, |other| other.alias == view.alias);
            finding.culprit(
                "dns-record",
                format!("CNAME {} on DNS server {servers}", alias_name(case)),
                format!("{}, {owner}", view.name),
            )
        }
        (Source::Dns(_), _) => {
            let kind = if address.is_ipv4() { "A" } else { "AAAA" };
            let servers = servers_where(case, views, |other| {
                other.name == view.name && other.addresses.iter().any(|(a, _)| *a == address)
            });
            finding.culprit(
                "dns-record",
                format!("{kind} {} on DNS server {servers}", view.name),
                owner,
            )
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
