//! The evidence on the links from one source, gathered once for all of them.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, btree_map, btree_map::Entry},
    iter::Peekable,
    net::IpAddr,
    thread,
};

use epmesh_common::{
    diagnosis::{Evidence, Link, Observed, State, Verdict, judge_for},
    facts::{DcFacts, DnsName, Timestamp},
    rpc::InterfaceId,
    shared::Shared,
};

use super::{
    View,
    dc::WitnessView,
    witnesses::{MOST_WITNESSES, NEIGHBOURS, neighbours, witnesses},
};

/// The fewest links for which a thread is worth its beginning and its end.
const WORTH_A_THREAD: usize = 256;

/// The evidence on every link from one source at one interface, apart from what only the destination
/// contributes.
#[derive(Debug)]
pub struct SourceEvidence<'v> {
    view: &'v View,
    fresh_since: Timestamp,
    views: &'v BTreeMap<DnsName, WitnessView>,
    /// The other witnesses, one more than go into one evidence: one of them may be the destination.
    others: Vec<Observed>,
    /// The evidence on a link without a destination.
    base: Evidence,
    /// Addresses that several domain controllers report as theirs, and the source does not.
    contested: Vec<IpAddr>,
    /// Whether there are more witnesses than go into one evidence, and one of them does not get through: then those that
    /// stand beside the destination go into it as well.
    is_in_trouble: bool,
}

impl View {
    /// All evidence on `link`. Facts that are too old to decide are in it too, with their age; only the owners
    /// of addresses are left out when they are too old.
    #[must_use]
    pub fn evidence(&self, link: &Link, now: Timestamp) -> Evidence {
        self.gather(&link.source, link.interface, now).link_to(&link.destination)
    }

    /// The verdict on each of `links`, by up to `threads` threads where that is worth it. Links from one
    /// source at one interface are judged together if they come one after the other.
    #[must_use]
    pub fn judge_links(&self, links: &[Link], now: Timestamp, threads: usize) -> Vec<Box<Verdict>> {
        let part = links.len().div_ceil(threads.max(1)).max(WORTH_A_THREAD);
        let mut parts = links.chunks(part);
        let Some(first) = parts.next() else { return Vec::new() };
        thread::scope(|scope| {
            let begun = |part| {
                let thread = thread::Builder::new();
                thread.spawn_scoped(scope, move || self.judge_part(part, now)).map_err(|_| part)
            };
            let others: Vec<_> = parts.map(begun).collect();
            let mut verdicts = self.judge_part(first, now);
            for other in others {
                match other.map(thread::ScopedJoinHandle::join) {
                    Ok(Ok(more)) => verdicts.extend(more),
                    Ok(Err(panic)) => std::panic::resume_unwind(panic),
                    // The system has no thread to give.
                    Err(part) => verdicts.extend(self.judge_part(part, now)),
                }
            }
            verdicts
        })
    }

    #[expect(clippy::vec_box, reason = "each is half a kilobyte, and they move on one by one")]
    fn judge_part(&self, links: &[Link], now: Timestamp) -> Vec<Box<Verdict>> {
        let together = |a: &Link, b: &Link| a.source == b.source && a.interface == b.interface;
        let mut verdicts = Vec::with_capacity(links.len());
        let mut ends = HashMap::new();
        for group in links.chunk_by(together) {
            let Some(first) = group.first() else { continue };
            let gathered = self.gather(&first.source, first.interface, now);
            let mut cursor = LinkEvidenceCursor::new(&gathered);
            verdicts.extend(group.iter().map(|link| {
                // The links of the next source lead to the same destinations.
                let end = ends
                    .entry(&link.destination)
                    .or_insert_with_key(|to| self.end(to, gathered.fresh_since));
                let is_read = |state| {
                    matches!(state, State::Failing | State::Latent) && self.examples.contains(link)
                };
                Box::new(judge_for(cursor.move_to(&link.destination, end), now, is_read))
            }));
        }
        verdicts
    }

