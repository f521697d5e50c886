//! Faults: what goes wrong, where, and when. Each changes the world and knows its truth, which is
//! the catalogue's (and never asked of the engine).

use std::{net::IpAddr, time::Duration};

use epmesh_common::{
    diagnosis::Side,
    facts::{Platform, Timestamp},
};

use super::{dice::Dice, own::netbios, world::World};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is told by its row in `Kind::truth`")]
pub enum Kind {
    NeverStarted,
    Died,
    Unregistered,
    NeverRegistered,
    RestoreMode,
    PipeOnly,
    EndpointToNobody,
    EndpointToAnother,
    HiddenByFilter,
    AccessDenied,
    MapperDown,
    HostDown,
    HostBlocksMapper,
    HostBlocksPort,
    SitesBlockMapper,
    SitesBlockPorts,
    PathBlocksMapper,
    PathInspected,
    AddressStaleOnOne,
    AddressStaleOnAll,
    AddressTwice,
    AliasWrong,
    AliasMissingOnOne,
    AliasMissingOnAll,
    HostsLine,
    CacheStale,
    SettingsStale,
    NoProtocols,
    EmptyLinkage,
    BadPorts,
    SamePortTwice,
    MapperDisabled,
    NameMissingOnOne,
    LmhostsLine,
    HostPortsUsedUp,
    HostBlocksAddress,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 36] = [
        Self::NeverStarted,
        Self::Died,
        Self::Unregistered,
        Self::NeverRegistered,
        Self::RestoreMode,
        Self::PipeOnly,
        Self::EndpointToNobody,
        Self::EndpointToAnother,
        Self::HiddenByFilter,
        Self::AccessDenied,
        Self::MapperDown,
        Self::HostDown,
        Self::HostBlocksMapper,
        Self::HostBlocksPort,
        Self::SitesBlockMapper,
        Self::SitesBlockPorts,
        Self::PathBlocksMapper,
        Self::PathInspected,
        Self::AddressStaleOnOne,
        Self::AddressStaleOnAll,
        Self::AddressTwice,
        Self::AliasWrong,
        Self::AliasMissingOnOne,
        Self::AliasMissingOnAll,
        Self::HostsLine,
        Self::CacheStale,
        Self::SettingsStale,
        Self::NoProtocols,
        Self::EmptyLinkage,
        Self::BadPorts,
        Self::SamePortTwice,
        Self::MapperDisabled,
        Self::NameMissingOnOne,
        Self::LmhostsLine,
        Self::HostPortsUsedUp,
        Self::HostBlocksAddress,
    ];

    /// The causes and sides that the catalogue allows for it.
    #[must_use]
    pub const fn truth(self) -> (&'static [&'static str], &'static [Side]) {
        use Side::{Destination, Directory, NameResolution, Network, Source};
        match self {
            Self::NeverStarted => (&["service-not-started"], &[Source]),
            Self::Died => (&["service-died"], &[Source]),
            Self::Unregistered => (&["endpoints-unregistered"], &[Source]),
            Self::NeverRegistered => (&["registration-failed"], &[Source]),
            Self::RestoreMode => (&["directory-services-restore-mode"], &[Source]),
            Self::PipeOnly => (&["protocol-sequence-missing"], &[Source]),
            Self::EndpointToNobody | Self::EndpointToAnother => (&["stale-endpoint"], &[Source]),
            Self::HiddenByFilter => (&["rpc-filtered"], &[Source]),
            Self::PathInspected => (&["rpc-filtered"], &[Network]),
            Self::AccessDenied => (&["epm-access-denied"], &[Source]),
            // "S does not listen" is the source's own; the error is 1722 and not 1753.
            Self::MapperDown => {
                (&["epm-unreachable", "not-1753", "rpc-service-misconfigured"], &[Source])
            }
            // Nobody can tell a host that is off from one behind a cut line.
            Self::HostDown => (&["epm-unreachable"], &[Source, Network]),
            Self::HostBlocksMapper => (&["epm-unreachable", "host-firewall"], &[Source]),
            Self::HostBlocksPort => (&["dynamic-port-blocked", "host-firewall"], &[Source]),
            Self::SitesBlockMapper | Self::PathBlocksMapper => (&["epm-unreachable"], &[Network]),
            Self::SitesBlockPorts => (&["dynamic-port-blocked"], &[Network]),
            Self::AddressStaleOnOne | Self::AddressStaleOnAll => {
                (&["dns-a-stale", "wrong-server-identity"], &[NameResolution])
            }
            Self::AddressTwice => (&["dns-a-duplicate"], &[NameResolution]),
            Self::AliasWrong => (&["dns-cname-wrong", "wrong-server-identity"], &[NameResolution]),
            Self::AliasMissingOnOne | Self::AliasMissingOnAll => {
                (&["dns-cname-missing"], &[NameResolution])
            }
            Self::HostsLine => {
                (&["hosts-file-override", "wrong-server-identity"], &[NameResolution])
            }
            Self::CacheStale => (&["dns-cache-stale", "wrong-server-identity"], &[NameResolution]),
            Self::SettingsStale => (&["ntds-settings-stale"], &[Directory]),
            Self::NoProtocols => (&["client-protocols-missing"], &[Source]),
            Self::EmptyLinkage => (&["rpc-bind-linkage-invalid"], &[Source]),
            Self::BadPorts => (&["rpc-internet-ports-invalid"], &[Source]),
            Self::SamePortTwice => (&["static-port-conflict"], &[Source]),
            Self::MapperDisabled => (&["rpc-service-misconfigured"], &[Source, Destination]),
            // Where nobody else is asked, there is no other answer to differ from.
            Self::NameMissingOnOne => (&["dns-servers-disagree", "not-1753"], &[NameResolution]),
            Self::LmhostsLine => (&["lmhosts-override"], &[NameResolution]),
            // As a client it cannot connect; as a server it soon will not be able to.
            Self::HostPortsUsedUp => (&["port-exhaustion"], &[Source, Destination]),
            Self::HostBlocksAddress => (&["epm-unreachable", "host-firewall"], &[Source]),
        }
    }

    /// Whether the host is started anew in the course of it.
    #[must_use]
    pub const fn restarts(self) -> bool {
        matches!(
            self,
            Self::NeverStarted
                | Self::NeverRegistered
                | Self::RestoreMode
                | Self::NoProtocols
                | Self::EmptyLinkage
                | Self::BadPorts
                | Self::SamePortTwice
        )
    }

    /// Whether the cause can be told only from what the source says of itself.
    #[must_use]
    pub const fn needs_source(self) -> bool {
        !matches!(
            self,
            Self::HostDown
                | Self::AccessDenied
                | Self::EndpointToAnother
                | Self::AliasMissingOnOne
                | Self::AliasMissingOnAll
        )
    }

    /// Whether it shows before a link fails: a wrong name in a place that is not the first asked.
    #[must_use]
    pub const fn shows_latent(self) -> bool {
        matches!(
            self,
            Self::AddressStaleOnOne
                | Self::AddressStaleOnAll
                | Self::AddressTwice
                | Self::AliasWrong
                | Self::AliasMissingOnOne
                | Self::AliasMissingOnAll
                | Self::NameMissingOnOne
                | Self::LmhostsLine
                | Self::HostPortsUsedUp
        )
    }
}

