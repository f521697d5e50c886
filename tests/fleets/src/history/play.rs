//! A history from its seed.

use std::time::Duration;

use epmesh_common::facts::Timestamp;

use super::{
    super::{
        begin::START,
        build::{self, Naming},
        dice::Dice,
    },
    outcome::{Outcome, Wrong},
    plot::Plot,
    stage::{Stage, Step},
    times::{OVER, SETTLED, TICK},
};

/// Ticks after which old verdicts are given anew, and what evidence decides is noted.
const SWEEP: u64 = 3;
/// Ticks after which a fleet that is quiet is checked again.
const CHECK: u64 = 12;

/// Plays the history that `seed` is, over so many hours; with `is_logged` the outcome says what happened.
#[must_use]
pub fn play(seed: u64, hours: u64, plot: Plot, is_logged: bool) -> Outcome {
    let mut dice = Dice::new(seed ^ 0x6869_7374_6f72_7900);
    let start = Timestamp::from_millis(START);
    let last = start.plus(Duration::from_secs(hours * 3600));
    let count = usize::try_from(dice.from_to(3, 8)).unwrap_or(3);
    let world = build::world(&mut dice, count, start, Naming::Plain);
    let mut stage = Stage::new(seed, start, last, world, dice, plot);
    stage.is_logged = is_logged;
    stage.begin();
    stage.run();
    stage.outcome
}

impl Stage {
    fn begin(&mut self) {
        for dc in 0..self.posts.len() {
            if self.land.world.dcs[dc].agent {
                let moment = self.dice.from_to(0, 12_000);
                self.at(self.start.plus(Duration::from_millis(moment)), Step::Own(dc));
            }
        }
        let (start, last) = (self.start, self.last);
        self.at(start.plus(SETTLED), Step::Act);
        self.at(start.plus(TICK), Step::Tick);
        self.at(last, Step::Last);
    }

    fn run(&mut self) {
        let mut ticks = 0;
        while let Some((now, step)) = self.next() {
            match step {
                Step::Act => self.act(now),
                Step::Restart => self.restart_coordinator(now),
                Step::Up(dc) => self.up(dc, now),
                Step::Serves(with_facts) => self.serves(with_facts, now),
                Step::Own(dc) => self.own(dc, now),
                Step::Look(dc, target) => self.look(dc, target, now),
                Step::Again(dc) => self.again(dc, now),
                Step::Flush(dc) => self.flush(dc, now),
                Step::Deliver(parcel) => self.deliver(parcel, now),
                Step::Tick => {
                    ticks += 1;
                    self.tick(ticks, now);
                }
                Step::Last => self.end(now),
                Step::End => {
                    self.over(now);
                    return;
                }
            }
        }
    }

    fn tick(&mut self, ticks: u64, now: Timestamp) {
        self.at(now.plus(TICK), Step::Tick);
        if now < self.absent {
            return;
        }
        if ticks.is_multiple_of(SWEEP) {
            self.coordinator.sweep(now);
            self.note_decided(now);
        }
        self.replan(now);
        self.coordinator.judge(now);
        self.watch(now);
        if now >= self.quiet && (ticks.is_multiple_of(CHECK) || !self.was_quiet) {
            self.check(now);
        }
        self.was_quiet = now >= self.quiet;
    }

    /// The last faults go.
    fn end(&mut self, now: Timestamp) {
        if self.land.troubles.iter().any(|it| self.land.is_down(it.fault.source)) {
            self.at(now.plus(TICK), Step::Last);
            return;
        }
        for trouble in self.land.troubles.clone() {
            self.cure(&trouble, now);
        }
        if self.land.world.liar.is_some() {
            self.land.lies(None, now);
            self.changed();
            self.disturbed(now);
        }
        let over = self.quiet.max(now).plus(OVER);
        self.at(over, Step::End);
    }

    /// When all is well, all is over.
    fn over(&mut self, now: Timestamp) {
        self.check(now);
        for one in self.coordinator.open_incidents(&self.land.world, now) {
            if self.watch.is_first_to_stay(&one.id) {
                let said = format!("{} {} at the end", one.id, one.subject);
                self.wrong(now, Wrong::StaysOpen, None, said);
            }
        }
        self.outcome.decided = self.decided.len();
        for (at, kind) in self.struck.iter().enumerate() {
            let counts = self.outcome.kinds.entry(*kind).or_default();
            counts[0] += 1;
            counts[1] += usize::from(self.decided.contains(&(at + 1)));
        }
        self.outcome.right = self.decided.difference(&self.missed).count();
    }
}
