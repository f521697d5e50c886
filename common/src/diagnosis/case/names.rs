//! The sources of names that the destination asks, in its order, and the one that decides.

use std::{borrow::Cow, net::IpAddr};

use epmesh_facts::{Answer, DnsName, RecordType, Source};

use super::{
    super::{
        culprit::OtherHost,
        evidence::Observed,
        name_source::{Alias, MappedAddress, NameSource},
    },
    fresh_evidence::Case,
    owner::Owner,
};

/// An address that a source of names gives for the source DC and that belongs to another host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::diagnosis) struct WrongAddress {
    pub(in crate::diagnosis) address: IpAddr,
    /// The line of the file on which it stands, for a source of names that is a file.
    pub(in crate::diagnosis) line: Option<u32>,
    /// Its owner, where that is known.
    pub(in crate::diagnosis) owner: Option<OtherHost>,
}

impl NameSource<'_> {
    /// Whether it gives addresses, and only the source's.
    pub(in crate::diagnosis) fn is_right(&self, case: &Case<'_>) -> bool {
        !self.addresses.is_empty()
            && self.addresses.iter().all(|mapped| case.owner(mapped.address) == Owner::Source)
    }

    /// The addresses that belong to another host.
    pub(in crate::diagnosis) fn wrong<'c>(
        &'c self,
        case: &'c Case<'_>,
    ) -> impl Iterator<Item = WrongAddress> + 'c {
        self.addresses.iter().filter_map(|mapped| match case.owner(mapped.address) {
            Owner::Other(owner) => {
                Some(WrongAddress { address: mapped.address, line: mapped.line, owner })
            }
            Owner::Source | Owner::NotKnown => None,
        })
    }
}

/// All that the destination's sources of names said, in the order in which it asks them: the hosts
/// file; on Windows the DNS client's cache; the DNS servers in the destination's order; the system's
/// resolver; on Windows WINS and LMHOSTS, which are only asked where DNS has no answer. A line of LMHOSTS
/// with `#PRE` stands in the NetBIOS name cache, which comes before WINS; any other line comes after it.
pub(in crate::diagnosis) fn name_sources<'a>(case: &Case<'a>) -> Vec<NameSource<'a>> {
    let Some(look) = case.look else { return Vec::new() };
    let index = look.seen.index();
    let windows = case.destination_falls_back();
    let mut all = Vec::with_capacity(8);
    let mut push = |kind| all.extend(index.name_sources().find(|known| known.kind == kind));
    push(Source::Hosts);
    // A Samba destination asks neither the cache nor a NetBIOS source for a partner's name.
    if windows {
        push(Source::Cache);
    }
    case.dns_servers().iter().copied().map(Source::Dns).for_each(&mut push);
    push(Source::System);
    if windows {
        let lmhosts = index.name_sources().find(|known| known.kind == Source::Lmhosts);
        let (before, after) = match lmhosts {
            Some(file) if case.is_preloaded(&file) => (lmhosts, None),
            _ => (None, lmhosts),
        };
        let wins = index.name_sources().filter(|known| matches!(known.kind, Source::Wins(_)));
        all.extend(before.into_iter().chain(wins).chain(after));
    }
    // Windows takes the host name where the alias leads nowhere (event 2088), and Samba does not.
    for source in all.iter_mut().filter(|source| windows && matches!(source.alias, Alias::Dead(_)))
    {
        (source.name, source.addresses) = (&look.seen.peer, source.beside);
    }
    let holds_alias = |source: &NameSource<'_>| !matches!(source.alias, Alias::NotAsked);
    let mut asked_for_alias = all.iter().filter(|source| match source.kind {
        Source::Cache => holds_alias(source),
        _ => source.is_dns() && source.is_conclusive(),
    });
    let leads_there = match asked_for_alias.next().map(|source| source.alias) {
        Some(Alias::Target(target)) => *target == *case.source(),
        Some(Alias::Missing | Alias::Dead(_)) => windows,
        Some(Alias::NotAsked | Alias::NoAnswer) => true,
        // Nobody says where the alias leads.
        None => windows || !all.iter().any(holds_alias) || system_knows_alias(look),
    };
    for source in &mut all {
        source.asked = leads_there
            || match source.kind {
                Source::Hosts => index.maps_alias,
                Source::Cache => holds_alias(source),
                Source::System => false,
                _ => true,
            };
    }
    all
}

