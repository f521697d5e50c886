//! The fresh evidence of a case, as these rules read it.

use std::{collections::BTreeSet, net::IpAddr};

use epmesh_common::{
    diagnosis::{Evidence, Observed, Registration},
    facts::{
        AddressProbe, DnsName, EndpointMap, InterfaceProbe, PortProbe, Service, ServiceState,
        Timestamp,
    },
    rpc::{Binding, ProtocolSequence, names},
};

use crate::judged::Judged;

/// The evidence of a case that is fresh.
pub(crate) struct Seen<'a> {
    pub(crate) evidence: &'a Evidence,
    at: Timestamp,
    /// The last look of the destination.
    pub(crate) look: Option<&'a Observed>,
}

/// A section of the source's or the destination's own facts, where it is fresh.
macro_rules! fresh {
    ($seen:expr, $end:ident, $kind:ident, $field:ident) => {
        $seen
            .evidence
            .$end
            .$field
            .as_ref()
            .filter(|held| $seen.is_fresh(held.at))
            .map(|held| &held.fact)
    };
}
pub(crate) use fresh;

impl<'a> Seen<'a> {
    pub(crate) fn of(case: &'a Judged) -> Self {
        let evidence = &case.evidence;
        let destination = &evidence.link.destination;
        let own = evidence.observations.iter().filter(|look| look.witness == *destination);
        let mut seen = Self { evidence, at: case.at, look: None };
        seen.look = own.filter(|look| seen.is_fresh(look.at)).max_by_key(|look| look.at);
        seen
    }

    /// Stale evidence decides nothing.
    pub(crate) fn is_fresh(&self, at: Timestamp) -> bool {
        u64::try_from(at.until(self.at).as_millis())
            .is_ok_and(|age| age <= self.evidence.fresh_for_ms)
    }

    pub(crate) fn source(&self) -> &DnsName {
        &self.evidence.link.source
    }

    /// The addresses that the source says are its own.
    pub(crate) fn owned(&self) -> Option<BTreeSet<IpAddr>> {
        let host = fresh!(self, source, Host, host)?;
        Some(host.addresses.value()?.iter().map(|own| own.address).collect())
    }

    /// What the destination met at an address.
    pub(crate) fn probe(&self, address: IpAddr) -> Option<&'a AddressProbe> {
        self.look?.seen.addresses.iter().find(|probe| probe.address == address)
    }

    pub(crate) fn probes(&self) -> impl Iterator<Item = &'a AddressProbe> {
        self.look.into_iter().flat_map(|look| &look.seen.addresses)
    }

    /// What the endpoint mapper at an address said of the interface.
    pub(crate) fn asked(&self, address: IpAddr) -> Option<&'a InterfaceProbe> {
        let wanted = self.evidence.link.interface;
        self.probe(address)?.interfaces.iter().find(|asked| asked.interface.uuid == wanted.uuid)
    }

    /// The port of the interface that the destination tried at an address.
    pub(crate) fn port(&self, address: IpAddr, port: u16) -> Option<&'a PortProbe> {
        self.asked(address)?.ports.iter().find(|tried| tried.port == port)
    }

    /// The ports on which the source's own map has the interface over TCP.
    pub(crate) fn listed(&self) -> Option<BTreeSet<u16>> {
        let map: &EndpointMap = fresh!(self, source, EndpointMap, endpoint_map)?;
        let wanted = self.evidence.link.interface;
        let rows = map.own()?.iter().filter(|row| row.interface.uuid == wanted.uuid);
        let bindings = rows.map(|row| &row.binding);
        let of_tcp = bindings.filter(|binding| binding.sequence == ProtocolSequence::NcacnIpTcp);
        Some(of_tcp.filter_map(Binding::port).collect())
    }

    /// The services of the source that run.
    pub(crate) fn running(&self) -> Vec<&'a Service> {
        let list =
            fresh!(self, source, Services, services).and_then(|services| services.list.value());
        list.into_iter()
            .flatten()
            .filter(|service| service.state == ServiceState::Running)
            .collect()
    }

    /// The registrations of the interface in this life of the host.
    pub(crate) fn registrations(&self) -> Vec<&'a Registration> {
        let boot = fresh!(self, source, Host, host)
            .and_then(|host| host.boot.value())
            .map(|boot| &boot.id);
        let known = self.evidence.registrations.iter();
        let of_this_life = |known: &&Registration| {
            boot.is_none() || known.boot.is_none() || known.boot.as_ref() == boot
        };
        known
            .filter(of_this_life)
            .filter(|known| known.interface == self.evidence.link.interface)
            .collect()
    }

    /// The interface as the words call it.
    pub(crate) fn interface(&self) -> String {
        names::label(self.evidence.link.interface).into_owned()
    }
}

/// The words of a text, without what stands around them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace().map(|word| word.trim_matches(['(', ')', ',', ';', ':', '"']))
}

/// The addresses that a text names.
pub(crate) fn addresses(text: &str) -> Vec<IpAddr> {
    words(text).filter_map(|word| word.parse().ok()).collect()
}

/// The numbers that follow a word of a text, in a row.
pub(crate) fn numbers(text: &str, after: &str) -> Vec<u16> {
    let Some((_, rest)) = text.split_once(after) else { return Vec::new() };
    words(rest).map_while(|word| word.parse().ok()).collect()
}
