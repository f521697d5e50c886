//! The culprit that a verdict has to name for each fault: the very thing that was broken, by the injection.

use std::net::IpAddr;

use epmesh_common::{
    diagnosis::{
        Culprit,
        culprit::{
            DnsRecord, FileLine, FilterEffect, LeadsTo, NamePlace, NameServer, Obstacle, PortAt,
            PortsTrouble, ProtocolsTrouble, RecordTrouble, RegistrationHolder, RegistrationTrouble,
            ServerPorts, ServiceTrouble,
        },
    },
    facts::{BootMode, DnsName, Platform, RecordType},
    rpc::epm::TCP_PORT,
};
use uuid::Uuid;

use super::{
    attempt::attempt,
    fault::{ALTERED, Fault, OUTSIDE},
    kind::Kind,
    own::netbios,
    world::{Guise, World},
};

/// Whether `culprit` is what the fault broke, on the link from the second to the first.
#[must_use]
pub fn names(
    world: &World,
    fault: &Fault,
    link: (usize, usize),
    culprit: Option<&Culprit>,
) -> bool {
    let Some(culprit) = culprit else { return false };
    is_broken_thing(world, fault, link, culprit) && servers(world, fault, link.0, culprit)
}

/// Whether `culprit` says what only the whole of the fault shows: of what comes back and goes again
/// that it does, so that nobody thinks that to start it once more will do.
#[must_use]
pub fn tells_all(fault: &Fault, culprit: Option<&Culprit>) -> bool {
    !fault.kind.comes_back() || culprit.is_some_and(Culprit::is_flapping)
}

/// A record that is wrong on one DNS server alone is not put down to another.
fn servers(world: &World, fault: &Fault, destination: usize, culprit: &Culprit) -> bool {
    let named: &[NameServer] = match culprit {
        Culprit::DnsRecord(record) => &record.servers,
        Culprit::NameWithoutAddress { place: NamePlace::Dns(server), .. } => {
            std::slice::from_ref(server)
        }
        _ => return true,
    };
    if fault.kind == Kind::OutsideServer {
        let outside = world.strangers[OUTSIDE].address;
        return named.iter().all(|one| one.address == outside);
    }
    let Some(server) = fault.server else { return true };
    named.iter().all(|one| {
        world.dcs[server].addresses.contains(&one.address)
            || (one.address.is_loopback() && destination == server)
    })
}

