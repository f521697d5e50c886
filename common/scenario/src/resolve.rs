//! Lookups of a peer in a witness's sources of names: the questions that an agent asks, in its
//! order.

use std::net::IpAddr;

use epmesh_facts::{
    Answer, DnsName, Lookup, Question, Reading, Record, RecordData, RecordType, ServiceState,
    Source,
};
use uuid::Uuid;

use super::world::{Machine, World};

/// The `_msdcs` name under which `witness` looks for `peer`: by the objectGUID in its own copy of
/// the directory.
pub(super) fn alias(world: &World, witness: &Machine, peer: &Machine) -> Option<(Uuid, DnsName)> {
    let rows = witness.directory.settings.value().into_iter().flatten();
    let known = rows
        .filter(|row| row.host.as_ref() == Some(&peer.host.name))
        .max_by_key(|row| (row.created, row.dsa_guid));
    let guid = known.map(|row| row.dsa_guid)?;
    Some((guid, world.forest.dsa_alias(guid).ok()?))
}

/// Every question and its answer.
pub(super) fn lookups(
    world: &World,
    witness: &Machine,
    peer: &Machine,
    alias: Option<&DnsName>,
) -> Vec<Lookup> {
    let name = &peer.host.name;
    let names: Vec<&DnsName> = alias.into_iter().chain([name]).collect();
    let mut all = Vec::new();
    if let Some(cache) = &witness.cache {
        for &name in &names {
            for kind in [RecordType::Cname, RecordType::A, RecordType::Aaaa] {
                all.push(lookup(Source::Cache, name, kind, held(cache, name, kind)));
            }
        }
    }
    for &name in &names {
        for kind in [RecordType::A, RecordType::Aaaa] {
            all.extend(in_hosts(witness, name, kind));
        }
    }
    for &server in witness.resolver.servers.value().into_iter().flatten() {
        all.extend(asked(world, witness, server, name, alias));
    }
    all.extend(netbios(world, witness, name));
    all
}

fn lookup(source: Source, name: &DnsName, kind: RecordType, answer: Answer) -> Lookup {
    let question = Question { name: name.clone(), kind };
    Lookup::new(source, question, answer, 1)
}

/// What the DNS client's cache holds; what an alias led to is kept with the question for the alias.
fn held(cache: &[Record], name: &DnsName, kind: RecordType) -> Answer {
    let of = |name: &DnsName, kind: RecordType| -> Vec<Record> {
        let fits = |record: &&Record| {
            record.name == *name
                && match record.data {
                    RecordData::Alias(_) => kind == RecordType::Cname,
                    RecordData::Address(address) => is_kind(address, kind),
                }
        };
        cache.iter().filter(fits).cloned().collect()
    };
    let mut found = of(name, kind);
    if found.is_empty() && kind != RecordType::Cname {
        found = match of(name, RecordType::Cname).first().map(|record| &record.data) {
            Some(RecordData::Alias(target)) => of(target, kind),
            _ => found,
        };
    }
    if found.is_empty() { Answer::NoSuchName } else { Answer::Records(found) }
}

fn is_kind(address: IpAddr, kind: RecordType) -> bool {
    match kind {
        RecordType::A | RecordType::Nb => address.is_ipv4(),
        RecordType::Aaaa => address.is_ipv6(),
        RecordType::Cname => false,
    }
}

fn in_hosts(witness: &Machine, name: &DnsName, kind: RecordType) -> Option<Lookup> {
    let answer = match &witness.resolver.hosts {
        Reading::Value(file) => {
            let mapped = file.lines.iter().filter(|line| line.names.contains(name));
            let records: Vec<Record> = mapped
                .filter(|line| is_kind(line.address, kind))
                .map(|line| Record {
                    name: name.clone(),
                    data: RecordData::Address(line.address),
                    ttl: None,
                    line: Some(line.line),
                })
                .collect();
            if records.is_empty() { Answer::NoSuchName } else { Answer::Records(records) }
        }
        Reading::Absent => Answer::NoSuchName,
        Reading::NotApplicable => return None,
        Reading::Unreadable(why) => Answer::NotAsked(why.to_string()),
    };
    Some(lookup(Source::Hosts, name, kind, answer))
}

