//! Records of one source that come one after the other.

use std::collections::VecDeque;

use epmesh_common::facts::Timestamp;

use super::{
    super::{fault::Fault, kind::Kind},
    plot::{Plot, Scene},
    stage::Stage,
};

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
