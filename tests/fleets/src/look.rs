//! A domain controller's look at another: names from every source, and each address so found; by the
//! world, as the probe states it.

use std::net::IpAddr;

use epmesh_common::facts::{
    Answer, DnsName, Lookup, PeerObservation, Platform, Question, Record, RecordData, RecordType,
    Source, Target,
};

use super::{
    at_address::{asked_rarely, probe},
    world::{World, alias},
};

/// What `from` sees of the target.
#[must_use]
pub fn look(world: &World, from: usize, target: &Target) -> PeerObservation {
    let lookups = lookups(world, from, target);
    let mut addresses = Vec::new();
    for record in lookups.iter().flat_map(|lookup| records(&lookup.answer)) {
        if let RecordData::Address(address) = record.data
            && !addresses.contains(&address)
        {
            addresses.push(address);
        }
    }
    let addresses = addresses
        .into_iter()
        .map(|address| probe(world, from, address, target.whole_map))
        .map(|probe| asked_rarely(probe, &target.name))
        .collect();
    PeerObservation { peer: target.name.clone(), dsa_guid: target.dsa_guid, lookups, addresses }
}

fn records(answer: &Answer) -> &[Record] {
    match answer {
        Answer::Records(records) => records,
        _ => &[],
    }
}

fn lookup(source: Source, name: &DnsName, kind: RecordType, answer: Answer) -> Lookup {
    let question = Question { name: name.clone(), kind };
    Lookup::new(source, question, answer, 1)
}

const ADDRESSES: [RecordType; 2] = [RecordType::A, RecordType::Aaaa];

fn lookups(world: &World, from: usize, target: &Target) -> Vec<Lookup> {
    let dc = &world.dcs[from];
    let alias =
        target.forest.as_ref().zip(target.dsa_guid).map(|(forest, guid)| alias(forest, guid));
    let names: Vec<&DnsName> = alias.iter().chain([&target.name]).collect();
    let mut found = Vec::new();
    if dc.platform == Platform::Windows {
        for &name in &names {
            for kind in [RecordType::Cname, RecordType::A, RecordType::Aaaa] {
                let held = dc.names.cache.iter().find(|(held, of, _)| held == name && *of == kind);
                let answer = held.map_or(Answer::NoSuchName, |(_, _, answer)| answer.clone());
                found.push(lookup(Source::Cache, name, kind, answer));
            }
        }
    }
    for &name in &names {
        for kind in ADDRESSES {
            let answer = if dc.names.unread {
                Answer::NotAsked("access denied".to_owned())
            } else {
                hosts(world, from, name, kind)
            };
            found.push(lookup(Source::Hosts, name, kind, answer));
        }
    }
    for &server in &dc.names.servers {
        let ask = |name: &DnsName, kind| {
            let answer = world.ask(from, server, name, kind).unwrap_or(Answer::TimedOut);
            lookup(Source::Dns(server), name, kind, answer)
        };
        let mut leads = None;
        if let Some(alias) = &alias {
            let said = ask(alias, RecordType::Cname);
            leads = alias_target(&said.answer).filter(|to| *to != target.name);
            found.push(said);
        }
        for name in leads.iter().chain([&target.name]) {
            found.extend(ADDRESSES.map(|kind| ask(name, kind)));
        }
    }
    for &name in &names {
        found.extend(system(world, from, name));
    }
    found.extend(lmhosts(world, from, target));
    found.extend(wins(world, from, target));
    found
}

fn alias_target(answer: &Answer) -> Option<DnsName> {
    records(answer).iter().find_map(|record| match &record.data {
        RecordData::Alias(target) => Some(target.clone()),
        RecordData::Address(_) => None,
    })
}

/// What the hosts file of `from` says.
#[must_use]
pub fn hosts(world: &World, from: usize, name: &DnsName, kind: RecordType) -> Answer {
    let is_kind = |address: IpAddr| address.is_ipv4() == (kind == RecordType::A);
    let lines = world.dcs[from].names.hosts.iter();
    let records: Vec<Record> = lines
        .filter(|line| line.names.contains(name) && is_kind(line.address))
        .map(|line| Record {
            name: name.clone(),
            data: RecordData::Address(line.address),
            ttl: None,
            line: Some(line.line),
        })
        .collect();
    if records.is_empty() { Answer::NoSuchName } else { Answer::Records(records) }
}

