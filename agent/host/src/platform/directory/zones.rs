//! The DNS zones of the directory that hold names of domain controllers, and what they hold of these.

use std::{collections::BTreeMap, net::IpAddr};

use epmesh_facts::{
    DnsName, DnsZone, DynamicUpdates, Platform, Reading, RecordData, StoredName, StoredRecord,
    Timestamp,
};
use epmesh_identity::{
    DecodeError,
    dnsp::{Data, Property, Record, Updates},
};

use super::{
    ask::{Ask, DirectoryError, Entry},
    dn,
    wanted::Wanted,
};

/// Names asked for in one search.
const TOGETHER: usize = 50;
/// The most zones whose names are read.
const MOST_ZONES: usize = 64;
/// Seconds of an hour: time stamps count hours.
const HOUR: u64 = 3600;

/// The zones and the names, each sorted. A domain controller that holds no DNS zone has none.
pub(super) async fn zones(
    directory: &mut dyn Ask,
    wanted: &Wanted,
    platform: Platform,
) -> Result<(Vec<DnsZone>, Vec<StoredName>), DirectoryError> {
    let mut all = Vec::new();
    for (partition, base) in containers(directory).await? {
        let objects = directory.below(&base, "(objectCategory=dnsZone)", &["dNSProperty"]).await?;
        let named = |object: Entry| Some((zone_name(object.dn())?, partition.clone(), object));
        all.extend(objects.into_iter().filter_map(named));
    }
    let (mut zones, mut names) = (Vec::new(), Vec::new());
    for (name, partition, object) in &all {
        // The zone of a name is the longest that it lies in, wherever that is stored.
        let is_of = |wanted: &&DnsName| {
            let others = all.iter().map(|(zone, ..)| zone).filter(|zone| is_below(wanted, zone));
            is_below(wanted, name)
                && others.map(|zone| zone.as_str().len()).max() == Some(name.as_str().len())
        };
        let of_zone: Vec<DnsName> = wanted.names.iter().filter(is_of).cloned().collect();
        if of_zone.is_empty() {
            continue;
        }
        if zones.len() >= MOST_ZONES {
            let what = "DNS zones with names of domain controllers".to_owned();
            return Err(DirectoryError::TooMany { what });
        }
        let mut zone = settings(name.clone(), partition.clone(), object, platform);
        root(directory, object.dn(), &mut zone).await?;
        for part in of_zone.chunks(TOGETHER) {
            names.extend(stored(directory, object.dn(), &zone, part).await?);
        }
        zones.push(zone);
    }
    zones.sort_by(|a, b| (&a.name, &a.partition).cmp(&(&b.name, &b.partition)));
    names.sort_by(|a, b| (&a.name, &a.partition).cmp(&(&b.name, &b.partition)));
    Ok((zones, names))
}

/// Whether a name is one of the zone, below its root.
fn is_below(name: &DnsName, zone: &DnsName) -> bool {
    name != zone && name.is_within(zone)
}

/// The containers of zones: those of the application partitions that this domain controller holds, and the one in the
/// domain itself, where Windows 2000 had them. Each with its naming context.
async fn containers(directory: &mut dyn Ask) -> Result<Vec<(String, String)>, DirectoryError> {
    let root = directory.object("", &["namingContexts", "defaultNamingContext"]).await?;
    let is_of_dns = |context: &&str| {
        dn::rdns(context).and_then(|parts| parts.first().cloned()).is_some_and(|(kind, value)| {
            let names = ["DomainDnsZones", "ForestDnsZones"];
            kind == "dc" && names.iter().any(|name| value.eq_ignore_ascii_case(name))
        })
    };
    let partitions = root.texts("namingContexts").filter(is_of_dns);
    let mut all: Vec<(String, String)> = partitions
        .map(|context| (context.to_owned(), format!("CN=MicrosoftDNS,{context}")))
        .collect();
    if let Some(domain) = root.text("defaultNamingContext") {
        // MicrosoftDNS may be missing there, System never is.
        all.push((domain.to_owned(), format!("CN=System,{domain}")));
    }
    Ok(all)
}

/// `DC=lab.test,CN=MicrosoftDNS,…`; `None` for what is no zone of names (`..TrustAnchors`).
fn zone_name(dn: &str) -> Option<DnsName> {
    dn::rdns(dn)?.into_iter().next()?.1.parse().ok()
}

/// A setting that no value tells.
fn unset<T>(shows_none: bool) -> Reading<T> {
    if shows_none { Reading::unseen("the zone shows no dNSProperty") } else { Reading::Absent }
}

/// Makes a setting that is missing one that could not be read: the value that was refused may have told it.
fn doubt<T>(reading: &mut Reading<T>, error: &DecodeError) {
    if matches!(reading, Reading::Absent) {
        *reading = Reading::unreadable(error);
    }
}