/// The addresses that the destination tries where `decides` decides. A cache is asked for each family of addresses
/// by itself: of the one that it does not hold, the first conclusive DNS server is asked.
pub(in crate::diagnosis) fn tried<'a>(
    name_sources: &[NameSource<'a>],
    decides: &NameSource<'a>,
) -> Cow<'a, [MappedAddress]> {
    let held = decides.addresses;
    let is_v4 = |mapped: &&MappedAddress| mapped.address.is_ipv4();
    let v4 = held.iter().any(|mapped| is_v4(&mapped));
    if decides.kind != Source::Cache || held.iter().any(|mapped| is_v4(&mapped) != v4) {
        return Cow::Borrowed(held);
    }
    let asked = name_sources.iter().find(|other| other.is_dns() && other.is_conclusive());
    let leads_alike = asked.filter(|asked| asked.name == decides.name);
    let given = leads_alike.map_or(&[][..], |asked| asked.addresses);
    let other = || given.iter().filter(|mapped| is_v4(mapped) != v4);
    if other().next().is_none() {
        return Cow::Borrowed(held);
    }
    Cow::Owned(held.iter().chain(other()).copied().collect())
}

/// Whether the system's own resolver has an address of the alias.
fn system_knows_alias(look: &Observed) -> bool {
    look.seen.lookups.iter().any(|lookup| {
        lookup.source == Source::System
            && lookup.question.name != look.seen.peer
            && matches!(lookup.answer, Answer::Records(_))
    })
}

impl<'a> Case<'a> {
    /// The `_msdcs` alias for which the destination looks, where it looked for one.
    pub(in crate::diagnosis) fn alias_name(&self) -> Option<&'a DnsName> {
        let mut lookups = self.look?.seen.lookups.iter();
        let lookup = lookups.find(|lookup| lookup.question.kind == RecordType::Cname)?;
        Some(&lookup.question.name)
    }

    /// Whether a line of the LMHOSTS file that maps the name is loaded into the name cache beforehand.
    fn is_preloaded(&self, lmhosts: &NameSource<'_>) -> bool {
        let file = self.destination_resolver.and_then(|held| held.fact.lmhosts.value());
        let mut lines = file.into_iter().flat_map(|file| &file.lines).filter(|line| line.preload);
        lines.any(|line| lmhosts.addresses.iter().any(|mapped| mapped.line == Some(line.line)))
    }
}

/// The source that decides what the destination uses: the hosts file where it maps the name, else
/// the cache where it holds it, else the first DNS server whose answer is conclusive. Where that one
/// has no address, a NetBIOS source that has one; else the system's resolver.
pub(in crate::diagnosis) fn effective<'v, 'a>(
    name_sources: &'v [NameSource<'a>],
) -> Option<&'v NameSource<'a>> {
    let first = name_sources.iter().find(|name_source| match name_source.kind {
        Source::Hosts | Source::Cache => name_source.asked && !name_source.addresses.is_empty(),
        Source::Dns(_) => name_source.is_conclusive(),
        Source::System | Source::Lmhosts | Source::Wins(_) => false,
    });
    if first.is_some_and(|name_source| !name_source.addresses.is_empty()) {
        return first;
    }
    let netbios = || {
        name_sources
            .iter()
            .find(|name_source| name_source.kind.is_netbios() && !name_source.addresses.is_empty())
    };
    let system = || {
        name_sources
            .iter()
            .find(|source| source.kind == Source::System && source.asked && source.answered)
    };
    netbios().or(first).or_else(system)
}
