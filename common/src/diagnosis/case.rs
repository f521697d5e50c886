//! The evidence on one link, with everything stale left out.

use std::{net::IpAddr, time::Duration};

use super::{Evidence, Observed, Registration, Stamped};
use crate::{
    facts::{
        AddressProbe, Boot, DnsName, EndpointMap, Host, NtdsSettings, Platform, PortProbe, Ports,
        Process, Reading, Resolver, Service, ServiceRole, Services, Source, Timestamp,
    },
    rpc::{Endpoint, InterfaceId, ProtocolSequence},
};

/// What the engine works on: the fresh part of the evidence. Stale facts decide nothing, so they
/// are not here at all.
pub(super) struct Case<'a> {
    pub(super) evidence: &'a Evidence,
    pub(super) now: Timestamp,
    /// The destination's own look at the source.
    pub(super) look: Option<&'a Observed>,
    /// Looks of the others.
    pub(super) others: Vec<&'a Observed>,
    pub(super) source_host: Option<&'a Stamped<Host>>,
    pub(super) source_map: Option<&'a Stamped<EndpointMap>>,
    pub(super) source_services: Option<&'a Stamped<Services>>,
    pub(super) source_ports: Option<&'a Stamped<Ports>>,
    pub(super) destination_resolver: Option<&'a Stamped<Resolver>>,
}

/// Who owns an address that stands for the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The source does.
    Source,
    /// Somebody else does; the name where it is known.
    Other(Option<String>),
    /// Nobody said.
    NotKnown,
}

impl<'a> Case<'a> {
    pub(super) fn new(evidence: &'a Evidence, now: Timestamp) -> Self {
        let limit = Duration::from_millis(evidence.fresh_for_ms);
        let is_fresh = |at: Timestamp| at.until(now) <= limit;
        fn keep<T>(
            stamped: Option<&Stamped<T>>,
            is_fresh: impl Fn(Timestamp) -> bool,
        ) -> Option<&Stamped<T>> {
            stamped.filter(|stamped| is_fresh(stamped.at))
        }
        let own = |observed: &&Observed| observed.witness == evidence.link.destination;
        let fresh = || evidence.observations.iter().filter(|observed| is_fresh(observed.at));
        let mut case = Self {
            evidence,
            now,
            look: fresh().filter(own).max_by_key(|observed| observed.at),
            others: fresh().filter(|observed| !own(observed)).collect(),
            source_host: keep(evidence.source.host.as_ref(), is_fresh),
            source_map: keep(evidence.source.endpoint_map.as_ref(), is_fresh),
            source_services: keep(evidence.source.services.as_ref(), is_fresh),
            source_ports: keep(evidence.source.ports.as_ref(), is_fresh),
            destination_resolver: keep(evidence.destination.resolver.as_ref(), is_fresh),
        };
        case.leave_out_former_lives();
        case
    }

    /// Looks that ended before the source's present life began say nothing about it.
    fn leave_out_former_lives(&mut self) {
        let began = self.source_boot().map(|boot| boot.at).max(self.process().map(|p| p.started));
        let began = began.map(|began| self.on_our_clock(began));
        let Some(began) = began else { return };
        self.look = self.look.filter(|look| look.at >= began);
        self.others.retain(|look| look.at >= began);
    }

