//! DNS records in a remedy: the command that deletes one, the one that registers one, and what to ask
//! the servers afterwards.

use epmesh_facts::RecordType;

use super::{
    super::super::{
        case::Case,
        cause::{Confidence, State},
        culprit::{Culprit, DnsRecord, NameServer},
        name_source::NameSource,
    },
    commands::command,
    context::RemedyContext,
    foreign::{any_ours, is_ours, leave},
    origins,
    registering::{register_alias, register_host, start_netlogon, switch_registration_on},
    servers::{place, platform_of},
};

/// The steps for a record that is wrong.
pub(super) fn steps(g: &RemedyContext<'_>) -> Vec<String> {
    let mut steps = Vec::new();
    steps.extend(make_sure(g));
    let record = g.culprit.and_then(Culprit::record);
    let deletions = record.map(|record| deletions(g.case, record)).unwrap_or_default();
    let what = if deletions.is_empty() { "the record is wrong" } else { "delete the wrong record" };
    steps.push(format!("{what}: {}, whose value is {}", g.name, g.value));
    if deletions.len() > 1 {
        steps.push(
            "if the zone is stored in the directory, one of the following commands is enough: the other servers \
             follow when it has replicated"
                .to_owned(),
        );
    }
    steps.extend(deletions);
    steps.extend(record.into_iter().flat_map(|record| leave(g.case, record)));
    steps.extend(record.and_then(|record| origins::step(g.case, record)));
    let kind = record.map_or(RecordType::A, |record| record.record);
    let is_dead = record.is_some_and(|record| record.trouble.is_dead_alias());
    if is_dead && g.finding.state == State::Latent {
        steps.push(format!(
            "until then {} takes the host name of {} from its directory, which costs time (event 2088 in its \
             Directory Service log) and fails as soon as that name does not resolve either",
            g.dest, g.source
        ));
    }
    // What is wrong on servers of others alone is right on the forest's own.
    if record.is_none_or(any_ours) {
        steps.extend(start_netlogon(g).filter(|_| kind == RecordType::Cname));
        steps.extend(switch_registration_on(g).filter(|_| kind != RecordType::Cname));
        let register = if kind == RecordType::Cname { register_alias(g) } else { register_host(g) };
        steps.push(format!(
            "on {}, register the right record: {register}{}",
            g.source,
            record.and_then(|record| origins::aging(g.case, record)).unwrap_or_default(),
        ));
    }
    if is_dead && g.finding.state == State::Failing {
        steps.push(format!(
            "see that the host name {} has its address on each server, too; if not, on {}: {}",
            g.source,
            g.source,
            register_host(g)
        ));
    }
    steps.push(flush(g));
    steps.push(format!("ask each server{}: {}", right(g, kind), lookups(g, kind)));
    steps
}

/// Whether any DNS server has an address for the source.
pub(super) fn has_address(g: &RemedyContext<'_>) -> bool {
    let sources = g.case.look.into_iter().flat_map(|look| look.seen.index().name_sources());
    let mut dns = sources.filter(NameSource::is_dns);
    dns.any(|server| !server.addresses.is_empty() || !server.beside.is_empty())
}

/// The first step where what is to be deleted may be right.
pub(super) fn make_sure(g: &RemedyContext<'_>) -> Option<String> {
    (g.finding.confidence != Confidence::Proven).then(|| {
        format!(
            "first make sure that the address does not belong to {} after all, behind address translation \
             or on an adapter that is down: on {}, {}",
            g.source,
            g.source,
            g.at_source("ipconfig /all", "ip -br address")
        )
    })
}

