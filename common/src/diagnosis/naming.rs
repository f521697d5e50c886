//! What the destination's sources of names say of the source, each by itself.

use std::net::IpAddr;

use super::case::{Case, Owner};
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

/// All that the destination's sources of names said, hosts file first, then the DNS servers in the
/// destination's order, then the system's resolver.
///
/// NetBIOS sources and the DNS client's cache are quoted in the proof and decide nothing yet: the
/// first are asked only where DNS has no answer, and the second is right or wrong only beside what
/// the servers say now.
pub(super) fn views(case: &Case<'_>) -> Vec<View> {
    let Some(look) = case.look else { return Vec::new() };
    let lookups = &look.seen.lookups;
    let mut sources = vec![Source::Hosts];
    sources.extend(case.dns_servers().into_iter().map(Source::Dns));
    sources.push(Source::System);
    sources
        .into_iter()
        .filter(|source| lookups.iter().any(|lookup| lookup.source == *source))
        .map(|source| view(case, source, lookups))
        .collect()
}

/// The source that decides what the destination uses: the hosts file where it maps the name, else
/// the first DNS server that settles the question, else the system's resolver.
pub(super) fn effective(views: &[View]) -> Option<&View> {
    views.iter().find(|view| match view.source {
        Source::Hosts => !view.addresses.is_empty(),
        Source::Dns(_) => view.settles(),
        Source::System => view.answered,
        Source::Cache | Source::Lmhosts | Source::Wins(_) => false,
    })
}

fn view(case: &Case<'_>, source: Source, lookups: &[Lookup]) -> View {
    let here = || lookups.iter().filter(move |lookup| lookup.source == source);
    let alias = here()
        .find(|lookup| lookup.question.kind == RecordType::Cname)
        .map_or(Alias::NotAsked, |lookup| alias(&lookup.answer));
    let name = match &alias {
        Alias::Target(target) => target.clone(),
        _ => case.source().clone(),
    };
    let mut addresses: Vec<(IpAddr, Option<u32>)> = Vec::new();
    let mut answered = false;
    for lookup in here().filter(|lookup| lookup.question.kind != RecordType::Cname) {
        // A hosts file is taken as a whole: a line for the alias counts as one for the host.
        if source != Source::Hosts && lookup.question.name != name {
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
    View { source, alias, name, addresses, answered }
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
