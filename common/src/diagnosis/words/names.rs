//! What to do about names.

use std::net::IpAddr;

use super::{
    super::{Cause, Confidence, State, case::Case, finding::BadRecord},
    remedy::{Ground, command},
};
use crate::facts::Platform;

pub(super) fn steps(g: &Ground<'_>) -> Vec<String> {
    let (dest, source) = (g.dest, g.source);
    match g.finding.cause {
        Cause::HostsFileOverride => hosts(g),
        Cause::LmhostsOverride => lmhosts(g),
        Cause::WinsStale => wins(g),
        Cause::DnsCnameMissing => vec![
            format!("{} is missing; on {source}, register it again: {}", g.name, register_alias(g)),
            format!(
                "where that fails, see whether the zone takes dynamic updates from {source}, and \
                 which DNS server {source} itself asks"
            ),
            format!("ask each server, which must name {source}: {}", lookups(g, "CNAME")),
        ],
        Cause::DnsServersDisagree => disagree(g),
        Cause::DnsCacheStale => vec![
            format!(
                "{}: {}; on {dest}, clear the cache, which deletes nothing else: ipconfig /flushdns",
                g.name, g.value
            ),
            "where it comes back, see which of its DNS servers still hands out the old record"
                .to_owned(),
        ],
        Cause::WrongServerIdentity => identity(g),
        _ => records(g),
    }
}

fn hosts(g: &Ground<'_>) -> Vec<String> {
    vec![
        format!(
            "remove the line {}, after a copy of the file: it says {}; DNS then decides",
            g.name, g.value
        ),
        flush(g),
    ]
}

fn lmhosts(g: &Ground<'_>) -> Vec<String> {
    vec![
        format!("remove the line {}, after a copy of the file: it says {}", g.name, g.value),
        format!("on {}, load the file anew: nbtstat -R", g.dest),
        netbios_order(g, "LMHOSTS"),
    ]
}

fn wins(g: &Ground<'_>) -> Vec<String> {
    let label: String = g.source.host().to_uppercase().chars().take(15).collect();
    // The culprit is called `DC2 on WINS server 10.0.1.5 (dc1)`.
    let server = g.name.rsplit(' ').find_map(|word| word.parse::<IpAddr>().ok());
    let server = server.map_or("ADDRESS-OF-IT".to_owned(), |server| server.to_string());
    vec![
        format!(
            "delete the wrong record, which deletes it for every client of the server: {}, {}: netsh \
             wins server {server} delete name Name={label} EndChar=00",
            g.name, g.value
        ),
        format!("on {}, register the right one: nbtstat -RR", g.source),
        format!("on {}, drop the names it remembers: nbtstat -R", g.dest),
        netbios_order(g, "WINS"),
    ]
}

/// Why a NetBIOS source counted, or when it will.
fn netbios_order(g: &Ground<'_>, what: &str) -> String {
    if g.finding.state == State::Latent {
        return format!("{what} is only asked where DNS has no answer: it will count on that day");
    }
    format!("then mend DNS, which had no answer: {what} is only asked after it")
}

/// Records that say something wrong.
fn records(g: &Ground<'_>) -> Vec<String> {
    let mut steps = deletions(g);
    let register = match g.finding.record.as_ref().map(|record| record.kind) {
        Some("CNAME") => register_alias(g),
        _ => g.at_source("ipconfig /registerdns", "samba_dnsupdate"),
    };
    steps.push(format!(
        "on {}, register the right one: {register}; where stale records come back, see that \
         scavenging is on for the zone",
        g.source
    ));
    steps.push(flush(g));
    let kind = g.finding.record.as_ref().map_or("A", |record| record.kind);
    steps.push(format!("ask each server{}: {}", right(g, kind), lookups(g, kind)));
    steps
}

