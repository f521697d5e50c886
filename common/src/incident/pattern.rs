//! Who is hit and who is not: evidence for the side, in numbers.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Grouper, table::Held};
use crate::{diagnosis::State, facts::DnsName};

/// Which witnesses an incident hits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pattern {
    /// The shape of it.
    pub shape: Shape,
    /// How many are hit.
    pub hit: usize,
    /// Out of how many of the same sort of which something is known.
    pub of: usize,
    /// In words.
    pub words: String,
}

/// The shapes that say something of the side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// All destinations of one source: the source, or what they share.
    AllDestinations,
    /// One destination of several: it, its names, or its way.
    OneDestination,
    /// Exactly the destinations of one site.
    OneSite,
    /// Exactly the destinations that use one DNS server.
    OneDnsServer,
    /// Only over IPv6.
    OnlyIpv6,
    /// One destination, towards all of its sources.
    AllSources,
    /// None of these.
    Mixed,
}

impl Pattern {
    pub(super) fn of(grouper: &Grouper, members: &[&Held], state: State) -> Self {
        let hit: Vec<&Held> = members.iter().copied().filter(|held| held.state == state).collect();
        let sources: BTreeSet<&DnsName> = hit.iter().map(|held| &held.link.source).collect();
        let destinations: BTreeSet<&DnsName> =
            hit.iter().map(|held| &held.link.destination).collect();
        let verb = if state == State::Failing { "fail" } else { "will fail" };
        if !hit.is_empty() && hit.iter().all(|held| held.view.lacks_ipv6) {
            return Self::new(
                Shape::OnlyIpv6,
                hit.len(),
                hit.len(),
                format!(
                    "only IPv6: {} of {} links that are hit get through over IPv4",
                    hit.len(),
                    hit.len()
                ),
            );
        }
        match (destinations.len(), sources.len()) {
            (_, 1) => {
                let Some(source) = sources.first() else {
                    return Self::mixed(hit.len(), &destinations, &sources);
                };
                by_destination(grouper, source, &hit, &destinations, verb)
            }
            (1, _) => {
                let Some(destination) = destinations.first() else {
                    return Self::mixed(hit.len(), &destinations, &sources);
                };
                let all = grouper.names.dcs.known(destination).into_iter();
                let known: BTreeSet<&DnsName> = all
                    .flat_map(|dc| grouper.by_destination.links(dc))
                    .filter_map(|id| grouper.links.get(id))
                    .filter(|held| held.state != State::Unknown)
                    .map(|held| &held.link.source)
                    .collect();
                let shape = if sources.len() == known.len() {
                    Shape::AllSources
                } else {
                    Shape::OneDestination
                };
                let words = format!(
                    "{} of {} sources {verb} for {destination}",
                    sources.len(),
                    known.len()
                );
                Self::new(shape, sources.len(), known.len(), words)
            }
            _ => Self::mixed(hit.len(), &destinations, &sources),
        }
    }

    fn new(shape: Shape, hit: usize, of: usize, words: String) -> Self {
        Self { shape, hit, of, words }
    }

    fn mixed(links: usize, from: &BTreeSet<&DnsName>, to: &BTreeSet<&DnsName>) -> Self {
        let words =
            format!("{links} links between {} destinations and {} sources", from.len(), to.len());
        Self::new(Shape::Mixed, links, links, words)
    }
}

/// The destinations of one source.
fn by_destination(
    grouper: &Grouper,
    source: &DnsName,
    hit: &[&Held],
    destinations: &BTreeSet<&DnsName>,
    verb: &str,
) -> Pattern {
    let interfaces: BTreeSet<_> = hit.iter().map(|held| held.link.interface).collect();
    let all = grouper.names.dcs.known(source).into_iter();
    let mut known: BTreeMap<&DnsName, &Held> = BTreeMap::new();
    let links = all.flat_map(|dc| grouper.by_source.links(dc));
    for held in links.filter_map(|id| grouper.links.get(id)) {
        if held.state != State::Unknown && interfaces.contains(&held.link.interface) {
            known.insert(&held.link.destination, held);
        }
    }
    let (some, total) = (destinations.len(), known.len());
    if some == total && total > 1 {
        let words = format!("{some} of {total} destinations {verb}: all that look at {source}");
        return Pattern::new(Shape::AllDestinations, some, total, words);
    }
    let among = |wanted: &dyn Fn(&Held) -> bool| -> BTreeSet<&DnsName> {
        known.iter().filter(|(_, held)| wanted(held)).map(|(name, _)| *name).collect()
    };
    let first = hit.first().map(|held| &held.view);
    if let Some(server) = first.and_then(|view| view.decided_by.as_ref())
        && some > 1
        && among(&|held| held.view.decided_by.as_ref() == Some(server)) == *destinations
    {
        let words = format!(
            "{some} of {some} destinations that use DNS server {server} {verb}, none of the other {}",
            total - some
        );
        return Pattern::new(Shape::OneDnsServer, some, total, words);
    }
    if let Some(site) = first.and_then(|view| view.site.as_ref())
        && some > 1
        && among(&|held| held.view.site.as_ref() == Some(site)) == *destinations
    {
        let words = format!(
            "{some} of {some} destinations in site {site} {verb}, none of the {} elsewhere",
            total - some
        );
        return Pattern::new(Shape::OneSite, some, total, words);
    }
    let words = format!("{some} of {total} destinations of {source} {verb}");
    let shape = if some == 1 { Shape::OneDestination } else { Shape::Mixed };
    Pattern::new(shape, some, total, words)
}
