//! The state of a history, and its steps to come.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque},
};

use epmesh_common::facts::{DnsName, Report, Target, Timestamp};

use super::{
    super::{
        agent::Looked,
        dice::Dice,
        fault::Fault,
        kind::Kind,
        played::Played,
        world::{Lie, World},
    },
    coordinator::Coordinator,
    follow::Watch,
    land::Land,
    outcome::{Outcome, Violation, Wrong},
    plot::{Plot, Scene},
    post::Post,
    times::{BOOT, SETTLED},
    trouble::Trouble,
};

/// What happens at some moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// Something is done to the fleet.
    Act,
    /// The coordinator is started anew.
    Restart,
    /// A host is up again.
    Up(usize),
    /// The coordinator is there again, with its facts or without.
    Serves(bool),
    /// An agent reads its host.
    Own(usize),
    /// An agent looks at one of its targets.
    Look(usize, usize),
    /// An agent states again what is wanted.
    Again(usize),
    /// An agent sends what waits.
    Flush(usize),
    /// A report comes in.
    Deliver(usize),
    /// Time passes.
    Tick,
    /// The last fault goes.
    Last,
    /// The history is over.
    End,
}

/// A report on its way.
pub(super) struct Parcel {
    pub(super) dc: usize,
    pub(super) report: Report,
    pub(super) sent: Timestamp,
    pub(super) looked: Vec<Looked>,
    pub(super) spoke: Option<Timestamp>,
}

/// A history that is being played.
pub(super) struct Stage {
    pub(super) seed: u64,
    pub(super) start: Timestamp,
    /// Nothing is done to the fleet after this.
    pub(super) last: Timestamp,
    /// Decides what is done.
    pub(super) dice: Dice,
    /// Seeds the dice of each report.
    pub(super) noise: u64,
    pub(super) land: Land,
    pub(super) plot: Plot,
    /// What the plot has next.
    pub(super) scenes: VecDeque<Scene>,
    /// The agent that lies at times, and what it says then.
    pub(super) liar: Option<(usize, Lie)>,
    pub(super) posts: Vec<Post>,
    pub(super) coordinator: Coordinator,
    /// Until when the coordinator is not there.
    pub(super) absent: Timestamp,
    pub(super) parcels: Vec<Option<Parcel>>,
    pub(super) by_name: BTreeMap<DnsName, usize>,
    /// What came in, for the rule of what it decides.
    pub(super) played: Played,
    pub(super) watch: Watch,
    /// Faults that stood before, the newest last.
    pub(super) past: Vec<Fault>,
    /// Faults that went, and when.
    pub(super) gone: Vec<(Trouble, Timestamp)>,
    /// The kinds of the faults that struck, by their numbers.
    pub(super) struck: Vec<Kind>,
    /// When registrations of a source were lost.
    pub(super) losses: Vec<(usize, Timestamp)>,
    /// When something was last done to the fleet.
    pub(super) disturbed: Timestamp,
    /// From when on it has been left alone long enough.
    pub(super) quiet: Timestamp,
    /// Whether it was left alone long enough at the last tick.
    pub(super) was_quiet: bool,
    /// What was found not to hold, so that it is told once.
    pub(super) reported: BTreeSet<(Wrong, Option<usize>, String)>,
    /// How many of the events told were looked at.
    pub(super) heard: usize,
    /// The faults, and the links of each, that evidence decided when it was last asked.
    pub(super) decides: BTreeSet<(usize, (usize, usize))>,
    /// The faults that evidence decided at some quiet moment.
    pub(super) decided: BTreeSet<usize>,
    /// Those of them that were not named rightly.
    pub(super) missed: BTreeSet<usize>,
    pub(super) outcome: Outcome,
    /// Whether what happens is written down.
    pub(super) is_logged: bool,
    steps: BinaryHeap<Reverse<(Timestamp, usize, Step)>>,
    count: usize,
}

