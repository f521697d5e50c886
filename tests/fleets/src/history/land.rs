//! The healthy world, what stands in it, and the lives of hosts. A fault is healed by putting those that still
//! stand onto the healthy world anew.

use std::collections::{BTreeMap, BTreeSet};

use epmesh_common::facts::{BootMode, Process, Timestamp};

use super::{
    super::{
        build::process,
        client::{Stands, stands},
        world::{Lie, Life, World},
    },
    overlap::{hides, shared},
    trouble::Trouble,
};

/// A world and what goes wrong in it.
pub(super) struct Land {
    /// Every host as it would be without faults, in its present life.
    healthy: World,
    /// The world as it stands.
    pub(super) world: World,
    /// The faults that stand, oldest first.
    pub(super) troubles: Vec<Trouble>,
    /// The faults, by when they struck, that are not seen on a link because another one is met there first.
    pub(super) hidden: BTreeSet<(Timestamp, (usize, usize))>,
    /// Hosts that are being started anew.
    down: BTreeSet<usize>,
    /// Rises with every change.
    pub(super) version: u64,
    /// The last change.
    pub(super) changed: Timestamp,
    /// Which links are well in the present world, as far as somebody asked.
    well: BTreeMap<(usize, usize), bool>,
}

impl Land {
    pub(super) fn new(healthy: World, start: Timestamp) -> Self {
        Self {
            world: healthy.clone(),
            healthy,
            troubles: Vec::new(),
            hidden: BTreeSet::new(),
            down: BTreeSet::new(),
            version: 0,
            changed: start,
            well: BTreeMap::new(),
        }
    }

    /// The world without its faults.
    pub(super) const fn healthy(&self) -> &World {
        &self.healthy
    }

    /// Whether the host of this domain controller is being started anew.
    pub(super) fn is_down(&self, dc: usize) -> bool {
        self.down.contains(&dc)
    }

    /// Adds a fault.
    pub(super) fn strike(&mut self, trouble: Trouble, now: Timestamp) {
        self.troubles.push(trouble);
        self.set(now);
    }

    /// Takes a fault away.
    pub(super) fn heal(&mut self, number: usize, now: Timestamp) {
        self.troubles.retain(|trouble| trouble.number != number);
        self.set(now);
    }

    /// From now on an agent states what is not so, or none does.
    pub(super) fn lies(&mut self, liar: Option<(usize, Lie)>, now: Timestamp) {
        self.healthy.liar = liar;
        self.set(now);
    }

    /// The host goes down to be started anew.
    pub(super) fn goes_down(&mut self, dc: usize, now: Timestamp) {
        self.down.insert(dc);
        self.set(now);
    }

    /// The host is up, in a new life.
    pub(super) fn comes_up(&mut self, dc: usize, now: Timestamp) {
        self.down.remove(&dc);
        let host = &mut self.healthy.dcs[dc];
        let id = format!("{:032x}", u128::from(now.as_millis()) << 8 | dc as u128);
        host.boot = Life { id, at: now, mode: BootMode::Normal };
        host.directory.process = Some(process(host.platform, now));
        self.set(now);
    }

    /// What serves the interface is started anew, as another process.
    pub(super) fn new_process(&mut self, dc: usize, now: Timestamp) {
        let process = &mut self.healthy.dcs[dc].directory.process;
        *process = process.map(|before| Process { pid: before.pid + 1, started: now });
        self.set(now);
    }

    fn set(&mut self, now: Timestamp) {
        let mut world = self.healthy.clone();
        for trouble in &self.troubles {
            trouble.fault.apply(&mut world);
        }
        for dc in &self.down {
            world.dcs[*dc].up = false;
        }
        self.hidden.clear();
        for one in &self.troubles {
            for other in self.troubles.iter().filter(|other| other.number != one.number) {
                let hidden = shared(&self.healthy, &one.fault, &other.fault)
                    .filter(|link| hides(&self.healthy, &one.fault, &other.fault, *link));
                self.hidden.extend(hidden.map(|link| (other.fault.at, link)));
            }
        }
        self.world = world;
        self.version += 1;
        self.changed = now;
        self.well.clear();
    }

    /// Whether nothing at all is wrong with the link from the second to the first.
    pub(super) fn is_well(&mut self, (to, from): (usize, usize)) -> bool {
        let Self { world, troubles, well, .. } = self;
        *well.entry((to, from)).or_insert_with(|| {
            let is_lie = world.liar.is_some_and(|(liar, _)| liar == to);
            !is_lie
                && world.dcs[to].lives()
                && world.dcs[from].lives()
                && !troubles.iter().any(|it| it.fault.touches(world, to, from))
                && stands(world, to, from) == Stands::Works
        })
    }
}