/// Whether the culprit may rightly be named; where several may, the evidence decides which.
fn is_broken_thing(
    world: &World,
    fault: &Fault,
    (destination, from): (usize, usize),
    culprit: &Culprit,
) -> bool {
    let (source, client) = (&world.dcs[fault.source], &world.dcs[fault.destination]);
    // Between sites the port is that of the source that the link is about.
    let (s, there) = (&source.name, &world.dcs[from]);
    match fault.kind {
        Kind::NeverStarted | Kind::Died | Kind::Hangs | Kind::StartsForLong => {
            is_service(culprit, "NTDS", s)
        }
        Kind::NetlogonPaused => is_service(culprit, "Netlogon", s),
        Kind::ComesAndGoes => is_service(culprit, "samba task[rpc]", s),
        Kind::Unregistered | Kind::NeverRegistered | Kind::PipeOnly => {
            matches!(registrant(culprit), Some((_, dc)) if dc == s)
        }
        Kind::RegistrationComesAndGoes => {
            let windows = source.platform == Platform::Windows;
            let service = if windows { "NTDS" } else { "samba task[rpc]" };
            registrant(culprit) == Some((Some(service), s))
        }
        Kind::RestoreMode => {
            let mode = BootMode::DirectoryRepair;
            *culprit == Culprit::BootMode { dc: s.clone(), mode }
        }
        Kind::EndpointToNobody | Kind::EndpointToAnother => {
            is_port(culprit, source.directory.port, &there.name)
        }
        Kind::SitesBlockPorts | Kind::PathCutsBind => {
            is_port(culprit, there.directory.port, &there.name)
        }
        Kind::PortBalanced if !matches!(fault.guise, Guise::Member(_)) => {
            is_port(culprit, TCP_PORT, s)
        }
        Kind::HostDown | Kind::SitesBlockMapper | Kind::PathBlocksMapper | Kind::LoneSiteBlocks => {
            is_port(culprit, TCP_PORT, &there.name)
        }
        Kind::HostBlocksMapper => {
            is_port(culprit, TCP_PORT, &there.name) || is_firewall(culprit, TCP_PORT, s)
        }
        Kind::HostBlocksPort => {
            let port = source.directory.port;
            is_port(culprit, port, &there.name) || is_firewall(culprit, port, s)
        }
        Kind::HostBlocksAddress => {
            let here = matches!(culprit, Culprit::Port { at, .. } if at.address == fault.wrong);
            here && is_port(culprit, TCP_PORT, s) || is_firewall(culprit, TCP_PORT, s)
        }
        Kind::PathAlters | Kind::SitesAlter => {
            let is_told = |at: &PortAt| (at.port, &at.dc) == (ALTERED, &there.name);
            matches!(culprit, Culprit::AlteredAnswer { at, .. } if is_told(at))
        }
        Kind::MapperReplaced | Kind::PathReplacesMapper | Kind::PortBalanced => {
            is_in_place(world, fault, culprit)
        }
        Kind::SourceRefuses | Kind::DestinationRefuses | Kind::RolledBack => {
            is_refused(world, fault, (destination, from), culprit)
        }
        Kind::OutsideServer => {
            let source = &world.dcs[from];
            match culprit {
                Culprit::DnsRecord(record) => {
                    [&source.name, &source.alias()].contains(&&record.name)
                }
                Culprit::NameWithoutAddress { name, place: NamePlace::Dns(_) } => {
                    *name == source.name
                }
                _ => false,
            }
        }
        Kind::NeverAnswers => matches!(
            culprit,
            Culprit::Service { dc, trouble: ServiceTrouble::NeverAnswers { .. }, .. } if dc == s
        ),
        Kind::PathLosesLarge | Kind::SitesLoseLarge => {
            matches!(culprit, Culprit::LargeAnswer { at, .. } if at.dc == there.name)
        }
        Kind::HiddenByFilter => matches!(
            culprit,
            Culprit::RpcFilter { dc, effect: FilterEffect::Resolution, .. } if dc == s
        ),
        // The value of a filter's second condition is not told: it may be meant for others, and something else deny
        // the interface. The filter stands in the proof.
        Kind::FilteredForOne | Kind::PathInspected => matches!(
            culprit,
            Culprit::Registration {
                holder: RegistrationHolder::At { dc, .. },
                trouble: RegistrationTrouble::Withheld,
            } if dc == s
        ),
        Kind::AccessDenied => match culprit {
            Culprit::MapperAnswer { at, .. } => at.dc == *s,
            Culprit::RemoteClientsPolicy { dc } => dc == s,
            _ => false,
        },
        Kind::MapperDown => match culprit {
            Culprit::MapperService { dc, .. } => dc == s,
            Culprit::MapperAnswer { at, .. } | Culprit::Port { at, .. } => at.dc == *s,
            _ => false,
        },
        Kind::MapperDisabled => is_disabled_mapper(culprit, s),
        Kind::AddressStaleOnOne | Kind::AddressStaleOnAll | Kind::AddressTwice => {
            let kind = RecordType::of(fault.wrong);
            let record = record(culprit, kind, s);
            record.is_some_and(|record| has_address(&record.trouble, fault.wrong))
        }
        Kind::NameBalanced => {
            let kind = RecordType::of(fault.wrong);
            let record = record(culprit, kind, s);
            let is_there = match culprit {
                Culprit::Port { at, .. } | Culprit::OtherMapper { at, .. } => {
                    (at.address, &at.dc) == (fault.wrong, s)
                }
                _ => false,
            };
            is_there || record.is_some_and(|record| has_address(&record.trouble, fault.wrong))
        }
        Kind::AliasWrong => {
            let record = record(culprit, RecordType::Cname, &source.alias());
            record
                .is_some_and(|record| target(&record.trouble) == Some(&world.dcs[fault.other].name))
        }
        Kind::AliasDead => {
            let record = record(culprit, RecordType::Cname, &source.alias());
            record.is_some_and(|record| record.trouble.is_dead_alias())
        }
        Kind::AliasMissingOnOne | Kind::AliasMissingOnAll => {
            let record = record(culprit, RecordType::Cname, &source.alias());
            record.is_some_and(|record| record.trouble == RecordTrouble::Missing)
        }
        Kind::NameMissingOnOne => match culprit {
            Culprit::NameWithoutAddress { name, place: NamePlace::Dns(_) } => name == s,
            _ => record(culprit, RecordType::A, s)
                .is_some_and(|record| record.trouble == RecordTrouble::MissingOnSome),
        },
        Kind::HostsLine => {
            matches!(culprit, Culprit::HostsLine(line) if is_line(line, fault, &client.name))
        }
        Kind::LmhostsLine => {
            matches!(culprit, Culprit::LmhostsLine(line) if is_line(line, fault, &client.name))
        }
        Kind::WinsStale => matches!(
            culprit,
            Culprit::WinsRecord { dc, leads, .. } if dc.host() == s.host() && is_wrong(leads, fault)
        ),
        Kind::CacheStale => matches!(
            culprit,
            Culprit::CachedName { dc, leads, .. } if *dc == client.name && is_wrong(leads, fault)
        ),
        Kind::SettingsStale => {
            let Culprit::NtdsSettings(settings) = culprit else { return false };
            let old = Uuid::from_u128(source.guid.as_u128() ^ 1);
            settings.server == netbios(source)
                && settings.destination == client.name
                && (settings.known.0, settings.own.0) == (old, source.guid)
                && settings.is_stated
        }
        Kind::DynamicPortsTaken if from == fault.source => {
            let all = Obstacle::PortsUsedUp(ServerPorts::Dynamic { first: 49_152, last: 65_535 });
            obstacle(culprit, s) == Some(&all)
        }
        Kind::HostPortsUsedUp | Kind::DynamicPortsTaken => {
            matches!(culprit, Culprit::DynamicPorts { dc, .. } if dc == s)
        }
        Kind::FewPorts
        | Kind::ListedPortsTaken
        | Kind::NoProtocols
        | Kind::EmptyLinkage
        | Kind::BadPorts
        | Kind::SamePortTwice => obstacle(culprit, s).is_some_and(|it| is_setting(fault.kind, it)),
    }
}

