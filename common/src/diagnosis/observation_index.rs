//! An index of one observation: what judging a link reads of it, in a few pieces that lie together.
//!
//! The index holds the observation's own word, put in order; what that means is for the rules. Where the
//! index says less than the observation ("not reached", "another host answered"), the rules read the
//! observation itself.

use std::net::IpAddr;

use epmesh_facts::{
    AddressProbe, Answer, DnsName, Failure, Lookup, MapAnswer, PeerObservation, PortProbe, Record,
    RecordData, RecordType, Source,
};
use epmesh_rpc::InterfaceId;
use uuid::Uuid;

use super::name_source::{Alias, MappedAddress, NameSource, is_answer};

/// The index of an observation: what judging reads of it.
#[derive(Clone, Debug)]
pub(super) struct ObservationIndex {
    sources: Box<[SourceEntry]>,
    /// The addresses of all sources, those of one after those of another.
    mapped: Box<[MappedAddress]>,
    probes: Box<[ProbedAddress]>,
    /// The interfaces that were asked for at all addresses, those at one after those at another.
    asked: Box<[AskedInterface]>,
    /// Whether the hosts file has another name than the peer's own: the alias.
    pub(super) maps_alias: bool,
    /// Whether a DNS server gives several names for the alias, of which an alias has one.
    pub(super) many_aliases: bool,
}

/// What one source of names said.
#[derive(Clone, Debug)]
struct SourceEntry {
    source: Source,
    alias: Alias,
    name: DnsName,
    addresses: Span,
    beside: Span,
    answered: bool,
}

/// A part of a list: its first place, and its length.
#[derive(Clone, Copy, Debug)]
struct Span {
    first: usize,
    count: usize,
}

impl Span {
    fn of<T>(self, all: &[T]) -> &[T] {
        all.get(self.first..).and_then(|rest| rest.get(..self.count)).unwrap_or_default()
    }
}

/// The findings at one address.
#[derive(Clone, Debug)]
pub(super) struct ProbedAddress {
    pub(super) address: IpAddr,
    /// The GUID under which the strongest method that answered at all names the host there.
    pub(super) guid: Option<Uuid>,
    /// Whether that method names the host there as the peer.
    pub(super) is_peer: bool,
    /// Whether the whole endpoint map was asked for there and did not arrive, while one entry of it did.
    pub(super) loses_large: bool,
    /// Whether the whole endpoint map arrived from there.
    pub(super) has_large: bool,
    asked: Span,
}

/// An interface, and how the ports are that were named for it.
#[derive(Clone, Copy, Debug)]
struct AskedInterface {
    interface: InterfaceId,
    /// The one that took the bind, if any did.
    taken: Option<u16>,
    /// Whether one of them could not be reached.
    misses: bool,
    /// Whether one of them denied the bind.
    denies: bool,
}

impl ObservationIndex {
    pub(super) fn of(look: &PeerObservation) -> Self {
        let mut sources: Vec<SourceEntry> = Vec::new();
        let mut mapped = Vec::new();
        for lookup in &look.lookups {
            if sources.iter().all(|known| known.source != lookup.source) {
                sources.push(entry(look, lookup.source, &mut mapped));
            }
        }
        let mut asked = Vec::new();
        let probes: Vec<ProbedAddress> =
            look.addresses.iter().map(|probe| probed(look, probe, &mut asked)).collect();
        let maps_alias = look.lookups.iter().any(|lookup| {
            lookup.source == Source::Hosts
                && lookup.question.name != look.peer
                && !records(&lookup.answer).is_empty()
        });
        Self {
            sources: sources.into(),
            mapped: mapped.into(),
            probes: probes.into(),
            asked: asked.into(),
            maps_alias,
            many_aliases: look.lookups.iter().any(|lookup| targets(lookup).nth(1).is_some()),
        }
    }

    /// The sources of names with what each said, in the order in which they were asked.
    pub(super) fn name_sources(&self) -> impl Iterator<Item = NameSource<'_>> {
        self.sources.iter().map(|entry| NameSource {
            kind: entry.source,
            alias: &entry.alias,
            name: &entry.name,
            addresses: entry.addresses.of(&self.mapped),
            beside: entry.beside.of(&self.mapped),
            answered: entry.answered,
            asked: true,
        })
    }

    /// The addresses that were looked at.
    pub(super) fn probes(&self) -> &[ProbedAddress] {
        &self.probes
    }

    /// The port at which an interface was reached, if it was.
    pub(super) fn reached(&self, address: IpAddr, interface: InterfaceId) -> Option<u16> {
        self.asked(address, interface)?.taken
    }

    /// Whether a port that was named for an interface at an address could not be reached.
    pub(super) fn misses_port(&self, address: IpAddr, interface: InterfaceId) -> bool {
        self.asked(address, interface).is_some_and(|asked| asked.misses)
    }

    /// Whether the bind to an interface was denied on one of its ports at an address.
    pub(super) fn denies(&self, address: IpAddr, interface: InterfaceId) -> bool {
        self.asked(address, interface).is_some_and(|asked| asked.denies)
    }

    fn asked(&self, address: IpAddr, interface: InterfaceId) -> Option<&AskedInterface> {
        let probe = self.probes.iter().find(|probe| probe.address == address)?;
        probe.asked.of(&self.asked).iter().find(|asked| asked.interface.offers(interface))
    }
}

