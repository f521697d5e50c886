//! What the destination's sources of names say of the source, each by itself.

use std::net::IpAddr;

use epmesh_facts::{Answer, DnsName, Source};

use super::{case::Case, owner::Owner, sight::Mapped};

/// One source of names and what it makes of the source DC.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) source: Source,
    /// What it says of the `_msdcs` alias.
    pub(super) alias: &'a Alias,
    /// The name whose addresses these are: the alias's target, or the host name.
    pub(super) name: &'a DnsName,
    /// The addresses, in the order given, and the line for a hosts file.
    pub(super) addresses: &'a [Mapped],
    /// Whether it answered the question for the address, be it with "no".
    pub(super) answered: bool,
    /// Whether what it maps is what the destination looks for: a hosts line for the host name alone
    /// is not asked where the alias leads to another host, or nowhere.
    pub(super) asked: bool,
}

/// What a DNS server says of `<guid>._msdcs.<forest>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Alias {
    /// It was not asked.
    NotAsked,
    /// It names this host.
    Target(DnsName),
    /// The server says that there is none.
    Missing,
    /// The server did not say.
    NoAnswer,
}

impl View<'_> {
    /// Whether this source settles the question for the destination, so that the next is not asked.
    pub(super) fn settles(&self) -> bool {
        match self.alias {
            Alias::Target(_) | Alias::Missing => true,
            Alias::NotAsked => self.answered,
            Alias::NoAnswer => false,
        }
    }

    /// Whether it gives addresses, and only the source's.
    pub(super) fn is_right(&self, case: &Case<'_>) -> bool {
        !self.addresses.is_empty()
            && self.addresses.iter().all(|(address, _)| case.owner(*address) == Owner::Source)
    }

    /// Whether it is a DNS server.
    pub(super) const fn is_dns(&self) -> bool {
        matches!(self.source, Source::Dns(_))
    }

    /// The addresses that are not the source's, and whose they are.
    pub(super) fn wrong<'c>(
        &'c self,
        case: &'c Case<'_>,
    ) -> impl Iterator<Item = (IpAddr, Option<u32>, Option<String>)> + 'c {
        self.addresses.iter().filter_map(|&(address, line)| match case.owner(address) {
            Owner::Other(name) => Some((address, line, name)),
            Owner::Source | Owner::NotKnown => None,
        })
    }
}

/// All that the destination's sources of names said, in the order in which it asks them: the hosts
/// file; on Windows the DNS client's cache; the DNS servers in the destination's order; the system's
/// resolver; on Windows WINS and LMHOSTS, which are only asked where DNS has no answer. A line of LMHOSTS
/// with `#PRE` stands in the NetBIOS name cache, which comes before WINS; any other line comes after it.
pub(super) fn views<'a>(case: &Case<'a>) -> Vec<View<'a>> {
    let Some(look) = case.look else { return Vec::new() };
    let sight = look.seen.sight();
    // What a Samba destination has of these it does not ask for a partner.
    let windows = case.destination_falls_back();
    let mut views = Vec::with_capacity(8);
    let mut push = |source| views.extend(sight.views().find(|view| view.source == source));
    push(Source::Hosts);
    if windows {
        push(Source::Cache);
    }
    case.dns_servers().iter().copied().map(Source::Dns).for_each(&mut push);
    push(Source::System);
    if windows {
        let lmhosts = sight.views().find(|view| view.source == Source::Lmhosts);
        let (before, after) = match lmhosts {
            Some(view) if case.is_preloaded(&view) => (lmhosts, None),
            _ => (None, lmhosts),
        };
        let wins = sight.views().filter(|view| matches!(view.source, Source::Wins(_)));
        views.extend(before.into_iter().chain(wins).chain(after));
    }
    let first = views.iter().find(|view| view.is_dns() && view.settles());
    let leads_there = first.is_none_or(|view| match view.alias {
        Alias::Target(target) => *target == *case.source(),
        Alias::Missing => windows,
        Alias::NotAsked | Alias::NoAnswer => true,
    });
    for view in views.iter_mut().filter(|view| view.source == Source::Hosts) {
        view.asked = leads_there || sight.maps_alias;
    }
    views
}

impl Case<'_> {
    /// Whether a line of the LMHOSTS file that maps the name is loaded into the name cache beforehand.
    fn is_preloaded(&self, lmhosts: &View<'_>) -> bool {
        let file = self.destination_resolver.and_then(|held| held.fact.lmhosts.value());
        let mut lines = file.into_iter().flat_map(|file| &file.lines).filter(|line| line.preload);
        lines.any(|line| lmhosts.addresses.iter().any(|(_, on)| *on == Some(line.line)))
    }
}

/// The source that decides what the destination uses: the hosts file where it maps the name, else
/// the cache where it holds it, else the first DNS server that settles the question. Where that one
/// has no address, a NetBIOS source that has one; else the system's resolver.
pub(super) fn effective<'v, 'a>(views: &'v [View<'a>]) -> Option<&'v View<'a>> {
    let first = views.iter().find(|view| match view.source {
        Source::Hosts | Source::Cache => view.asked && !view.addresses.is_empty(),
        Source::Dns(_) => view.settles(),
        Source::System | Source::Lmhosts | Source::Wins(_) => false,
    });
    if first.is_some_and(|view| !view.addresses.is_empty()) {
        return first;
    }
    let netbios =
        || views.iter().find(|view| view.source.is_netbios() && !view.addresses.is_empty());
    let system = || views.iter().find(|view| view.source == Source::System && view.answered);
    netbios().or(first).or_else(system)
}

/// Whether the source of names answered the question at all.
pub(super) const fn is_answer(answer: &Answer) -> bool {
    matches!(answer, Answer::Records(_) | Answer::NoSuchName | Answer::NoData)
}
