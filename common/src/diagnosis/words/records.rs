//! DNS records in a remedy: the command that deletes one, the one that registers one, and what to ask
//! the servers afterwards.

use std::net::IpAddr;

use epmesh_facts::Platform;

use super::{
    super::{Confidence, case::Case, finding::BadRecord},
    remedy::{Ground, command},
};

/// Records that say something wrong.
pub(super) fn steps(g: &Ground<'_>) -> Vec<String> {
    let mut steps = Vec::new();
    steps.extend(make_sure(g));
    steps.push(format!("delete the wrong record: {}, value {}", g.name, g.value));
    let record = g.finding.record.as_ref();
    steps.extend(record.into_iter().flat_map(|record| deletions(g.case, record)));
    if record.is_some_and(|record| record.servers.len() > 1) {
        steps.push(
            "where the zone is stored in the directory, one of these is enough: the others follow \
             when it has replicated"
                .to_owned(),
        );
    }
    let kind = record.map_or("A", |record| record.kind);
    let register = if kind == "CNAME" { register_alias(g) } else { register_host(g) };
    steps.push(format!(
        "on {}, register the right one: {register}; where stale records come back, see that \
         scavenging is on for the zone{}",
        g.source,
        record.map_or(String::new(), |record| aging(g.case, record)),
    ));
    steps.push(flush(g));
    steps.push(format!("ask each server{}: {}", right(g, kind), lookups(g, kind)));
    steps
}

/// Before anything is taken away that may be right.
pub(super) fn make_sure(g: &Ground<'_>) -> Option<String> {
    (g.finding.confidence != Confidence::Proven).then(|| {
        format!(
            "first make sure that it is not {}'s after all, behind address translation or on an \
             adapter that is down: on {}, {}",
            g.source,
            g.source,
            g.at_source("ipconfig /all", "ip -br address")
        )
    })
}

/// The command that deletes the record, one a server. dnscmd asks back before it does, samba-tool does not.
pub(super) fn deletions(case: &Case<'_>, record: &BadRecord) -> Vec<String> {
    let BadRecord { servers, name, kind, data: Some(data) } = record else { return Vec::new() };
    let Some(zone) = name.parent() else { return Vec::new() };
    let host = name.host();
    let change = |server: IpAddr| {
        let (to, place) = reach(case, server);
        let windows =
            format!("dnscmd {to} /RecordDelete {zone} {host} {kind} {}", dotted(kind, data));
        let samba =
            format!("samba-tool dns delete {to} {zone} {host} {kind} {data} -U Administrator");
        format!(
            "that is, where {zone} is the zone{}{place}: {}",
            or_below(&zone.to_string(), host),
            command(platform_of(case, server), &windows, &samba)
        )
    };
    servers.iter().copied().map(change).collect()
}

/// The command that adds the alias by hand, at the first server that lacks it.
pub(super) fn addition(g: &Ground<'_>) -> Option<String> {
    let BadRecord { servers, name, kind, .. } = g.finding.record.as_ref()?;
    let (server, zone, host) = (*servers.first()?, name.parent()?, name.host());
    let (to, place) = reach(g.case, server);
    let target = g.source;
    let windows = format!("dnscmd {to} /RecordAdd {zone} {host} {kind} {target}.");
    let samba = format!("samba-tool dns add {to} {zone} {host} {kind} {target} -U Administrator");
    Some(format!(
        "where {zone} is the zone{}{place}: {}",
        or_below(&zone.to_string(), host),
        command(platform_of(g.case, server), &windows, &samba)
    ))
}

/// How a server that has less than the others is made to load the zone again.
pub(super) fn reload(case: &Case<'_>, server: IpAddr, zone: &str) -> String {
    let (to, place) = reach(case, server);
    let windows = format!(
        "dnscmd {to} /ZoneUpdateFromDs {zone} (a zone stored in the directory), dnscmd {to} \
         /ZoneRefresh {zone} (a secondary zone)"
    );
    let samba = "samba-tool drs showrepl there, for DomainDnsZones and ForestDnsZones".to_owned();
    format!(
        "have {}{place} load the zone again: {}",
        case.server_name(server),
        command(platform_of(case, server), &windows, &samba)
    )
}