/// One fault.
#[derive(Clone, Debug)]
pub struct Fault {
    /// What goes wrong.
    pub kind: Kind,
    /// When it strikes, by the true clock.
    pub at: Timestamp,
    /// The source whose links it is about; of a fault between sites, one of them.
    pub source: usize,
    /// The destination of a fault that has one.
    pub destination: usize,
    /// The DNS server that it is on; of one that is on all, none.
    pub server: Option<usize>,
    /// The wrong address.
    pub wrong: IpAddr,
    /// Who owns the wrong name.
    pub other: usize,
}

impl Fault {
    /// Draws one; `None` where the fleet has no place for what the dice say.
    pub fn draw(dice: &mut Dice, world: &World, at: Timestamp) -> Option<Self> {
        let kind = dice.one(&Kind::ALL)?;
        let source = dice.below(world.dcs.len());
        let forest = &world.dcs[source].forest;
        let clients: Vec<usize> = (0..world.dcs.len())
            .filter(|dc| *dc != source && world.dcs[*dc].agent && world.dcs[*dc].forest == *forest)
            .collect();
        let destination = dice.one(&clients)?;
        let servers: Vec<usize> = (0..world.dcs.len())
            .filter(|dc| world.dcs[*dc].dns.is_some() && world.dcs[*dc].forest == *forest)
            .collect();
        let server = dice.one(&servers)?;
        let others: Vec<usize> = (0..world.dcs.len())
            .filter(|dc| ![source, destination].contains(dc) && world.dcs[*dc].forest == *forest)
            .collect();
        let other = dice.one(&others)?;
        let like = world.dcs[source].addresses[0];
        let dead =
            if like.is_ipv4() { IpAddr::from([10, 9, 9, 9]) } else { "fd00:9::9".parse().ok()? };
        let mut wrong = vec![dead, world.strangers[0].address, world.strangers[2].address];
        wrong.extend(world.dcs[other].address_like(like));
        let wrong = dice.one(&wrong).filter(|wrong| wrong.is_ipv4() == like.is_ipv4())?;
        let last = world.dcs[source].addresses.last().copied();
        let wrong = if kind == Kind::HostBlocksAddress { last? } else { wrong };
        let on_one = matches!(
            kind,
            Kind::AddressStaleOnOne | Kind::AliasMissingOnOne | Kind::NameMissingOnOne
        );
        let fault =
            Self { kind, at, source, destination, server: on_one.then_some(server), wrong, other };
        fault.has_place(world).then_some(fault)
    }

