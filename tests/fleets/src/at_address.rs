//! A domain controller's look at one address: the endpoint mapper, the port that it names, the bind, the whole
//! map, and who answers; by the world, as the probe states it.

use std::net::IpAddr;

use epmesh_common::{
    facts::{
        AddressProbe, DnsName, Failure, IdentityMethod, IdentityProbe, InterfaceProbe, MapAnswer,
        MapView, Platform, PortProbe, ServiceState, Stage, Through,
    },
    identity::Identity,
    rpc::{Binding, Endpoint},
};

use super::{
    map::{NO_SUCH_INTERFACE, guised, not_rpc, rows_over_tcp, rows_without_directory},
    own::{drsuapi, netbios, site_name},
    world::{Behind, BindCut, Guise, StrangerKind, Way, Who, World},
};

/// `ept_map`: not registered.
const NOT_REGISTERED: u32 = 0x16C9_A0D6;

/// What `from` sees at an address, with the whole endpoint map where it is to read that.
pub(super) fn probe(world: &World, from: usize, address: IpAddr, whole_map: bool) -> AddressProbe {
    let mut probe = AddressProbe {
        local: world.dcs[from].address_like(address),
        identity: identities(world, from, address),
        ..AddressProbe::connected(address, stage(Ok(())))
    };
    let view = |endpoints| MapView { through: Through::Address(address), endpoints };
    let who = match connect(world, from, address, 135, |who| listens_on_135(world, from, who)) {
        Ok(who) => who,
        Err(failure) => {
            probe.map = whole_map.then(|| view(Err(failure.clone())));
            probe.connect = stage(Err(failure));
            return probe;
        }
    };
    if let Err(failure) = bind_to_mapper(world, from, who) {
        probe.map = whole_map.then(|| view(Err(failure.clone())));
        probe.bind = Some(stage(Err(failure)));
        return probe;
    }
    probe.bind = Some(stage(Ok(())));
    let mut asked =
        InterfaceProbe::answered(drsuapi(), MapAnswer::NotRegistered(NOT_REGISTERED), 1);
    if let Who::Dc(dc) = who
        && world.guise(from, dc).is_none()
    {
        if world.dcs[dc].mapper.refuses {
            asked.answer = MapAnswer::Failed(Failure::AccessDenied(5));
        } else if let Some(port) = world.told_port(from, dc) {
            asked.answer = MapAnswer::Endpoints(vec![Binding::tcp(port)]);
            asked.ports = vec![at_port(world, from, address, dc, port)];
        }
    }
    probe.interfaces.push(asked);
    if whole_map {
        let endpoints = whole(world, from, who);
        let is_lost = matches!(endpoints, Err(Failure::TimedOut));
        probe.one_entry = is_lost.then(|| stage(Ok(())));
        probe.map = Some(view(endpoints));
    }
    probe
}

/// What a look has of it but once an hour: not the NTLM challenge, where LDAP names the peer, and the look gets
/// through or port 135 is closed.
pub(super) fn asked_rarely(mut probe: AddressProbe, peer: &DnsName) -> AddressProbe {
    let by_ldap = |method| matches!(method, IdentityMethod::RootDse | IdentityMethod::LdapPing);
    let is_named = probe.identity.iter().any(|said| {
        let name = said.outcome.as_ref().ok().and_then(|who| who.dns_name.as_deref());
        by_ldap(said.method) && name.is_some_and(|name| name.parse().as_ref() == Ok(peer))
    });
    if is_named && (probe.gets_through() || probe.connect.outcome.is_err()) {
        probe.identity.retain(|said| said.method != IdentityMethod::NtlmChallenge);
    }
    probe
}

/// Whether something takes connections to port 135 there.
fn listens_on_135(world: &World, from: usize, who: Who) -> bool {
    match who {
        Who::Dc(dc) => world.dcs[dc].mapper.runs || world.guise(from, dc).is_some(),
        Who::Stranger(other) => world.strangers[other].kind == StrangerKind::Member,
    }
}