fn disagree(g: &Ground<'_>) -> Vec<String> {
    let (dest, source) = (g.dest, g.source);
    let kind = g.finding.record.as_ref().map_or("A", |record| record.kind);
    let register = g.at_source("ipconfig /registerdns", "samba_dnsupdate");
    let mut steps = vec![format!("{}; compare the servers: {}", g.value, lookups(g, kind))];
    if g.finding.missing.is_empty() {
        steps.push(format!(
            "mend the server that differs ({}): replication of the zone, or a transfer that failed; \
             or take it off the list of {dest}",
            g.name
        ));
        steps.push(format!("on {source}, register its records again: {register}"));
    } else {
        steps.push(format!(
            "see which address is its own, on {source}: {}; delete no record before that is clear",
            g.at_source("ipconfig /all", "ip -br address")
        ));
        steps.push(format!(
            "on the server that has the wrong one, delete it, then on {source}: {register}"
        ));
    }
    steps
}

/// Another server answers: where the name went wrong decides what to mend.
fn identity(g: &Ground<'_>) -> Vec<String> {
    let mut steps = vec![format!(
        "another server answers in the place of {}: {}, {}",
        g.source, g.name, g.value
    )];
    steps.extend(match g.kind {
        "hosts-line" => hosts(g),
        "lmhosts-line" => lmhosts(g),
        "wins-record" => wins(g),
        "address" => vec![
            format!(
                "see who else has the address: on {} and on the one that answers, {}; from a host \
                 in the same network, arp -a shows whose adapter answers",
                g.source,
                g.at_source("ipconfig /all", "ip -br address")
            ),
            "give the other host an address of its own, or mend the translation between the sites"
                .to_owned(),
        ],
        _ if g.finding.record.is_some() => records(g),
        _ => vec![flush(g)],
    });
    if g.case.destination_platform() != Some(Platform::Samba) {
        steps.push(format!("on {}, drop the tickets for the wrong server: klist purge", g.dest));
    }
    steps
}

fn flush(g: &Ground<'_>) -> String {
    let dest = g.dest;
    match g.case.destination_platform() {
        Some(Platform::Windows) => {
            format!("on {dest}, clear the DNS client's cache: ipconfig /flushdns")
        }
        _ => format!("on {dest}, clear the resolver's cache (Windows: ipconfig /flushdns)"),
    }
}

fn register_alias(g: &Ground<'_>) -> String {
    g.at_source("nltest /dsregdns", "samba_dnsupdate --all-names")
}

/// The command that deletes the record, one a server.
fn deletions(g: &Ground<'_>) -> Vec<String> {
    let mut steps = Vec::new();
    if g.finding.confidence != Confidence::Proven {
        steps.push(format!(
            "first make sure that it is not {}'s after all, behind address translation or on an \
             adapter that is down: on {}, {}",
            g.source,
            g.source,
            g.at_source("ipconfig /all", "ip -br address")
        ));
    }
    steps.push(format!("delete the wrong record: {}, value {}", g.name, g.value));
    let Some(BadRecord { servers, name, kind, data: Some(data) }) = &g.finding.record else {
        return steps;
    };
    let (host, zone) = (name.host(), name.parent());
    let Some(zone) = zone else { return steps };
    for server in servers {
        let windows = format!("dnscmd {server} /RecordDelete {zone} {host} {kind} {data}");
        let samba =
            format!("samba-tool dns delete {server} {zone} {host} {kind} {data} -U Administrator");
        steps.push(format!(
            "that is, where {zone} is the zone: {}",
            command(platform_of(g.case, *server), &windows, &samba)
        ));
    }
    if servers.len() > 1 {
        steps.push(
            "where the zone is stored in the directory, one of these is enough: the others follow \
             when it has replicated"
                .to_owned(),
        );
    }
    steps
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

/// The questions to put to each server.
fn lookups(g: &Ground<'_>, kind: &str) -> String {
    let name = match &g.finding.record {
        Some(record) => record.name.to_string(),
        None => g.source.to_string(),
    };
    let servers = g.case.dns_servers();
    let each = servers.iter().map(|server| format!("nslookup -type={kind} {name} {server}"));
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
    if list.is_empty() { String::new() } else { format!(", which must say {}", list.join(", ")) }
}
