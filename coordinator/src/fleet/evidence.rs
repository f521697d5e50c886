//! The evidence on a link, out of the view; and the verdicts, into it.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    time::Duration,
};

use epmesh_common::{
    diagnosis::{Evidence, Link, Observed, Verdict},
    facts::{Answer, DnsName, RecordData, Source, Timestamp},
};

use super::{Transition, View, dc::Seen, view::Judged};

/// The most witnesses besides the destination whose observations go into one evidence.
const MOST_WITNESSES: usize = 16;

impl View {
    /// Everything known that bears on `link`. What is too old to decide is in it too, and says how
    /// old it is; only the owners of addresses are left out once they are.
    #[must_use]
    pub fn evidence(&self, link: &Link, now: Timestamp) -> Evidence {
        let fresh_for = self.settings.fresh_for();
        let facts = |dc: &DnsName| self.facts(dc).unwrap_or_default();
        let mut evidence = Evidence {
            destination: facts(&link.destination),
            source: facts(&link.source),
            observations: self.witnesses(link, now.minus(fresh_for)),
            registrations: self
                .dcs
                .get(&link.source)
                .map(|source| source.history.of(link.interface))
                .unwrap_or_default(),
            watched_since: self.dcs.get(&link.source).and_then(|source| source.watched_since),
            ..Evidence::empty(
                link.clone(),
                u64::try_from(fresh_for.as_millis()).unwrap_or(u64::MAX),
            )
        };
        evidence.owners = self.owners(link, &addresses_in(&evidence), now.minus(fresh_for));
        evidence
    }

    /// Takes up to `most` of the links that changes touched.
    pub fn take_touched(&mut self, most: usize) -> Vec<Link> {
        let links: Vec<_> = self.touched.iter().take(most).cloned().collect();
        for link in &links {
            self.touched.remove(link);
        }
        links
    }

    /// Puts a verdict in, unless its link is no longer watched. Says when the state or the cause
    /// became another.
    pub fn judge(&mut self, link: &Link, verdict: Verdict, now: Timestamp) -> Option<Transition> {
        if !self.is_watched(&link.destination, &link.source) {
            return None;
        }
        self.grouper.put(link, &verdict);
        let judged = Judged { verdict: verdict.clone(), at: now };
        let before = self.verdicts.insert(link.clone(), judged).map(|judged| judged.verdict);
        let same = before
            .as_ref()
            .is_some_and(|before| before.state == verdict.state && before.cause == verdict.cause);
        let before = before.map(|before| before.state);
        (!same).then(|| Transition { link: link.clone(), before, verdict, at: now })
    }

    /// Touches every link whose verdict is older than `age`, so that verdicts do not outlive their
    /// evidence, and has who is known worked out anew.
    pub fn sweep(&mut self, now: Timestamp, age: Duration) {
        self.moved = true;
        let old = now.minus(age);
        let due = self.verdicts.iter().filter(|(_, judged)| judged.at <= old);
        self.touched.extend(due.map(|(link, _)| link.clone()));
    }

    /// The destination's observation of the source, then those of others: first what is fresh,
    /// then who read the whole map.
    fn witnesses(&self, link: &Link, fresh_since: Timestamp) -> Vec<Observed> {
        let seen_by = |witness: &DnsName| -> Option<&Seen> {
            self.dcs.get(witness)?.observations.get(&link.source)
        };
        let observers = self.observers.get(&link.source).into_iter().flatten();
        let mut others: Vec<_> = observers
            .filter(|witness| **witness != link.destination)
            .filter_map(|witness| Some((witness, seen_by(witness)?)))
            .collect();
        others.sort_by_key(|(witness, seen)| {
            let read_map = seen.observation.addresses.iter().any(|probe| probe.map.is_some());
            (Reverse(seen.at >= fresh_since), Reverse(read_map), *witness)
        });
        let others = others.into_iter().map(|(witness, _)| witness).take(MOST_WITNESSES);
        std::iter::once(&link.destination)
            .chain(others)
            .filter_map(|witness| self.observed(witness, &link.source))
            .collect()
    }

    /// Who owns which of `wanted`. An address that two claim is the source's if it is one of the
    /// two, else the destination's, else that of the first by name.
    fn owners(
        &self,
        link: &Link,
        wanted: &BTreeSet<IpAddr>,
        fresh_since: Timestamp,
    ) -> BTreeMap<IpAddr, DnsName> {
        let mut owners = BTreeMap::new();
        let first = [&link.source, &link.destination].into_iter();
        let all = first.filter_map(|dc| self.dcs.get_key_value(dc)).chain(&self.dcs);
        for (name, dc) in all {
            let Some(host) = dc.facts.host.as_ref().filter(|host| host.at >= fresh_since) else {
                continue;
            };
            for owned in host.fact.addresses.value().into_iter().flatten() {
                if wanted.contains(&owned.address) {
                    owners.entry(owned.address).or_insert_with(|| name.clone());
                }
            }
        }
        owners
    }
}

/// Every address that something in the evidence names.
fn addresses_in(evidence: &Evidence) -> BTreeSet<IpAddr> {
    let mut found = BTreeSet::new();
    for facts in [&evidence.destination, &evidence.source] {
        if let Some(host) = &facts.host {
            let own = host.fact.addresses.value().into_iter().flatten();
            found.extend(own.map(|owned| owned.address));
        }
        if let Some(resolver) = &facts.resolver {
            found.extend(resolver.fact.servers.value().into_iter().flatten());
            let lines = resolver.fact.hosts.value().into_iter().flat_map(|hosts| &hosts.lines);
            found.extend(lines.map(|line| line.address));
        }
    }
    for observed in &evidence.observations {
        found.extend(observed.seen.addresses.iter().map(|probe| probe.address));
        for lookup in &observed.seen.lookups {
            if let Source::Dns(server) = lookup.source {
                found.insert(server);
            }
            if let Answer::Records(records) = &lookup.answer {
                found.extend(records.iter().filter_map(|record| match &record.data {
                    RecordData::Address(address) => Some(*address),
                    RecordData::Alias(_) => None,
                }));
            }
        }
    }
    found
}