/// The bind to the endpoint mapper, or to what answers in its place.
fn bind_to_mapper(world: &World, from: usize, who: Who) -> Result<(), Failure> {
    let Who::Dc(dc) = who else { return Ok(()) };
    match world.guise(from, dc) {
        Some(guise) => guised(guise).map(drop),
        None if world.dcs[dc].frozen => Err(Failure::TimedOut),
        None => Ok(()),
    }
}

/// The whole endpoint map.
fn whole(world: &World, from: usize, who: Who) -> Result<Vec<Endpoint>, Failure> {
    match who {
        Who::Stranger(_) => Ok(rows_without_directory()),
        Who::Dc(dc) if world.guise(from, dc).is_some() => Ok(rows_without_directory()),
        Who::Dc(dc) if world.dcs[dc].mapper.refuses => Err(Failure::AccessDenied(5)),
        Who::Dc(dc) if world.loses_large(from, dc).is_some() => Err(Failure::TimedOut),
        Who::Dc(dc) => Ok(rows_over_tcp(world, Some(from), dc)),
    }
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
        Way::Through(Who::Dc(dc)) if world.dcs[dc].firewall => Err(Failure::TimedOut),
        Way::Through(_) | Way::Rejected => Err(Failure::Refused),
        Way::Silent => Err(Failure::TimedOut),
        Way::Prohibited => Err(Failure::Unreachable(no_route(world, from))),
        Way::NoWay => Err(Failure::Unreachable(101)),
    }
}

/// `EHOSTUNREACH`, or Windows' `WSAEHOSTUNREACH`: what connecting ends with after ICMP "prohibited".
fn no_route(world: &World, from: usize) -> i32 {
    if world.dcs[from].platform == Platform::Windows { 10_065 } else { 113 }
}

/// Who takes what arrives, or how it comes to nothing.
fn behind_port(
    world: &World,
    from: usize,
    who: Who,
    method: IdentityMethod,
) -> Result<Who, Failure> {
    let Who::Dc(dc) = who else { return Ok(who) };
    let guise = world.guise(from, dc).filter(|_| method == IdentityMethod::NtlmChallenge);
    match guise {
        Some(Guise::Member(member)) => return Ok(Who::Stranger(member)),
        Some(Guise::Http) => return Err(not_rpc("NTLM challenge")),
        Some(Guise::OtherRpc) => return Err(NO_SUCH_INTERFACE),
        Some(Guise::Silent) => return Err(Failure::TimedOut),
        None => {}
    }
    // The node status comes from the kernel.
    let is_answered = !world.dcs[dc].frozen || method == IdentityMethod::NodeStatus;
    let is_large = method == IdentityMethod::RootDse && world.loses_large(from, dc) == Some(true);
    if is_answered && !is_large { Ok(who) } else { Err(Failure::TimedOut) }
}

fn stage(outcome: Result<(), Failure>) -> Stage {
    Stage { outcome, ..Stage::ok(1) }
}

fn at_port(world: &World, from: usize, address: IpAddr, dc: usize, port: u16) -> PortProbe {
    let server = &world.dcs[dc];
    // What is told on the way is another port than the one that is listened on.
    let behind =
        if port == server.directory.port { server.directory.behind } else { Behind::Nobody };
    let connected = connect(world, from, address, port, |_| behind != Behind::Nobody);
    let bind = connected.is_ok().then(|| match (world.bind_cut(from, dc), behind) {
        (Some(cut), _) => stage(Err(match cut {
            BindCut::Silence => Failure::TimedOut,
            BindCut::Reset => Failure::Reset,
            BindCut::Rejected => NO_SUCH_INTERFACE,
        })),
        _ if server.frozen => stage(Err(Failure::TimedOut)),
        (None, Behind::Itself) => stage(Ok(())),
        _ => stage(Err(NO_SUCH_INTERFACE)),
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
        (Who::Dc(dc), 389) => world.dcs[dc].directory.state == ServiceState::Running,
        (_, 135) => listens_on_135(world, from, who),
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
    let who = behind_port(world, from, who, method)?;
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
