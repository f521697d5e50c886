//! Who is hit and who is not: evidence for the side, in numbers.

use std::collections::{BTreeMap, BTreeSet};

use epmesh_facts::DnsName;
use serde::{Deserialize, Serialize};

use super::{Grouper, look::Look, numbers::Number, places::Dc, table::Held};
use crate::diagnosis::State;

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
        let sources: BTreeSet<Number> = hit.iter().map(|held| held.ends.source).collect();
        let destinations: BTreeSet<Number> = hit.iter().map(|held| held.ends.destination).collect();
        let verb = if state == State::Failing { "fail" } else { "will fail" };
        if !hit.is_empty() && hit.iter().all(|held| held.look.lacks_ipv6) {
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
            return by_group(grouper, &hit, &sources, verb)
                .unwrap_or_else(|| Self::mixed(hit.len(), destinations.len(), sources.len()));
        };
        let known: BTreeSet<Number> = (dc.as_destination.iter())
            .filter_map(|seat| grouper.links.get(seat.link))
            .filter(|held| held.state != State::Unknown)
            .map(|held| held.ends.source)
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

/// Several destinations of several sources: those that use one DNS server, or those of one site, where
/// all of them are hit and nobody else who looks at the same sources.
fn by_group(
    grouper: &Grouper,
    hit: &[&Held],
    sources: &BTreeSet<Number>,
    verb: &str,
) -> Option<Pattern> {
    let places = &grouper.places;
    let common = |of: fn(&Look) -> Option<Number>| {
        let one = of(&hit.first()?.look)?;
        hit.iter().all(|held| of(&held.look) == Some(one)).then_some(one)
    };
    let ways: [fn(&Look) -> Option<Number>; 2] =
        [|look| look.decided_by, |look| look.destination_site];
    let [server, site] = ways.map(common);
    if server.is_none() && site.is_none() {
        return None;
    }
    let interfaces: BTreeSet<Number> = hit.iter().map(|held| held.ends.interface).collect();
    let looks = sources.iter().filter_map(|source| places.dcs.get(*source));
    let looks = looks.flat_map(|dc| &dc.as_source).filter_map(|id| grouper.links.get(*id));
    let known: Vec<&Held> = looks
        .filter(|held| held.state != State::Unknown && interfaces.contains(&held.ends.interface))
        .collect();
    let (some, total) = (hit.len(), known.len());
    let are = |of: fn(&Look) -> Option<Number>, one: Option<Number>| {
        one.filter(|one| {
            // What is hit is among what is known: as many are the same.
            let with = known.iter().filter(|held| of(&held.look) == Some(*one));
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
    hit: &[&Held],
    destinations: &BTreeSet<Number>,
    verb: &str,
) -> Pattern {
    let places = &grouper.places;
    let interfaces: BTreeSet<Number> = hit.iter().map(|held| held.ends.interface).collect();
    // Of several interfaces the first, whichever came first.
    let mut known: BTreeMap<Number, &Held> = BTreeMap::new();
    for held in dc.as_source.iter().filter_map(|id| grouper.links.get(*id)) {
        if held.state != State::Unknown && interfaces.contains(&held.ends.interface) {
            let one = known.entry(held.ends.destination).or_insert(held);
            if places.order(held.ends) < places.order(one.ends) {
                *one = held;
            }
        }
    }
    let (some, total) = (destinations.len(), known.len());
    if some == total && total > 1 {
        let words = format!("{some} of {total} destinations {verb}: all that look at {source}");
        return Pattern::new(Shape::AllDestinations, some, total, words);
    }
    let are = |wanted: &dyn Fn(&Held) -> bool| -> bool {
        let among = known.iter().filter(|(_, held)| wanted(held)).map(|(number, _)| number);
        some > 1 && among.eq(destinations)
    };
    let first =
        hit.iter().min_by(|one, other| places.order(one.ends).cmp(&places.order(other.ends)));
    if let Some(number) = first.and_then(|held| held.look.decided_by)
        && are(&|held| held.look.decided_by == Some(number))
        && let Some(server) = places.servers.name(number)
    {
        let words = format!(
            "{some} of {some} destinations that use DNS server {server} {verb}, none of the other {}",
            total - some
        );
        return Pattern::new(Shape::OneDnsServer, some, total, words);
    }
    if let Some(number) = first.and_then(|held| held.look.destination_site)
        && are(&|held| held.look.destination_site == Some(number))
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
