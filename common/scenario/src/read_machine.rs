//! Reads the tables on one computer.

use std::time::Duration;

use epmesh_common::diagnosis::Registration;
use epmesh_config::Section;
use epmesh_facts::{BootMode, Neighbour, NtdsSettings, Process, Reading, SectionKind, Timestamp};
use uuid::Uuid;

use super::{
    age::age,
    read_names, read_services, read_settings, read_zones,
    world::{Machine, World, ago},
};

/// Reads the identity of a computer: read before records and copies of the directory are made from it.
pub(super) fn identity(machine: &mut Machine, table: &Section<'_>) {
    if let Some(guid) = table.parse("guid", str::parse::<Uuid>) {
        machine.host.dsa_guid = Reading::Value(guid);
    }
    if let Some(domain) = table.parse("domain", str::parse::<epmesh_facts::DnsName>) {
        if let Ok(name) = format!("{}.{domain}", machine.name).parse() {
            machine.host.name = name;
        }
        machine.host.domain = Reading::Value(domain);
    }
    if let Some(name) = table.parse("dns-name", str::parse::<epmesh_facts::DnsName>) {
        machine.host.name = name;
    }
    if let Some(read_only) = table.boolean("read-only") {
        machine.directory.read_only = Reading::Value(read_only);
    }
}

/// Reads the rest of a computer's table.
pub(super) fn rest(world: &mut World, name: &str, table: &Section<'_>) {
    let rows = directory(world, table);
    let neighbours = replication(world, table);
    let passwords = read_zones::passwords(world, table);
    let Some(machine) = world.machines.iter_mut().find(|machine| machine.name == name) else {
        return;
    };
    reporting(machine, table);
    read_services::read(machine, table);
    registrations(machine, table);
    read_settings::read(machine, table);
    read_names::own(machine, table);
    machine.neighbours = neighbours;
    if let Some(list) = passwords {
        let objects = machine.directory_objects.get_or_insert_with(read_zones::unstated);
        objects.accounts = Reading::Value(list);
    }
    if let Reading::Value(settings) = &mut machine.directory.settings {
        for (host, row) in rows {
            settings.retain(|known| known.host.as_ref() != Some(&host));
            settings.extend(row);
        }
        settings.sort_by_key(|row| row.dsa_guid);
    }
}

/// Whether there is an agent, how old its word is, how its clock goes.
fn reporting(machine: &mut Machine, table: &Section<'_>) {
    if let Some(agent) = table.boolean("agent") {
        machine.has_agent = agent;
    }
    if let Some(on) = table.boolean("switched-on") {
        machine.is_off = !on;
        machine.has_agent &= on;
    }
    if let Some(said) = age(table, "last-report") {
        machine.said = said;
        // An agent that has gone silent has stopped looking too, unless told otherwise below.
        machine.looked = Some(said);
    }
    if let Some(looked) = age(table, "last-look") {
        machine.looked = Some(looked);
    }
    if let Some(same) = age(table, "saw-the-same-for") {
        machine.same_for = Some(same).filter(|same| !same.is_zero());
    }
    machine.heard_since = age(table, "heard-of-since").or(machine.heard_since);
    if table.boolean("looks") == Some(false) {
        machine.looked = None;
    }
    if let Some(ages) = table.table("age-of") {
        for kind in SectionKind::ALL {
            if let Some(old) = age(&ages, kind.as_str()) {
                machine.said_of.insert(kind, old);
            }
        }
    }
    let section = |text: &str| text.parse::<SectionKind>();
    machine.not_said.extend(table.list("not-reported", section).unwrap_or_default());
    if let Some(unreadable) = table.table("unreadable") {
        for kind in SectionKind::ALL {
            if let Some(why) = unreadable.text(kind.as_str()) {
                machine.unreadable.insert(kind, why);
            }
        }
    }
    let millis = |length: Duration| i64::try_from(length.as_millis()).unwrap_or(0);
    if let Some(ahead) = age(table, "clock-ahead") {
        machine.clock_ahead_ms = millis(ahead);
    }
    if let Some(behind) = age(table, "clock-behind") {
        machine.clock_ahead_ms = -millis(behind);
    }
    let mode = table.parse("boot-mode", |text| match text {
        "normal" => Ok(BootMode::Normal),
        "safe" => Ok(BootMode::Safe),
        "safe with networking" => Ok(BootMode::SafeWithNetwork),
        "directory services restore" => Ok(BootMode::DirectoryRepair),
        _ => Err(format!(
            "{text:?} is none of: normal, safe, safe with networking, directory services restore"
        )),
    });
    if let Some(mode) = mode {
        machine.host.boot_mode = Reading::Value(mode);
    }
}