    /// The evidence on every link to `destination` that the destination contributes.
    fn end(&self, destination: &DnsName, fresh_since: Timestamp) -> End {
        let facts = self.facts(destination).unwrap_or_default();
        let named: BTreeSet<IpAddr> = addresses_in(&facts).collect();
        let (mut owners, mut contested) = (Vec::new(), Vec::new());
        for address in named {
            let mut claims = self.owners.of(address, fresh_since);
            match (claims.next(), claims.next()) {
                (Some(owner), None) => owners.push((address, owner.clone())),
                (Some(_), Some(_)) => contested.push(address),
                (None, _) => {}
            }
        }
        End { site: self.site_for(destination, Some(&facts)), facts, owners, contested }
    }

    /// The evidence on the links from `source` at `interface`.
    #[must_use]
    pub fn gather(
        &self,
        source: &DnsName,
        interface: InterfaceId,
        now: Timestamp,
    ) -> SourceEvidence<'_> {
        let fresh_for = self.settings.fresh_for();
        let fresh_since = now.minus(fresh_for);
        let known = self.dcs.get(source);
        static NONE: BTreeMap<DnsName, WitnessView> = BTreeMap::new();
        let views = self.observers.get(source).unwrap_or(&NONE);
        let witnesses = witnesses(views, fresh_since, self.near(source));
        let link = Link { destination: source.clone(), source: source.clone(), interface };
        let base = Evidence {
            source: known.map(|source| source.facts.clone()).unwrap_or_default(),
            registrations: known.map(|source| source.history.of(interface)).unwrap_or_default(),
            watched_since: known.and_then(|source| source.watched_since),
            source_site: self.site_for(source, known.map(|source| &*source.facts)),
            ..Evidence::empty(link, u64::try_from(fresh_for.as_millis()).unwrap_or(u64::MAX))
        };
        let mut named: Vec<&[IpAddr]> =
            witnesses.iter().map(|(_, seen)| seen.addresses.as_slice()).collect();
        // Witnesses with the same DNS servers name the same addresses.
        named.dedup();
        let named = named.into_iter().flatten().copied();
        let named: BTreeSet<IpAddr> = addresses_in(&base.source).chain(named).collect();
        let others = witnesses.into_iter().map(|(witness, seen)| observed(witness, seen));
        let is_cut_off = |seen: &WitnessView| !seen.gets_through && seen.at >= fresh_since;
        let mut gathered = SourceEvidence {
            view: self,
            fresh_since,
            views,
            others: others.collect(),
            base,
            contested: Vec::new(),
            is_in_trouble: views.len() > MOST_WITNESSES && views.values().any(is_cut_off),
        };
        for address in named {
            let Some(owner) = gathered.owner(address, source).cloned() else { continue };
            if owner != *source && self.owners.of(address, fresh_since).nth(1).is_some() {
                gathered.contested.push(address);
            }
            gathered.base.owners.insert(address, owner);
        }
        gathered
    }
}

/// The evidence that is the same on every link to one destination.
struct End {
    facts: Shared<DcFacts>,
    site: Option<String>,
    /// The owners of the addresses that the destination itself names.
    owners: Vec<(IpAddr, DnsName)>,
    /// The addresses of these that several domain controllers report as theirs.
    contested: Vec<IpAddr>,
}

impl View {
    /// The site of a domain controller, by its own word or another one's copy of the directory.
    pub(super) fn site_of(&self, dc: &DnsName) -> Option<&String> {
        let own = self.dcs.get(dc).and_then(|known| known.facts.site());
        own.or_else(|| self.members.get(dc)?.site.as_ref())
    }

    /// The agents that stand in the site of a domain controller, in the order of names.
    fn near(&self, dc: &DnsName) -> &[DnsName] {
        self.neighbours.get(dc).map_or(&[], |near| near.as_slice())
    }

    /// The site of a domain controller that does not state it itself.
    fn site_for(&self, dc: &DnsName, facts: Option<&DcFacts>) -> Option<String> {
        if facts.is_some_and(|facts| facts.site().is_some()) {
            return None;
        }
        self.members.get(dc)?.site.clone()
    }
}

