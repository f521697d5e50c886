//! The pattern of the other witnesses: those that fail in the same way tell a host from a path.

use std::net::IpAddr;

use epmesh_facts::{AddressProbe, DnsName};

use super::super::super::{
    case::{Case, Owner, Reach, reach},
    cause::{Confidence, Side},
    culprit::{Named, Witnesses},
};

/// At most so many witnesses are named.
const NAMED: usize = 5;

/// What the other witnesses saw at one address of the source, and the side on which that puts the fault.
pub(super) struct Pattern {
    pub(super) side: Side,
    pub(super) witnesses: Witnesses,
}

impl Pattern {
    /// Whether another witness looked, and none got through.
    pub(super) const fn all_fail(&self) -> bool {
        matches!(self.witnesses, Witnesses::AllFail(_))
    }

    /// How sure the side is, with what the source says of the port itself.
    pub(super) fn confidence(&self, case: &Case<'_>, listens: Option<bool>) -> Confidence {
        let since = case.against_since();
        let said = case.source_ports.map(|ports| ports.at);
        let after = since.is_some_and(|since| said.is_some_and(|said| said >= since));
        // After the destination had failed.
        let others_reach = matches!(self.witnesses, Witnesses::Reach { .. });
        match (listens, others_reach) {
            (Some(true), true) if after => Confidence::Proven,
            (Some(_), _) | (None, true) => Confidence::Likely,
            (None, false) => Confidence::Possible,
        }
    }
}

/// The pattern over the looks of the others at one address of the source: whether each fails in the `same` way
/// or got `beyond`.
pub(super) fn pattern(
    case: &Case<'_>,
    address: IpAddr,
    same: impl Fn(&Reach<'_>) -> bool,
    beyond: impl Fn(&Reach<'_>) -> bool,
) -> Pattern {
    // A witness that got through before the destination failed for the first time tells nothing: it may
    // be the source that changed in between, and the next look of that witness fails as well.
    let since = case.against_since().or(case.look.map(|look| look.at));
    let foreign = case.source_addresses().is_some_and(|owned| !owned.contains(&address));
    let is_source = |probe: &AddressProbe| case.answerer(probe) == Some(Owner::Source);
    let mut reached = Vec::new();
    let mut before = Vec::new();
    let mut failed = Vec::new();
    for other in &case.others {
        let is_after = since.is_none_or(|since| other.at >= since);
        // A host can filter one of its addresses, or not listen on it, and serve on another.
        let there = other.seen.addresses.iter().filter(|probe| probe.address == address);
        for probe in there {
            // An address that is not the source's own leads to it from where it is translated, and
            // from there alone.
            if foreign && !is_source(probe) {
                continue;
            }
            match reach(Some(probe), case.interface()) {
                reach if beyond(&reach) && is_after => reached.push(&other.witness),
                reach if beyond(&reach) => before.push(&other.witness),
                reach if same(&reach) => failed.push(&other.witness),
                _ => {}
            }
        }
    }
    let (side, witnesses) = if !reached.is_empty() {
        let destination = case.destination().clone();
        (Side::Network, Witnesses::Reach { from: named(&reached), destination })
    } else if !failed.is_empty() {
        (Side::Source, Witnesses::AllFail(named(&failed)))
    } else if !before.is_empty() {
        (Side::Network, Witnesses::ReachedBefore(named(&before)))
    } else {
        (Side::Network, Witnesses::Nobody)
    };
    Pattern { side, witnesses }
}

fn named(witnesses: &[&DnsName]) -> Named {
    let first: Vec<DnsName> = witnesses.iter().take(NAMED).map(|name| (*name).clone()).collect();
    Named { more: witnesses.len() - first.len(), first }
}