/// `[[dc2.was-registered]]`: stretches of time over which its own map held the interface.
fn registrations(machine: &mut Machine, table: &Section<'_>) {
    let boot = machine.boot().cloned();
    let server = machine.service("NTDS").or_else(|| machine.service("samba task[rpc]"));
    let now = server.and_then(|server| server.process.value().copied());
    let mut found = Vec::new();
    for row in table.array_of_tables("was-registered") {
        row.require("from");
        row.require("until");
        let (Some(from), Some(until)) = (age(&row, "from"), age(&row, "until")) else { continue };
        let earlier = row.boolean("before-the-boot").unwrap_or(false);
        let started = age(&row, "process-started").map(ago);
        let pid =
            row.integer("pid", 1..=i64::from(u32::MAX)).and_then(|pid| u32::try_from(pid).ok());
        let process = match row.parse("process", |text| match text {
            "the same" => Ok(now),
            "another" => {
                Ok(Some(Process { pid: 612, started: ago(from + Duration::from_secs(30)) }))
            }
            "unknown" => Ok(None),
            _ => Err(format!("{text:?} is none of: the same, another, unknown")),
        }) {
            Some(process) => process,
            None if earlier => {
                Some(Process { pid: 612, started: ago(from + Duration::from_secs(30)) })
            }
            None => now.or(Some(Process {
                pid: 640,
                started: boot
                    .as_ref()
                    .map_or(ago(from), |boot| boot.at.plus(Duration::from_secs(20))),
            })),
        };
        let process = process.map(|known| Process {
            pid: pid.unwrap_or(known.pid),
            started: started.unwrap_or(known.started),
        });
        let life = if earlier {
            Some(format!("{}-an-earlier-boot", machine.name))
        } else {
            boot.as_ref().map(|boot| boot.id.clone())
        };
        if from < until {
            row.problem("from", "it ends before it begins; both are ages");
        }
        found.push((life, process, ago(from), ago(until)));
    }
    let Some(interface) = epmesh_rpc::names::find("drsuapi") else { return };
    for (boot, process, first, last) in found {
        // The next reading of the map, a minute later, is the first without it; what an earlier boot
        // had is missed after the restart.
        let earlier = boot != machine.boot().map(|boot| boot.id.clone());
        let restarted = machine.boot().filter(|_| earlier).map_or(last, |boot| boot.at);
        let lost = last.max(restarted).plus(Duration::from_secs(60)).min(ago(machine.said));
        let lost = machine.map_failure.is_none().then_some(lost);
        machine.registrations.push(Registration { interface, boot, process, first, last, lost });
    }
}

type Row = (epmesh_facts::DnsName, Option<NtdsSettings>);

/// `[dc1.directory]`: the NTDS Settings objects that differ in its copy.
fn directory(world: &World, table: &Section<'_>) -> Vec<Row> {
    let Some(objects) = table.table("directory") else { return Vec::new() };
    let mut rows = Vec::new();
    for key in objects.keys() {
        let Some(machine) = world.machine(&key) else { continue };
        let host = machine.host.name.clone();
        if !objects.has_table(&key) {
            let missing = |text: &str| {
                if text == "missing" { Ok(()) } else { Err("a table, or \"missing\"".to_owned()) }
            };
            if objects.parse(&key, missing).is_some() {
                rows.push((host, None));
            }
            continue;
        }
        let Some(object) = objects.table(&key) else { continue };
        let guid = object.parse("guid", str::parse::<Uuid>);
        let created = age(&object, "created").unwrap_or(Duration::from_secs(400 * 86_400));
        object.require("guid");
        if let Some(dsa_guid) = guid {
            rows.push((
                host.clone(),
                Some(NtdsSettings {
                    server: machine.name.to_uppercase(),
                    host: Some(host),
                    dsa_guid,
                    site: machine.host.site.value().cloned(),
                    created: Some(ago(created)),
                }),
            ));
        }
    }
    rows
}

/// `[dc1.replication]`: what its last attempts came to.
fn replication(world: &World, table: &Section<'_>) -> Vec<Neighbour> {
    let Some(sources) = table.table("replication") else { return Vec::new() };
    let mut rows = Vec::new();
    for key in sources.keys() {
        let Some(source) = world.machine(&key).and_then(Machine::guid) else { continue };
        let Some(row) = sources.table(&key) else { continue };
        let result = row.integer("result", -2_147_483_648..=4_294_967_295).unwrap_or(0);
        let failures = row.integer("failures", 0..=1_000_000).unwrap_or(0);
        let when = |key: &str| -> Option<Timestamp> { age(&row, key).map(ago) };
        rows.push(Neighbour {
            naming_context: "DC=contoso,DC=com".to_owned(),
            source,
            // Windows keeps the number as 32 bits and prints some of them as negative.
            last_result: u32::try_from(result & 0xFFFF_FFFF).unwrap_or(0),
            last_attempt: when("last-attempt").or(Some(ago(Duration::from_secs(60)))),
            last_success: when("last-success"),
            failures: u32::try_from(failures).unwrap_or(0),
        });
    }
    rows
}
