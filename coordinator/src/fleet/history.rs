//! Registrations over time: when a domain controller's own endpoint map held an interface, and for which
//! process.

use std::{collections::BTreeMap, time::Duration};

use epmesh_common::{
    diagnosis::{Registration, serving},
    facts::{DcFacts, EndpointMap, Process, Timestamp, holds_over_tcp},
    rpc::InterfaceId,
};
use serde::{Deserialize, Serialize};

/// The most stretches kept of one interface.
const MOST: usize = 16;

/// The time for which a stretch is kept after it was last seen, unless configured otherwise.
pub const HISTORY: Duration = Duration::from_secs(30 * 24 * 3600);

/// The registrations of one domain controller, interface by interface, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct History {
    stretches: BTreeMap<InterfaceId, Vec<Stretch>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Stretch {
    /// Whether the last map that could be read still had it; a closed stretch is not extended.
    open: bool,
    registration: Registration,
}

/// One reading of the endpoint map, with the life of the host and of the process that goes with
/// it.
#[derive(Clone, Copy, Debug)]
pub struct MapReading<'a> {
    /// The map.
    pub map: &'a EndpointMap,
    /// When it was read, on the coordinator's clock.
    pub at: Timestamp,
    /// When it was read, by the host's own clock; `None` where that is no longer known.
    pub read: Option<Timestamp>,
    /// What else the domain controller says of itself.
    pub facts: &'a DcFacts,
    /// How far the other facts may be from the map in time and still go with it.
    pub fresh_for: Duration,
    /// How long a stretch is kept after it was last seen.
    pub kept_for: Duration,
}

impl MapReading<'_> {
    fn boot(&self) -> Option<String> {
        let host = self.facts.host.as_ref().filter(|host| self.goes_with(host.at))?;
        host.fact.boot.value().map(|boot| boot.id.clone())
    }

    /// The process that serves `interface`.
    fn process(&self, interface: InterfaceId) -> Option<Process> {
        let services = self.facts.services.as_ref().filter(|found| self.goes_with(found.at))?;
        serving(&services.fact, interface)?.process.value().copied()
    }

    fn goes_with(&self, other: Timestamp) -> bool {
        self.at.apart(other) <= self.fresh_for
    }
}

impl History {
    /// The known registrations of `interface`, oldest first.
    #[must_use]
    pub fn of(&self, interface: InterfaceId) -> Vec<Registration> {
        let found = self.stretches.get(&interface).into_iter().flatten();
        found.map(|stretch| stretch.registration.clone()).collect()
    }

    /// Takes one reading of the endpoint map into account for each of `interfaces`.
    ///
    /// A map that could not be read says nothing. A map read before the process started that the
    /// services name now is not that process's and says nothing about it.
    pub fn observe(&mut self, reading: &MapReading<'_>, interfaces: &[InterfaceId]) {
        let Some(endpoints) = reading.map.own() else { return };
        let boot = reading.boot();
        for interface in interfaces {
            let process = reading.process(*interface);
            if let (Some(process), Some(read)) = (process, reading.read)
                && read < process.started
            {
                continue;
            }
            match holds_over_tcp(endpoints, *interface) {
                Some(true) => self.held(*interface, boot.as_deref(), process, reading.at),
                Some(false) => {
                    if let Some(last) = self.last(*interface) {
                        last.open = false;
                        last.registration.lost.get_or_insert(reading.at);
                    }
                }
                None => {}
            }
        }
        self.forget_before(reading.at.minus(reading.kept_for), interfaces);
    }

    fn last(&mut self, interface: InterfaceId) -> Option<&mut Stretch> {
        self.stretches.get_mut(&interface)?.last_mut()
    }

