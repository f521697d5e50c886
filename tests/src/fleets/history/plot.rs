//! What a history plays: whatever the dice say, or the same records again and again.

use std::collections::VecDeque;

use epmesh_common::facts::Timestamp;

use super::{
    super::{fault::Fault, kind::Kind},
    stage::Stage,
};

/// What a history plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Plot {
    /// Whatever the dice say.
    #[default]
    Any,
    /// One record after the other of the same source: an address record that leads to a member server; a second address
    /// record beside the right one, to an address that nobody has; one to the member server; the alias. Each is taken
    /// away before the next one comes, seen to be well or not.
    Records,
}

impl Plot {
    /// The plot of a seed, one in ten the records.
    #[must_use]
    pub const fn of(seed: u64) -> Self {
        if seed % 10 == 9 { Self::Records } else { Self::Any }
    }
}

/// The next thing of a plot.
#[derive(Clone, Debug)]
pub(super) enum Scene {
    /// This fault strikes.
    Strike(Box<Fault>),
    /// All faults go.
    Heal,
}

impl Stage {
    /// The next scene of the plot, where it has any.
    pub(super) fn scene(&mut self, now: Timestamp) -> Option<Scene> {
        if self.plot == Plot::Records && self.scenes.is_empty() {
            self.scenes = self.records(now).unwrap_or_default();
        }
        self.scenes.pop_front()
    }

    /// The records of one source.
    fn records(&mut self, now: Timestamp) -> Option<VecDeque<Scene>> {
        let world = self.land.healthy();
        let one = (0..100).find_map(|_| {
            let near = self.dice.one(&self.past);
            Fault::draw(&mut self.dice, world, now, near.as_ref(), Some(Kind::AddressTwice))
        })?;
        let nobody = if one.wrong.is_ipv4() {
            [10, 9, 9, 9].into()
        } else {
            "fd00:9::9".parse().expect("an address")
        };
        let member = world.strangers[0].address;
        if member.is_ipv4() != one.wrong.is_ipv4() {
            return None;
        }
        let alias = self.dice.one(&[Kind::AliasDead, Kind::AliasWrong, Kind::AliasMissingOnAll])?;
        let all = [
            (Kind::AddressStaleOnAll, member),
            (Kind::AddressTwice, nobody),
            (Kind::AddressTwice, member),
            (alias, nobody),
        ];
        let scenes = all.into_iter().flat_map(|(kind, wrong)| {
            let fault = Fault { kind, wrong, server: None, ..one.clone() };
            [Scene::Strike(Box::new(fault)), Scene::Heal]
        });
        Some(scenes.collect())
    }
}
