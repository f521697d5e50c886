//! Remedies for wrong names.

use epmesh_facts::{Platform, RecordType};

use super::{
    super::super::{
        cause::{Cause, State},
        culprit::{AnswersThere, Culprit, LeadsTo, RecordTrouble},
    },
    commands::command,
    context::RemedyContext,
    foreign::{any_ours, is_ours, leave},
    records::{self, addition, flush, lookups, make_sure, reload},
    registering::{register_alias, register_all, register_host, start_netlogon},
};

pub(super) fn steps(g: &RemedyContext<'_>) -> Vec<String> {
    let dest = g.dest;
    match g.finding.cause {
        Cause::HostsFileOverride => hosts(g),
        Cause::LmhostsOverride => lmhosts(g),
        Cause::WinsStale => wins(g),
        Cause::DnsCnameMissing => alias_missing(g),
        Cause::DnsServersDisagree => disagree(g),
        Cause::DnsCacheStale => vec![
            format!(
                "{}: {}; on {dest}, clear the DNS client's cache, which deletes nothing else: ipconfig \
                 /flushdns",
                g.name, g.value
            ),
            "if the entry comes back, find the DNS server that still serves the old record"
                .to_owned(),
        ],
        Cause::WrongServerIdentity => identity(g),
        _ => records::steps(g),
    }
}

fn alias_missing(g: &RemedyContext<'_>) -> Vec<String> {
    let source = g.source;
    let record = g.culprit.and_then(Culprit::record);
    let mut steps = Vec::new();
    let is_elsewhere = g.finding.intermittent.is_some();
    let elsewhere = if is_elsewhere { ", although other servers have it" } else { "" };
    steps.push(format!("{} is missing{elsewhere}", g.name));
    // Where other servers have it, it is registered, and did not get to all.
    if is_elsewhere
        && let Some((record, zone)) = record.and_then(|r| Some((r, r.name.parent()?.to_string())))
    {
        let ours = record.servers.iter().filter(|server| is_ours(server));
        steps.extend(ours.map(|server| reload(g.case, server, &zone)));
    }
    steps.extend(record.into_iter().flat_map(|record| leave(g.case, record)));
    if is_elsewhere && !record.is_none_or(any_ours) {
        steps.push(ask_for_alias(g));
        return steps;
    }
    if is_elsewhere {
        steps.push(format!(
            "if that does not help, register it again on {source}: {}",
            register_alias(g)
        ));
    } else if records::has_address(g) {
        steps.extend(start_netlogon(g));
        steps.push(format!("on {source}, register it again: {}", register_alias(g)));
    } else {
        steps.extend(register_all(g));
    }
    let seen = g.at_source(
        "Netlogon 5774 in its System log says why",
        "samba_dnsupdate --verbose --all-names says why",
    );
    let by_hand = addition(g).map_or(String::new(), |how| format!("; to add it by hand, {how}"));
    steps.push(format!(
        "if that fails, check that the zone accepts dynamic updates from {source}, and which DNS server \
         {source} itself asks ({seen}){by_hand}"
    ));
    // It may remember for a while that the name was not there.
    steps.push(flush(g));
    steps.push(ask_for_alias(g));
    steps
}

fn ask_for_alias(g: &RemedyContext<'_>) -> String {
    format!("ask each server; the answer must be {}: {}", g.source, lookups(g, RecordType::Cname))
}

fn hosts(g: &RemedyContext<'_>) -> Vec<String> {
    let copy = copy_of(g, g.case.hosts_path());
    let mut steps: Vec<String> = make_sure(g).into_iter().collect();
    steps.extend([
        format!(
            "after making a copy of the file{copy}, remove the line {}, or only this name where the line \
             has others; the line says {}, and without it DNS decides",
            g.name, g.value
        ),
        flush(g),
    ]);
    steps
}

/// The command that copies a file of the destination. Its path is in a section of facts that may be missing.
fn copy_of(g: &RemedyContext<'_>, path: Option<&str>) -> String {
    let copy = path.map(|path| {
        command(
            g.destination_platform(),
            &format!("copy {path} {path}.old"),
            &format!("cp -p {path} {path}.old"),
        )
    });
    copy.map_or_else(String::new, |copy| format!(" ({copy})"))
}

fn lmhosts(g: &RemedyContext<'_>) -> Vec<String> {
    let copy = copy_of(g, g.case.lmhosts_path());
    let mut steps: Vec<String> = make_sure(g).into_iter().collect();
    steps.extend([
        format!(
            "after making a copy of the file{copy}, remove the line {}: it says {}",
            g.name, g.value
        ),
        format!("on {}, load the file again: nbtstat -R", g.dest),
        netbios_order(g, "LMHOSTS"),
    ]);
    steps
}

