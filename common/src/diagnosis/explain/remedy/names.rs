//! What to do about names.

use epmesh_facts::{Platform, RecordType};

use super::{
    super::super::{
        cause::{Cause, State},
        culprit::{AnswersThere, Culprit, LeadsTo, RecordTrouble},
    },
    commands::command,
    context::RemedyContext,
    records::{self, addition, flush, lookups, make_sure, register_alias, register_host, reload},
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
                "{}: {}; on {dest}, clear the cache, which deletes nothing else: ipconfig /flushdns",
                g.name, g.value
            ),
            "where it comes back, see which of its DNS servers still hands out the old record"
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
    // Where other servers have it, it is registered, and did not get to all.
    if g.finding.intermittent.is_some()
        && let Some((record, zone)) = record.and_then(|r| Some((r, r.name.parent()?.to_string())))
    {
        let each = record.servers.iter().map(|server| reload(g.case, server, &zone));
        steps.push(format!("{} is missing, and other servers have it", g.name));
        steps.extend(each);
        steps.push(format!("where that does not help, on {source}: {}", register_alias(g)));
    } else {
        steps.push(format!(
            "{} is missing; on {source}, register it again: {}",
            g.name,
            register_alias(g)
        ));
    }
    let seen = g.at_source(
        "Netlogon 5774 in its System log says why",
        "samba_dnsupdate --verbose --all-names says why",
    );
    let by_hand = addition(g).map_or(String::new(), |how| format!("; to add it by hand, {how}"));
    steps.push(format!(
        "where that fails, see whether the zone takes dynamic updates from {source}, and which DNS \
         server {source} itself asks ({seen}){by_hand}"
    ));
    steps.push(format!(
        "ask each server, which must name {source}: {}",
        lookups(g, RecordType::Cname)
    ));
    steps
}

fn hosts(g: &RemedyContext<'_>) -> Vec<String> {
    // The path is in a section of facts that may be missing.
    let copy = g.case.hosts_path().map(|path| {
        command(
            g.case.destination_platform(),
            &format!(" (copy {path} {path}.old)"),
            &format!(" (cp -p {path} {path}.old)"),
        )
    });
    let copy = copy.unwrap_or_default();
    let mut steps: Vec<String> = make_sure(g).into_iter().collect();
    steps.extend([
        format!(
            "remove the line {}, or the name from it where it has others, after a copy of the file{copy}: it \
             says {}; DNS then decides",
            g.name, g.value
        ),
        flush(g),
    ]);
    steps
}

fn lmhosts(g: &RemedyContext<'_>) -> Vec<String> {
    let mut steps: Vec<String> = make_sure(g).into_iter().collect();
    steps.extend([
        format!("remove the line {}, after a copy of the file: it says {}", g.name, g.value),
        format!("on {}, load the file anew: nbtstat -R", g.dest),
        netbios_order(g, "LMHOSTS"),
    ]);
    steps
}

fn wins(g: &RemedyContext<'_>) -> Vec<String> {
    let label: String = g.source.host().to_uppercase().chars().take(15).collect();
    let server = match g.culprit {
        Some(Culprit::WinsRecord { server, .. }) => server.address.to_string(),
        _ => "ADDRESS-OF-IT".to_owned(),
    };
    let register = g.at_source(
        "nbtstat -RR",
        "systemctl restart samba-ad-dc, which interrupts its clients (with `wins server` set in \
         smb.conf)",
    );
    let mut steps: Vec<String> = make_sure(g).into_iter().collect();
    steps.extend([
        format!(
            "delete the wrong record, which deletes it for every client of the server: {}, {}: netsh \
             wins server {server} delete name Name={label} EndChar=00; a replication partner of the server \
             that still has it brings it back: delete it there, too",
            g.name, g.value
        ),
        format!("on {}, register the right one: {register}", g.source),
        format!("on {}, drop the names it remembers: nbtstat -R", g.dest),
        netbios_order(g, "WINS"),
    ]);
    steps
}

/// Why a NetBIOS source counted, or when it will.
fn netbios_order(g: &RemedyContext<'_>, what: &str) -> String {
    if g.finding.state == State::Latent {
        return format!("{what} is only asked where DNS has no answer: it will count on that day");
    }
    format!(
        "then mend DNS, which had no answer: {what} is only asked after it; ask each server: {}; where \
         they answer and have no address, on {}: {}",
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
            steps.extend(record.servers.iter().map(|server| reload(g.case, server, &zone)));
        }
        steps.push(format!(
            "mend what keeps it from having the record ({}): replication of the zone, or a transfer \
             that failed; or take it off the list of {dest}",
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
fn identity(g: &RemedyContext<'_>) -> Vec<String> {
    let mut steps = vec![format!(
        "another server answers in the place of {}: {}, {}",
        g.source, g.name, g.value
    )];
    steps.extend(match g.culprit {
        Some(Culprit::HostsLine(_)) => hosts(g),
        Some(Culprit::LmhostsLine(_)) => lmhosts(g),
        Some(Culprit::WinsRecord { .. }) => wins(g),
        Some(Culprit::SharedAddress { .. }) => vec![
            format!(
                "see who else has the address: on {} and on the one that answers, {}; from a host \
                 in the same network, arp -a shows whose adapter answers",
                g.source,
                g.at_source("ipconfig /all", "ip -br address")
            ),
            "give the other host an address of its own, or mend the translation between the sites"
                .to_owned(),
        ],
        Some(Culprit::DnsRecord(record)) => {
            let mut all = Vec::new();
            if let RecordTrouble::WrongAddress(leads) | RecordTrouble::WrongTarget { leads, .. } =
                &record.trouble
                && is_translated(leads)
            {
                all.push(format!(
                    "a translated address leads to port 135 of one host alone: mend where it leads, or \
                     give {} one of its own; the record is wrong only if it is not meant for that",
                    g.source
                ));
            }
            all.extend(records::steps(g));
            all
        }
        _ => vec![flush(g)],
    });
    if g.case.destination_platform() != Some(Platform::Samba) {
        steps.push(format!(
            "on {}, drop the tickets for the wrong server, those of the computer itself: klist -li \
             0x3e7 purge",
            g.dest
        ));
    }
    steps
}

const fn is_translated(leads: &LeadsTo) -> bool {
    matches!(leads.there, AnswersThere::Translated(_))
}