    fn held(
        &mut self,
        interface: InterfaceId,
        boot: Option<&str>,
        process: Option<Process>,
        at: Timestamp,
    ) {
        if let Some(Stretch { open: true, registration }) = self.last(interface)
            && same(registration.boot.as_deref().as_ref(), boot.as_ref())
            && same(registration.process.as_ref(), process.as_ref())
        {
            if registration.boot.is_none() {
                registration.boot = boot.map(ToOwned::to_owned);
            }
            registration.process = registration.process.or(process);
            registration.last = registration.last.max(at);
            return;
        }
        let stretches = self.stretches.entry(interface).or_default();
        if let Some(last) = stretches.last_mut() {
            last.open = false;
        }
        let boot = boot.map(ToOwned::to_owned);
        let registration =
            Registration { interface, boot, process, first: at, last: at, lost: None };
        stretches.push(Stretch { open: true, registration });
        let excess = stretches.len().saturating_sub(MOST);
        stretches.drain(..excess);
    }

    /// Forgets what was last seen before `moment`, but for the last stretch of each interface that is
    /// watched: without it what was registered and died long ago was never registered at all.
    fn forget_before(&mut self, moment: Timestamp, watched: &[InterfaceId]) {
        self.stretches.retain(|interface, stretches| {
            let last = stretches
                .pop()
                .filter(|last| watched.contains(interface) || last.registration.last >= moment);
            stretches.retain(|stretch| stretch.registration.last >= moment);
            stretches.extend(last);
            !stretches.is_empty()
        });
    }
}

