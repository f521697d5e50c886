//! The origin of a wrong record in a remedy: a static one goes by hand alone, and one that dynamic update wrote stays
//! where the zone does not take old ones out.

use std::time::Duration;

use epmesh_facts::{DnsZone, Platform, Reading};

use super::{
    super::super::{
        case::{Case, Origin, age_in_words},
        culprit::{DnsRecord, NameServer},
    },
    commands::command,
    foreign::is_ours,
    servers::{place, platform_of},
};

/// The step that follows from where the record came from, where a copy of the directory tells.
pub(super) fn step(case: &Case<'_>, record: &DnsRecord) -> Option<String> {
    let server = record.servers.iter().find(|server| is_ours(server))?;
    let data = record.record_data()?;
    let Some((origin, stored)) = case.stored(&record.name, &data) else {
        return elsewhere(case, record);
    };
    let Some(refreshed) = stored.refreshed else {
        return Some(
            "the record is static, so that scavenging never takes it: it goes by hand alone; find out who made it, or \
             what makes it, before it is made again"
                .to_owned(),
        );
    };
    let zone = origin.zone()?;
    let age = refreshed.until(case.now);
    match zone.aging {
        Reading::Value(false) | Reading::Absent => Some(turn_on(case, server, zone)),
        Reading::Value(true) if age > intervals(zone)? => Some(format!(
            "dynamic update wrote or refreshed the record {}, which is longer than its zone {} keeps one, and nobody \
             took it: see that a DNS server scavenges{}",
            age_in_words(age),
            zone.name,
            interval_of(case, server)
        )),
        Reading::Value(true) | Reading::NotApplicable | Reading::Unreadable(_) => None,
    }
}

/// What shows whether old records of the zone are taken out, where no copy of the directory tells.
pub(super) fn aging(case: &Case<'_>, record: &DnsRecord) -> Option<String> {
    let server = record.servers.iter().find(|server| is_ours(server))?;
    let origins = case.origins(&record.name);
    let mut zones = origins.iter().filter_map(Origin::zone);
    if zones.any(|zone| !matches!(zone.aging, Reading::Unreadable(_))) {
        return None;
    }
    let (to, zone, place) = (server.address, record.name.parent()?, place(server));
    let how = match platform_of(case, server) {
        Some(Platform::Windows) => format!(": dnscmd {to} /ZoneInfo {zone}{place}"),
        _ => String::new(),
    };
    Some(format!("; if stale records come back, check that scavenging is on for the zone{how}"))
}

/// The step for a record that no zone of the directory has.
fn elsewhere(case: &Case<'_>, record: &DnsRecord) -> Option<String> {
    let origins = case.origins(&record.name);
    let read =
        origins.iter().find(|origin| !matches!(origin.row.records, Reading::Unreadable(_)))?;
    let is_in_wins =
        |origin: &Origin<'_>| origin.zone().is_some_and(|zone| zone.wins.value().is_some());
    let wins = if origins.iter().any(is_in_wins) {
        ", WINS, which is asked for names that the zone has not"
    } else {
        ""
    };
    Some(format!(
        "the directory of {} holds no such record: where a deletion finds nothing, see where the server has it from: a \
         zone of its own with the same name, a secondary zone, a copy of the directory that lags behind{wins}",
        read.copy.witness
    ))
}

/// How scavenging is turned on, and what has to be looked at before.
fn turn_on(case: &Case<'_>, server: &NameServer, zone: &DnsZone) -> String {
    let (to, name, place) = (server.address, &zone.name, place(server));
    let windows = format!(
        "dnscmd {to} /ZonePrint {name} shows the time stamps as [Aging:…], then dnscmd {to} /Config {name} /Aging \
         1, and on one server alone dnscmd {to} /Config /ScavengingInterval 168"
    );
    let samba = format!(
        "samba-tool dns zoneoptions {to} {name} --aging=1 -U Administrator, and `dns zone scavenging = yes` in the \
         smb.conf of one server"
    );
    let keeps = intervals(zone).map_or(String::new(), |keeps| {
        format!("; nothing is taken before {} hours are over", keeps.as_secs() / 3600)
    });
    format!(
        "scavenging is off for {name}, so that records whose host is gone stay: to turn it on, first see which records \
         with an old time stamp are still wanted, since it takes these for every client{place}: {}{keeps}",
        command(platform_of(case, server), &windows, &samba)
    )
}

/// How long a record stays after its last refresh.
fn intervals(zone: &DnsZone) -> Option<Duration> {
    let hours = |reading: &Reading<u32>| match reading {
        Reading::Value(hours) => Some(u64::from(*hours)),
        // The default of both (MS-DNSP 2.3.2.1.1).
        Reading::Absent => Some(168),
        Reading::NotApplicable | Reading::Unreadable(_) => None,
    };
    let both = hours(&zone.no_refresh_hours)? + hours(&zone.refresh_hours)?;
    Some(Duration::from_secs(both * 3600))
}

/// What shows whether a server scavenges.
fn interval_of(case: &Case<'_>, server: &NameServer) -> String {
    let (to, place) = (server.address, place(server));
    match platform_of(case, server) {
        Some(Platform::Windows) => {
            format!(": dnscmd {to} /Info /ScavengingInterval{place}; 0 is never")
        }
        Some(Platform::Samba) => ": `dns zone scavenging = yes` in its smb.conf".to_owned(),
        _ => String::new(),
    }
}