/// Whether the replication that is refused is named, or the service that was paused with it.
fn is_refused(world: &World, fault: &Fault, link: (usize, usize), culprit: &Culprit) -> bool {
    let source = &world.dcs[fault.source].name;
    let is_paused = || fault.kind == Kind::RolledBack && is_service(culprit, "Netlogon", source);
    let Culprit::Replication(refused) = culprit else { return is_paused() };
    let (to, from) = (&world.dcs[link.0], &world.dcs[link.1]);
    // As tools print it: what is more than 31 bits is negative.
    let error = i64::from(attempt(world, link.0, link.1).cast_signed());
    (&refused.destination, &refused.source, refused.error) == (&to.name, &from.name, error)
}

/// Whether what answers in place of the source's endpoint mapper is named.
fn is_in_place(world: &World, fault: &Fault, culprit: &Culprit) -> bool {
    let s = &world.dcs[fault.source].name;
    let is_135 = |at: &PortAt| (at.port, &at.dc) == (TCP_PORT, s);
    match (fault.guise, culprit) {
        (Guise::Member(member), Culprit::OtherMapper { at, host }) => {
            let name = &world.strangers[member].name;
            is_135(at) && (host == name.as_str() || host.eq_ignore_ascii_case(name.host()))
        }
        (Guise::Member(_), Culprit::SharedAddress { dc, .. }) => dc == s,
        (Guise::Member(_), _) => false,
        (_, Culprit::MapperAnswer { at, .. } | Culprit::Port { at, .. }) => is_135(at),
        (
            Guise::Silent,
            Culprit::Service { dc, trouble: ServiceTrouble::NeverAnswers { at, .. }, .. },
        ) => dc == s && is_135(at),
        _ => false,
    }
}

