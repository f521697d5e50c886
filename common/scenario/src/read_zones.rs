//! What copies of the directory hold of DNS zones and machine accounts: where a record or a password came from.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use epmesh_config::Section;
use epmesh_facts::{
    DirectoryObjects, DnsName, DnsZone, DynamicUpdates, MachineAccount, Reading, StoredName,
    StoredRecord, Timestamp,
};

use super::{
    age::age,
    read_names::record_name,
    words,
    world::{Kind, World, ago},
};

/// `[zones."contoso.com"]`: a zone that every domain controller's copy of the directory holds alike.
pub(super) fn read(world: &mut World, root: &Section<'_>) {
    let Some(tables) = root.table("zones") else { return };
    let (mut zones, mut names) = (Vec::new(), Vec::new());
    for key in tables.keys() {
        let Ok(name) = key.parse::<DnsName>() else { continue };
        let Some(table) = tables.table(&key) else { continue };
        let partition = table.text("partition").unwrap_or_else(|| partition_of(&name));
        names.extend(stored(world, &table, &name, &partition));
        zones.push(zone(&table, name, partition));
    }
    zones.sort_by(|a, b| a.name.cmp(&b.name));
    names.sort_by(|a, b| a.name.cmp(&b.name));
    for machine in world.machines.iter_mut().filter(|machine| machine.kind == Kind::Dc) {
        let objects = machine.directory_objects.get_or_insert_with(unstated);
        objects.zones = Reading::Value(zones.clone());
        objects.names = Reading::Value(names.clone());
    }
}

/// `[dc1.machine-passwords] dc2 = "45d"`: when the password of an account was set, by this copy of the directory.
pub(super) fn passwords(world: &World, table: &Section<'_>) -> Option<Vec<MachineAccount>> {
    let passwords = table.table("machine-passwords")?;
    let mut list = Vec::new();
    for key in passwords.keys() {
        let Some(machine) = world.machine(&key) else { continue };
        let Some(old) = age(&passwords, &key) else { continue };
        let host = machine.host.name.clone();
        list.push(MachineAccount { host, password_set: Reading::Value(ago(old)) });
    }
    Some(list)
}

/// Objects of which the scenario says nothing.
pub(super) fn unstated() -> DirectoryObjects {
    DirectoryObjects {
        zones: Reading::unseen("the directory was not asked"),
        names: Reading::unseen("the directory was not asked"),
        accounts: Reading::unseen("the directory was not asked"),
    }
}

/// Where zones of this name are stored by default.
fn partition_of(zone: &DnsName) -> String {
    let is_of_forest = zone.host() == "_msdcs";
    let domain = if is_of_forest { zone.parent() } else { None }.unwrap_or_else(|| zone.clone());
    let place = if is_of_forest { "ForestDnsZones" } else { "DomainDnsZones" };
    let parts: Vec<String> =
        domain.as_str().split('.').map(|label| format!("DC={label}")).collect();
    format!("DC={place},{}", parts.join(","))
}

/// The settings of a zone. What is not stated is as Windows makes a zone: secure updates, no aging.
fn zone(table: &Section<'_>, name: DnsName, partition: String) -> DnsZone {
    let updates = table.parse("updates", |text| match text {
        "off" => Ok(DynamicUpdates::Off),
        "unsecure" => Ok(DynamicUpdates::Unsecure),
        "secure" => Ok(DynamicUpdates::Secure),
        _ => Err(format!("{text:?} is none of: off, unsecure, secure")),
    });
    let hours = |key: &str| {
        let length = age(table, key).unwrap_or(Duration::from_secs(7 * 86_400));
        Reading::Value(u32::try_from(length.as_secs() / 3600).unwrap_or(u32::MAX))
    };
    let address = |text: &str| text.parse::<IpAddr>().map_err(|error| error.to_string());
    let servers = |key: &str| Reading::from(table.list(key, address));
    let negative = age(table, "negative-ttl").unwrap_or(Duration::from_secs(3600));
    let aging = match table.text("aging-unreadable") {
        Some(why) => Reading::unseen(why),
        None => Reading::Value(table.boolean("aging").unwrap_or(false)),
    };
    DnsZone {
        name,
        partition,
        updates: Reading::Value(updates.unwrap_or(DynamicUpdates::Secure)),
        aging,
        no_refresh_hours: hours("no-refresh"),
        refresh_hours: hours("refresh"),
        scavenging_servers: servers("scavenging-servers"),
        wins: servers("wins"),
        negative_ttl_s: Reading::Value(u32::try_from(negative.as_secs()).unwrap_or(u32::MAX)),
    }
}

/// The names of a zone: `records`, `missing` and `deleted`.
fn stored(world: &World, table: &Section<'_>, zone: &DnsName, partition: &str) -> Vec<StoredName> {
    let name = |text: &str| {
        record_name(world, text).ok_or_else(|| format!("{text:?} is no name of a computer"))
    };
    let record = |text: &str| {
        let words: Vec<&str> = text.split_whitespace().collect();
        let &[host, kind, data, stamp] = words.as_slice() else {
            return Err(format!("{text:?} is not of the form `dc2 A 10.0.1.50 static`"));
        };
        let data = words::record_data(words::record_type(kind)?, data)?;
        let refreshed = if stamp == "static" { None } else { Some(ago(old(stamp)?)) };
        Ok::<_, String>((name(host)?, StoredRecord { data, refreshed }))
    };
    let deleted = |text: &str| {
        let (host, since) = text.split_once(' ').ok_or("not of the form `dc2 3d`".to_owned())?;
        Ok::<_, String>((name(host)?, ago(old(since)?)))
    };
    let records = table.list("records", record).unwrap_or_default();
    let missing = table.list("missing", name).unwrap_or_default();
    let deleted = table.list("deleted", deleted).unwrap_or_default();
    let mut rows: BTreeMap<DnsName, Row> = BTreeMap::new();
    for (name, record) in records {
        let (known, _) = rows.entry(name).or_insert((Reading::Absent, Reading::Absent));
        match known {
            Reading::Value(list) => list.push(record),
            _ => *known = Reading::Value(vec![record]),
        }
    }
    for name in missing {
        rows.entry(name).or_insert((Reading::Absent, Reading::Absent));
    }
    for (name, at) in deleted {
        rows.insert(name, (Reading::Value(Vec::new()), Reading::Value(at)));
    }
    let row = |(name, (records, deleted)): (DnsName, Row)| {
        let (zone, partition) = (zone.clone(), partition.to_owned());
        StoredName { name, zone, partition, records, deleted }
    };
    rows.into_iter().map(row).collect()
}

/// The records of a name, and when they were deleted.
type Row = (Reading<Vec<StoredRecord>>, Reading<Timestamp>);

/// `59d` or `5h`: time stamps count hours.
fn old(text: &str) -> Result<Duration, String> {
    let form = || format!("{text:?} is not of the form `59d` or `5h`");
    let (number, hours) = match (text.strip_suffix('d'), text.strip_suffix('h')) {
        (Some(days), _) => (days, 24),
        (None, Some(hours)) => (hours, 1),
        (None, None) => return Err(form()),
    };
    let number: u64 = number.parse().map_err(|_| form())?;
    Ok(Duration::from_secs(number.min(100_000) * hours * 3600))
}
