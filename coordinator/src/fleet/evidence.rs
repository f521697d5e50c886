//! The evidence on a link, out of the view; and the verdicts, into it.

use std::{cmp::Reverse, collections::BTreeMap, net::IpAddr, time::Duration};

use epmesh_common::{
    diagnosis::{Evidence, Link, Observed, Verdict},
    facts::{DnsName, Timestamp},
};

use super::{Transition, View, dc::Glance, view::Judged};

/// The most witnesses besides the destination whose observations go into one evidence.
const MOST_WITNESSES: usize = 16;

impl View {
    /// Everything known that bears on `link`. What is too old to decide is in it too, and says how
    /// old it is; only the owners of addresses are left out once they are.
    #[must_use]
    pub fn evidence(&self, link: &Link, now: Timestamp) -> Evidence {
        let fresh_for = self.settings.fresh_for();
        let fresh_since = now.minus(fresh_for);
        let source = self.dcs.get(&link.source);
        let witnesses = self.witnesses(link, fresh_since);
        let mut evidence = Evidence {
            destination: self.facts(&link.destination).unwrap_or_default(),
            source: source.map(|source| source.facts.clone()).unwrap_or_default(),
            observations: Vec::with_capacity(witnesses.len()),
            registrations: source
                .map(|source| source.history.of(link.interface))
                .unwrap_or_default(),
            watched_since: source.and_then(|source| source.watched_since),
            ..Evidence::empty(
                link.clone(),
                u64::try_from(fresh_for.as_millis()).unwrap_or(u64::MAX),
            )
        };
        let mut wanted = addresses_in(&evidence);
        for (witness, glance) in witnesses {
            wanted.extend_from_slice(&glance.addresses);
            evidence.observations.push(Observed {
                witness: witness.clone(),
                at: glance.at,
                since: Some(glance.since),
                seen: glance.observation.clone(),
            });
        }
        wanted.sort_unstable();
        wanted.dedup();
        evidence.owners = self.owners(link, &wanted, fresh_since);
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
        let looked = verdict.shown.at.unwrap_or(now);
        let known = self.verdicts.get(link).map(|known| &known.verdict);
        let before = known.map(|known| known.state);
        let same = known.is_some_and(|it| it.state == verdict.state && it.cause == verdict.cause);
        let since = self.verdicts.get(link).filter(|_| same).map_or(looked, |known| known.since);
        self.grouper.put(link, &verdict, since);
        if same {
            if let Some(known) = self.verdicts.get_mut(link) {
                *known = Judged { verdict, at: now, since };
            }
            return None;
        }
        let judged = Judged { verdict: verdict.clone(), at: now, since };
        self.verdicts.insert(link.clone(), judged);
        Some(Transition { link: link.clone(), before, verdict, at: now })
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
    fn witnesses(&self, link: &Link, fresh_since: Timestamp) -> Vec<(&DnsName, &Glance)> {
        let Some(glances) = self.observers.get(&link.source) else { return Vec::new() };
        let others = glances.iter().filter(|(witness, _)| **witness != link.destination);
        let mut others: Vec<(&DnsName, &Glance)> = others.collect();
        // In the order of names already, which a stable sort keeps.
        others.sort_by_key(|(_, glance)| {
            (Reverse(glance.at >= fresh_since), Reverse(glance.read_map))
        });
        others.truncate(MOST_WITNESSES);
        glances.get_key_value(&link.destination).into_iter().chain(others).collect()
    }

    /// Who owns which of `wanted`. An address that two claim is the source's if it is one of the
    /// two, else the destination's, else that of the first by name.
    fn owners(
        &self,
        link: &Link,
        wanted: &[IpAddr],
        fresh_since: Timestamp,
    ) -> BTreeMap<IpAddr, DnsName> {
        let says = |name: &DnsName| {
            let host = self.dcs.get(name).and_then(|dc| dc.facts.host.as_ref());
            host.is_some_and(|host| host.at >= fresh_since)
        };
        let owner = |address: &IpAddr| {
            let fresh = || self.owners.of(*address).filter(|name| says(name));
            let either = [&link.source, &link.destination];
            either
                .into_iter()
                .find(|end| fresh().any(|name| name == *end))
                .or_else(|| fresh().next())
        };
        wanted.iter().filter_map(|at| Some((*at, owner(at)?.clone()))).collect()
    }
}

/// Every address that the two domain controllers themselves name.
fn addresses_in(evidence: &Evidence) -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> = Vec::new();
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
    found
}
