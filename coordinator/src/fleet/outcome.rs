//! The outcome of an observation: what has to differ for it to count as a change.

use std::{collections::BTreeSet, net::IpAddr};

use epmesh_common::{
    facts::{AddressProbe, InterfaceProbe, MapAnswer, PeerObservation, PortProbe},
    rpc::InterfaceId,
};

/// The outcome of a look: how far a witness came at each address and interface. Times, ports and the order of
/// answers are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Outcome {
    reached: BTreeSet<(IpAddr, Option<InterfaceId>, Reach)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Reach {
    Silent,
    Unconnected,
    Unbound,
    MapFailed,
    NotRegistered,
    PortClosed,
    InterfaceRefused,
    Whole,
    /// One entry of the whole map arrives, and the whole does not.
    LongAnswerLost,
}

impl Outcome {
    /// The outcome of `observation`.
    #[must_use]
    pub fn of(observation: &PeerObservation) -> Self {
        let mut reached = BTreeSet::new();
        for probe in &observation.addresses {
            if let Some(reach) = to_mapper(probe) {
                reached.insert((probe.address, None, reach));
            }
            if probe.large_lost().is_some() {
                reached.insert((probe.address, None, Reach::LongAnswerLost));
            }
            for interface in &probe.interfaces {
                let reach = to_interface(interface);
                reached.insert((probe.address, Some(interface.interface), reach));
            }
        }
        Self { reached }
    }

    /// Whether the witness got through to an interface, and no long answer was lost.
    #[must_use]
    pub(super) fn gets_through(&self) -> bool {
        let has = |wanted| self.reached.iter().any(|(.., reach)| *reach == wanted);
        has(Reach::Whole) && !has(Reach::LongAnswerLost)
    }
}

fn to_mapper(probe: &AddressProbe) -> Option<Reach> {
    match &probe.connect.outcome {
        Err(failure) if failure.is_silence() => return Some(Reach::Silent),
        // The address was not tried, and nothing was seen.
        Err(epmesh_common::facts::Failure::Local(_)) => return None,
        Err(_) => return Some(Reach::Unconnected),
        Ok(()) => {}
    }
    let bound = probe.bind.as_ref().is_some_and(|stage| stage.outcome.is_ok());
    (!bound).then_some(Reach::Unbound)
}

fn to_interface(probe: &InterfaceProbe) -> Reach {
    match &probe.answer {
        MapAnswer::NotRegistered(_) => return Reach::NotRegistered,
        MapAnswer::Failed(_) => return Reach::MapFailed,
        MapAnswer::Endpoints(_) => {}
    }
    let connected = |port: &&PortProbe| port.connect.outcome.is_ok();
    let bound = |port: &PortProbe| port.bind.as_ref().is_some_and(|stage| stage.outcome.is_ok());
    let mut open = probe.ports.iter().filter(connected).peekable();
    if open.peek().is_none() {
        Reach::PortClosed
    } else if open.any(bound) {
        Reach::Whole
    } else {
        Reach::InterfaceRefused
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::samples::{seen, silent};

    #[test]
    fn durations_are_not_in_it() {
        let fast = Outcome::of(&seen("dc2.lab.test", "10.0.0.2", true, 1));
        assert_eq!(fast, Outcome::of(&seen("dc2.lab.test", "10.0.0.2", true, 900)));
    }

    #[test]
    fn answers_and_addresses_are() {
        let outcomes = [
            Outcome::of(&seen("dc2.lab.test", "10.0.0.2", true, 1)),
            Outcome::of(&seen("dc2.lab.test", "10.0.0.2", false, 1)),
            Outcome::of(&seen("dc2.lab.test", "10.0.0.3", false, 1)),
            Outcome::of(&silent("dc2.lab.test", "10.0.0.2")),
            Outcome::default(),
        ];
        for (index, left) in outcomes.iter().enumerate() {
            for right in &outcomes[index + 1..] {
                assert_ne!(left, right);
            }
        }
    }
}