    pub(super) fn destination(&self) -> &'a DnsName {
        &self.evidence.link.destination
    }

    pub(super) fn source(&self) -> &'a DnsName {
        &self.evidence.link.source
    }

    pub(super) fn interface(&self) -> InterfaceId {
        self.evidence.link.interface
    }

    /// The addresses that the source says it owns.
    pub(super) fn source_addresses(&self) -> Option<Vec<IpAddr>> {
        let owned = self.source_host?.fact.addresses.value()?;
        Some(owned.iter().map(|owned| owned.address).collect())
    }

    pub(super) fn source_boot(&self) -> Option<&'a Boot> {
        self.source_host?.fact.boot.value()
    }

    /// The service at the source that serves the interface.
    pub(super) fn service(&self) -> Option<&'a Service> {
        let services = &self.source_services?.fact;
        services
            .with_role(ServiceRole::DirectoryRpc)
            .or_else(|| services.with_role(ServiceRole::Directory))
    }

    pub(super) fn process(&self) -> Option<Process> {
        self.service()?.process.value().copied()
    }

    /// A time of the source's own clock, on the coordinator's.
    pub(super) fn on_our_clock(&self, at: Timestamp) -> Timestamp {
        let ahead = self.evidence.source.clock_ahead_ms;
        let by = Duration::from_millis(ahead.unsigned_abs());
        if ahead >= 0 { at.minus(by) } else { at.plus(by) }
    }

    /// The source's own endpoint map, without the network where it has such a view.
    pub(super) fn own_map(&self) -> Option<&'a [Endpoint]> {
        self.source_map?.fact.own()
    }

    /// The TCP ports under which the source's own map holds the interface; `None` when the map
    /// could not be seen.
    pub(super) fn registered_ports(&self) -> Option<Vec<u16>> {
        let wanted = self.interface();
        let ports = self
            .own_map()?
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
    pub(super) fn registrations(&self) -> impl Iterator<Item = &'a Registration> {
        let boot = self.source_boot().map(|boot| boot.id.as_str());
        let wanted = self.interface();
        self.evidence.registrations.iter().filter(move |known| {
            let same_life = match (boot, known.boot.as_deref()) {
                (Some(now), Some(then)) => now == then,
                // A life that cannot be told apart is not taken for this one.
                _ => false,
            };
            same_life && known.interface.uuid == wanted.uuid
        })
    }

    /// The objectGUID that the destination's directory holds for the source, and its object.
    pub(super) fn known_settings(&self) -> Option<&'a NtdsSettings> {
        let source = self.source();
        let directory = self.evidence.destination.directory.as_ref()?;
        // A copy of the directory changes rarely and is stamped with every report all the same.
        if directory.at.until(self.now) > Duration::from_millis(self.evidence.fresh_for_ms) {
            return None;
        }
        let rows = directory.fact.settings.value()?;
        rows.iter()
            .filter(|row| row.host.as_ref() == Some(source))
            .max_by_key(|row| (row.created, row.dsa_guid))
    }

    /// What the destination's look says of an address.
    pub(super) fn probe(&self, address: IpAddr) -> Option<&'a AddressProbe> {
        self.look?.seen.addresses.iter().find(|probe| probe.address == address)
    }

    /// Who owns `address`: first by who answers there, then by what the source says of itself,
    /// then by what the other domain controllers say.
    pub(super) fn owner(&self, address: IpAddr) -> Owner {
        if let Some(owner) = self.probe(address).and_then(|probe| self.answerer(probe)) {
            return owner;
        }
        if let Some(owned) = self.source_addresses() {
            return if owned.contains(&address) {
                Owner::Source
            } else {
                Owner::Other(self.evidence.owners.get(&address).map(ToString::to_string))
            };
        }
        match self.evidence.owners.get(&address) {
            Some(name) if name != self.source() => Owner::Other(Some(name.to_string())),
            Some(_) => Owner::Source,
            None => Owner::NotKnown,
        }
    }

    /// Who answered at an address, by the strongest way that answered at all.
    fn answerer(&self, probe: &AddressProbe) -> Option<Owner> {
        let mut answers: Vec<_> = probe.identity.iter().collect();
        answers.sort_by_key(|answer| answer.method);
        let source_guid = self.source_host.and_then(|host| host.fact.dsa_guid.value().copied());
        answers.iter().filter_map(|answer| answer.outcome.as_ref().ok()).find_map(|who| {
            if let (Some(theirs), Some(wanted)) = (who.dsa_guid, source_guid) {
                let name = who.dns_name.clone();
                return Some(if theirs == wanted { Owner::Source } else { Owner::Other(name) });
            }
            if let Some(name) = &who.dns_name {
                let is_source =
                    name.trim_end_matches('.').eq_ignore_ascii_case(self.source().as_str());
                return Some(if is_source {
                    Owner::Source
                } else {
                    Owner::Other(Some(name.clone()))
                });
            }
            let name = who.netbios_name.as_ref()?;
            // A NetBIOS name holds 15 bytes; a match is the source, or a namesake elsewhere.
            let host: String = self.source().host().chars().take(15).collect();
            if name.eq_ignore_ascii_case(&host) {
                None
            } else {
                Some(Owner::Other(Some(name.clone())))
            }
        })
    }

    /// The DNS servers that the destination asks, in its order.
    pub(super) fn dns_servers(&self) -> Vec<IpAddr> {
        let mut order: Vec<IpAddr> = self
            .destination_resolver
            .and_then(|resolver| resolver.fact.servers.value().cloned())
            .unwrap_or_default();
        for lookup in self.look.iter().flat_map(|look| &look.seen.lookups) {
            if let Source::Dns(server) = lookup.source
                && !order.contains(&server)
            {
                order.push(server);
            }
        }
        order
    }

    /// Where the destination's hosts file stands.
    pub(super) fn hosts_path(&self) -> &'a str {
        match self.destination_resolver.map(|resolver| &resolver.fact.hosts) {
            Some(Reading::Value(file)) => &file.path,
            _ => "hosts file",
        }
    }

    /// Whether the destination falls back to the host name when the `_msdcs` CNAME is missing, as
    /// Windows does (events 2087 and 2088) and Samba does not.
    pub(super) fn destination_falls_back(&self) -> bool {
        self.destination_platform() == Some(Platform::Windows)
    }

    /// The platform of the source, which does not grow old.
    pub(super) fn source_platform(&self) -> Option<Platform> {
        self.evidence.source.host.as_ref().map(|host| host.fact.platform)
    }

    /// The platform of the destination, which does not grow old.
    pub(super) fn destination_platform(&self) -> Option<Platform> {
        self.evidence.destination.host.as_ref().map(|host| host.fact.platform)
    }

    /// How a DNS server is called: its address, and whose it is where that is known.
    pub(super) fn server_name(&self, server: IpAddr) -> String {
        match self.evidence.owners.get(&server) {
            Some(name) => format!("{server} ({name})"),
            None if server.is_loopback() => format!("{server} (on {})", self.destination()),
            None => server.to_string(),
        }
    }
}