/// The command that deletes the record, one for each server that is the forest's. dnscmd asks back before it does, samba-tool does not.
pub(super) fn deletions(case: &Case<'_>, bad: &DnsRecord) -> Vec<String> {
    let DnsRecord { servers, name, record, .. } = bad;
    let (Some(data), Some(zone)) = (bad.data(), name.parent()) else { return Vec::new() };
    let host = name.host();
    // A name in the data of a record is absolute with a dot at its end, whatever the zone.
    let dot = if *record == RecordType::Cname { "." } else { "" };
    let change = |server: &NameServer| {
        let (to, place) = (server.address, place(server));
        let windows = format!(
            "keep what dnscmd {to} /EnumRecords {zone} {host} shows, then dnscmd {to} /RecordDelete {zone} {host} \
             {record} {data}{dot}"
        );
        let samba = format!(
            "keep what samba-tool dns query {to} {zone} {host} ALL -U Administrator shows, then samba-tool dns \
             delete {to} {zone} {host} {record} {data} -U Administrator"
        );
        format!(
            "where the zone is {zone}{}{place}: {}",
            or_below(&zone.to_string(), host),
            command(platform_of(case, server), &windows, &samba)
        )
    };
    servers.iter().filter(|server| is_ours(server)).map(change).collect()
}

/// The command that adds the alias by hand, at the first server of the forest that lacks it.
pub(super) fn addition(g: &RemedyContext<'_>) -> Option<String> {
    let DnsRecord { servers, name, record, .. } = g.culprit?.record()?;
    let server = servers.iter().find(|server| is_ours(server))?;
    let (zone, host) = (name.parent()?, name.host());
    let (to, place, target) = (server.address, place(server), g.source);
    let windows = format!("dnscmd {to} /RecordAdd {zone} {host} {record} {target}.");
    let samba = format!("samba-tool dns add {to} {zone} {host} {record} {target} -U Administrator");
    Some(format!(
        "where the zone is {zone}{}{place}: {}",
        or_below(&zone.to_string(), host),
        command(platform_of(g.case, server), &windows, &samba)
    ))
}

/// The step that makes a server with less than the others load the zone again.
pub(super) fn reload(case: &Case<'_>, server: &NameServer, zone: &str) -> String {
    let to = server.address;
    let windows = format!(
        "dnscmd {to} /ZoneUpdateFromDs {zone} (a zone stored in the directory), dnscmd {to} \
         /ZoneRefresh {zone} (a secondary zone)"
    );
    let samba = "samba-tool drs showrepl there, for DomainDnsZones and ForestDnsZones".to_owned();
    format!(
        "have {server}{} load the zone again: {}",
        place(server),
        command(platform_of(case, server), &windows, &samba)
    )
}

/// Words for a forest that began with Windows 2000, where `_msdcs` may be a folder in the zone of the root.
fn or_below(zone: &str, host: &str) -> String {
    zone.strip_prefix("_msdcs.").map_or_else(String::new, |root| {
        format!(" (else the zone is {root} and the name {host}._msdcs)")
    })
}

pub(super) fn flush(g: &RemedyContext<'_>) -> String {
    let how = command(
        g.destination_platform(),
        "ipconfig /flushdns",
        "resolvectl flush-caches, where systemd-resolved runs",
    );
    format!("on {}, clear the DNS client's cache: {how}", g.dest)
}

/// The questions to put to each server.
pub(super) fn lookups(g: &RemedyContext<'_>, kind: RecordType) -> String {
    let name = g.culprit.and_then(Culprit::record).map_or(g.source, |record| &record.name);
    let servers = g.case.dns_servers().iter().map(|server| g.case.name_server(*server));
    let each = servers
        .map(|server| format!("nslookup -type={kind} {name} {}{}", server.address, place(&server)));
    each.collect::<Vec<_>>().join("; ")
}

/// What they must answer, where that is known.
fn right(g: &RemedyContext<'_>, kind: RecordType) -> String {
    if kind == RecordType::Cname {
        return format!("; the answer must be {}", g.source);
    }
    let owned = g.case.source_addresses().unwrap_or_default();
    let fits = owned.iter().filter(|address| address.is_ipv4() == (kind == RecordType::A));
    let list: Vec<String> = fits.map(ToString::to_string).collect();
    if list.is_empty() {
        return String::new();
    }
    let translated = if g.finding.confidence == Confidence::Proven {
        ""
    } else {
        ", or an address that is translated to it"
    };
    format!("; the answer must be {}{translated}", list.join(", "))
}
