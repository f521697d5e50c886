//! The sources of names: files and caches of a computer, and the servers.

use std::net::IpAddr;

use epmesh_config::Section;
use epmesh_facts::{DnsName, Reading, Record, RecordData, RecordType};

use super::{
    words,
    world::{Machine, WinsServer, World, Zone},
};

/// Reads the computer's own sources of names: hosts, LMHOSTS, cache, whom it asks.
pub(super) fn own(machine: &mut Machine, table: &Section<'_>) {
    if let Some(why) = table.parse("hosts-unreadable", |why| Ok::<_, String>(why.to_owned())) {
        machine.resolver.hosts = Reading::unseen(why);
    }
    if let Some(lines) = table.list("hosts", words::hosts_line)
        && let Reading::Value(file) = &mut machine.resolver.hosts
    {
        file.lines = lines;
    }
    if let Some(lines) = table.list("lmhosts", words::lmhosts_line) {
        match &mut machine.resolver.lmhosts {
            Reading::Value(file) => file.lines = lines,
            _ => table.problem("lmhosts", "this platform has none"),
        }
    }
    let address = |text: &str| text.parse::<IpAddr>().map_err(|error| error.to_string());
    if let Some(servers) = table.list("wins-servers", address) {
        machine.resolver.wins = Reading::Value(servers);
    }
    if let Some(servers) = table.list("dns-servers", address) {
        if let Reading::Value(interfaces) = &mut machine.resolver.interfaces {
            interfaces.iter_mut().for_each(|one| one.servers.clone_from(&servers));
        }
        machine.resolver.servers = Reading::Value(servers);
    }
    if let Some(registers) = table.boolean("registers-in-dns")
        && let Reading::Value(interfaces) = &mut machine.resolver.interfaces
    {
        interfaces.iter_mut().for_each(|one| one.registers = Reading::Value(registers));
    }
    if let Some(records) = table.list("dns-client-cache", cached) {
        match &mut machine.cache {
            Some(cache) => *cache = records,
            None => table.problem("dns-client-cache", "this platform has none"),
        }
    }
}

/// `dc2 A 10.0.1.50`.
fn cached(text: &str) -> Result<Record, String> {
    let mut words = text.split_whitespace();
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some(name), Some(kind), Some(data), None) => {
            let data = words::record_data(words::record_type(kind)?, data)?;
            Ok(Record { name: words::name(name)?, data, ttl: Some(480), line: None })
        }
        _ => Err(format!("{text:?} is not of the form `dc2 A 10.0.1.50`")),
    }
}

/// `[dns.…]` and `[wins.…]`: what the servers hold and how they answer.
pub(super) fn servers(world: &mut World, root: &Section<'_>) {
    if let Some(dns) = root.table("dns") {
        // What a server says to one asker differs from what it says to all: those come first.
        let (of_one, of_all): (Vec<String>, Vec<String>) =
            dns.keys().into_iter().partition(|key| key.contains(FOR));
        for key in of_all {
            let Some(targets) = dns_servers(world, &key) else { continue };
            if let Some(table) = dns.table(&key) {
                zone(world, &table, &targets, None);
            }
        }
        for key in of_one {
            let Some((servers, asker)) = key.split_once(FOR) else { continue };
            let Some(targets) = dns_servers(world, servers) else { continue };
            if world.machine(asker).is_some()
                && let Some(table) = dns.table(&key)
            {
                zone(world, &table, &targets, Some(asker));
            }
        }
    }
    if let Some(wins) = root.table("wins") {
        for key in wins.keys() {
            let Ok(address) = key.parse::<IpAddr>() else { continue };
            if let Some(table) = wins.table(&key) {
                let server = wins_server(&table);
                world.wins.insert(address, server);
            }
        }
    }
}

/// `all`, a domain controller, or an address.
fn dns_servers(world: &World, key: &str) -> Option<Vec<IpAddr>> {
    if key == "all" {
        return Some(world.dns.keys().copied().collect());
    }
    let machine = world.machine(key).map(Machine::addresses);
    machine.or_else(|| key.parse().ok().map(|address| vec![address]))
}

/// Between a DNS server and the one asker that it answers so: `dc3 for dc1`.
const FOR: &str = " for ";

/// Every key of the table is a record, but for `answers`. With an asker, the servers answer so to this one alone.
fn zone(world: &mut World, table: &Section<'_>, targets: &[IpAddr], asker: Option<&str>) {
    let template = world.dns.values().next().cloned().unwrap_or_default();
    let reply = table.parse("answers", words::reply);
    let mut records: Vec<((DnsName, RecordType), Vec<RecordData>)> = Vec::new();
    for key in table.keys() {
        if key == "answers" {
            continue;
        }
        let Some((name, kind)) = key.split_once(' ') else { continue };
        let Ok(kind) = words::record_type(kind) else { continue };
        let Some(name) = record_name(world, name) else { continue };
        let Some(data) = table.list(&key, |text| words::record_data(kind, text)) else { continue };
        records.push(((name, kind), data));
    }
    for target in targets {
        let held = world.dns.get(target);
        let start = held.cloned().unwrap_or_else(|| Zone { reply: None, ..template.clone() });
        let zone = match asker {
            None => world.dns.entry(*target).or_insert(start),
            Some(asker) => world.dns_for.entry((asker.to_owned(), *target)).or_insert(start),
        };
        if reply.is_some() {
            zone.reply.clone_from(&reply);
        }
        for (key, data) in &records {
            if data.is_empty() {
                zone.records.remove(key);
            } else {
                zone.records.insert(key.clone(), data.clone());
            }
        }
    }
}

/// A host, or `alias-of-dc2`: the CNAME of its GUID in `_msdcs`.
pub(super) fn record_name(world: &World, text: &str) -> Option<DnsName> {
    match text.strip_prefix("alias-of-") {
        Some(machine) => {
            let guid = world.machine(machine)?.guid()?;
            world.forest.dsa_alias(guid).ok()
        }
        None => words::name(text).ok(),
    }
}

/// NetBIOS names, but for `answers`.
fn wins_server(table: &Section<'_>) -> WinsServer {
    let mut server =
        WinsServer { reply: table.parse("answers", words::reply), ..WinsServer::default() };
    for key in table.keys().into_iter().filter(|key| key != "answers") {
        let address = |text: &str| text.parse::<IpAddr>().map_err(|error| error.to_string());
        if let Some(addresses) = table.list(&key, address) {
            server.names.insert(key.to_uppercase(), addresses);
        }
    }
    server
}