impl<'v> SourceEvidence<'v> {
    /// The evidence on the link from the source to `destination`: the destination's own observation,
    /// then those of others.
    #[must_use]
    pub fn link_to(&self, destination: &DnsName) -> Evidence {
        let mut cursor = LinkEvidenceCursor::new(self);
        cursor.move_to(destination, &self.view.end(destination, self.fresh_since));
        cursor.evidence
    }

    /// Witnesses that stand `near` a destination and are not among the others, one more than go into one evidence.
    fn beside(&self, near: &[DnsName]) -> Vec<Observed> {
        let is_wanted = |(dc, seen): &(&DnsName, &WitnessView)| {
            let is_known = || self.others.iter().any(|other| other.witness == **dc);
            seen.at >= self.fresh_since && !is_known()
        };
        let wanted = neighbours(self.views, near, NEIGHBOURS + 1, is_wanted).into_iter();
        wanted.map(|(witness, seen)| observed(witness, seen)).collect()
    }

    /// The owner of an address. If several report it as theirs, the source comes first, then the
    /// destination, then the first by name.
    fn owner(&self, address: IpAddr, destination: &DnsName) -> Option<&DnsName> {
        let mut claims = self.view.owners.of(address, self.fresh_since);
        let either = [&self.base.link.source, destination];
        let ends = either.into_iter().find_map(|end| claims.clone().find(|name| *name == end));
        ends.or_else(|| claims.next())
    }
}

/// The evidence on one link after the other from the same source. Only the part of the destination is
/// replaced.
struct LinkEvidenceCursor<'g> {
    gathered: &'g SourceEvidence<'g>,
    evidence: Evidence,
    /// Whether the first observation is the destination's own.
    has_own: bool,
    /// The other witness that is left out, because it is the destination or one too many.
    left_out: usize,
    /// How many observations at the end are of witnesses beside the destination.
    beside: usize,
    /// The sites of the destinations so far, each as who stands there, with those of them that stand beside a
    /// destination.
    sites: Vec<(&'g [DnsName], Vec<Observed>)>,
    /// The owners that were put in for this destination, and those that they replaced.
    owners: Vec<(IpAddr, Option<DnsName>)>,
    /// The observations of the source that come after the last destination, by the witness's name.
    ahead: Peekable<btree_map::Iter<'g, DnsName, WitnessView>>,
}

impl<'g> LinkEvidenceCursor<'g> {
    fn new(gathered: &'g SourceEvidence<'_>) -> Self {
        let mut evidence = gathered.base.clone();
        evidence.observations.extend(gathered.others.iter().take(MOST_WITNESSES).cloned());
        Self {
            gathered,
            evidence,
            has_own: false,
            left_out: MOST_WITNESSES,
            beside: 0,
            sites: Vec::new(),
            owners: Vec::new(),
            ahead: gathered.views.iter().peekable(),
        }
    }

    /// The destination's own observation. Destinations come in the order of names and nearly all of them have
    /// one, so that the next is beside the last.
    fn own(&mut self, destination: &DnsName) -> Option<(&'g DnsName, &'g WitnessView)> {
        while self.ahead.next_if(|(witness, _)| *witness < destination).is_some() {}
        let next = self.ahead.peek().copied().filter(|(witness, _)| *witness == destination);
        next.or_else(|| self.gathered.views.get_key_value(destination))
    }

    fn move_to(&mut self, destination: &DnsName, end: &End) -> &Evidence {
        let own = self.own(destination);
        let evidence = &mut self.evidence;
        evidence.link.destination = destination.clone();
        evidence.destination = end.facts.clone();
        evidence.destination_site.clone_from(&end.site);
        let beside = std::mem::take(&mut self.beside);
        let kept = evidence.observations.len() - beside;
        evidence.observations.truncate(kept);
        self.put_observations(own, destination);
        self.put_beside(destination);
        self.put_owners(own.map(|(_, seen)| seen), destination, end);
        &self.evidence
    }

