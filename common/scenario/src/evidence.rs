//! From the world to the evidence that a coordinator would have: what each agent says of itself and
//! what it saw, each with its age.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    time::Duration,
};

use epmesh_common::diagnosis::{Evidence, Link, Observed};
use epmesh_facts::{
    Blank, DcFacts, DnsName, EndpointMap, Host, LastingState, MapView, Reading, Replication,
    Section, SectionKind, ServiceState, Services, Through, Timestamp,
};

use super::{
    look,
    world::{FRESH_FOR, Kind, Machine, NOW, World, ago},
};

/// The evidence on a link.
pub(super) fn evidence(world: &World, link: &Link) -> Evidence {
    let fresh_for = u64::try_from(FRESH_FOR.as_millis()).unwrap_or(u64::MAX);
    let mut evidence = Evidence::empty(link.clone(), fresh_for);
    let facts = |name| world.by_dns_name(name).map(facts).unwrap_or_default();
    evidence.destination = facts(&link.destination).into();
    evidence.source = facts(&link.source).into();
    let Some(source) = world.by_dns_name(&link.source) else { return evidence };
    let witnesses = world.machines.iter().filter(|one| one.has_agent && one.name != source.name);
    let (own, others): (Vec<&Machine>, Vec<&Machine>) =
        witnesses.partition(|one| one.host.name == link.destination);
    for witness in own.into_iter().chain(others) {
        let Some(looked) = witness.looked else { continue };
        let seen = look::look(world, witness, source);
        let since = witness.same_for.map(|before| ago(looked.saturating_add(before)));
        let witness = witness.host.name.clone();
        let seen = seen.into();
        evidence.observations.push(Observed { witness, at: ago(looked), since, seen });
    }
    if source.has_agent {
        evidence.watched_since = source.heard_since.map(ago);
        let moved = |at| shifted(at, source.clock_ahead_ms);
        evidence.registrations = source.registrations.clone();
        for known in &mut evidence.registrations {
            known.interface = link.interface;
            // Times inside facts are on the host's own clock.
            if let Some(process) = &mut known.process {
                process.started = moved(process.started);
            }
        }
        evidence.registrations.sort_by_key(|known| known.first);
    }
    evidence.owners = owners(world, link);
    evidence
}

/// Who owns which address, by what each domain controller with an agent says of itself.
fn owners(world: &World, link: &Link) -> BTreeMap<IpAddr, DnsName> {
    let mut owners = BTreeMap::new();
    let says = |machine: &&Machine| {
        machine.has_agent
            && machine.kind == Kind::Dc
            && said(machine, SectionKind::Host) <= FRESH_FOR
            && !machine.not_said.contains(&SectionKind::Host)
    };
    let asked: BTreeSet<&DnsName> = BTreeSet::from([&link.source, &link.destination]);
    let mut all: Vec<&Machine> = world.machines.iter().filter(says).collect();
    all.sort_by_key(|machine| !asked.contains(&machine.host.name));
    for machine in all {
        for address in machine.addresses() {
            owners.entry(address).or_insert_with(|| machine.host.name.clone());
        }
    }
    owners
}

/// How old its word on a section is.
fn said(machine: &Machine, kind: SectionKind) -> Duration {
    machine.said_of.get(&kind).copied().unwrap_or(machine.said)
}

fn shifted(at: Timestamp, ahead_ms: i64) -> Timestamp {
    let by = Duration::from_millis(ahead_ms.unsigned_abs());
    if ahead_ms >= 0 { at.plus(by) } else { at.minus(by) }
}