/// The zone with its settings, as far as `dNSProperty` has them.
fn settings(name: DnsName, partition: String, object: &Entry, platform: Platform) -> DnsZone {
    let mut values = object.binary("dNSProperty").map(Property::decode).peekable();
    // Windows gives every zone some settings: without any, the account may not read them. Samba's provision gives its
    // zone _msdcs none.
    let none = platform == Platform::Windows && values.peek().is_none();
    let mut zone = DnsZone {
        name,
        partition,
        updates: unset(none),
        aging: unset(none),
        no_refresh_hours: unset(none),
        refresh_hours: unset(none),
        scavenging_servers: unset(none),
        wins: Reading::Absent,
        negative_ttl_s: Reading::Absent,
    };
    let mut refused = None;
    for value in values {
        match value {
            Ok(Property::AllowUpdate(updates)) => {
                zone.updates = Reading::Value(match updates {
                    Updates::Off => DynamicUpdates::Off,
                    Updates::Unsecure => DynamicUpdates::Unsecure,
                    Updates::Secure => DynamicUpdates::Secure,
                });
            }
            Ok(Property::NoRefreshHours(hours)) => zone.no_refresh_hours = Reading::Value(hours),
            Ok(Property::RefreshHours(hours)) => zone.refresh_hours = Reading::Value(hours),
            Ok(Property::Aging(on)) => zone.aging = Reading::Value(on),
            Ok(Property::ScavengingServers(list)) if !list.is_empty() => {
                zone.scavenging_servers = Reading::Value(list);
            }
            Ok(Property::ScavengingServers(_) | Property::Other(_)) => {}
            Err(error) => refused = Some(error),
        }
    }
    if let Some(error) = refused {
        doubt(&mut zone.updates, &error);
        doubt(&mut zone.aging, &error);
        doubt(&mut zone.no_refresh_hours, &error);
        doubt(&mut zone.refresh_hours, &error);
        doubt(&mut zone.scavenging_servers, &error);
    }
    zone
}

/// Adds what the records at the root of the zone tell of it.
async fn root(directory: &mut dyn Ask, dn: &str, zone: &mut DnsZone) -> Result<(), DirectoryError> {
    let nodes = directory.below(dn, "(name=@)", &["dnsRecord"]).await?;
    let mut seen = false;
    let mut refused = None;
    for value in nodes.iter().flat_map(|node| node.binary("dnsRecord")) {
        seen = true;
        match Record::decode(value) {
            Ok(Record { data: Data::Soa(soa), .. }) => {
                zone.negative_ttl_s = Reading::Value(soa.minimum);
            }
            Ok(Record { data: Data::Wins(wins), .. }) => {
                zone.wins = Reading::Value(wins.servers.into_iter().map(IpAddr::V4).collect());
            }
            Ok(_) => {}
            Err(error) => refused = Some(error),
        }
    }
    if zone.wins == Reading::Absent && !seen {
        zone.wins = Reading::unseen("the root of the zone shows no dnsRecord");
    }
    if let Some(error) = refused {
        doubt(&mut zone.wins, &error);
    }
    if zone.negative_ttl_s == Reading::Absent {
        zone.negative_ttl_s = Reading::unseen("the root of the zone shows no SOA record");
    }
    Ok(())
}

/// What the zone holds of these names.
async fn stored(
    directory: &mut dyn Ask,
    dn: &str,
    zone: &DnsZone,
    names: &[DnsName],
) -> Result<Vec<StoredName>, DirectoryError> {
    let relative = |name: &DnsName| {
        let suffix = format!(".{}", zone.name);
        name.as_str().strip_suffix(&suffix).unwrap_or(name.as_str()).to_owned()
    };
    // A DNS name has no character that a filter would have to escape.
    let each: String = names.iter().map(|name| format!("(name={})", relative(name))).collect();
    let attributes = ["dnsRecord", "dNSTombstoned"];
    let nodes = directory.below(dn, &format!("(|{each})"), &attributes).await?;
    let of_node = |node: Entry| {
        let label = dn::rdns(node.dn())?.into_iter().next()?.1;
        Some((label.to_ascii_lowercase(), node))
    };
    let nodes: BTreeMap<String, Entry> = nodes.into_iter().filter_map(of_node).collect();
    let one = |name: &DnsName| {
        let node = nodes.get(&relative(name));
        let (records, deleted) = node.map_or((Reading::Absent, Reading::Absent), records);
        let (zone, partition) = (zone.name.clone(), zone.partition.clone());
        StoredName { name: name.clone(), zone, partition, records, deleted }
    };
    Ok(names.iter().map(one).collect())
}

/// The records of a node, and when they were deleted, where they were.
fn records(node: &Entry) -> (Reading<Vec<StoredRecord>>, Reading<Timestamp>) {
    let is_tombstone =
        node.text("dNSTombstoned").is_some_and(|flag| flag.eq_ignore_ascii_case("true"));
    let mut deleted = if is_tombstone {
        Reading::unseen("the tombstone does not say since when")
    } else {
        Reading::Absent
    };
    let mut list = Vec::new();
    let mut seen = false;
    for value in node.binary("dnsRecord") {
        seen = true;
        let record = match Record::decode(value) {
            Ok(record) => record,
            // A list with a hole would be taken for the whole.
            Err(error) => return (Reading::unreadable(&error), deleted),
        };
        let data = match record.data {
            Data::A(address) => RecordData::Address(address.into()),
            Data::Aaaa(address) => RecordData::Address(address.into()),
            Data::Cname(target) => match target.parse() {
                Ok(target) => RecordData::Alias(target),
                Err(error) => return (Reading::unreadable(&error), deleted),
            },
            Data::Tombstone(at) => {
                deleted = Timestamp::from_filetime(at).map_or(deleted, Reading::Value);
                continue;
            }
            Data::Soa(_) | Data::Wins(_) | Data::Other { .. } => continue,
        };
        let refreshed = (record.hours != 0).then(|| {
            Timestamp::from_seconds_of_1601(u64::from(record.hours) * HOUR).unwrap_or_default()
        });
        list.push(StoredRecord { data, refreshed });
    }
    if !seen && !is_tombstone {
        return (Reading::unseen("its object shows no dnsRecord"), deleted);
    }
    list.sort_by_key(|record| match &record.data {
        RecordData::Address(address) => (0, Some(*address), None),
        RecordData::Alias(target) => (1, None, Some(target.clone())),
    });
    (Reading::Value(list), deleted)
}

#[cfg(test)]
mod tests;