fn lmhosts(world: &World, from: usize, target: &Target) -> Option<Lookup> {
    let name: String = target.name.host().chars().take(15).collect();
    let name: DnsName = name.parse().ok()?;
    let lines = world.dcs[from].names.lmhosts.iter();
    let records: Vec<Record> = lines
        .filter(|line| line.name.eq_ignore_ascii_case(name.as_str()))
        .map(|line| Record {
            name: name.clone(),
            data: RecordData::Address(line.address),
            ttl: None,
            line: Some(line.line),
        })
        .collect();
    let answer = match records.is_empty() {
        _ if world.dcs[from].names.unread => Answer::NotAsked("access denied".to_owned()),
        true => Answer::NoSuchName,
        false => Answer::Records(records),
    };
    Some(lookup(Source::Lmhosts, &name, RecordType::Nb, answer))
}

fn wins(world: &World, from: usize, target: &Target) -> Option<Lookup> {
    let wins = world.dcs[from].names.wins.as_ref()?;
    let name: String = target.name.host().chars().take(15).collect();
    let held = wins.holds.iter().filter(|(held, _)| held.eq_ignore_ascii_case(&name));
    let addresses: Vec<IpAddr> = held.map(|(_, address)| *address).collect();
    let name: DnsName = name.parse().ok()?;
    let records: Vec<Record> = addresses
        .into_iter()
        .map(|address| Record {
            name: name.clone(),
            data: RecordData::Address(address),
            ttl: None,
            line: None,
        })
        .collect();
    let answer = if records.is_empty() { Answer::NoSuchName } else { Answer::Records(records) };
    Some(lookup(Source::Wins(wins.server), &name, RecordType::Nb, answer))
}

/// The addresses that the system's own resolver finds for `name`: the cache, the hosts file, then
/// the first DNS server that answers; `None` where none does.
#[must_use]
pub fn resolved(world: &World, from: usize, name: &DnsName) -> Option<Vec<IpAddr>> {
    let addresses = |answers: &[Answer]| -> Vec<IpAddr> {
        let data = answers.iter().flat_map(records).map(|record| &record.data);
        data.filter_map(|data| match data {
            RecordData::Address(address) => Some(*address),
            RecordData::Alias(_) => None,
        })
        .collect()
    };
    let names = &world.dcs[from].names;
    let mapped = addresses(&ADDRESSES.map(|kind| hosts(world, from, name, kind)));
    if !mapped.is_empty() {
        return Some(mapped);
    }
    let cached: Vec<Answer> = names
        .cache
        .iter()
        .filter(|(held, _, _)| held == name)
        .map(|(_, _, answer)| answer.clone())
        .collect();
    if let Some(to) = cached.iter().find_map(alias_target) {
        return resolved(world, from, &to);
    }
    let cached = addresses(&cached);
    if !cached.is_empty() {
        return Some(cached);
    }
    let is_alias = name.as_str().contains("._msdcs.");
    let first = if is_alias { RecordType::Cname } else { RecordType::A };
    for &server in &names.servers {
        let said = match world.ask(from, server, name, first) {
            None | Some(Answer::Unreachable(_) | Answer::ServerFailure | Answer::Refused) => {
                continue;
            }
            Some(said) => said,
        };
        if is_alias {
            return match alias_target(&said) {
                Some(to) => resolved(world, from, &to),
                None => Some(Vec::new()),
            };
        }
        let v6 = world.ask(from, server, name, RecordType::Aaaa).unwrap_or(Answer::TimedOut);
        return Some(addresses(&[said, v6]));
    }
    None
}

fn system(world: &World, from: usize, name: &DnsName) -> Vec<Lookup> {
    let Some(addresses) = resolved(world, from, name) else {
        return vec![lookup(Source::System, name, RecordType::A, Answer::ServerFailure)];
    };
    if addresses.is_empty() {
        return vec![lookup(Source::System, name, RecordType::A, Answer::NoSuchName)];
    }
    let of = |kind| super::world::addresses_of(name, kind, &addresses);
    let plain = |answer: Answer| match answer {
        Answer::Records(mut records) => {
            records.iter_mut().for_each(|record| record.ttl = None);
            Answer::Records(records)
        }
        other => other,
    };
    let mut found = vec![lookup(Source::System, name, RecordType::A, plain(of(RecordType::A)))];
    if let v6 @ Answer::Records(_) = of(RecordType::Aaaa) {
        found.push(lookup(Source::System, name, RecordType::Aaaa, plain(v6)));
    }
    found
}
