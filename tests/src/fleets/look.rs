//! What a domain controller sees when it looks at another: names from every source, each address
//! found, the endpoint mapper, the port, the bind, and who answers; by the world, as the probe
//! states it.

use std::net::IpAddr;

use epmesh_common::{
    facts::{
        AddressProbe, Answer, DnsName, Failure, IdentityMethod, IdentityProbe, InterfaceProbe,
        Lookup, MapAnswer, PeerObservation, Platform, PortProbe, Question, Record, RecordData,
        RecordType, Source, Stage, Target,
    },
    identity::Identity,
    rpc::Binding,
};

use super::{
    own::{drsuapi, netbios, site_name},
    world::{Behind, StrangerKind, Way, Who, World, alias},
};

/// `ept_map`: not registered.
const NOT_REGISTERED: u32 = 0x16C9_A0D6;

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
    let addresses = addresses.into_iter().map(|address| probe(world, from, address)).collect();
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
            found.push(lookup(Source::Hosts, name, kind, hosts(world, from, name, kind)));
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
    let answer = if records.is_empty() { Answer::NoSuchName } else { Answer::Records(records) };
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

/// The outcome of a TCP connection to a port; `listens` says whether anybody listens there.
fn connect(
    world: &World,
    from: usize,
    address: IpAddr,
    port: u16,
    listens: impl Fn(Who) -> bool,
) -> Result<Who, Failure> {
    if world.dcs[from].is_out_of_ports() {
        return Err(Failure::local("no free port"));
    }
    arrive(world, from, address, port, listens)
}

/// The outcome of sending something to a port.
fn arrive(
    world: &World,
    from: usize,
    address: IpAddr,
    port: u16,
    listens: impl Fn(Who) -> bool,
) -> Result<Who, Failure> {
    match world.way(from, address, port) {
        Way::Through(who) if listens(who) => Ok(who),
        Way::Through(_) | Way::Rejected => Err(Failure::Refused),
        Way::Silent => Err(Failure::TimedOut),
        Way::NoWay => Err(Failure::Unreachable(101)),
    }
}

fn stage(outcome: Result<(), Failure>) -> Stage {
    Stage { outcome, ..Stage::ok(1) }
}

fn probe(world: &World, from: usize, address: IpAddr) -> AddressProbe {
    let sender = &world.dcs[from];
    let mut probe = AddressProbe {
        local: sender.address_like(address),
        identity: identities(world, from, address),
        ..AddressProbe::connected(address, stage(Ok(())))
    };
    let has_mapper = |who: Who| match who {
        Who::Dc(dc) => world.dcs[dc].mapper.runs,
        Who::Stranger(other) => world.strangers[other].kind == StrangerKind::Member,
    };
    let who = match connect(world, from, address, 135, has_mapper) {
        Ok(who) => who,
        Err(failure) => {
            probe.connect = stage(Err(failure));
            return probe;
        }
    };
    let refuses = matches!(who, Who::Dc(dc) if world.dcs[dc].mapper.refuses);
    probe.bind = Some(stage(Ok(())));
    let mut asked =
        InterfaceProbe::answered(drsuapi(), MapAnswer::NotRegistered(NOT_REGISTERED), 1);
    if refuses {
        asked.answer = MapAnswer::Failed(Failure::AccessDenied(5));
    } else if let Who::Dc(dc) = who
        && world.dcs[dc].tells()
        && !world.inspected(from, dc)
    {
        let port = world.dcs[dc].directory.port;
        asked.answer = MapAnswer::Endpoints(vec![Binding::tcp(port)]);
        asked.ports = vec![at_port(world, from, address, dc, port)];
    }
    probe.interfaces.push(asked);
    probe
}

fn at_port(world: &World, from: usize, address: IpAddr, dc: usize, port: u16) -> PortProbe {
    let behind = world.dcs[dc].directory.behind;
    let connected = connect(world, from, address, port, |_| behind != Behind::Nobody);
    let bind = connected.is_ok().then(|| match behind {
        Behind::Itself => stage(Ok(())),
        _ => stage(Err(Failure::BindRejected { result: 2, reason: 1 })),
    });
    PortProbe { port, connect: stage(connected.map(|_| ())), bind, altered: false }
}

fn identities(world: &World, from: usize, address: IpAddr) -> Vec<IdentityProbe> {
    use IdentityMethod::{LdapPing, NodeStatus, NtlmChallenge, RootDse};
    [RootDse, NtlmChallenge, LdapPing, NodeStatus]
        .map(|method| IdentityProbe {
            code: None,
            method,
            outcome: identity(world, from, address, method),
            took_ms: 1,
            retried: false,
        })
        .to_vec()
}

fn identity(
    world: &World,
    from: usize,
    address: IpAddr,
    method: IdentityMethod,
) -> Result<Identity, Failure> {
    let (port, is_udp) = match method {
        IdentityMethod::RootDse => (389, false),
        IdentityMethod::NtlmChallenge => (135, false),
        IdentityMethod::LdapPing => (389, true),
        IdentityMethod::NodeStatus => (137, true),
    };
    let listens = |who: Who| match (who, port) {
        (Who::Dc(dc), 389) => world.dcs[dc].serves(),
        (Who::Dc(dc), 135) => world.dcs[dc].mapper.runs,
        (Who::Stranger(other), 135) => world.strangers[other].kind == StrangerKind::Member,
        (Who::Dc(_), _) => true,
        (Who::Stranger(other), _) => {
            port == 137 && world.strangers[other].kind == StrangerKind::Member
        }
    };
    let reached = if is_udp {
        arrive(world, from, address, port, listens)
    } else {
        connect(world, from, address, port, listens)
    };
    let who = match reached {
        // A datagram that nobody takes is answered with silence as often as not.
        Err(Failure::Refused) if is_udp => return Err(Failure::TimedOut),
        // NetBIOS is IPv4 only.
        Ok(_) if method == IdentityMethod::NodeStatus && address.is_ipv6() => {
            return Err(Failure::TimedOut);
        }
        other => other?,
    };
    let full = match who {
        Who::Dc(dc) => {
            let dc = &world.dcs[dc];
            Identity {
                dns_name: Some(dc.name.to_string()),
                netbios_name: Some(netbios(dc)),
                domain: Some(dc.domain.to_string()),
                forest: Some(dc.forest.to_string()),
                site: Some(site_name(dc.site)),
                dsa_guid: Some(dc.guid),
                is_domain_controller: Some(true),
            }
        }
        Who::Stranger(other) => Identity {
            dns_name: Some(world.strangers[other].name.to_string()),
            netbios_name: Some(world.strangers[other].name.host().to_uppercase()),
            domain: world.strangers[other].name.parent().map(|domain| domain.to_string()),
            ..Identity::default()
        },
    };
    Ok(match method {
        IdentityMethod::RootDse => full,
        IdentityMethod::LdapPing => Identity { dsa_guid: None, ..full },
        IdentityMethod::NtlmChallenge => {
            Identity { dsa_guid: None, site: None, is_domain_controller: None, ..full }
        }
        IdentityMethod::NodeStatus => Identity {
            netbios_name: full.netbios_name,
            is_domain_controller: full.is_domain_controller,
            ..Identity::default()
        },
    })
}
