//! The evidence on one link, with everything stale left out.

use std::{cell::OnceCell, net::IpAddr, time::Duration};

use epmesh_facts::{
    AddressFamily, AddressProbe, Boot, DcFacts, Directory, DnsName, EndpointMap, Filters, Host,
    InterfaceDns, Listener, Platform, PortRange, PortUse, Ports, Process, Replication, Resolver,
    RpcSettings, Service, Services, Source, Stamped, Timestamp, Transport, holds_over_tcp,
};
use epmesh_rpc::{Endpoint, InterfaceId, ProtocolSequence};

use super::{
    super::{
        culprit::{NameServer, ServerHost},
        evidence::{Evidence, Observed, Registration},
        fault::ServerName,
        serving::serving,
    },
    owner::KnownOwners,
};

/// The case that the engine works on: the fresh part of the evidence. Stale facts decide nothing, so they are
/// not here at all.
pub(in crate::diagnosis) struct Case<'a> {
    pub(in crate::diagnosis) evidence: &'a Evidence,
    pub(in crate::diagnosis) now: Timestamp,
    /// The destination's own look at the source.
    pub(in crate::diagnosis) look: Option<&'a Observed>,
    /// Looks of the others.
    pub(in crate::diagnosis) others: Vec<&'a Observed>,
    /// When the source's present life began: its boot, or the start of the process that serves.
    began: Option<Timestamp>,
    /// The DNS servers that the destination asks, once they were needed, where these are not just those
    /// that it states.
    servers: OnceCell<Option<Vec<IpAddr>>>,
    /// The owners of the addresses that were asked for so far.
    pub(super) owners: KnownOwners,
    pub(in crate::diagnosis) source_host: Option<&'a Stamped<Host>>,
    pub(in crate::diagnosis) source_map: Option<&'a Stamped<EndpointMap>>,
    pub(in crate::diagnosis) source_services: Option<&'a Stamped<Services>>,
    pub(in crate::diagnosis) source_ports: Option<&'a Stamped<Ports>>,
    pub(in crate::diagnosis) source_rpc: Option<&'a RpcSettings>,
    pub(in crate::diagnosis) source_port_use: Option<&'a PortUse>,
    pub(in crate::diagnosis) source_filters: Option<&'a Filters>,
    pub(in crate::diagnosis) destination_resolver: Option<&'a Stamped<Resolver>>,
    pub(in crate::diagnosis) destination_port_use: Option<&'a PortUse>,
    pub(in crate::diagnosis) destination_services: Option<&'a Stamped<Services>>,
}

/// The time by which the way of a report may shift what it tells: two hosts' times that are nearer to each
/// other do not say which came first.
pub(in crate::diagnosis) const WAY: Duration = Duration::from_secs(2);

/// For so long after a host or its service started, not everything listens yet: that a look fails
/// then says nothing about the path.
const STARTUP: Duration = Duration::from_secs(60);

/// Replication (MS-DRSR 2.1).
const DRSUAPI: InterfaceId =
    InterfaceId::new(uuid::uuid!("e3514235-4b06-11d1-ab04-00c04fc2dcd2"), 4, 0);

/// Whether what was seen at `at` may decide anything at `now`. What seems to lie far ahead is from before
/// the coordinator's clock was put back, nobody knows how long.
fn is_fresh(evidence: &Evidence, at: Timestamp, now: Timestamp) -> bool {
    at.millis_apart(now) <= evidence.fresh_for_ms
}

