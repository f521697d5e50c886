//! The time for which a service has been on its way from one state to another, or paused.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{ServiceState, Services, Timestamp};

/// A service that neither runs nor is stopped, and since when it has been told to be so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LastingState {
    /// The service, by its name.
    pub service: String,
    /// Its state.
    pub state: ServiceState,
    /// When it was first told to be in that state, with no other told since.
    pub since: Timestamp,
    /// Whether it was told to be in another state shortly before, so that it came into this one then. Else it
    /// may have been in this one for longer.
    pub came_then: bool,
}

impl LastingState {
    /// The services in `now`, told at `at`, that neither run nor are stopped. `held` are those of the services
    /// told `before`, which count where that is no more than `gap` ago.
    #[must_use]
    pub fn of(
        now: &Services,
        at: Timestamp,
        before: Option<(&Services, Timestamp)>,
        held: &[Self],
        gap: Duration,
    ) -> Vec<Self> {
        let before = before.filter(|(_, told)| told.until(at) <= gap);
        let list = now.list.value().into_iter().flatten();
        let lasting = list.filter(|service| {
            !matches!(service.state, ServiceState::Running | ServiceState::Stopped)
        });
        lasting
            .map(|service| {
                let is_same = |known: &&Self| {
                    known.service.eq_ignore_ascii_case(&service.name)
                        && known.state == service.state
                };
                let known = before.and_then(|_| held.iter().find(is_same)).cloned();
                let was = before.and_then(|(services, _)| {
                    let mut list = services.list.value()?.iter();
                    list.find(|other| other.name.eq_ignore_ascii_case(&service.name))
                });
                known.unwrap_or_else(|| Self {
                    service: service.name.clone(),
                    state: service.state,
                    since: at,
                    came_then: was.is_some_and(|was| was.state != service.state),
                })
            })
            .collect()
    }

    /// Begins the time anew at `at`, where nothing was told for so long that another state could have come and
    /// gone.
    pub fn interrupted(&mut self, at: Timestamp) {
        (self.since, self.came_then) = (at, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Blank, Reading, Service};

    const GAP: Duration = Duration::from_secs(180);

    fn at(second: u64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000 + second * 1000)
    }

    fn services(state: ServiceState) -> Services {
        let service = Service::blank("NTDS", state, &Blank::Absent);
        Services { list: Reading::Value(vec![service]) }
    }

    #[test]
    fn a_state_lasts_from_the_first_word_of_it() {
        let (runs, stops) = (services(ServiceState::Running), services(ServiceState::Stopping));
        let first = LastingState::of(&stops, at(60), Some((&runs, at(0))), &[], GAP);
        assert_eq!((first[0].since, first[0].came_then), (at(60), true));
        let next = LastingState::of(&stops, at(120), Some((&stops, at(60))), &first, GAP);
        assert_eq!(next, first);
        let paused = services(ServiceState::Paused);
        let other = LastingState::of(&paused, at(180), Some((&stops, at(120))), &next, GAP);
        assert_eq!((other[0].state, other[0].since), (ServiceState::Paused, at(180)));
        assert!(LastingState::of(&runs, at(240), Some((&paused, at(180))), &other, GAP).is_empty());
    }

    #[test]
    fn what_was_told_long_ago_or_for_the_first_time_says_nothing_of_its_beginning() {
        let stops = services(ServiceState::Stopping);
        let first = LastingState::of(&stops, at(0), None, &[], GAP);
        assert_eq!((first[0].since, first[0].came_then), (at(0), false));
        let later = LastingState::of(&stops, at(3600), Some((&stops, at(0))), &first, GAP);
        assert_eq!((later[0].since, later[0].came_then), (at(3600), false));
        let mut one = first[0].clone();
        one.interrupted(at(7200));
        assert_eq!(one.since, at(7200));
    }
}