    fn has_place(&self, world: &World) -> bool {
        let (source, client) = (&world.dcs[self.source], &world.dcs[self.destination]);
        let windows = source.platform == Platform::Windows;
        let uses_alone = |dc: &super::world::Dc| {
            let lives = dc.names.servers.iter().filter(|server| {
                !source.addresses.contains(server)
                    && (server.is_loopback() || world.owner(**server).is_some())
            });
            lives.count() == 0
        };
        match self.kind {
            // The last is a filter of the Windows Filtering Platform.
            Kind::NeverStarted | Kind::Died | Kind::RestoreMode | Kind::HiddenByFilter => windows,
            Kind::NoProtocols | Kind::EmptyLinkage | Kind::BadPorts | Kind::SamePortTwice => {
                windows
            }
            Kind::MapperDisabled => windows,
            Kind::HostPortsUsedUp => source.agent,
            Kind::HostBlocksAddress => source.addresses.len() > 1,
            Kind::LmhostsLine => {
                let named = netbios(source);
                let held = client.names.lmhosts.iter().any(|line| line.name == named);
                client.platform == Platform::Windows && self.wrong.is_ipv4() && !held
            }
            Kind::HostDown => !world.dcs.iter().any(uses_alone),
            Kind::SitesBlockMapper | Kind::SitesBlockPorts => {
                let third = |dc: &super::world::Dc| dc.agent && dc.site != client.site;
                let dynamic = source.directory.port >= 49152 || self.kind == Kind::SitesBlockMapper;
                // Somebody else must reach them, or nobody can tell a path from a host.
                source.site != client.site
                    && dynamic
                    && world.dcs.iter().enumerate().any(|(at, dc)| at != self.source && third(dc))
            }
            Kind::HostBlocksPort => source.directory.port >= 49152,
            Kind::CacheStale => client.platform == Platform::Windows,
            Kind::PathBlocksMapper | Kind::PathInspected => {
                let third =
                    |at: usize| at != self.source && at != self.destination && world.dcs[at].agent;
                (0..world.dcs.len()).any(|at| third(at) && world.dcs[at].forest == source.forest)
            }
            // With a line that is right in the way, the wrong record does not show.
            Kind::HostsLine => {
                client.names.hosts.iter().all(|line| !line.names.contains(&source.name))
            }
            _ => true,
        }
    }

    /// The causes and sides that are right for it in this fleet.
    #[must_use]
    pub fn truth(&self, world: &World) -> (Vec<&'static str>, &'static [Side]) {
        let (causes, sides) = self.kind.truth();
        let mut causes = causes.to_vec();
        let stale = matches!(self.kind, Kind::AddressStaleOnOne | Kind::AddressStaleOnAll);
        let kept = world.dcs[self.source].addresses.iter();
        // The wrong A beside a right AAAA: "right and wrong addresses together".
        if stale && kept.clone().any(|own| own.is_ipv4() != self.wrong.is_ipv4()) {
            causes.push("dns-a-duplicate");
        }
        (causes, sides)
    }

    /// Whether its host is away for a while, or for good.
    #[must_use]
    pub fn takes_down(&self) -> bool {
        self.kind.restarts() || self.kind == Kind::HostDown
    }

    /// When the world stands as it leaves it: a host that is started anew takes its time.
    #[must_use]
    pub fn done(&self) -> Timestamp {
        if self.kind.restarts() { self.at.plus(Duration::from_secs(60)) } else { self.at }
    }

    /// Whether it bears on the link from `source` to `destination`.
    #[must_use]
    pub fn touches(&self, world: &World, destination: usize, source: usize) -> bool {
        match self.kind {
            Kind::SitesBlockMapper | Kind::SitesBlockPorts => {
                world.dcs[destination].site == world.dcs[self.destination].site
                    && world.dcs[source].site == world.dcs[self.source].site
            }
            Kind::PathBlocksMapper
            | Kind::PathInspected
            | Kind::HostsLine
            | Kind::LmhostsLine
            | Kind::CacheStale
            | Kind::SettingsStale => (destination, source) == (self.destination, self.source),
            // A host that is out of ports, or whose endpoint mapper may not start, is told so as a
            // client too.
            Kind::HostPortsUsedUp | Kind::MapperDisabled => {
                [destination, source].contains(&self.source)
            }
            _ => source == self.source,
        }
    }
}
