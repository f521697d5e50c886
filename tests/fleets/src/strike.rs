//! Faults, and what each does to the world when it strikes.

use std::{net::IpAddr, time::Duration};

use epmesh_common::facts::{
    Answer, BootMode, HostsLine, LmhostsLine, Platform, Process, Reading, RecordData, RecordType,
    RpcFilter, RpcFilterAction, RpcFilterLayer, RpcSettings, ServiceState, StartType,
    StaticPortOwner, Timestamp,
};
use uuid::Uuid;

use super::{
    build::process,
    fault::{ALTERED, Fault, OUTSIDE},
    kind::Kind,
    own::{drsuapi, netbios, settings},
    world::{
        Behind, Block, Device, Guise, Life, Meddling, NameServer, PortSet, Refusal, Registered,
        Scope, Wins, World, addresses_of, record,
    },
};

impl Fault {
    /// Makes it so.
    pub fn strike(&self, world: &mut World, now: Timestamp) {
        let directory = &mut world.dcs[self.source].directory;
        if self.kind == Kind::ComesAndGoes {
            // The task dies and is started again at once.
            let process = &mut directory.process;
            *process = process.map(|before| Process { pid: before.pid + 1, started: now });
            return;
        }
        if self.kind == Kind::RegistrationComesAndGoes {
            // Gone, and with the next strike back, while the process runs on.
            directory.registered = match directory.registered {
                Registered::Nothing => Registered::All,
                _ => Registered::Nothing,
            };
            return;
        }
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

    /// Puts what it leaves onto the world.
    pub(super) fn apply(&self, world: &mut World) {
        match self.kind {
            Kind::SitesBlockMapper
            | Kind::SitesBlockPorts
            | Kind::PathBlocksMapper
            | Kind::HostBlocksMapper
            | Kind::HostBlocksPort
            | Kind::HostBlocksAddress
            | Kind::LoneSiteBlocks => {
                self.block(world);
            }
            Kind::PortBalanced if !matches!(self.guise, Guise::Member(_)) => self.block(world),
            Kind::PathInspected
            | Kind::PathCutsBind
            | Kind::PortBalanced
            | Kind::PathAlters
            | Kind::SitesAlter
            | Kind::MapperReplaced
            | Kind::PathReplacesMapper
            | Kind::PathLosesLarge
            | Kind::SitesLoseLarge => self.meddle(world),
            Kind::AddressStaleOnOne
            | Kind::AddressStaleOnAll
            | Kind::AddressTwice
            | Kind::NameBalanced
            | Kind::AliasWrong
            | Kind::AliasDead
            | Kind::AliasMissingOnOne
            | Kind::AliasMissingOnAll
            | Kind::NameMissingOnOne => {
                self.records(world);
            }
            Kind::HostsLine
            | Kind::LmhostsLine
            | Kind::WinsStale
            | Kind::CacheStale
            | Kind::SettingsStale
            | Kind::DestinationRefuses
            | Kind::OutsideServer => {
                self.at_client(world);
            }
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
            // The process stays, and with it other interfaces.
            Kind::Hangs | Kind::StartsForLong => {
                let ends = self.kind == Kind::Hangs;
                directory.state =
                    if ends { ServiceState::Stopping } else { ServiceState::Starting };
                directory.registered = Registered::Nothing;
                directory.behind = Behind::Nobody;
            }
            Kind::Unregistered | Kind::NeverRegistered => {
                directory.registered = Registered::Nothing;
            }
            Kind::PipeOnly => directory.registered = Registered::NoTcp,
            Kind::EndpointToNobody => directory.behind = Behind::Nobody,
            Kind::EndpointToAnother => directory.behind = Behind::Another,
            Kind::HiddenByFilter => {
                dc.mapper.hides = true;
                dc.filters.push(hiding(1));
            }
            // The second condition is the address of the caller.
            Kind::FilteredForOne => {
                dc.mapper.hides_from.push(self.destination);
                dc.filters.push(hiding(2));
            }
            Kind::NeverAnswers => dc.frozen = true,
            Kind::NetlogonPaused => dc.netlogon_paused = true,
            Kind::SourceRefuses => dc.sends_no_changes = Some(self.error),
            Kind::RolledBack => {
                (dc.sends_no_changes, dc.takes_no_changes) = (Some(8456), Some(8457));
                dc.netlogon_paused = true;
            }
            Kind::AccessDenied => {
                dc.mapper.refuses = true;
                dc.rpc.restrict_remote_clients = Reading::Value(2);
            }
            Kind::MapperDown => dc.mapper.runs = false,
            Kind::MapperDisabled => {
                dc.mapper.runs = false;
                dc.mapper.start = StartType::Disabled;
            }
            Kind::HostPortsUsedUp => dc.ports_used = 100,
            Kind::DynamicPortsTaken | Kind::ListedPortsTaken => {
                // Pipe and LRPC take no port.
                directory.registered = Registered::NoTcp;
                directory.behind = Behind::Nobody;
                if self.kind == Kind::DynamicPortsTaken {
                    dc.ports_used = 100;
                } else {
                    only_ports(&mut dc.rpc, "5000-5119");
                    dc.taken = (5000..=5119).collect();
                }
            }
            Kind::NoProtocols
            | Kind::EmptyLinkage
            | Kind::BadPorts
            | Kind::FewPorts
            | Kind::SamePortTwice => {
                directory.registered = Registered::Nothing;
                directory.behind = Behind::Nobody;
                self.settings(&mut dc.rpc);
            }
            _ => dc.up = false,
        }
        if self.kind == Kind::PipeOnly {
            dc.directory.behind = Behind::Nobody;
        }
    }

    /// What in the registry keeps the service from registering.
    fn settings(&self, rpc: &mut RpcSettings) {
        match self.kind {
            Kind::NoProtocols => rpc.client_protocols = Reading::Absent,
            Kind::EmptyLinkage => rpc.bind = Reading::Value(vec![String::new()]),
            Kind::BadPorts => only_ports(rpc, "5000-70000"),
            Kind::FewPorts => only_ports(rpc, "5000-5009"),
            _ => {
                for held in &mut rpc.static_ports {
                    if matches!(held.owner, StaticPortOwner::Ntds | StaticPortOwner::Netlogon) {
                        held.port = Reading::Value(50_500);
                    }
                }
            }
        }
    }

    /// From where to where it lies on a way.
    fn ends(&self, world: &World) -> (Scope, Scope) {
        let (client, server) = (&world.dcs[self.destination], &world.dcs[self.source]);
        if self.kind == Kind::LoneSiteBlocks {
            (Scope::OutsideSite(server.site), Scope::Site(server.site))
        } else if self.kind == Kind::PortBalanced {
            let is_odd = self.destination % 2 == 1;
            (Scope::EverySecond { is_odd }, Scope::Dc(self.source))
        } else if self.kind.is_between_sites() {
            (Scope::Site(client.site), Scope::Site(server.site))
        } else if self.kind.is_of_one_link() {
            (Scope::Dc(self.destination), Scope::Dc(self.source))
        } else {
            (Scope::Any, Scope::Dc(self.source))
        }
    }

    fn meddle(&self, world: &mut World) {
        let does = match self.kind {
            Kind::PathAlters | Kind::SitesAlter => Meddling::Alters(ALTERED),
            Kind::PathLosesLarge | Kind::SitesLoseLarge => {
                Meddling::LosesLarge { ldap: self.refusal == Refusal::Silence }
            }
            Kind::PathInspected => Meddling::Denies,
            Kind::PathCutsBind => Meddling::CutsBind(self.bind_cut()),
            _ => Meddling::Answers(self.guise),
        };
        let (from, to) = self.ends(world);
        world.devices.push(Device { from, to, does });
    }

    fn block(&self, world: &mut World) {
        let (from, to) = self.ends(world);
        let ports = match self.kind {
            Kind::SitesBlockPorts | Kind::HostBlocksPort => PortSet::Dynamic,
            _ => PortSet::Mapper,
        };
        let address = (self.kind == Kind::HostBlocksAddress).then_some(self.wrong);
        let is_balancer = self.kind == Kind::PortBalanced;
        let refusal = if is_balancer { Refusal::Reset } else { self.refusal };
        // Windows' own firewall is on where it drops.
        let source = &mut world.dcs[self.source];
        let is_own = from == Scope::Any && refusal == Refusal::Silence;
        source.firewall |= is_own && source.platform == Platform::Windows;
        world.blocks.push(Block { from, to, ports, v6_only: false, address, refusal });
    }

    fn records(&self, world: &mut World) {
        if self.kind == Kind::NameBalanced {
            world.balancers.push(self.balancer());
        }
        let source = world.dcs[self.source].clone();
        let other = world.dcs[self.other].name.clone();
        let kind = RecordType::of(self.wrong);
        let all = |mut wrong: Vec<IpAddr>| {
            wrong.retain(|address| address.is_ipv4() == self.wrong.is_ipv4());
            addresses_of(&source.name, kind, &wrong)
        };
        let mut changed = vec![match self.kind {
            Kind::AddressStaleOnOne | Kind::AddressStaleOnAll | Kind::NameBalanced => {
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
            Kind::AliasDead => {
                let gone = format!("was-{}", source.name).parse().expect("a host name is short");
                let leads = vec![record(&source.alias(), RecordData::Alias(gone))];
                (source.alias(), RecordType::Cname, Answer::Records(leads))
            }
            Kind::NameMissingOnOne => (source.name.clone(), RecordType::A, Answer::NoData),
            _ => (source.alias(), RecordType::Cname, Answer::NoSuchName),
        }];
        if self.kind == Kind::NameMissingOnOne {
            changed.push((source.name.clone(), RecordType::Aaaa, Answer::NoData));
        }
        let strangers = world.strangers.iter_mut().filter_map(|other| other.dns.as_mut());
        let dcs = world.dcs.iter_mut().enumerate();
        let servers = dcs.filter_map(|(at, dc)| Some((Some(at), dc.dns.as_mut()?)));
        for (at, server) in servers.chain(strangers.map(|server| (None, server))) {
            if self.server.is_none() || self.server == at {
                server.overrides.extend(changed.iter().cloned());
            }
        }
    }

    fn at_client(&self, world: &mut World) {
        let source = world.dcs[self.source].clone();
        let server = world.strangers[0].address;
        let outside = &mut world.strangers[OUTSIDE];
        let outside_address = outside.address;
        if self.kind == Kind::OutsideServer {
            outside.dns = Some(NameServer { is_outside: true, ..NameServer::default() });
        }
        let client = &mut world.dcs[self.destination];
        match self.kind {
            Kind::DestinationRefuses => client.takes_no_changes = Some(8457),
            Kind::OutsideServer => {
                let list = &mut client.names.servers;
                let place = if self.is_first() { 0 } else { list.len() };
                list.insert(place, outside_address);
            }
            Kind::HostsLine => client.names.hosts.push(HostsLine {
                line: self.line(),
                address: self.wrong,
                names: vec![source.name.clone(), source.alias()],
            }),
            Kind::LmhostsLine => client.names.lmhosts.push(LmhostsLine {
                line: self.line(),
                address: self.wrong,
                name: netbios(&source),
                suffix: None,
                preload: false,
                domain: None,
            }),
            Kind::WinsStale => {
                let wins = client.names.wins.get_or_insert(Wins { server, holds: Vec::new() });
                wins.holds.push((netbios(&source), self.wrong));
            }
            Kind::CacheStale => {
                let leads = vec![record(&source.alias(), RecordData::Alias(source.name.clone()))];
                let of = RecordType::of(self.wrong);
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

/// A filter that keeps the endpoint mapper from naming drsuapi.
fn hiding(conditions: u32) -> RpcFilter {
    RpcFilter {
        layer: RpcFilterLayer::Resolution,
        key: Uuid::from_u128(0x77),
        name: "hardening".to_owned(),
        action: RpcFilterAction::Block,
        interface: Some(drsuapi().uuid),
        conditions,
        terms: None,
    }
}

/// `Rpc\Internet` as the usual scripts set it: RPC servers take these ports and no others.
fn only_ports(rpc: &mut RpcSettings, ports: &str) {
    rpc.internet_ports = Reading::Value(vec![ports.to_owned()]);
    rpc.internet_ports_available = Reading::Value("Y".to_owned());
    rpc.use_internet_ports = Reading::Value("Y".to_owned());
}