impl<'a> Case<'a> {
    pub(in crate::diagnosis) fn new(evidence: &'a Evidence, now: Timestamp) -> Self {
        let is_fresh = |at| is_fresh(evidence, at, now);
        fn keep<T>(
            stamped: Option<&Stamped<T>>,
            is_fresh: impl Fn(Timestamp) -> bool,
        ) -> Option<&Stamped<T>> {
            stamped.filter(|stamped| is_fresh(stamped.at))
        }
        let (look, others) = looks(evidence, is_fresh);
        let source_host = keep(evidence.source.host.as_ref(), is_fresh);
        // What the source said of itself before it was started anew is not so any more.
        let booted = source_host.and_then(|host| host.fact.boot.value()).map(|boot| boot.at);
        let booted = booted.map(|at| on_our_clock(evidence.source.clock_ahead_ms, at));
        let is_of_this_life = |at| is_fresh(at) && booted.is_none_or(|booted| at >= booted);
        let mut case = Self {
            evidence,
            now,
            look,
            others,
            began: None,
            servers: OnceCell::new(),
            owners: KnownOwners::default(),
            source_host,
            source_map: keep(evidence.source.endpoint_map.as_ref(), is_of_this_life),
            source_services: keep(evidence.source.services.as_ref(), is_of_this_life),
            source_ports: keep(evidence.source.ports.as_ref(), is_of_this_life),
            source_rpc: keep(evidence.source.rpc_settings.as_ref(), is_of_this_life)
                .map(|s| &s.fact),
            source_port_use: keep(evidence.source.port_use.as_ref(), is_of_this_life)
                .map(|s| &s.fact),
            source_filters: keep(evidence.source.filters.as_ref(), is_of_this_life)
                .map(|s| &s.fact),
            destination_resolver: keep(evidence.destination.resolver.as_ref(), is_fresh),
            destination_port_use: keep(evidence.destination.port_use.as_ref(), is_fresh)
                .map(|s| &s.fact),
            destination_services: keep(evidence.destination.services.as_ref(), is_fresh),
        };
        case.leave_out_former_lives();
        case
    }

    /// Looks that ended before the source's present life began say nothing about it.
    fn leave_out_former_lives(&mut self) {
        let began = self.source_boot().map(|boot| boot.at).max(self.process().map(|p| p.started));
        let began = began.map(|began| self.on_our_clock(began));
        let Some(began) = began else { return };
        self.began = Some(began);
        self.look = self.look.filter(|look| look.at >= began);
        self.others.retain(|look| look.at >= began);
        // A map read before the process started that serves now is another process's.
        self.source_map = self.source_map.filter(|map| map.at >= began);
        self.source_ports = self.source_ports.filter(|ports| ports.at >= began);
    }

