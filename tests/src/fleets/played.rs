//! The variants in which a fleet is played, and the record of a play.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use epmesh::fleet::{HISTORY, Settings};
use epmesh_common::{diagnosis::Verdict, facts::Timestamp};

use super::{
    agent::INTERVAL,
    build::Naming,
    client::{Stands, stands},
    fault::Fault,
    kind::Kind,
    own::drsuapi,
    world::World,
};

/// The same fleet, told in another way. The verdicts must be the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Variant {
    /// How the domain controllers are called.
    pub naming: Naming,
    /// Reports of different agents that come close together come in another order.
    pub other_order: bool,
    /// Healthy domain controllers added.
    pub added: usize,
    /// Milliseconds by which every clock is later, the coordinator's too.
    pub later_ms: u64,
    /// Every agent's clock is wrong by as much in the other direction.
    pub clocks_mirrored: bool,
    /// Every report is taken in twice.
    pub repeated: bool,
    /// How many faults, whatever the dice say.
    pub faults: Option<usize>,
    /// Of which kind, whatever the dice say.
    pub kind: Option<Kind>,
    /// The most domain controllers, whatever the dice say.
    pub most: Option<usize>,
}

/// A verdict of some moment.
#[derive(Clone, Debug)]
pub struct Judged {
    /// When.
    pub at: Timestamp,
    /// The destination and the source, by their numbers.
    pub link: (usize, usize),
    /// What was said.
    pub verdict: Verdict,
}

/// What became of a fleet.
pub struct Played {
    /// The world at the end.
    pub world: World,
    /// The end.
    pub now: Timestamp,
    /// What was done to it.
    pub faults: Vec<Fault>,
    /// The faults, by when they struck, that are not seen on a link because another one is met there first.
    pub hidden: BTreeSet<(Timestamp, (usize, usize))>,
    /// Healthy hosts that were started anew, and when.
    pub restarts: Vec<(usize, Timestamp)>,
    /// The verdict on every link at the end.
    pub last: BTreeMap<(usize, usize), Verdict>,
    /// Verdicts before the end that said that something is wrong.
    pub before: Vec<Judged>,
    /// When the looks were made that came in, by destination and source, oldest first.
    pub looks: BTreeMap<(usize, usize), Vec<Timestamp>>,
    /// The links whose last look that came in asked for the source's whole endpoint map.
    pub whole: BTreeSet<(usize, usize)>,
    /// The links over which the destination replicates.
    pub pulled: BTreeSet<(usize, usize)>,
    /// The attempts to replicate over each link, oldest first: when, and the result.
    pub attempts: BTreeMap<(usize, usize), Vec<(Timestamp, u32)>>,
    /// When the last own facts were read that came in.
    pub spoke: BTreeMap<usize, Timestamp>,
    /// When all own facts were read that came in, oldest first.
    pub told: BTreeMap<usize, Vec<Timestamp>>,
    /// When each agent's own facts came in for the first time.
    pub first_spoke: BTreeMap<usize, Timestamp>,
    /// The reports as they were taken in: whose, and which.
    pub order: Vec<(usize, u64)>,
    /// Verdicts given in all.
    pub verdicts: usize,
}

impl Played {
    /// A play of this world, of which nothing is known yet.
    pub(super) fn begun(world: World, now: Timestamp) -> Self {
        Self {
            world,
            now,
            faults: Vec::new(),
            hidden: BTreeSet::new(),
            restarts: Vec::new(),
            last: BTreeMap::new(),
            before: Vec::new(),
            looks: BTreeMap::new(),
            whole: BTreeSet::new(),
            pulled: BTreeSet::new(),
            attempts: BTreeMap::new(),
            spoke: BTreeMap::new(),
            told: BTreeMap::new(),
            first_spoke: BTreeMap::new(),
            order: Vec::new(),
            verdicts: 0,
        }
    }

    /// Whether what is known of a link is what its destination states wrongly.
    #[must_use]
    pub fn is_lie(&self, link: (usize, usize)) -> bool {
        self.world.liar.is_some_and(|(liar, _)| liar == link.0)
    }

    /// All that came in is lost.
    pub(super) fn forget(&mut self) {
        self.looks.clear();
        self.spoke.clear();
        self.told.clear();
        self.first_spoke.clear();
        self.whole.clear();
    }

    /// How long a fact decides.
    #[must_use]
    pub fn fresh_for() -> Duration {
        settings().fresh_for()
    }

    /// Whether a fault bears on a link and none of the others hides it there.
    #[must_use]
    pub fn shows(&self, fault: &Fault, link: (usize, usize)) -> bool {
        fault.touches(&self.world, link.0, link.1) && !self.is_hidden(fault, link)
    }

    /// Whether another fault keeps this one from showing on a link.
    pub(super) fn is_hidden(&self, fault: &Fault, link: (usize, usize)) -> bool {
        self.hidden.contains(&(fault.at, link))
            || self.faults.iter().any(|other| other.hides(fault, &self.world, link))
    }

    /// How a link really stands at the end.
    #[must_use]
    pub fn stands(&self, link: (usize, usize)) -> Stands {
        stands(&self.world, link.0, link.1)
    }
}

/// What the coordinator is told.
pub(super) fn settings() -> Settings {
    Settings {
        interval: INTERVAL,
        interfaces: vec![drsuapi()],
        client_protocols: Default::default(),
        history: HISTORY,
    }
}