/// What a computer says of itself; nothing without an agent.
fn facts(machine: &Machine) -> DcFacts {
    let mut facts = DcFacts { clock_ahead_ms: machine.clock_ahead_ms, ..DcFacts::default() };
    if !machine.has_agent {
        return facts;
    }
    let lasting = machine.services.iter().filter_map(|service| {
        let since = ago(*machine.in_state_for.get(&service.name)?);
        let (service, state) = (service.name.clone(), service.state);
        Some(LastingState { service, state, since, came_then: true })
    });
    let is_lasting =
        |one: &LastingState| !matches!(one.state, ServiceState::Running | ServiceState::Stopped);
    facts.lasting = lasting.filter(is_lasting).collect();
    for kind in SectionKind::ALL {
        if machine.not_said.contains(&kind) {
            continue;
        }
        let why = machine.unreadable.get(&kind);
        let made = match why {
            Some(why) => Some(unreadable(machine, kind, why)),
            None => section(machine, kind),
        };
        if let Some(section) = made {
            facts.put(NOW.minus(said(machine, kind)), section);
        }
    }
    facts
}

fn section(machine: &Machine, kind: SectionKind) -> Option<Section> {
    let ahead = machine.clock_ahead_ms;
    Some(match kind {
        SectionKind::Host => {
            let mut host = machine.host.clone();
            if let Reading::Value(boot) = &mut host.boot {
                boot.at = shifted(boot.at, ahead);
            }
            Section::Host(host)
        }
        SectionKind::EndpointMap => Section::EndpointMap(map(machine)),
        SectionKind::Services => {
            let mut list = machine.services.clone();
            for service in &mut list {
                if let Reading::Value(process) = &mut service.process {
                    process.started = shifted(process.started, ahead);
                }
            }
            Section::Services(Services { list: Reading::Value(list) })
        }
        SectionKind::Ports => Section::Ports(machine.ports.clone()),
        SectionKind::Resolver => Section::Resolver(machine.resolver.clone()),
        SectionKind::Directory => Section::Directory(machine.directory.clone()),
        // Only a scenario that speaks of replication has it.
        SectionKind::Replication if machine.neighbours.is_empty() => return None,
        SectionKind::Replication => {
            let mut rows = machine.neighbours.clone();
            for row in &mut rows {
                row.last_attempt = row.last_attempt.map(|at| shifted(at, ahead));
                row.last_success = row.last_success.map(|at| shifted(at, ahead));
            }
            Section::Replication(Replication { neighbours: Reading::Value(rows) })
        }
        SectionKind::RpcSettings => Section::RpcSettings(machine.rpc.clone()),
        SectionKind::PortUse => Section::PortUse(machine.port_use.clone()),
        SectionKind::Filters => Section::Filters(machine.filters.clone()),
        SectionKind::DirectoryObjects => {
            Section::DirectoryObjects(machine.directory_objects.clone()?)
        }
        SectionKind::Events => {
            let mut events = machine.events.clone();
            if let Reading::Value(list) = &mut events.list {
                list.iter_mut().for_each(|event| event.at = shifted(event.at, ahead));
            }
            let logs = match &mut events.logs {
                Reading::Value(logs) => logs.iter_mut().map(|log| &mut log.since).collect(),
                _ => Vec::new(),
            };
            for since in logs.into_iter().chain([&mut events.since]) {
                if let Reading::Value(since) = since {
                    *since = shifted(*since, ahead);
                }
            }
            Section::Events(events)
        }
    })
}

/// Its own endpoint map: without the network, and through its own TCP port 135.
fn map(machine: &Machine) -> EndpointMap {
    let listed = || machine.map_failure.clone().map_or_else(|| Ok(machine.map.clone()), Err);
    let mut ways = vec![Through::Local, Through::Address(IpAddr::from([127, 0, 0, 1]))];
    ways.extend(machine.addresses().into_iter().map(Through::Address));
    let view = |through| {
        let listens = |address| machine.listener(address, 135).is_some();
        let endpoints = match through {
            Through::Address(address) if !listens(address) => Err(epmesh_facts::Failure::Refused),
            _ => listed(),
        };
        MapView { through, endpoints }
    };
    EndpointMap { views: ways.into_iter().map(view).collect() }
}

/// A section that the agent could not read at all.
fn unreadable(machine: &Machine, kind: SectionKind, why: &str) -> Section {
    let blank = Blank::unreadable(why);
    Section::blank(kind, &blank, || {
        let host = &machine.host;
        let mut unread = Host::blank(host.name.clone(), host.platform, "0.1.0", &blank);
        unread.boot = host.boot.clone();
        unread
    })
}