/// One DNS server: the alias, what it leads to, and the host name itself.
fn asked(
    world: &World,
    witness: &Machine,
    server: IpAddr,
    name: &DnsName,
    alias: Option<&DnsName>,
) -> Vec<Lookup> {
    let ask = |name: &DnsName, kind| {
        lookup(Source::Dns(server), name, kind, answer(world, witness, server, name, kind))
    };
    let both = |name: &DnsName| [RecordType::A, RecordType::Aaaa].map(|kind| ask(name, kind));
    let Some(alias) = alias else { return both(name).to_vec() };
    let said = ask(alias, RecordType::Cname);
    let target = match &said.answer {
        Answer::Records(records) => records.iter().find_map(|record| match &record.data {
            RecordData::Alias(target) if target != name => Some(target.clone()),
            RecordData::Alias(_) | RecordData::Address(_) => None,
        }),
        _ => None,
    };
    let mut all = vec![said];
    if let Some(target) = target {
        all.extend(both(&target));
    }
    all.extend(both(name));
    all
}

fn answer(
    world: &World,
    witness: &Machine,
    server: IpAddr,
    name: &DnsName,
    kind: RecordType,
) -> Answer {
    if world.blocked(witness, server, 53).is_some() {
        return Answer::TimedOut;
    }
    let of_asker = world.dns_for.get(&(witness.name.clone(), server));
    let Some(zone) = of_asker.or_else(|| world.dns.get(&server)) else { return Answer::TimedOut };
    if let Some(reply) = &zone.reply {
        return reply.clone();
    }
    // A server that is one of the computers answers while its DNS service runs.
    if let Some(owner) = world.machines.iter().find(|one| one.addresses().contains(&server)) {
        let names = ["DNS", "samba task[dns]"];
        let service = names.iter().find_map(|name| owner.service(name));
        if owner.is_off || service.is_some_and(|one| one.state != ServiceState::Running) {
            return Answer::TimedOut;
        }
    }
    let Some(found) = zone.records.get(&(name.clone(), kind)) else {
        let named = zone.records.keys().any(|(known, _)| known == name);
        return if named { Answer::NoData } else { Answer::NoSuchName };
    };
    let ttl = if kind == RecordType::Cname { 600 } else { 1200 };
    let record = |data: &RecordData| Record {
        name: name.clone(),
        data: data.clone(),
        ttl: Some(ttl),
        line: None,
    };
    Answer::Records(found.iter().map(record).collect())
}

/// The LMHOSTS file and every WINS server.
fn netbios(world: &World, witness: &Machine, name: &DnsName) -> Vec<Lookup> {
    let label: String = name.host().chars().take(15).collect();
    let Ok(asked) = label.parse::<DnsName>() else { return Vec::new() };
    let ask = |source, answer| lookup(source, &asked, RecordType::Nb, answer);
    let record = |address: IpAddr, line: Option<u32>| Record {
        name: asked.clone(),
        data: RecordData::Address(address),
        ttl: None,
        line,
    };
    let mut all = Vec::new();
    if let Reading::Value(file) = &witness.resolver.lmhosts {
        let lines = file.lines.iter().filter(|line| line.name.eq_ignore_ascii_case(&label));
        let records: Vec<Record> =
            lines.map(|line| record(line.address, Some(line.line))).collect();
        let answer = if records.is_empty() { Answer::NoSuchName } else { Answer::Records(records) };
        all.push(ask(Source::Lmhosts, answer));
    }
    for &server in witness.resolver.wins.value().into_iter().flatten() {
        let answer = match world.wins.get(&server) {
            Some(known) => known.reply.clone().unwrap_or_else(|| {
                match known.names.get(&label.to_uppercase()) {
                    Some(found) => {
                        Answer::Records(found.iter().map(|one| record(*one, None)).collect())
                    }
                    None => Answer::NoSuchName,
                }
            }),
            None => Answer::TimedOut,
        };
        all.push(ask(Source::Wins(server), answer));
    }
    all
}