/// Whether the setting is the one that the fault broke.
fn is_setting(kind: Kind, obstacle: &Obstacle) -> bool {
    match (kind, obstacle) {
        (Kind::FewPorts, Obstacle::InternetPorts(PortsTrouble::Few { ranges, .. })) => {
            ranges.contains(&(5000, 5009))
        }
        (Kind::ListedPortsTaken, Obstacle::InternetPorts(trouble)) => {
            *trouble == PortsTrouble::AllTaken(120)
        }
        (Kind::NoProtocols, Obstacle::ClientProtocols(trouble)) => {
            matches!(trouble, ProtocolsTrouble::NoKey | ProtocolsTrouble::NoTcp)
        }
        (Kind::EmptyLinkage, Obstacle::EmptyBind) => true,
        (Kind::BadPorts, Obstacle::InternetPorts(PortsTrouble::Invalid { entry, .. })) => {
            entry == "5000-70000"
        }
        (Kind::SamePortTwice, Obstacle::StaticPort { port, .. }) => *port == 50_500,
        _ => false,
    }
}

fn is_service(culprit: &Culprit, name: &str, wanted: &DnsName) -> bool {
    matches!(
        culprit,
        Culprit::Service { service: Some(service), dc, .. } if service == name && dc == wanted
    )
}

/// The service whose registration it is, and its domain controller.
fn registrant(culprit: &Culprit) -> Option<(Option<&str>, &DnsName)> {
    match culprit {
        Culprit::Registration { holder: RegistrationHolder::Service { service, dc }, .. } => {
            Some((service.as_deref(), dc))
        }
        _ => None,
    }
}

fn is_port(culprit: &Culprit, port: u16, dc: &DnsName) -> bool {
    matches!(culprit, Culprit::Port { at, .. } if (at.port, &at.dc) == (port, dc))
}

fn is_firewall(culprit: &Culprit, closed: u16, of: &DnsName) -> bool {
    matches!(culprit, Culprit::Firewall { at, .. } if (at.port, &at.dc) == (closed, of))
}

fn is_disabled_mapper(culprit: &Culprit, of: &DnsName) -> bool {
    let (service, dc, is_disabled) = match culprit {
        Culprit::MapperService { service, dc, is_disabled, .. } => (service, dc, *is_disabled),
        Culprit::Service { service: Some(service), dc, trouble } => {
            (service, dc, *trouble == ServiceTrouble::WillNotStart)
        }
        _ => return false,
    };
    service == "RpcEptMapper" && dc == of && is_disabled
}

fn record<'a>(culprit: &'a Culprit, kind: RecordType, name: &DnsName) -> Option<&'a DnsRecord> {
    culprit.record().filter(|record| (record.record, &record.name) == (kind, name))
}

/// Whether the trouble with a record is about this address.
fn has_address(trouble: &RecordTrouble, wrong: IpAddr) -> bool {
    match trouble {
        RecordTrouble::WrongAddress(leads) => leads.address == wrong,
        RecordTrouble::Conflict(said) => said.iter().any(|(all, _)| all.contains(&wrong)),
        _ => false,
    }
}

fn target(trouble: &RecordTrouble) -> Option<&DnsName> {
    match trouble {
        RecordTrouble::WrongTarget { target, .. }
        | RecordTrouble::TargetWithoutAddress(target)
        | RecordTrouble::OneOfSeveralTargets(target) => Some(target),
        _ => None,
    }
}

fn is_line(line: &FileLine, fault: &Fault, of: &DnsName) -> bool {
    line.line == Some(fault.line()) && line.dc == *of && is_wrong(&line.leads, fault)
}

fn is_wrong(leads: &LeadsTo, fault: &Fault) -> bool {
    leads.address == fault.wrong
}

fn obstacle<'a>(culprit: &'a Culprit, of: &DnsName) -> Option<&'a Obstacle> {
    match culprit {
        Culprit::Obstacle { obstacle, dc, .. } if dc == of => Some(obstacle),
        _ => None,
    }
}
