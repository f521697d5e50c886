//! A witness's look at a peer: every address that a name leads to, and what answers there.

use std::net::IpAddr;

use epmesh_facts::{
    AddressProbe, Answer, Failure, FilterField, Host, IdentityMethod, IdentityProbe,
    InterfaceProbe, Lookup, MapAnswer, MapView, PeerObservation, Platform, PortProbe, RecordData,
    RpcFilterAction, RpcFilterLayer, Stage, Through, Transport, WellKnownPort,
};
use epmesh_identity::Identity;
use epmesh_rpc::{Binding, InterfaceId, ProtocolSequence};

use super::{
    resolve,
    words::NOT_REGISTERED,
    world::{Kind, Machine, StatedLook, World},
};

/// The error number behind a refused or silent connection on Windows.
const fn code(failure: &Failure) -> Option<i32> {
    match failure {
        Failure::Refused => Some(10_061),
        Failure::TimedOut => Some(10_060),
        Failure::Reset => Some(10_054),
        Failure::Unreachable(code) => Some(*code),
        _ => None,
    }
}

fn stage(outcome: Result<(), Failure>) -> Stage {
    let code = outcome.as_ref().err().and_then(code);
    Stage { outcome, code, ..Stage::ok(1) }
}

/// The observation of `peer` by `witness`.
pub(super) fn look(world: &World, witness: &Machine, peer: &Machine) -> PeerObservation {
    let alias = resolve::alias(world, witness, peer);
    let lookups = resolve::lookups(world, witness, peer, alias.as_ref().map(|(_, name)| name));
    let addresses = addresses(&lookups);
    PeerObservation {
        peer: peer.host.name.clone(),
        dsa_guid: alias.map(|(guid, _)| guid),
        lookups,
        addresses: addresses.into_iter().map(|at| probe(world, witness, at)).collect(),
    }
}

fn addresses(lookups: &[Lookup]) -> Vec<IpAddr> {
    let mut found = Vec::new();
    for lookup in lookups {
        let Answer::Records(records) = &lookup.answer else { continue };
        for record in records {
            if let RecordData::Address(address) = record.data
                && !found.contains(&address)
            {
                found.push(address);
            }
        }
    }
    found
}

fn probe(world: &World, witness: &Machine, address: IpAddr) -> AddressProbe {
    let interface = world.link.interface;
    let stated: Vec<&StatedLook> = world
        .stated_looks
        .iter()
        .filter(|look| {
            look.at == address && (look.by.is_empty() || look.by.contains(&witness.name))
        })
        .collect();
    let find = |pick: fn(&StatedLook) -> Option<Result<(), Failure>>| {
        stated.iter().find_map(|look| pick(look))
    };
    let connect =
        find(|look| look.connect.clone()).unwrap_or_else(|| connect(world, witness, address, 135));
    let mut probe = AddressProbe {
        local: witness.addresses().into_iter().find(|own| own.is_ipv4() == address.is_ipv4()),
        identity: identities(world, witness, address, &stated),
        well_known: well_known(world, witness, address),
        ..AddressProbe::connected(address, stage(connect.clone()))
    };
    if connect.is_err() {
        return probe;
    }
    let bound = find(|look| look.mapper_bind.clone()).unwrap_or(Ok(()));
    probe.bind = Some(stage(bound.clone()));
    if bound.is_err() {
        return probe;
    }
    let answer = stated
        .iter()
        .find_map(|look| look.answer.clone())
        .unwrap_or_else(|| ept_map(world, witness, address, interface));
    let mut asked = InterfaceProbe::answered(interface, answer, 1);
    if let MapAnswer::Endpoints(bindings) = &asked.answer {
        for port in bindings.iter().filter_map(Binding::port) {
            let opened = find(|look| look.port_connect.clone())
                .unwrap_or_else(|| self::connect(world, witness, address, port));
            let bind = opened.is_ok().then(|| {
                find(|look| look.port_bind.clone())
                    .unwrap_or_else(|| bind(world, witness, address, port, interface))
            });
            asked.ports.push(PortProbe {
                port,
                connect: stage(opened),
                bind: bind.map(stage),
                altered: false,
            });
        }
    }
    probe.interfaces.push(asked);
    if world.speaks_of_large() {
        let map = find(|look| look.whole_map.clone())
            .unwrap_or_else(|| world.loses_large(witness, address).cloned().map_or(Ok(()), Err));
        let one = || find(|look| look.one_entry.clone()).unwrap_or(Ok(()));
        probe.one_entry = map.is_err().then(|| stage(one()));
        let rows = || world.reached(witness, address).map(|(owner, _)| owner.map.clone());
        let endpoints = map.map(|()| rows().unwrap_or_default());
        probe.map = Some(MapView { through: Through::Address(address), endpoints });
    }
    probe
}

/// A TCP connection.
fn connect(world: &World, witness: &Machine, address: IpAddr, port: u16) -> Result<(), Failure> {
    if let Some(failure) = world.blocked(witness, address, port) {
        return Err(failure.clone());
    }
    let Some((owner, inside)) = world.reached(witness, address) else {
        return Err(Failure::TimedOut);
    };
    match owner.listener(inside, port) {
        Some(_) => Ok(()),
        None => Err(Failure::Refused),
    }
}

