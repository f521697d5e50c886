//! Faults: what goes wrong, where, and when. Each changes the world and knows its truth, which is
//! the catalogue's (and never asked of the engine).

use std::{net::IpAddr, time::Duration};

use epmesh_common::{
    diagnosis::Side,
    facts::{
        Answer, BootMode, HostsLine, Platform, Process, Reading, RecordData, RecordType,
        ServiceState, StartType, Timestamp,
    },
};
use uuid::Uuid;

use super::{
    build::process,
    dice::Dice,
    own::settings,
    world::{Behind, Block, Life, PortSet, Registered, Scope, World, addresses_of, record},
};

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
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 27] = [
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
    ];

    /// The causes and sides that the catalogue allows for it.
    #[must_use]
    pub const fn truth(self) -> (&'static [&'static str], &'static [Side]) {
        use Side::{Directory, NameResolution, Network, Source};
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
        }
    }

    /// Whether the host is started anew in the course of it.
    #[must_use]
    pub const fn restarts(self) -> bool {
        matches!(self, Self::NeverStarted | Self::NeverRegistered | Self::RestoreMode)
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
        let on_one = matches!(kind, Kind::AddressStaleOnOne | Kind::AliasMissingOnOne);
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
            | Kind::CacheStale
            | Kind::SettingsStale => (destination, source) == (self.destination, self.source),
            _ => source == self.source,
        }
    }

    /// Makes it so.
    pub fn strike(&self, world: &mut World) {
        if self.kind.restarts() {
            world.dcs[self.source].up = false;
            return;
        }
        self.apply(world);
    }

    /// The host is back, and the fault is there.
    pub fn come_back(&self, world: &mut World) {
        let dc = &mut world.dcs[self.source];
        let at = self.at.plus(Duration::from_secs(50));
        dc.up = true;
        let id = format!("{:032x}", u128::from(at.as_millis()));
        dc.boot = Life { id, at, mode: BootMode::Normal };
        dc.directory.process = Some(process(dc.platform, at));
        self.apply(world);
    }

    fn apply(&self, world: &mut World) {
        match self.kind {
            Kind::SitesBlockMapper
            | Kind::SitesBlockPorts
            | Kind::PathBlocksMapper
            | Kind::HostBlocksMapper
            | Kind::HostBlocksPort
            | Kind::PathInspected => {
                self.block(world);
            }
            Kind::AddressStaleOnOne
            | Kind::AddressStaleOnAll
            | Kind::AddressTwice
            | Kind::AliasWrong
            | Kind::AliasMissingOnOne
            | Kind::AliasMissingOnAll => {
                self.records(world);
            }
            Kind::HostsLine | Kind::CacheStale | Kind::SettingsStale => self.at_client(world),
            _ => self.at_server(world),
        }
    }

    fn at_server(&self, world: &mut World) {
        let dc = &mut world.dcs[self.source];
        let directory = &mut dc.directory;
        match self.kind {
            Kind::NeverStarted | Kind::RestoreMode | Kind::Died => {
                directory.state = ServiceState::Stopped;
                directory.process = None;
                directory.registered = Registered::Nothing;
                directory.behind = Behind::Nobody;
                if self.kind == Kind::NeverStarted {
                    directory.start = StartType::Disabled;
                }
                if self.kind == Kind::RestoreMode {
                    dc.boot.mode = BootMode::DirectoryRepair;
                }
            }
            Kind::Unregistered | Kind::NeverRegistered => {
                directory.registered = Registered::Nothing;
            }
            Kind::PipeOnly => directory.registered = Registered::NoTcp,
            Kind::EndpointToNobody => directory.behind = Behind::Nobody,
            Kind::EndpointToAnother => directory.behind = Behind::Another,
            Kind::HiddenByFilter => {
                dc.mapper.hides = true;
                dc.filters.push(epmesh_common::facts::RpcFilter {
                    layer: epmesh_common::facts::RpcFilterLayer::Resolution,
                    key: Uuid::from_u128(0x77),
                    name: "hardening".to_owned(),
                    action: epmesh_common::facts::RpcFilterAction::Block,
                    interface: Some(super::own::drsuapi().uuid),
                    conditions: 1,
                });
            }
            Kind::AccessDenied => {
                dc.mapper.refuses = true;
                dc.rpc.restrict_remote_clients = Reading::Value(2);
            }
            Kind::MapperDown => dc.mapper.runs = false,
            _ => dc.up = false,
        }
        if self.kind == Kind::PipeOnly {
            dc.directory.behind = Behind::Nobody;
        }
    }

    fn block(&self, world: &mut World) {
        let (client, server) = (&world.dcs[self.destination], &world.dcs[self.source]);
        let (from, to) = match self.kind {
            Kind::SitesBlockMapper | Kind::SitesBlockPorts => {
                (Scope::Site(client.site), Scope::Site(server.site))
            }
            Kind::PathBlocksMapper | Kind::PathInspected => {
                (Scope::Dc(self.destination), Scope::Dc(self.source))
            }
            _ => (Scope::Any, Scope::Dc(self.source)),
        };
        if self.kind == Kind::PathInspected {
            world.inspections.push((from, to));
            return;
        }
        let ports = match self.kind {
            Kind::SitesBlockPorts | Kind::HostBlocksPort => PortSet::Dynamic,
            _ => PortSet::Mapper,
        };
        let rejects = self.wrong.to_string().len().is_multiple_of(2);
        world.blocks.push(Block { from, to, ports, v6_only: false, address: None, rejects });
    }

    fn records(&self, world: &mut World) {
        let source = world.dcs[self.source].clone();
        let other = world.dcs[self.other].name.clone();
        let kind = if self.wrong.is_ipv4() { RecordType::A } else { RecordType::Aaaa };
        let all = |mut wrong: Vec<IpAddr>| {
            wrong.retain(|address| address.is_ipv4() == self.wrong.is_ipv4());
            addresses_of(&source.name, kind, &wrong)
        };
        let changed = match self.kind {
            Kind::AddressStaleOnOne | Kind::AddressStaleOnAll => {
                (source.name.clone(), kind, all(vec![self.wrong]))
            }
            Kind::AddressTwice => {
                let both = [source.addresses.clone(), vec![self.wrong]].concat();
                (source.name.clone(), kind, all(both))
            }
            Kind::AliasWrong => {
                let leads = vec![record(&source.alias(), RecordData::Alias(other))];
                (source.alias(), RecordType::Cname, Answer::Records(leads))
            }
            _ => (source.alias(), RecordType::Cname, Answer::NoSuchName),
        };
        let strangers = world.strangers.iter_mut().filter_map(|other| other.dns.as_mut());
        let dcs = world.dcs.iter_mut().enumerate();
        let servers = dcs.filter_map(|(at, dc)| Some((Some(at), dc.dns.as_mut()?)));
        for (at, server) in servers.chain(strangers.map(|server| (None, server))) {
            if self.server.is_none() || self.server == at {
                server.overrides.push(changed.clone());
            }
        }
    }

    fn at_client(&self, world: &mut World) {
        let source = world.dcs[self.source].clone();
        let client = &mut world.dcs[self.destination];
        match self.kind {
            Kind::HostsLine => client.names.hosts.push(HostsLine {
                line: 11,
                address: self.wrong,
                names: vec![source.name.clone(), source.alias()],
            }),
            Kind::CacheStale => {
                let leads = vec![record(&source.alias(), RecordData::Alias(source.name.clone()))];
                let of = if self.wrong.is_ipv4() { RecordType::A } else { RecordType::Aaaa };
                let to = addresses_of(&source.name, of, &[self.wrong]);
                client.names.cache.push((
                    source.alias(),
                    RecordType::Cname,
                    Answer::Records(leads),
                ));
                client.names.cache.push((source.name.clone(), of, to));
            }
            _ => {
                let mut old = settings(&source);
                old.dsa_guid = Uuid::from_u128(source.guid.as_u128() ^ 1);
                old.created = source.created.minus(Duration::from_secs(90 * 24 * 3600)).into();
                client.stale_settings.push((self.source, old));
            }
        }
    }

    /// A healthy host is started anew: noise.
    pub fn restart(world: &mut World, dc: usize, at: Timestamp) {
        let dc = &mut world.dcs[dc];
        dc.up = true;
        dc.boot = Life {
            id: format!("{:032x}", u128::from(at.as_millis()) << 8),
            at,
            mode: BootMode::Normal,
        };
        let Process { pid, started } = process(dc.platform, at);
        dc.directory.process = Some(Process { pid, started });
    }
}