/// What came of one address, as far as the destination got with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Path<'a> {
    /// The interface was reached and took the bind; the port.
    Reached(u16),
    /// The endpoint mapper says "not registered"; the status.
    NotRegistered(u32),
    /// The endpoint mapper's port could not be reached.
    Unreached(&'a crate::facts::Failure),
    /// Something listens there and does not speak as an endpoint mapper must; the stage.
    Mapper(&'static str, &'a crate::facts::Failure),
    /// The port that the endpoint mapper named could not be reached.
    PortUnreached(u16, &'a crate::facts::Failure),
    /// The port was reached, the bind was not taken.
    PortBind(u16, &'a crate::facts::Failure),
    /// It was not looked at.
    NotSeen,
}

/// How far a look got at one address.
pub(super) fn path(probe: Option<&AddressProbe>, interface: InterfaceId) -> Path<'_> {
    use crate::facts::{Failure, MapAnswer};
    let Some(probe) = probe else { return Path::NotSeen };
    if let Err(failure) = &probe.connect.outcome {
        // What the observer could not try says nothing about the peer.
        if matches!(failure, Failure::Local(_)) {
            return Path::NotSeen;
        }
        return Path::Unreached(failure);
    }
    if let Some(Err(failure)) = probe.bind.as_ref().map(|bind| &bind.outcome) {
        return Path::Mapper("bind to the endpoint mapper", failure);
    }
    let asked = probe.interfaces.iter().find(|asked| asked.interface.offers(interface));
    let Some(asked) = asked else { return Path::NotSeen };
    match &asked.answer {
        MapAnswer::NotRegistered(status) => return Path::NotRegistered(*status),
        MapAnswer::Failed(failure) => return Path::Mapper("ept_map", failure),
        MapAnswer::Endpoints(_) => {}
    }
    let outcome = |port: &'_ PortProbe| match (&port.connect.outcome, port.bind.as_ref()) {
        (Ok(()), Some(bind)) => match &bind.outcome {
            Ok(()) | Err(Failure::AccessDenied(_)) => Some(port.port),
            Err(_) => None,
        },
        _ => None,
    };
    if let Some(port) = asked.ports.iter().find_map(outcome) {
        return Path::Reached(port);
    }
    for port in &asked.ports {
        match (&port.connect.outcome, port.bind.as_ref().map(|bind| &bind.outcome)) {
            (Err(failure), _) => return Path::PortUnreached(port.port, failure),
            (Ok(()), Some(Err(failure))) => return Path::PortBind(port.port, failure),
            _ => {}
        }
    }
    Path::NotSeen
}
