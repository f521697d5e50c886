//! The pattern of the other witnesses: those that fail in the same way, and those that get through, tell a
//! host from a path.

use std::net::IpAddr;

use epmesh_facts::{AddressProbe, DnsName, Failure, MapView, Platform, Through};

use super::super::{
    super::{
        case::{Case, Owner, Reach, destination_site, has_no_way_to, reach, site_of, source_site},
        cause::{Confidence, Side},
        culprit::{Named, Witnesses},
        evidence::Observed,
    },
    missing::Missing,
};

/// At most so many witnesses are named.
const NAMED: usize = 5;

/// The pattern of the other witnesses, beside a destination that fails at one of the source's addresses.
pub(super) struct Pattern<'a> {
    /// The witnesses that got beyond after the destination had failed.
    reached: Vec<&'a DnsName>,
    /// The witnesses that got beyond before.
    before: Vec<&'a DnsName>,
    /// The witnesses that fail in the same way.
    failed: Vec<(&'a DnsName, Option<&'a Failure>)>,
    /// Whether anybody, the destination too, gets beyond at another address of the source.
    elsewhere: bool,
    /// Whether the address is one of the source's own, and not a translated one.
    is_own: bool,
    /// Whether one witness alone says that the source answers at the address, which the source does not state.
    is_told_by_one: bool,
}

/// The pattern over the looks of the others at one address of the source: whether each fails in the `same` way
/// or got `beyond`.
pub(super) fn pattern<'a>(
    case: &Case<'a>,
    address: IpAddr,
    same: impl Fn(&Reach<'_>) -> bool,
    beyond: impl Fn(&Reach<'_>) -> bool,
) -> Pattern<'a> {
    // A witness that got through before the destination failed for the first time tells nothing: it may
    // be the source that changed in between, and the next look of that witness fails as well.
    let since = case.against_since().or(case.look.map(|look| look.at));
    let is_source = |probe: &AddressProbe| case.answerer(probe) == Some(Owner::Source);
    let foreign = case.source_addresses().is_some_and(|owned| !owned.contains(&address));
    let mut found = Pattern {
        reached: Vec::new(),
        before: Vec::new(),
        failed: Vec::new(),
        elsewhere: false,
        is_own: case.owns(address),
        is_told_by_one: foreign && case.is_told_by_one(address),
    };
    let at_other = |probe: &AddressProbe| {
        probe.address != address
            && beyond(&reach(Some(probe), case.interface()))
            && (case.owns(probe.address) || is_source(probe))
    };
    for other in &case.others {
        let other: &'a Observed = other;
        let is_after = since.is_none_or(|since| other.at >= since);
        // A host can filter one of its addresses, or not listen on it, and serve on another.
        found.elsewhere |= is_after && other.seen.addresses.iter().any(at_other);
        let there = other.seen.addresses.iter().filter(|probe| probe.address == address);
        for probe in there {
            // An address that is not the source's own leads to it from where it is translated, and
            // from there alone.
            if foreign && !is_source(probe) {
                continue;
            }
            match reach(Some(probe), case.interface()) {
                reach if beyond(&reach) && is_after => found.reached.push(&other.witness),
                reach if beyond(&reach) => found.before.push(&other.witness),
                // Who has no way of that IP version tells nothing of the source.
                reach if same(&reach) && !has_no_way_to(probe, &reach) => {
                    found.failed.push((&other.witness, reach.failure()));
                }
                _ => {}
            }
        }
    }
    let own_look = case.look.into_iter().flat_map(|look| &look.seen.addresses);
    found.elsewhere |= own_look.into_iter().any(at_other);
    found
}

