//! What the destination's sources of names say of the source, each by itself.

use std::net::IpAddr;

use super::{case::Case, owner::Owner};
use crate::facts::{Answer, DnsName, Lookup, Record, RecordData, RecordType, Source};

/// One source of names and what it makes of the source DC.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) source: Source,
    /// What it says of the `_msdcs` alias.
    pub(super) alias: Alias,
    /// The name whose addresses these are: the alias's target, or the host name.
    pub(super) name: DnsName,
    /// The addresses, in the order given, and the line for a hosts file.
    pub(super) addresses: Vec<(IpAddr, Option<u32>)>,
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

impl View {
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
/// resolver; on Windows LMHOSTS and WINS, which are only asked where DNS has no answer.
pub(super) fn views(case: &Case<'_>) -> Vec<View> {
    let Some(look) = case.look else { return Vec::new() };
    let lookups = &look.seen.lookups;
    // What a Samba destination has of these it does not ask for a partner.
    let windows = case.destination_falls_back();
    let mut sources = vec![Source::Hosts];
    if windows {
        sources.push(Source::Cache);
    }
    sources.extend(case.dns_servers().iter().copied().map(Source::Dns));
    sources.push(Source::System);
    if windows {
        sources.push(Source::Lmhosts);
        for lookup in lookups.iter().filter(|lookup| matches!(lookup.source, Source::Wins(_))) {
            if !sources.contains(&lookup.source) {
                sources.push(lookup.source);
            }
        }
    }
    let mut views: Vec<View> = sources
        .into_iter()
        .filter(|source| lookups.iter().any(|lookup| lookup.source == *source))
        .map(|source| view(case, source, lookups))
        .collect();
    let first = views.iter().find(|view| view.is_dns() && view.settles());
    let leads_there = first.is_none_or(|view| match &view.alias {
        Alias::Target(target) => target == case.source(),
        Alias::Missing => windows,
        Alias::NotAsked | Alias::NoAnswer => true,
    });
    let maps_alias = lookups.iter().any(|lookup| {
        lookup.source == Source::Hosts
            && lookup.question.name != *case.source()
            && !records(&lookup.answer).is_empty()
    });
    for view in views.iter_mut().filter(|view| view.source == Source::Hosts) {
        view.asked = leads_there || maps_alias;
    }
    views
}

/// The source that decides what the destination uses: the hosts file where it maps the name, else
/// the cache where it holds it, else the first DNS server that settles the question. Where that one
/// has no address, a NetBIOS source that has one; else the system's resolver.
pub(super) fn effective(views: &[View]) -> Option<&View> {
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

fn view(case: &Case<'_>, source: Source, lookups: &[Lookup]) -> View {
    let here = || lookups.iter().filter(move |lookup| lookup.source == source);
    let alias = here()
        .find(|lookup| lookup.question.kind == RecordType::Cname)
        .map_or(Alias::NotAsked, |lookup| alias(&lookup.answer));
    // What a cache does not hold is not missing.
    let held = source != Source::Cache || matches!(alias, Alias::Target(_));
    let alias = if held { alias } else { Alias::NotAsked };
    let name = match &alias {
        Alias::Target(target) => target.clone(),
        _ => case.source().clone(),
    };
    // A cache keeps what an alias led to with the question for the alias.
    let held_by = here()
        .find(|lookup| source == Source::Cache && lookup.question.kind == RecordType::Cname)
        .filter(|_| matches!(alias, Alias::Target(_)))
        .map(|lookup| &lookup.question.name);
    let mut addresses: Vec<(IpAddr, Option<u32>)> = Vec::new();
    let mut answered = false;
    for lookup in here().filter(|lookup| lookup.question.kind != RecordType::Cname) {
        // A hosts file is taken as a whole: a line for the alias counts as one for the host.
        // NetBIOS names are host names.
        let whole = source == Source::Hosts || source.is_netbios();
        let asked = &lookup.question.name;
        if !whole && *asked != name && Some(asked) != held_by {
            continue;
        }
        answered |= is_answer(&lookup.answer);
        for record in records(&lookup.answer) {
            if let RecordData::Address(address) = record.data
                && !addresses.iter().any(|(known, _)| *known == address)
            {
                addresses.push((address, record.line));
            }
        }
    }
    View { source, alias, name, addresses, answered, asked: true }
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

fn records(answer: &Answer) -> &[Record] {
    match answer {
        Answer::Records(records) => records,
        _ => &[],
    }
}

/// Whether the source of names answered the question at all.
pub(super) const fn is_answer(answer: &Answer) -> bool {
    matches!(answer, Answer::Records(_) | Answer::NoSuchName | Answer::NoData)
}