impl Stage {
    pub(super) fn new(
        seed: u64,
        start: Timestamp,
        last: Timestamp,
        mut world: World,
        mut dice: Dice,
        plot: Plot,
    ) -> Self {
        let noise = dice.from_to(0, u64::MAX);
        // It tells the truth at the beginning.
        world.liar = None;
        let liar = liar(&mut dice, &world);
        let mut played = Played::begun(world.clone(), start);
        let posts: Vec<Post> =
            (0..world.dcs.len()).map(|dc| Post::begin(&world, dc, start, noise)).collect();
        let all = posts.iter().enumerate();
        let pulled =
            all.flat_map(|(to, post)| post.agent.inbound.sources().map(move |it| (to, it)));
        played.pulled = pulled.collect();
        let agents = world.dcs.iter().filter(|dc| dc.agent).map(|dc| dc.name.clone()).collect();
        let by_name = world.dcs.iter().enumerate().map(|(at, dc)| (dc.name.clone(), at)).collect();
        Self {
            seed,
            start,
            last,
            dice,
            noise,
            posts,
            plot,
            scenes: VecDeque::new(),
            liar,
            coordinator: Coordinator::new(agents),
            absent: start,
            parcels: Vec::new(),
            by_name,
            played,
            watch: Watch::default(),
            past: Vec::new(),
            gone: Vec::new(),
            struck: Vec::new(),
            losses: Vec::new(),
            disturbed: start,
            quiet: start.plus(SETTLED),
            was_quiet: false,
            reported: BTreeSet::new(),
            heard: 0,
            decides: BTreeSet::new(),
            decided: BTreeSet::new(),
            missed: BTreeSet::new(),
            outcome: Outcome { histories: 1, ..Outcome::default() },
            is_logged: false,
            steps: BinaryHeap::new(),
            count: 0,
            land: Land::new(world, start),
        }
    }

    /// Something happens at `at`.
    pub(super) fn at(&mut self, at: Timestamp, step: Step) {
        self.count += 1;
        self.steps.push(Reverse((at, self.count, step)));
    }

    /// The next step.
    pub(super) fn next(&mut self) -> Option<(Timestamp, Step)> {
        self.steps.pop().map(|Reverse((at, _, step))| (at, step))
    }

    /// The fleet is not quiet until `from` and the time that all need to see it.
    pub(super) fn disturbed(&mut self, from: Timestamp) {
        self.disturbed = self.disturbed.max(from);
        self.quiet = self.disturbed.plus(SETTLED);
    }

    /// The same where a host is started anew at `from`.
    pub(super) fn booted(&mut self, from: Timestamp) {
        self.disturbed(from.plus(BOOT));
    }

    /// The world has changed: what is known of it for the rule of what evidence decides.
    pub(super) fn changed(&mut self) {
        self.played.world = self.land.world.clone();
        self.played.faults = self.land.troubles.iter().map(|it| it.fault.clone()).collect();
        self.played.hidden.clone_from(&self.land.hidden);
    }

    /// Notes what happened.
    pub(super) fn log(&mut self, now: Timestamp, said: impl FnOnce(&Self) -> String) {
        if self.is_logged {
            let second = self.start.until(now).as_secs();
            let said = said(self);
            let line =
                format!("{}:{:02}:{:02} {said}", second / 3600, second / 60 % 60, second % 60);
            self.outcome.log.push(line);
        }
    }

    /// Notes what did not hold; the same of one fault or incident only once.
    pub(super) fn wrong(
        &mut self,
        now: Timestamp,
        wrong: Wrong,
        fault: Option<&Fault>,
        said: String,
    ) {
        let second = self.start.until(now).as_secs();
        self.log(now, |_| format!("!! {wrong:?} {said}"));
        let kind = fault.map(|fault| fault.kind);
        self.outcome.violations.push(Violation { seed: self.seed, second, wrong, kind, said });
    }

    /// The name of a domain controller.
    pub(super) fn name(&self, dc: usize) -> &str {
        self.land.world.dcs[dc].name.as_str()
    }

    /// Gives agents the plans that the coordinator has for them.
    pub(super) fn replan(&mut self, now: Timestamp) {
        for (agent, targets) in self.coordinator.replan(now) {
            let Some(dc) = self.by_name.get(&agent).copied() else { continue };
            let number = |target: Target| Some((*self.by_name.get(&target.name)?, target));
            let targets = targets.into_iter().filter_map(number).collect();
            self.posts[dc].plan(targets);
        }
    }
}

/// An agent that lies at times, in one of three fleets that have others beside it and two that it speaks of.
fn liar(dice: &mut Dice, world: &World) -> Option<(usize, Lie)> {
    let agents: Vec<usize> = (0..world.dcs.len()).filter(|dc| world.dcs[*dc].agent).collect();
    let lie = dice.one(&[Lie::AllWell, Lie::NothingThere]);
    let liar = dice.one(&agents).zip(lie);
    liar.filter(|_| agents.len() > 3 && dice.chance(35))
}