impl Pattern<'_> {
    /// Whether another witness got through where the destination fails: what stands between them and the
    /// source is to blame, or a filter of the source's that knows them.
    pub(super) fn is_served(&self) -> bool {
        !self.reached.is_empty()
    }

    /// Whether the others got through before the destination failed, and none has looked since.
    pub(super) const fn was_served(&self) -> bool {
        self.reached.is_empty() && self.failed.is_empty() && !self.before.is_empty()
    }

    /// Whether anybody gets through at another address of the source.
    pub(super) const fn is_served_elsewhere(&self) -> bool {
        self.elsewhere
    }

    /// The witnesses that got through.
    pub(super) fn served(&self) -> Named {
        named(self.reached.iter().copied())
    }

    /// Whether this one got through.
    pub(super) fn has_served(&self, witness: &DnsName) -> bool {
        self.reached.contains(&witness)
    }

    /// Whether another witness looked, and none got through.
    pub(super) fn all_fail(&self) -> bool {
        self.reached.is_empty() && !self.failed.is_empty()
    }

    /// The witnesses that fail in the same way, where nobody got through.
    pub(super) fn failing(&self) -> Option<Named> {
        self.all_fail().then(|| named(self.failed.iter().map(|(name, _)| *name)))
    }

    /// The side on which a destination's `failure` puts the fault.
    pub(super) fn side(&self, case: &Case<'_>, failure: &Failure) -> Side {
        if !self.all_fail() || self.elsewhere {
            return Side::Network;
        }
        // A source that does not speak may be off.
        if case.source_host.is_none() || self.is_at_host(case, failure) {
            Side::Source
        } else {
            Side::Network
        }
    }

    /// Whether the source itself, or what stands right in front of it, keeps everybody out: nobody gets
    /// through at any address, a neighbour in its own site neither. Between hosts of different sites there are
    /// other filters. Windows' firewall drops in silence: what answers with a refusal is something else.
    pub(super) fn is_at_host(&self, case: &Case<'_>, failure: &Failure) -> bool {
        let mut failures = self.failed.iter().map(|(_, failure)| *failure).chain([Some(failure)]);
        let drops = case.source_platform() != Some(Platform::Windows)
            || failures.all(|failure| failure == Some(&Failure::TimedOut));
        self.all_fail() && self.is_own && !self.elsewhere && drops && self.has_neighbour(case)
    }

    /// Whether one of those that fail, the destination or another, stands in the source's own site.
    pub(super) fn has_neighbour(&self, case: &Case<'_>) -> bool {
        let Some(site) = source_site(case) else { return false };
        destination_site(case).as_ref() == Some(&site)
            || self.failed.iter().any(|(name, _)| site_of(case, name) == Some(&site))
    }

    /// Whether all that was tried and failed came from other sites, while the source's endpoint mapper answers the
    /// source itself over TCP: what stands between the sites is nearer than the mapper.
    pub(super) fn is_between_sites(&self, case: &Case<'_>) -> bool {
        let views = case.source_map.iter().flat_map(|map| &map.fact.views);
        let is_answered = |view: &MapView| {
            matches!(view.through, Through::Address(address) if !address.is_loopback())
                && view.endpoints.is_ok()
        };
        case.is_between_sites() == Some(true)
            && self.reached.is_empty()
            && !self.has_neighbour(case)
            && views.into_iter().any(is_answered)
    }

    /// The confidence in the side, with what the source says of the port itself.
    pub(super) fn confidence(&self, case: &Case<'_>, listens: Option<bool>) -> Confidence {
        let since = case.against_since();
        let said = case.source_ports.map(|ports| ports.at);
        let after = since.is_some_and(|since| said.is_some_and(|said| said >= since));
        // After the destination had failed. One witness alone may be mistaken, and then it is the source that keeps
        // everybody out; and a host that the directory does not know may say what it likes.
        let is_enough =
            self.reached.iter().filter(|witness| case.is_vouched(witness)).nth(1).is_some();
        match (listens, is_enough) {
            // The record may be wrong, and not the way.
            _ if self.is_told_by_one => Confidence::Possible,
            (Some(true), true) if after => Confidence::Proven,
            // The host serves at another of its addresses: the route to this one, or the host's own filter
            // on one adapter.
            _ if self.all_fail() && self.elsewhere && self.is_own => Confidence::Possible,
            (Some(_), _) => Confidence::Likely,
            (None, _) if self.is_served() => Confidence::Likely,
            (None, _) => Confidence::Possible,
        }
    }

    /// What would tell whether the way is cut or the record wrong, where one witness alone is led to the source by it.
    pub(super) fn missing(&self, address: IpAddr) -> Option<Missing> {
        self.is_told_by_one.then_some(Missing::SecondWitness(address))
    }

    /// The pattern in the form of a culprit.
    pub(super) fn witnesses(&self, case: &Case<'_>, failure: &Failure) -> Witnesses {
        let failed = || named(self.failed.iter().map(|(name, _)| *name));
        let destination = case.destination().clone();
        if self.is_served() && !self.failed.is_empty() {
            Witnesses::Divided { from: self.served(), failed: failed(), destination }
        } else if self.is_served() {
            Witnesses::Reach { from: self.served(), destination }
        } else if self.failed.is_empty() {
            let before = named(self.before.iter().copied());
            if self.before.is_empty() {
                Witnesses::Nobody
            } else {
                Witnesses::ReachedBefore(before)
            }
        } else if self.elsewhere {
            Witnesses::ReachedElsewhere(failed())
        } else if case.source_host.is_none() || self.is_at_host(case, failure) {
            Witnesses::AllFail(failed())
        } else if !self.is_own {
            Witnesses::Translated(failed())
        } else if self.has_neighbour(case) {
            Witnesses::AllRefused(failed())
        } else {
            Witnesses::NoNeighbour(failed())
        }
    }
}

/// The first of them by name.
pub(super) fn named<'a>(witnesses: impl Iterator<Item = &'a DnsName>) -> Named {
    let all: Vec<&DnsName> = witnesses.collect();
    let first: Vec<DnsName> = all.iter().take(NAMED).map(|name| (*name).clone()).collect();
    Named { more: all.len() - first.len(), first }
}
