//! The pattern of an incident (who is hit and who is not): evidence for the side, in numbers.

use std::collections::{BTreeMap, BTreeSet};

use epmesh_facts::DnsName;
use serde::{Deserialize, Serialize};

use super::{
    compact_reach::CompactReach, grouper::Grouper, link_entry::LinkEntry, numbers::Number,
    places::Dc,
};
use crate::diagnosis::State;

/// The pattern of an incident: which witnesses it hits.
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
    /// All links to and from one domain controller: it, or what it shares with nobody.
    AllLinks,
    /// None of these.
    Mixed,
}

impl Pattern {
    pub(super) fn of(grouper: &Grouper, members: &[&LinkEntry], state: State) -> Self {
        let hit: Vec<&LinkEntry> =
            members.iter().copied().filter(|entry| entry.state == state).collect();
        let sources: BTreeSet<Number> = hit.iter().map(|entry| entry.ends.source).collect();
        let destinations: BTreeSet<Number> =
            hit.iter().map(|entry| entry.ends.destination).collect();
        let verb = if state == State::Failing { "fail" } else { "will fail" };
        if !hit.is_empty() && hit.iter().all(|entry| entry.reach.lacks_ipv6) {
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
        let dcs = &grouper.places.dcs;
        let of = |numbers: &BTreeSet<Number>| {
            let only = numbers.first().filter(|_| numbers.len() == 1)?;
            Some((dcs.name(*only)?, dcs.get(*only)?))
        };
        if let Some((source, dc)) = of(&sources) {
            return by_destination(grouper, (source, dc), &hit, &destinations, verb);
        }
        let Some((destination, dc)) = of(&destinations) else {
            return by_end(grouper, &hit, verb)
                .or_else(|| by_group(grouper, &hit, &sources, verb))
                .unwrap_or_else(|| Self::mixed(hit.len(), destinations.len(), sources.len()));
        };
        let known: BTreeSet<Number> = (dc.as_destination.iter())
            .filter_map(|seat| grouper.links.get(seat.link))
            .filter(|entry| entry.state != State::Unknown)
            .map(|entry| entry.ends.source)
            .collect();
        let shape =
            if sources.len() == known.len() { Shape::AllSources } else { Shape::OneDestination };
        let words =
            format!("{} of {} sources {verb} for {destination}", sources.len(), known.len());
        Self::new(shape, sources.len(), known.len(), words)
    }

    fn new(shape: Shape, hit: usize, of: usize, words: String) -> Self {
        Self { shape, hit, of, words }
    }

    fn mixed(links: usize, from: usize, to: usize) -> Self {
        let words = format!("{links} links between {from} destinations and {to} sources");
        Self::new(Shape::Mixed, links, links, words)
    }
}

/// The links to and from one domain controller, where all of them are hit of which something is known.
fn by_end(grouper: &Grouper, hit: &[&LinkEntry], verb: &str) -> Option<Pattern> {
    let first = hit.first()?.ends;
    let interfaces: BTreeSet<Number> = hit.iter().map(|entry| entry.ends.interface).collect();
    let is_end_of_all = |dc: &Number| {
        hit.iter().all(|entry| entry.ends.source == *dc || entry.ends.destination == *dc)
    };
    let known = |dc: &Dc| {
        let links =
            dc.as_source.iter().copied().chain(dc.as_destination.iter().map(|seat| seat.link));
        let entries = links.filter_map(|id| grouper.links.get(id));
        let is_known = |entry: &&LinkEntry| {
            entry.state != State::Unknown && interfaces.contains(&entry.ends.interface)
        };
        entries.filter(is_known).count()
    };
    let dcs = &grouper.places.dcs;
    let ends = [first.source, first.destination].into_iter().filter(is_end_of_all);
    let ends = ends.filter_map(|number| Some((dcs.name(number)?, dcs.get(number)?)));
    let some = hit.len();
    // Of two that have no other link the first by name.
    let (name, _) = ends.filter(|(_, dc)| known(dc) == some).min_by_key(|(name, _)| *name)?;
    let words = format!("{some} of {some} links {verb}: all to and from {name}");
    Some(Pattern::new(Shape::AllLinks, some, some, words))
}

/// Several destinations of several sources: those that use one DNS server, or those of one site, where
/// all of them are hit and nobody else who looks at the same sources.
fn by_group(
    grouper: &Grouper,
    hit: &[&LinkEntry],
    sources: &BTreeSet<Number>,
    verb: &str,
) -> Option<Pattern> {
    let places = &grouper.places;
    let common = |of: fn(&CompactReach) -> Option<Number>| {
        let one = of(&hit.first()?.reach)?;
        hit.iter().all(|entry| of(&entry.reach) == Some(one)).then_some(one)
    };
    let ways: [fn(&CompactReach) -> Option<Number>; 2] =
        [|reach| reach.decided_by, |reach| reach.destination_site];
    let [server, site] = ways.map(common);
    if server.is_none() && site.is_none() {
        return None;
    }
    let interfaces: BTreeSet<Number> = hit.iter().map(|entry| entry.ends.interface).collect();
    let links = sources.iter().filter_map(|source| places.dcs.get(*source));
    let links = links.flat_map(|dc| &dc.as_source).filter_map(|id| grouper.links.get(*id));
    let known: Vec<&LinkEntry> = links
        .filter(|entry| entry.state != State::Unknown && interfaces.contains(&entry.ends.interface))
        .collect();
    let (some, total) = (hit.len(), known.len());
    let are = |of: fn(&CompactReach) -> Option<Number>, one: Option<Number>| {
        one.filter(|one| {
            // What is hit is among what is known: as many are the same.
            let with = known.iter().filter(|entry| of(&entry.reach) == Some(*one));
            some < total && with.count() == some
        })
    };
    let [by_server, by_site] = ways;
    let (shape, who) = if let Some(server) = are(by_server, server) {
        let server = places.servers.name(server)?;
        (Shape::OneDnsServer, format!("destinations that use DNS server {server}"))
    } else {
        let site = places.sites.name(are(by_site, site)?)?;
        (Shape::OneSite, format!("destinations in site {site}"))
    };
    let words = format!(
        "{some} of {some} links of {who} {verb}, none of the other {} to the same {} sources",
        total - some,
        sources.len()
    );
    Some(Pattern::new(shape, some, total, words))
}

/// The destinations of one source.
fn by_destination(
    grouper: &Grouper,
    (source, dc): (&DnsName, &Dc),
    hit: &[&LinkEntry],
    destinations: &BTreeSet<Number>,
    verb: &str,
) -> Pattern {
    let places = &grouper.places;
    let interfaces: BTreeSet<Number> = hit.iter().map(|entry| entry.ends.interface).collect();
    // Of several interfaces the first, whichever came first.
    let mut known: BTreeMap<Number, &LinkEntry> = BTreeMap::new();
    for entry in dc.as_source.iter().filter_map(|id| grouper.links.get(*id)) {
        if entry.state != State::Unknown && interfaces.contains(&entry.ends.interface) {
            let one = known.entry(entry.ends.destination).or_insert(entry);
            if places.order(entry.ends) < places.order(one.ends) {
                *one = entry;
            }
        }
    }
    let (some, total) = (destinations.len(), known.len());
    if some == total && total > 1 {
        let words = format!("{some} of {total} destinations {verb}: all that look at {source}");
        return Pattern::new(Shape::AllDestinations, some, total, words);
    }
    let are = |wanted: &dyn Fn(&LinkEntry) -> bool| -> bool {
        let among = known.iter().filter(|(_, entry)| wanted(entry)).map(|(number, _)| number);
        some > 1 && among.eq(destinations)
    };
    let first =
        hit.iter().min_by(|one, other| places.order(one.ends).cmp(&places.order(other.ends)));
    if let Some(number) = first.and_then(|entry| entry.reach.decided_by)
        && are(&|entry| entry.reach.decided_by == Some(number))
        && let Some(server) = places.servers.name(number)
    {
        let words = format!(
            "{some} of {some} destinations that use DNS server {server} {verb}, none of the other {}",
            total - some
        );
        return Pattern::new(Shape::OneDnsServer, some, total, words);
    }
    if let Some(number) = first.and_then(|entry| entry.reach.destination_site)
        && are(&|entry| entry.reach.destination_site == Some(number))
        && let Some(site) = places.sites.name(number)
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