/// What the endpoint mapper there says to a caller from outside.
fn ept_map(world: &World, witness: &Machine, address: IpAddr, wanted: InterfaceId) -> MapAnswer {
    let Some((owner, _)) = world.reached(witness, address) else {
        return MapAnswer::Failed(Failure::TimedOut);
    };
    if owner.rpc.restrict_remote_clients.value() == Some(&2) {
        return MapAnswer::Failed(Failure::AccessDenied(5));
    }
    let filtered = owner.filtered_for.is_empty() || owner.filtered_for.contains(&witness.name);
    let mut filters = owner.filters.rpc.value().into_iter().flatten();
    let hidden = filters.any(|filter| {
        filter.layer == RpcFilterLayer::Resolution
            && filter.action == RpcFilterAction::Block
            && filter.interface.is_none_or(|only| only == wanted.uuid)
            // Other conditions are set so that domain controllers are let through.
            && filter.terms.as_ref().is_none_or(|terms| {
                terms.others.iter().all(|field| *field == FilterField::Address)
            })
    });
    let bindings: Vec<Binding> = owner
        .map
        .iter()
        .filter(|endpoint| endpoint.interface == wanted)
        .filter(|endpoint| endpoint.binding.sequence == ProtocolSequence::NcacnIpTcp)
        .map(|endpoint| endpoint.binding.clone())
        .collect();
    if bindings.is_empty() || (hidden && filtered) {
        MapAnswer::NotRegistered(NOT_REGISTERED)
    } else {
        MapAnswer::Endpoints(bindings)
    }
}

/// The bind to the interface on the port that the endpoint mapper named.
fn bind(
    world: &World,
    witness: &Machine,
    address: IpAddr,
    port: u16,
    interface: InterfaceId,
) -> Result<(), Failure> {
    let reached = world.reached(witness, address);
    let Some((owner, inside)) = reached else { return Err(Failure::TimedOut) };
    let listens = owner.listener(inside, port).flatten();
    if listens.is_some() && listens == owner.pid_of(interface) {
        Ok(())
    } else {
        Err(Failure::BindRejected { result: 2, reason: 1 })
    }
}

/// The four ways of asking who answers.
fn identities(
    world: &World,
    witness: &Machine,
    address: IpAddr,
    stated: &[&StatedLook],
) -> Vec<IdentityProbe> {
    use IdentityMethod::{LdapPing, NodeStatus, NtlmChallenge, RootDse};
    [RootDse, NtlmChallenge, LdapPing, NodeStatus]
        .into_iter()
        .map(|method| {
            let silent = stated.iter().any(|look| look.silent_identities.contains(&method));
            let forwarded = stated.iter().find_map(|look| look.mapper_of.as_ref());
            let forwarded = forwarded.filter(|_| method == NtlmChallenge);
            let outcome = match forwarded.and_then(|name| world.machine(name)) {
                _ if silent => Err(Failure::TimedOut),
                Some(other) => Ok(named(&other.host)),
                None => identity(world, witness, address, method),
            };
            IdentityProbe { code: None, method, outcome, took_ms: 1, retried: false }
        })
        .collect()
}

fn identity(
    world: &World,
    witness: &Machine,
    address: IpAddr,
    method: IdentityMethod,
) -> Result<Identity, Failure> {
    let over_tcp = match method {
        IdentityMethod::RootDse => Some(389),
        IdentityMethod::NtlmChallenge => Some(135),
        IdentityMethod::LdapPing | IdentityMethod::NodeStatus => None,
    };
    if let Some(port) = over_tcp {
        connect(world, witness, address, port)?;
    }
    let Some((owner, inside)) = world.reached(witness, address) else {
        return Err(Failure::TimedOut);
    };
    let host = &owner.host;
    let named = named(host);
    let udp = |port| world.blocked(witness, address, port).is_none();
    match method {
        IdentityMethod::NtlmChallenge => Ok(named),
        IdentityMethod::RootDse => Ok(Identity { dsa_guid: owner.guid(), ..named }),
        IdentityMethod::LdapPing if udp(389) && owner.listener(inside, 389).is_some() => {
            Ok(Identity {
                site: host.site.value().cloned(),
                is_domain_controller: Some(true),
                ..named
            })
        }
        IdentityMethod::NodeStatus
            if udp(137)
                && owner.kind != Kind::Other
                && host.platform == Platform::Windows
                && inside.is_ipv4() =>
        {
            Ok(Identity {
                netbios_name: host.netbios_name.value().cloned(),
                domain: Some("CONTOSO".to_owned()),
                ..Identity::default()
            })
        }
        IdentityMethod::LdapPing | IdentityMethod::NodeStatus => Err(Failure::TimedOut),
    }
}

/// The names of a host.
fn named(host: &Host) -> Identity {
    Identity {
        dns_name: Some(host.name.to_string()),
        netbios_name: host.netbios_name.value().cloned(),
        domain: host.domain.value().map(ToString::to_string),
        forest: host.forest.value().map(ToString::to_string),
        ..Identity::default()
    }
}

/// The well-known TCP ports that tell a filter on one port from a host that is gone.
fn well_known(world: &World, witness: &Machine, address: IpAddr) -> Vec<WellKnownPort> {
    [53, 88, 389, 445, 636, 3268]
        .into_iter()
        .map(|port| WellKnownPort {
            port,
            transport: Transport::Tcp,
            stage: stage(connect(world, witness, address, port)),
        })
        .collect()
}
