//! What to do about names and directory data.

use std::net::IpAddr;

use super::{
    super::{
        Cause,
        case::Case,
        finding::{BadRecord, Finding},
    },
    remedy::command,
};
use crate::facts::Platform;

pub(super) fn steps(case: &Case<'_>, finding: &Finding) -> Vec<String> {
    let (dest, source) = (case.destination(), case.source());
    let culprit = finding.culprit.as_ref();
    let name = culprit.map_or("", |culprit| culprit.name.as_str());
    let value = culprit.map_or("", |culprit| culprit.value.as_str());
    match finding.cause {
        Cause::HostsFileOverride => vec![
            format!("on {dest}, remove the line {name}; it is the only change needed"),
            flush(case),
        ],
        Cause::LmhostsOverride => vec![
            format!("on {dest}, remove the line {name}"),
            format!("on {dest}, load the file anew: nbtstat -R"),
            "then mend DNS, which had no answer: LMHOSTS is only asked after it".to_owned(),
        ],
        Cause::WinsStale => vec![
            format!(
                "delete the wrong record, which deletes it for every client of the server: {name}, \
                 {value} (WINS console, or netsh wins server delete name)"
            ),
            format!("on {source}, register the right one: nbtstat -RR"),
            format!("on {dest}, drop the names it remembers: nbtstat -R"),
        ],
        Cause::DnsAStale | Cause::DnsADuplicate => {
            let mut steps = deletions(case, finding, name, value);
            steps.push(format!(
                "on {source}, register the right one: {}; where stale records come back, see that \
                 scavenging is on for the zone",
                command(case.source_platform(), "ipconfig /registerdns", "samba_dnsupdate")
            ));
            steps.push(flush(case));
            steps
        }
        Cause::DnsCnameWrong => {
            let mut steps = deletions(case, finding, name, value);
            steps.push(format!("on {source}, register the right one: {}", register_alias(case)));
            steps.push(flush(case));
            steps
        }
        Cause::DnsCnameMissing => vec![
            format!("on {source}, register it again: {}: {name}", register_alias(case)),
            format!("{}: it must name {source}", lookups(case, finding, "CNAME")),
        ],
        Cause::DnsServersDisagree => vec![
            format!("compare the servers' copies of the zone: {}", lookups(case, finding, "A")),
            format!(
                "mend the server that differs ({name}): replication of the zone, or a transfer that \
                 failed; or take it off the list of {dest}"
            ),
            format!(
                "on {source}, register its records again: {}",
                command(case.source_platform(), "ipconfig /registerdns", "samba_dnsupdate")
            ),
        ],
        Cause::DnsCacheStale => vec![
            format!("on {dest}, clear the DNS client's cache: ipconfig /flushdns"),
            "where it comes back, see which of its DNS servers still hands out the old record"
                .to_owned(),
        ],
        Cause::WrongServerIdentity => {
            let mut steps =
                vec![format!("another server answers in the place of {source}: {name}, {value}")];
            if finding.record.is_some() {
                steps.extend(deletions(case, finding, name, value));
            }
            steps.push(format!(
                "{}; on Windows also its Kerberos tickets: klist purge",
                flush(case)
            ));
            steps
        }
        _ => vec![
            format!(
                "compare the creation time of each NTDS Settings object with the last promotion of \
                 {source} (dcpromo.log): repadmin /showobjmeta {dest} \"<GUID=...>\""
            ),
            format!(
                "let {dest} replicate the configuration naming context from a domain controller \
                 that knows the newer object: repadmin /replicate {dest} <that one> \
                 CN=Configuration,..."
            ),
            "only then remove the older object; metadata cleanup deletes a domain controller from \
             the directory: make sure which one it is"
                .to_owned(),
        ],
    }
}

fn flush(case: &Case<'_>) -> String {
    let dest = case.destination();
    match case.destination_platform() {
        Some(Platform::Windows) => {
            format!("on {dest}, clear the DNS client's cache: ipconfig /flushdns")
        }
        _ => format!("on {dest}, clear the resolver's cache (Windows: ipconfig /flushdns)"),
    }
}

fn register_alias(case: &Case<'_>) -> String {
    command(case.source_platform(), "nltest /dsregdns", "samba_dnsupdate --all-names")
}

/// The command that deletes the record, one a server.
fn deletions(case: &Case<'_>, finding: &Finding, name: &str, value: &str) -> Vec<String> {
    let mut steps = vec![format!("delete the wrong record: {name}, value {value}")];
    let Some(BadRecord { servers, name, kind, data: Some(data) }) = &finding.record else {
        return steps;
    };
    let (host, zone) = (name.host(), name.parent());
    let Some(zone) = zone else { return steps };
    for server in servers {
        let windows = format!("dnscmd {server} /RecordDelete {zone} {host} {kind} {data}");
        let samba = format!("samba-tool dns delete {server} {zone} {host} {kind} {data}");
        steps.push(format!(
            "that is, where {zone} is the zone: {}",
            command(case.source_platform(), &windows, &samba)
        ));
    }
    steps
}

/// The questions to put to each server.
fn lookups(case: &Case<'_>, finding: &Finding, kind: &str) -> String {
    let (name, servers): (String, Vec<IpAddr>) = match &finding.record {
        Some(record) => (record.name.to_string(), record.servers.clone()),
        None => (case.source().to_string(), case.dns_servers()),
    };
    let each = servers.iter().map(|server| format!("nslookup -type={kind} {name} {server}"));
    each.collect::<Vec<_>>().join("; ")
}