/// A server's address for a command, and where that has to be typed: a loopback address is another
/// server everywhere else.
fn reach(case: &Case<'_>, server: IpAddr) -> (IpAddr, String) {
    let own = server.is_loopback() && !case.evidence.owners.contains_key(&server);
    let place = if own { format!(", on {}", case.destination()) } else { String::new() };
    (server, place)
}

/// A name in the data of a record is absolute with a dot at its end, whatever the zone.
fn dotted(kind: &str, data: &str) -> String {
    if kind == "CNAME" { format!("{data}.") } else { data.to_owned() }
}

/// In a forest that began with Windows 2000, `_msdcs` may be a folder in the zone of the root.
fn or_below(zone: &str, host: &str) -> String {
    zone.strip_prefix("_msdcs.").map_or_else(String::new, |root| {
        format!(" (else the zone is {root} and the name {host}._msdcs)")
    })
}

/// What shows whether old records of the zone are taken out.
fn aging(case: &Case<'_>, record: &BadRecord) -> String {
    let (Some(server), Some(zone)) = (record.servers.first(), record.name.parent()) else {
        return String::new();
    };
    let (to, place) = reach(case, *server);
    match platform_of(case, *server) {
        Some(Platform::Windows) => format!(": dnscmd {to} /ZoneInfo {zone}{place}"),
        _ => String::new(),
    }
}

/// The platform of a DNS server: what it is where that is known, else what both ends are.
fn platform_of(case: &Case<'_>, server: IpAddr) -> Option<Platform> {
    let (from, to) = (case.destination_platform(), case.source_platform());
    match case.evidence.owners.get(&server) {
        Some(owner) if owner == case.source() => to,
        Some(owner) if owner == case.destination() => from,
        None if server.is_loopback() => from,
        _ => from.filter(|from| Some(*from) == to),
    }
}

pub(super) fn flush(g: &Ground<'_>) -> String {
    let how = command(
        g.case.destination_platform(),
        "ipconfig /flushdns",
        "resolvectl flush-caches, where systemd-resolved runs",
    );
    format!("on {}, clear the DNS client's cache: {how}", g.dest)
}

pub(super) fn register_host(g: &Ground<'_>) -> String {
    g.at_source("ipconfig /registerdns", "samba_dnsupdate")
}

pub(super) fn register_alias(g: &Ground<'_>) -> String {
    g.at_source("nltest /dsregdns", "samba_dnsupdate --all-names")
}

/// The questions to put to each server.
pub(super) fn lookups(g: &Ground<'_>, kind: &str) -> String {
    let name = match &g.finding.record {
        Some(record) => record.name.to_string(),
        None => g.source.to_string(),
    };
    let servers = g.case.dns_servers();
    let each = servers.iter().map(|server| {
        let (to, place) = reach(g.case, *server);
        format!("nslookup -type={kind} {name} {to}{place}")
    });
    each.collect::<Vec<_>>().join("; ")
}

/// What they must answer, where that is known.
fn right(g: &Ground<'_>, kind: &str) -> String {
    if kind == "CNAME" {
        return format!(", which must name {}", g.source);
    }
    let owned = g.case.source_addresses().unwrap_or_default();
    let fits = owned.iter().filter(|address| address.is_ipv4() == (kind == "A"));
    let list: Vec<String> = fits.map(ToString::to_string).collect();
    if list.is_empty() {
        return String::new();
    }
    let translated = if g.finding.confidence == Confidence::Proven {
        ""
    } else {
        ", or an address that is translated to it"
    };
    format!(", which must say {}{translated}", list.join(", "))
}