    fn put_observations(&mut self, own: Option<(&DnsName, &WitnessView)>, destination: &DnsName) {
        let others = &self.gathered.others;
        let left_out = others.iter().position(|seen| seen.witness == *destination);
        let left_out = left_out.unwrap_or(MOST_WITNESSES);
        let held = &mut self.evidence.observations;
        // Destinations and witnesses are in the order of names: from one to the next mostly one place
        // changes.
        let first = usize::from(self.has_own);
        let count = others.len() - usize::from(left_out < others.len());
        held.truncate(first + count);
        for place in 0..count {
            let at = place + usize::from(place >= left_out);
            let Some(seen) = others.get(at) else { break };
            match held.get_mut(first + place) {
                Some(_) if at == place + usize::from(place >= self.left_out) => {}
                Some(held) => *held = seen.clone(),
                None => held.push(seen.clone()),
            }
        }
        self.left_out = left_out;
        let own = own.map(|(witness, seen)| observed(witness, seen));
        let has_own = own.is_some();
        match (own, held.first_mut().filter(|_| self.has_own)) {
            (Some(own), Some(first)) => *first = own,
            (Some(own), None) => held.insert(0, own),
            (None, Some(_)) => drop(held.remove(0)),
            (None, None) => {}
        }
        self.has_own = has_own;
    }

    /// Puts in witnesses that stand in the site of the destination, where it matters who else in that site gets through.
    fn put_beside(&mut self, destination: &DnsName) {
        if !self.gathered.is_in_trouble {
            return;
        }
        let near = self.gathered.view.near(destination);
        let at = self.sites.iter().position(|(known, _)| std::ptr::eq(*known, near));
        let at = at.unwrap_or_else(|| {
            self.sites.push((near, self.gathered.beside(near)));
            self.sites.len() - 1
        });
        let beside = self.sites.get(at).into_iter().flat_map(|(_, beside)| beside);
        let held = &mut self.evidence.observations;
        let before = held.len();
        let others = beside.filter(|seen| seen.witness != *destination);
        held.extend(others.take(NEIGHBOURS).cloned());
        self.beside = held.len() - before;
    }

    fn put_owners(&mut self, own: Option<&WitnessView>, destination: &DnsName, end: &End) {
        let Self { gathered, evidence: Evidence { owners, .. }, .. } = self;
        for (address, before) in self.owners.drain(..).rev() {
            match before {
                Some(before) => owners.insert(address, before),
                None => owners.remove(&address),
            };
        }
        for (address, owner) in &end.owners {
            if let Entry::Vacant(place) = owners.entry(*address) {
                place.insert(owner.clone());
                self.owners.push((*address, None));
            }
        }
        let named = own.into_iter().flat_map(|seen| seen.addresses.iter());
        for &address in end.contested.iter().chain(named) {
            if let Entry::Vacant(place) = owners.entry(address)
                && let Some(owner) = gathered.owner(address, destination)
            {
                place.insert(owner.clone());
                self.owners.push((address, None));
            }
        }
        for address in &gathered.contested {
            if let Some(owner) = gathered.owner(*address, destination) {
                self.owners.push((*address, owners.insert(*address, owner.clone())));
            }
        }
    }
}

fn observed(witness: &DnsName, seen: &WitnessView) -> Observed {
    Observed {
        witness: witness.clone(),
        at: seen.at,
        since: Some(seen.since),
        seen: seen.observation.clone(),
    }
}

/// Every address that a domain controller's own facts name.
fn addresses_in(facts: &DcFacts) -> impl Iterator<Item = IpAddr> {
    let own = facts.host.as_ref().and_then(|host| host.fact.addresses.value());
    let resolver = facts.resolver.as_ref().map(|held| &held.fact);
    let servers = resolver.and_then(|resolver| resolver.servers.value());
    let hosts = resolver.and_then(|resolver| resolver.hosts.value());
    let own = own.into_iter().flatten().map(|owned| owned.address);
    let lines = hosts.into_iter().flat_map(|hosts| &hosts.lines).map(|line| line.address);
    own.chain(servers.into_iter().flatten().copied()).chain(lines)
}