fn wins(g: &RemedyContext<'_>) -> Vec<String> {
    let label: String = g.source.host().to_uppercase().chars().take(15).collect();
    let Some(Culprit::WinsRecord { server, .. }) = g.culprit else { return Vec::new() };
    let (is_ours, server) = (is_ours(server), server.address);
    let delete = if is_ours {
        format!(": netsh wins server {server} delete name Name={label} EndChar=00")
    } else {
        format!(
            "; no domain controller known here has {server}, so that those who keep that WINS server do it there, in \
             its console, among the active registrations"
        )
    };
    let register = g.at_source(
        "nbtstat -RR",
        "nothing to do where `wins server` is set in smb.conf: Samba registers its name again by itself",
    );
    let mut steps: Vec<String> = make_sure(g).into_iter().collect();
    steps.extend([
        format!(
            "after keeping what netsh wins server {server} show name Name={label} EndChar=00 shows, delete the \
             wrong record, which deletes it for every client of the server: {}, {}{delete}; after keeping it there as \
             well, delete it on the replication partners of the server, or it comes back",
            g.name, g.value
        ),
        format!("on {}, register the right record: {register}", g.source),
        format!("on {}, clear the NetBIOS name cache: nbtstat -R", g.dest),
        netbios_order(g, "WINS"),
    ]);
    steps
}

/// The reason why a NetBIOS source counted, or when it will.
fn netbios_order(g: &RemedyContext<'_>, what: &str) -> String {
    if g.finding.state == State::Latent {
        return format!(
            "{what} is asked only where DNS has no answer: until then this breaks nothing"
        );
    }
    format!(
        "then repair DNS, which had no answer: {what} is asked only after it; ask each server: {}; if \
         they answer and have no address, register it on {}: {}",
        lookups(g, RecordType::A),
        g.source,
        register_host(g)
    )
}

fn disagree(g: &RemedyContext<'_>) -> Vec<String> {
    let (dest, source) = (g.dest, g.source);
    let record = g.culprit.and_then(Culprit::record);
    let kind = record.map_or(RecordType::A, |record| record.record);
    let register = register_host(g);
    let mut steps = vec![format!("{}; compare the servers: {}", g.value, lookups(g, kind))];
    if g.finding.missing.is_none() {
        if let Some((record, zone)) = record.and_then(|r| Some((r, r.name.parent()?.to_string()))) {
            let ours = record.servers.iter().filter(|server| is_ours(server));
            steps.extend(ours.map(|server| reload(g.case, server, &zone)));
            steps.extend(leave(g.case, record));
        }
        steps.push(format!(
            "find out what keeps the server from having the record ({}): replication of the zone, or a \
             zone transfer that failed; or take the server off the list of {dest}",
            g.name
        ));
        steps.push(format!("on {source}, register its records again: {register}"));
    } else {
        steps.push(format!(
            "on {source}, see which address is its own: {}; delete no record before that is clear",
            g.at_source("ipconfig /all", "ip -br address")
        ));
        steps.push(format!(
            "then delete the wrong record on the server that has it, after keeping what that shows, and register the \
             right one on {source}: {register}"
        ));
    }
    steps
}

/// What to do where another server answers: it depends on where the name went wrong.
fn identity(g: &RemedyContext<'_>) -> Vec<String> {
    let mut steps =
        vec![format!("another server answers in place of {}: {}, {}", g.source, g.name, g.value)];
    steps.extend(match g.culprit {
        Some(Culprit::HostsLine(_)) => hosts(g),
        Some(Culprit::LmhostsLine(_)) => lmhosts(g),
        Some(Culprit::WinsRecord { .. }) => wins(g),
        Some(Culprit::SharedAddress { .. }) => vec![
            format!(
                "find the other host that has the address: on {} and on the host that answers, {}; arp -a \
                 on a host in the same network shows which adapter answers",
                g.source,
                g.at_source("ipconfig /all", "ip -br address")
            ),
            "give the other host another address, or correct the address translation between the sites"
                .to_owned(),
        ],
        Some(Culprit::DnsRecord(record)) => {
            let mut all = Vec::new();
            if let RecordTrouble::WrongAddress(leads) | RecordTrouble::WrongTarget { leads, .. } =
                &record.trouble
                && is_translated(leads)
            {
                all.push(format!(
                    "a translated address leads to port 135 of one host only: correct where it leads, or \
                     give {} a translated address of its own; delete the record only if no translation is \
                     meant",
                    g.source
                ));
            }
            all.extend(records::steps(g));
            all
        }
        _ => vec![flush(g)],
    });
    if g.destination_platform() != Some(Platform::Samba) {
        steps.push(format!(
            "on {}, purge the computer's own Kerberos tickets, which are for the wrong server: klist -li \
             0x3e7 purge",
            g.dest
        ));
    }
    steps
}

const fn is_translated(leads: &LeadsTo) -> bool {
    matches!(leads.there, AnswersThere::Translated(_))
}