/// Whether two lives can be the same: one that is not known is not taken for another.
fn same<T: PartialEq>(then: Option<&T>, now: Option<&T>) -> bool {
    then.is_none() || now.is_none() || then == now
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::samples::{DRSUAPI, boot, host, map, services};

    const FRESH: Duration = Duration::from_secs(60);

    fn at(second: u64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000 + second * 1000)
    }

    fn facts(second: u64, boot_id: &str, pid: Option<u32>, started: u64) -> DcFacts {
        let mut facts = DcFacts::default();
        let mut own = host("dc1.lab.test", &["10.0.0.1"]);
        own.boot = boot(boot_id, at(0));
        facts.put(at(second), epmesh_common::facts::Section::Host(own));
        let process = pid.map(|pid| Process { pid, started: at(started) });
        facts.put(at(second), epmesh_common::facts::Section::Services(services(process)));
        facts
    }

    fn observe(history: &mut History, second: u64, registered: bool, facts: &DcFacts) {
        let map = map(registered);
        let reading = MapReading {
            map: &map,
            at: at(second),
            read: Some(at(second)),
            facts,
            fresh_for: FRESH,
            kept_for: HISTORY,
        };
        history.observe(&reading, &[DRSUAPI]);
    }

    #[test]
    fn one_process_is_one_stretch_and_a_restart_another() {
        let mut history = History::default();
        observe(&mut history, 10, true, &facts(10, "a", Some(7), 1));
        observe(&mut history, 40, true, &facts(40, "a", Some(7), 1));
        observe(&mut history, 70, true, &facts(70, "a", Some(8), 60));
        observe(&mut history, 90, true, &facts(90, "b", Some(8), 60));
        let stretches = history.of(DRSUAPI);
        let spans: Vec<_> = stretches.iter().map(|found| (found.first, found.last)).collect();
        assert_eq!(spans, [(at(10), at(40)), (at(70), at(70)), (at(90), at(90))]);
        assert_eq!(stretches[1].process.map(|process| process.pid), Some(8));
        assert_eq!(stretches[2].boot.as_deref(), Some("b"));
    }

    #[test]
    fn a_lost_registration_closes_and_a_new_one_opens() {
        let mut history = History::default();
        let same = |second| facts(second, "a", Some(7), 1);
        observe(&mut history, 10, true, &same(10));
        observe(&mut history, 20, false, &same(20));
        observe(&mut history, 30, false, &same(30));
        assert_eq!(history.of(DRSUAPI).len(), 1);
        assert_eq!(history.of(DRSUAPI)[0].last, at(10));
        assert_eq!(history.of(DRSUAPI)[0].lost, Some(at(20)), "the first look without it");
        observe(&mut history, 40, true, &same(40));
        assert_eq!(history.of(DRSUAPI).len(), 2);
    }

    #[test]
    fn a_map_that_could_not_be_read_says_nothing() {
        let mut history = History::default();
        let facts = facts(10, "a", Some(7), 1);
        observe(&mut history, 10, true, &facts);
        let unread = EndpointMap { views: Vec::new() };
        let reading = MapReading {
            map: &unread,
            at: at(20),
            read: Some(at(20)),
            facts: &facts,
            fresh_for: FRESH,
            kept_for: HISTORY,
        };
        history.observe(&reading, &[DRSUAPI]);
        observe(&mut history, 30, true, &facts);
        assert_eq!(history.of(DRSUAPI).len(), 1);
        assert_eq!(history.of(DRSUAPI)[0].last, at(30));
    }

    #[test]
    fn a_map_is_not_credited_to_a_process_that_started_later() {
        let mut history = History::default();
        observe(&mut history, 10, true, &facts(11, "a", Some(9), 11));
        assert!(history.of(DRSUAPI).is_empty());
    }

    #[test]
    fn a_process_from_another_time_is_not_known() {
        let mut history = History::default();
        observe(&mut history, 500, true, &facts(10, "a", Some(7), 1));
        assert_eq!(history.of(DRSUAPI)[0].process, None);
    }

    #[test]
    fn it_is_bounded() {
        let mut history = History::default();
        for life in 0..40_u32 {
            let second = u64::from(life) * 10;
            observe(&mut history, second, true, &facts(second, "a", Some(life), second));
        }
        assert_eq!(history.of(DRSUAPI).len(), MOST);
        assert_eq!(history.of(DRSUAPI)[0].process.map(|process| process.pid), Some(24));
        let later = HISTORY.as_secs() + 1000;
        observe(&mut history, later, true, &facts(later, "a", Some(99), later));
        assert_eq!(history.of(DRSUAPI).len(), 1);
    }

    /// What died longer ago than anything is remembered has been registered all the same, in this life of
    /// the host: "never" would be wrong, and proven by who watched all the while.
    #[test]
    fn the_last_stretch_is_kept_however_long_ago_it_was() {
        let day = 86_400;
        for kept_for in [Duration::from_secs(day), HISTORY] {
            let mut history = History::default();
            let mut observe = |second: u64, registered: bool| {
                let (map, facts) = (map(registered), facts(second, "a", None, 0));
                let (at, fresh_for) = (at(second), FRESH);
                let reading = MapReading {
                    map: &map,
                    at,
                    read: Some(at),
                    facts: &facts,
                    fresh_for,
                    kept_for,
                };
                history.observe(&reading, &[DRSUAPI]);
            };
            observe(0, true);
            observe(60, false);
            observe(day, true);
            (day + 1..200 * day).step_by(40_000).for_each(|second| observe(second, false));
            let known = history.of(DRSUAPI);
            assert_eq!(known.len(), 1, "{known:?}");
            assert_eq!((known[0].last, known[0].lost), (at(day), Some(at(day + 1))));
            // Nothing is kept of an interface that is no longer watched.
            let (map, facts) = (map(false), facts(300 * day, "a", None, 0));
            let (at, fresh_for) = (at(300 * day), FRESH);
            let reading =
                MapReading { map: &map, at, read: Some(at), facts: &facts, fresh_for, kept_for };
            history.observe(&reading, &[]);
            assert_eq!(history, History::default());
        }
    }

    #[test]
    fn it_survives_writing_and_reading() {
        let mut history = History::default();
        observe(&mut history, 10, true, &facts(10, "a", Some(7), 1));
        let text = serde_json::to_string(&history).expect("a history can be written");
        assert_eq!(serde_json::from_str::<History>(&text).expect("and read"), history);
    }
}