fn entry(look: &PeerObservation, source: Source, mapped: &mut Vec<MappedAddress>) -> SourceEntry {
    let here = || look.lookups.iter().filter(move |lookup| lookup.source == source);
    let alias = here()
        .find(|lookup| lookup.question.kind == RecordType::Cname)
        .map_or(Alias::NotAsked, |lookup| alias(&lookup.answer));
    // What a cache does not hold is not missing.
    let held = source != Source::Cache || matches!(alias, Alias::Target(_));
    let alias = if held { alias } else { Alias::NotAsked };
    let name = match &alias {
        Alias::Target(target) => target.clone(),
        _ => look.peer.clone(),
    };
    // A cache keeps what an alias led to with the question for the alias.
    let held_by = here()
        .find(|lookup| source == Source::Cache && lookup.question.kind == RecordType::Cname)
        .filter(|_| matches!(alias, Alias::Target(_)))
        .map(|lookup| &lookup.question.name);
    let mut answered = false;
    let addresses = |name: &DnsName, answered: &mut bool, mapped: &mut Vec<MappedAddress>| {
        let first = mapped.len();
        for lookup in here().filter(|lookup| lookup.question.kind != RecordType::Cname) {
            // A hosts file is taken as a whole: a line for the alias counts as one for the host.
            // NetBIOS names are host names.
            let whole = source == Source::Hosts || source.is_netbios();
            let asked = &lookup.question.name;
            if !whole && asked != name && Some(asked) != held_by {
                continue;
            }
            *answered |= is_answer(&lookup.answer);
            for record in records(&lookup.answer) {
                if let RecordData::Address(address) = record.data
                    // NetBIOS knows no IPv6 ([MS-NBTE] 3.1.8): Windows passes over such a line.
                    && (address.is_ipv4() || !source.is_netbios())
                    && !mapped.iter().skip(first).any(|known| known.address == address)
                {
                    mapped.push(MappedAddress { address, line: record.line });
                }
            }
        }
        Span { first, count: mapped.len() - first }
    };
    let found = addresses(&name, &mut answered, mapped);
    let is_of_dns = matches!(source, Source::Dns(_));
    let (alias, beside) = match alias {
        Alias::Target(target)
            if is_of_dns && answered && found.count == 0 && target != look.peer =>
        {
            (Alias::Dead(target), addresses(&look.peer, &mut answered, mapped))
        }
        alias => (alias, Span { first: 0, count: 0 }),
    };
    SourceEntry { source, alias, name, addresses: found, beside, answered }
}

fn alias(answer: &Answer) -> Alias {
    let target = records(answer).iter().find_map(|record| match &record.data {
        RecordData::Alias(target) => Some(target.clone()),
        RecordData::Address(_) => None,
    });
    match (target, answer) {
        (Some(target), _) => Alias::Target(target),
        (None, Answer::NoSuchName | Answer::NoData | Answer::Records(_)) => Alias::Missing,
        (None, _) => Alias::NoAnswer,
    }
}

/// The names of which a DNS server says that the name asked for is an alias. What such a name is itself an
/// alias of is not among them.
pub(super) fn targets(lookup: &Lookup) -> impl Iterator<Item = &DnsName> {
    let of_dns = matches!(lookup.source, Source::Dns(_)).then(|| records(&lookup.answer));
    of_dns.unwrap_or_default().iter().filter_map(|record| match &record.data {
        RecordData::Alias(target) if record.name == lookup.question.name => Some(target),
        RecordData::Alias(_) | RecordData::Address(_) => None,
    })
}

fn records(answer: &Answer) -> &[Record] {
    match answer {
        Answer::Records(records) => records,
        _ => &[],
    }
}

fn probed(
    look: &PeerObservation,
    probe: &AddressProbe,
    asked: &mut Vec<AskedInterface>,
) -> ProbedAddress {
    let answers = probe.identity.iter().filter(|answer| answer.outcome.is_ok());
    let first = answers.min_by_key(|answer| answer.method);
    let who = first.and_then(|answer| answer.outcome.as_ref().ok());
    let is_peer = who
        .and_then(|who| who.dns_name.as_deref())
        .is_some_and(|name| name.trim_end_matches('.').eq_ignore_ascii_case(look.peer.as_str()));
    let first = asked.len();
    let bound = probe.bind.as_ref().is_none_or(|bind| bind.outcome.is_ok());
    if probe.connect.outcome.is_ok() && bound {
        asked.extend(probe.interfaces.iter().map(|one| {
            let listed = matches!(one.answer, MapAnswer::Endpoints(_));
            let taken = one.ports.iter().find_map(taken).filter(|_| listed);
            let misses = one.ports.iter().any(missed);
            let denies = one.ports.iter().any(is_denied);
            AskedInterface { interface: one.interface, taken, misses, denies }
        }));
    }
    let span = Span { first, count: asked.len() - first };
    let guid = who.and_then(|who| who.dsa_guid);
    ProbedAddress {
        address: probe.address,
        guid,
        is_peer,
        loses_large: probe.large_lost().is_some(),
        has_large: probe.map.as_ref().is_some_and(|map| map.endpoints.is_ok()),
        asked: span,
    }
}

/// Whether the bind on a port was denied, as it may be to a caller without credentials.
fn is_denied(port: &PortProbe) -> bool {
    let bind = port.bind.as_ref().map(|bind| &bind.outcome);
    matches!(bind, Some(Err(Failure::AccessDenied(_))))
}

/// Whether a port could not be reached, for a reason that is not the prober's own.
pub(super) fn missed(port: &PortProbe) -> bool {
    matches!(&port.connect.outcome, Err(failure) if !matches!(failure, Failure::Local(_)))
}

/// The port, where it took the bind.
pub(super) fn taken(port: &PortProbe) -> Option<u16> {
    port.takes_bind().then_some(port.port)
}