    pub(in crate::diagnosis) fn destination(&self) -> &'a DnsName {
        &self.evidence.link.destination
    }

    pub(in crate::diagnosis) fn source(&self) -> &'a DnsName {
        &self.evidence.link.source
    }

    pub(in crate::diagnosis) fn interface(&self) -> InterfaceId {
        self.evidence.link.interface
    }

    /// The addresses that the source says it owns.
    pub(in crate::diagnosis) fn source_addresses(&self) -> Option<Vec<IpAddr>> {
        let owned = self.source_host?.fact.addresses.value()?;
        Some(owned.iter().map(|owned| owned.address).collect())
    }

    pub(in crate::diagnosis) fn source_boot(&self) -> Option<&'a Boot> {
        self.source_host?.fact.boot.value()
    }

    /// The service at the source that serves the interface.
    pub(in crate::diagnosis) fn service(&self) -> Option<&'a Service> {
        serving(&self.source_services?.fact, self.interface())
    }

    /// The time at which the source's present life began: its boot, or the start of the process that serves.
    pub(in crate::diagnosis) const fn began(&self) -> Option<Timestamp> {
        self.began
    }

    pub(in crate::diagnosis) fn process(&self) -> Option<Process> {
        self.service()?.process.value().copied()
    }

    /// A time of the source's own clock, on the coordinator's.
    pub(in crate::diagnosis) fn on_our_clock(&self, at: Timestamp) -> Timestamp {
        on_our_clock(self.evidence.source.clock_ahead_ms, at)
    }

    /// The source's own endpoint map, without the network where it has such a name_source.
    pub(in crate::diagnosis) fn own_map(&self) -> Option<&'a [Endpoint]> {
        self.source_map?.fact.own()
    }

    /// The TCP ports under which the source's own map holds the interface; `None` when the map, or an entry
    /// that may be the one, could not be seen.
    pub(in crate::diagnosis) fn registered_ports(&self) -> Option<Vec<u16>> {
        let wanted = self.interface();
        let map = self.own_map()?;
        holds_over_tcp(map, wanted)?;
        let ports = map
            .iter()
            .filter(|endpoint| {
                endpoint.interface.offers(wanted)
                    && endpoint.binding.sequence == ProtocolSequence::NcacnIpTcp
            })
            .filter_map(|endpoint| endpoint.binding.endpoint.parse().ok())
            .collect();
        Some(ports)
    }

    /// The known registrations in the source's present life.
    pub(in crate::diagnosis) fn registrations(&self) -> impl Iterator<Item = &'a Registration> {
        let boot = self.source_boot().map(|boot| boot.id.as_str());
        let wanted = self.interface();
        self.evidence.registrations.iter().filter(move |known| {
            let same_life = match (boot, known.boot.as_deref()) {
                (Some(now), Some(then)) => now == then,
                // A life that cannot be told apart is not taken for this one.
                _ => false,
            };
            same_life && known.interface.offers(wanted)
        })
    }

    /// The destination's copy of the directory.
    pub(in crate::diagnosis) fn destination_directory(&self) -> Option<&'a Directory> {
        self.fresh(self.evidence.destination.directory.as_ref())
    }

    /// From whom the destination replicates.
    pub(in crate::diagnosis) fn destination_replication(&self) -> Option<&'a Replication> {
        self.fresh(self.evidence.destination.replication.as_ref())
    }

    /// The network interfaces of the source with their DNS settings, those that are told of DNS servers.
    pub(in crate::diagnosis) fn source_adapters(&self) -> Option<Vec<&'a InterfaceDns>> {
        let resolver = self.fresh(self.evidence.source.resolver.as_ref())?;
        let adapters = resolver.interfaces.value()?.iter();
        Some(adapters.filter(|one| !one.servers.is_empty()).collect())
    }

    /// The source's own copy of the directory.
    pub(in crate::diagnosis) fn source_directory(&self) -> Option<&'a Directory> {
        self.fresh(self.evidence.source.directory.as_ref())
    }

    /// A fact that changes rarely and that is stamped with every report, where it is fresh.
    pub(super) fn fresh<T>(&self, held: Option<&'a Stamped<T>>) -> Option<&'a T> {
        let held = held?;
        is_fresh(self.evidence, held.at, self.now).then_some(&held.fact)
    }

    /// The time over which all that the destination saw of the source's present life was what its
    /// look says: from its first to its last look of that kind.
    pub(in crate::diagnosis) fn looked_over(&self) -> Option<(Timestamp, Timestamp)> {
        let look = self.look?;
        let since = look.since.unwrap_or(look.at).min(look.at);
        Some((self.began.map_or(since, |began| since.max(began)), look.at))
    }

    /// The time from which on what others saw, and what the source says of itself, speaks against the
    /// destination's look: its first look that came to the same was over by then. `None` while the source has
    /// hardly started.
    pub(in crate::diagnosis) fn against_since(&self) -> Option<Timestamp> {
        let look = self.look?;
        let first = look.since.unwrap_or(look.at).min(look.at);
        // All its looks since the first came to the same, those after the source had started up too.
        let started = self.began.map_or(first, |began| first.max(began.plus(STARTUP)));
        let first = Some(started).filter(|first| *first <= look.at)?;
        // One snapshot of all that is known has no order of its own.
        Some(if look.since.is_some() { first.plus(WAY) } else { first })
    }

    /// The destination's probe of an address.
    pub(in crate::diagnosis) fn probe(&self, address: IpAddr) -> Option<&'a AddressProbe> {
        self.look?.seen.addresses.iter().find(|probe| probe.address == address)
    }

    /// The DNS servers that the destination asks, in its order.
    pub(in crate::diagnosis) fn dns_servers(&self) -> &[IpAddr] {
        let servers = self.destination_resolver.and_then(|held| held.fact.servers.value());
        let said = servers.map(Vec::as_slice).unwrap_or_default();
        self.servers.get_or_init(|| self.with_asked(said)).as_deref().unwrap_or(said)
    }

    /// The servers that it says it asks, and others that it did; `None` where there are no others.
    fn with_asked(&self, said: &[IpAddr]) -> Option<Vec<IpAddr>> {
        let mut all = None;
        for name_source in self.look.iter().flat_map(|look| look.seen.index().name_sources()) {
            if let Source::Dns(server) = name_source.kind
                && !all.as_deref().unwrap_or(said).contains(&server)
            {
                all.get_or_insert_with(|| said.to_vec()).push(server);
            }
        }
        all
    }

    /// The path of the destination's hosts file, where it was seen.
    pub(in crate::diagnosis) fn hosts_path(&self) -> Option<&'a str> {
        let file = self.destination_resolver?.fact.hosts.value()?;
        Some(&file.path)
    }

    /// The path of the destination's LMHOSTS file, where it was seen.
    pub(in crate::diagnosis) fn lmhosts_path(&self) -> Option<&'a str> {
        let file = self.destination_resolver?.fact.lmhosts.value()?;
        Some(&file.path)
    }

    /// Whether the destination falls back to the host name when the `_msdcs` CNAME is missing, as
    /// Windows does (events 2087 and 2088) and Samba does not.
    pub(in crate::diagnosis) fn destination_falls_back(&self) -> bool {
        self.destination_platform() == Some(Platform::Windows)
    }

    /// Whether the link is replication from a read-only domain controller.
    pub(in crate::diagnosis) fn is_read_only_source(&self) -> bool {
        let read_only = self.evidence.source.directory.as_ref();
        let read_only = read_only.is_some_and(|d| d.fact.read_only.value() == Some(&true));
        read_only
            && self.evidence.destination.directory.is_some()
            && self.interface().offers(DRSUAPI)
    }

    /// Whether the link would be replication between two forests, which there is none of.
    pub(in crate::diagnosis) fn is_between_forests(&self) -> bool {
        let forest = |facts: &'a DcFacts| facts.host.as_ref()?.fact.forest.value();
        let (here, there) = (forest(&self.evidence.destination), forest(&self.evidence.source));
        let differ = matches!((here, there), (Some(here), Some(there)) if here != there);
        differ && self.is_replication()
    }

    /// Whether the link is one of directory replication.
    pub(in crate::diagnosis) fn is_replication(&self) -> bool {
        self.interface().offers(DRSUAPI)
    }

    /// The source's dynamic range of TCP over IPv4, as it says itself.
    pub(in crate::diagnosis) fn source_range(&self) -> Option<&'a PortRange> {
        let ranges = self.source_ports.and_then(|ports| ports.fact.dynamic.value())?;
        ranges
            .iter()
            .find(|range| range.transport == Transport::Tcp && range.family == AddressFamily::V4)
    }

    /// Whether the source listens on TCP `port` for what comes to `address`; `None` when that was not
    /// seen. An address that it does not own is a translated one, and leads to one of its own: to which
    /// nobody says, so that a listener on a single one of these decides nothing.
    pub(in crate::diagnosis) fn source_listens(&self, address: IpAddr, port: u16) -> Option<bool> {
        let ports = &self.source_ports?.fact;
        let listens = ports.listens(address, port)?;
        let elsewhere = |listener: &Listener| {
            listener.port == port && !listener.address.is_loopback() && !self.owns(address)
        };
        let may = ports.listeners.value().into_iter().flatten().any(elsewhere);
        (listens || !may).then_some(listens)
    }

    /// Whether a port of the source is of its dynamic range; where it has not said which that is, of
    /// the default one since Windows Server 2008.
    pub(in crate::diagnosis) fn is_dynamic(&self, port: u16) -> bool {
        self.source_range()
            .map_or(port >= 49152, |range| (range.first..=range.last).contains(&port))
    }

    /// The platform of the source, which does not grow old.
    pub(in crate::diagnosis) fn source_platform(&self) -> Option<Platform> {
        self.evidence.source.host.as_ref().map(|host| host.fact.platform)
    }

    /// The platform of the destination, which does not grow old.
    pub(in crate::diagnosis) fn destination_platform(&self) -> Option<Platform> {
        self.evidence.destination.host.as_ref().map(|host| host.fact.platform)
    }

    /// The server at this address, with the host that it is where that is known.
    pub(in crate::diagnosis) fn name_server(&self, address: IpAddr) -> NameServer {
        let host = match self.evidence.owners.get(&address) {
            Some(name) => Some(ServerHost::Dc(name.clone())),
            None if address.is_loopback() => {
                Some(ServerHost::Destination(self.destination().clone()))
            }
            None => None,
        };
        NameServer { address, host }
    }

    /// The DNS server by the name that is the same for all who ask it.
    pub(in crate::diagnosis) fn server_key(&self, address: IpAddr) -> ServerName {
        self.name_server(address).key()
    }
}

/// The destination's last fresh look at the source, and the fresh ones of others.
fn looks(
    evidence: &Evidence,
    is_fresh: impl Fn(Timestamp) -> bool,
) -> (Option<&Observed>, Vec<&Observed>) {
    let (mut own, mut others) = (None, Vec::with_capacity(evidence.observations.len()));
    for observed in evidence.observations.iter().filter(|observed| is_fresh(observed.at)) {
        if observed.witness != evidence.link.destination {
            others.push(observed);
        } else if own.is_none_or(|held: &Observed| held.at <= observed.at) {
            own = Some(observed);
        }
    }
    (own, others)
}

/// A time of a host's own clock, which is ahead by so many milliseconds, on the coordinator's.
pub(super) fn on_our_clock(ahead: i64, at: Timestamp) -> Timestamp {
    let by = Duration::from_millis(ahead.unsigned_abs());
    if ahead >= 0 { at.minus(by) } else { at.plus(by) }
}
