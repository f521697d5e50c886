//! What happens next, drawn from the dice.

use std::time::Duration;

use epmesh_common::facts::Timestamp;

use super::{
    super::{begin::goes_beside_or, fault::Fault},
    overlap::{goes_over, partners},
    plot::Scene,
    stage::{Stage, Step},
    times::{AWAY, FLAPPING},
    trouble::{Cure, Trouble, cure, is_played, loses_registration},
};

/// Faults that stand at once.
const MOST: usize = 3;
/// Faults that are tried until one has a place beside those that stand.
const TRIED: usize = 30;
/// Faults of before for whose source, or which themselves, the next one is drawn.
const REMEMBERED: usize = 4;
/// So long after a repair, and a minute at most, what failed is replicated again.
const REPLICATED: Duration = Duration::from_secs(120);
/// Seconds until the next act: some before all have looked, some when the fleet has been quiet for long.
const PAUSES: [u64; 14] = [5, 20, 45, 70, 130, 200, 330, 400, 500, 700, 900, 1_300, 2_000, 3_600];

impl Stage {
    /// Does something, and says when the next thing is done.
    pub(super) fn act(&mut self, now: Timestamp) {
        let standing = self.land.troubles.len();
        let dice = self.dice.from_to(0, 99);
        let scene = if dice <= 68 { self.scene(now) } else { None };
        match dice {
            _ if scene.is_some() => self.plays(scene, now),
            0..=7 if standing > 0 => self.replace(now),
            0..=37 if standing < MOST => self.strike(now),
            0..=68 if standing > 0 => self.heal(now),
            0..=68 => self.strike(now),
            69..=75 => self.say(now),
            76..=81 => self.restart_coordinator(now),
            82..=87 => self.send_away(now),
            88..=91 => self.restart_host(now),
            92..=93 if self.liar.is_some() => self.lie(now),
            _ => self.look_on_demand(now),
        }
        let pause = self.dice.one(&PAUSES).unwrap_or(60);
        let pause = Duration::from_millis(pause * 1_000 + self.dice.from_to(0, 20_000));
        let next = now.plus(pause);
        if next < self.last {
            self.at(next, Step::Act);
        }
    }

    fn plays(&mut self, scene: Option<Scene>, now: Timestamp) {
        match scene {
            Some(Scene::Strike(fault)) => self.strike_with(Fault { at: now, ..*fault }, now),
            Some(Scene::Heal) => {
                for trouble in self.land.troubles.clone() {
                    self.cure(&trouble, now);
                }
            }
            None => {}
        }
    }

    fn strike(&mut self, now: Timestamp) {
        if let Some(fault) = (0..TRIED).find_map(|_| self.draw(now)) {
            self.strike_with(fault, now);
        }
    }

    /// One fault goes and another one of the same source comes, with no look between.
    fn replace(&mut self, now: Timestamp) {
        let Some(trouble) = self.dice.one(&self.land.troubles) else { return };
        let of = trouble.fault.source;
        if self.land.is_down(of) || cure(self.land.healthy(), &trouble.fault) != Cure::Undone {
            return;
        }
        let others = self.land.troubles.iter().filter(|it| it.number != trouble.number);
        let others: Vec<Fault> = others.map(|it| it.fault.clone()).collect();
        let next = (0..3 * TRIED).find_map(|_| {
            let world = self.land.healthy();
            let next = Fault::draw(&mut self.dice, world, now, Some(&trouble.fault), None)?;
            let is_other = (next.kind, next.wrong) != (trouble.fault.kind, trouble.fault.wrong);
            let fits = next.source == of && is_other && !next.kind.restarts();
            (fits && self.has_place(&next, &others, now)).then_some(next)
        });
        if let Some(next) = next {
            self.cure(&trouble, now);
            self.strike_with(next, now);
        }
    }

    fn strike_with(&mut self, fault: Fault, now: Timestamp) {
        self.log(now, |stage| {
            let (to, from) = (stage.name(fault.destination), stage.name(fault.source));
            let server = fault.server.map(|server| stage.name(server));
            format!("+ {:?}: {to} <- {from}, server {server:?}, wrong {}", fault.kind, fault.wrong)
        });
        if loses_registration(fault.kind) {
            self.losses.push((fault.source, now));
        }
        self.past.push(fault.clone());
        let excess = self.past.len().saturating_sub(REMEMBERED);
        self.past.drain(..excess);
        self.outcome.faults += 1;
        self.struck.push(fault.kind);
        let (number, source, restarts) = (self.outcome.faults, fault.source, fault.kind.restarts());
        let trouble = Trouble { number, fault, decided: None, had_incident: false };
        self.land.strike(trouble, now);
        if restarts {
            self.reboot(source, now, AWAY);
        }
        self.changed();
        self.disturbed(now);
    }

    /// A fault that has a place in the fleet beside those that stand: another one, mostly somewhere near, or
    /// one of before.
    fn draw(&mut self, now: Timestamp) -> Option<Fault> {
        let near = self.dice.one(&self.past);
        let again = near.clone().filter(|_| self.dice.chance(25));
        let again = again.map(|fault| Fault { at: now, ..fault });
        let world = self.land.healthy();
        let over = self.dice.one(&self.land.troubles).filter(|_| self.dice.chance(25));
        let over = over.map(|trouble| trouble.fault);
        let kind = over.as_ref().and_then(|it| self.dice.one(partners(it.kind)));
        let near = over.filter(|_| kind.is_some()).or(near);
        let again = again.filter(|_| kind.is_none());
        let fault =
            again.or_else(|| Fault::draw(&mut self.dice, world, now, near.as_ref(), kind))?;
        let standing: Vec<Fault> = self.land.troubles.iter().map(|it| it.fault.clone()).collect();
        self.has_place(&fault, &standing, now).then_some(fault)
    }

    /// Whether a fault has a place beside these.
    fn has_place(&self, fault: &Fault, standing: &[Fault], now: Timestamp) -> bool {
        let world = self.land.healthy();
        let since = now.minus(FLAPPING);
        let lost = |(source, at): &&(usize, Timestamp)| *source == fault.source && *at > since;
        let often = loses_registration(fault.kind) && self.losses.iter().filter(lost).count() >= 2;
        is_played(fault.kind)
            && !often
            && !self.land.is_down(fault.source)
            && goes_beside_or(fault, standing, world, |other| goes_over(world, fault, other))
    }

    fn heal(&mut self, now: Timestamp) {
        let Some(trouble) = self.dice.one(&self.land.troubles) else { return };
        if !self.land.is_down(trouble.fault.source) {
            self.cure(&trouble, now);
            // Between a first look that is well and what comes then.
            if self.dice.chance(15) && now < self.last {
                let soon = Duration::from_secs(self.dice.from_to(20, 200));
                self.at(now.plus(soon), Step::Restart);
            }
        }
    }

    /// Takes a fault away as its kind goes away.
    pub(super) fn cure(&mut self, trouble: &Trouble, now: Timestamp) {
        let source = trouble.fault.source;
        self.log(now, |stage| format!("- {:?} {}", trouble.fault.kind, stage.name(source)));
        let cure = cure(self.land.healthy(), &trouble.fault);
        self.land.heal(trouble.number, now);
        self.gone.push((trouble.clone(), now));
        let excess = self.gone.len().saturating_sub(REMEMBERED);
        self.gone.drain(..excess);
        for post in &mut self.posts {
            let at = now.plus(REPLICATED).plus(Duration::from_secs(self.dice.from_to(0, 60)));
            post.agent.inbound.again(at);
        }
        match cure {
            Cure::Undone => {}
            Cure::NewProcess => self.land.new_process(source, now),
            Cure::Reboot => self.reboot(source, now, AWAY),
            Cure::SwitchedOn => {
                self.land.comes_up(source, now);
                self.booted(now);
            }
        }
        self.changed();
        self.disturbed(now.plus(REPLICATED).plus(REPLICATED));
    }

    fn reboot(&mut self, dc: usize, now: Timestamp, away: Duration) {
        self.land.goes_down(dc, now);
        self.played.restarts.retain(|(other, _)| *other != dc);
        self.played.restarts.push((dc, now));
        self.at(now.plus(away), Step::Up(dc));
        self.booted(now.plus(away));
    }

    /// A host that was started anew is there again.
    pub(super) fn up(&mut self, dc: usize, now: Timestamp) {
        self.land.comes_up(dc, now);
        self.changed();
        self.log(now, |stage| format!("  {} is up", stage.name(dc)));
    }

    /// A healthy host is started anew.
    fn restart_host(&mut self, now: Timestamp) {
        let dc = self.dice.below(self.posts.len());
        let is_free = |trouble: &Trouble| trouble.fault.source != dc;
        if self.land.is_down(dc) || !self.land.troubles.iter().all(is_free) {
            return;
        }
        self.log(now, |stage| format!("  {} restarts", stage.name(dc)));
        let away = Duration::from_secs(self.dice.from_to(20, 60));
        self.reboot(dc, now, away);
        self.changed();
    }

    /// An agent begins to lie, or tells the truth again.
    fn lie(&mut self, now: Timestamp) {
        let liar = if self.land.world.liar.is_some() { None } else { self.liar };
        self.log(now, |stage| {
            let name = liar.map(|(dc, _)| stage.name(dc));
            format!("  lies: {name:?}, {:?}", liar.map(|(_, lie)| lie))
        });
        self.land.lies(liar, now);
        for trouble in &mut self.land.troubles {
            trouble.had_incident = false;
        }
        self.changed();
        self.disturbed(now);
    }

    /// An operator says something of an open incident.
    fn say(&mut self, now: Timestamp) {
        if now < self.absent {
            return;
        }
        let open = self.coordinator.open_incidents(&self.land.world, now);
        let Some(one) = self.dice.one(&open) else { return };
        let time = Duration::from_secs(self.dice.from_to(600, 4 * 3600));
        let is_care = self.dice.chance(50);
        let is_said = if is_care {
            self.coordinator.acknowledge(&one.id, now)
        } else {
            self.coordinator.silence(&one.id, time, now)
        };
        self.outcome.words += usize::from(is_said);
        if is_said {
            self.watch.said(&one.id, now);
        }
        self.log(now, |_| {
            let word = if is_care { "acknowledged" } else { "silenced" };
            format!("  {word}: {} ({}) {is_said}", one.id, one.subject)
        });
    }

    pub(super) fn restart_coordinator(&mut self, now: Timestamp) {
        if now < self.absent {
            return;
        }
        let longest = if self.dice.chance(50) { 0 } else { 600 };
        let gone = Duration::from_secs(self.dice.from_to(0, longest));
        let with_facts = !self.dice.chance(20);
        self.absent = now.plus(gone);
        self.at(self.absent, Step::Serves(with_facts));
        self.disturbed(self.absent);
        self.outcome.restarts += 1;
        self.log(now, |_| {
            let seconds = gone.as_secs();
            format!("  the coordinator is gone for {seconds} s, its facts are kept: {with_facts}")
        });
    }

    /// The coordinator is there again.
    pub(super) fn serves(&mut self, with_facts: bool, now: Timestamp) {
        self.coordinator.restart(with_facts);
        if !with_facts {
            self.played.forget();
        }
        self.replan(now);
        self.coordinator.judge(now);
        self.watch(now);
    }

    /// An agent cannot report for a while.
    fn send_away(&mut self, now: Timestamp) {
        let dc = self.dice.below(self.posts.len());
        let time = Duration::from_secs(self.dice.from_to(60, 2_400));
        if !self.land.healthy().dcs[dc].agent || self.posts[dc].away > now {
            return;
        }
        self.posts[dc].away = now.plus(time);
        self.disturbed(now.plus(time));
        self.log(now, |stage| {
            format!("  the agent of {} is away for {} s", stage.name(dc), time.as_secs())
        });
    }

    /// `epmesh diagnose --now`: both ends and some witnesses look at once.
    fn look_on_demand(&mut self, now: Timestamp) {
        if now < self.absent {
            return;
        }
        let links = self.coordinator.links(&self.land.world);
        let Some((to, from)) = self.dice.one(&links) else { return };
        self.log(now, |stage| format!("  looked at: {} <- {}", stage.name(to), stage.name(from)));
        let witnesses = links.iter().filter(|(dc, source)| *source == from && *dc != to);
        let witnesses: Vec<usize> = witnesses.map(|(dc, _)| *dc).take(3).collect();
        for dc in [to, from] {
            if self.can_be_asked(dc, now) {
                self.speak(dc, now);
            }
        }
        for dc in [to].into_iter().chain(witnesses) {
            let target = self.posts[dc].targets.iter().position(|(peer, _)| *peer == from);
            if let Some(target) = target.filter(|_| self.can_be_asked(dc, now)) {
                self.look(dc, target, now);
                self.flush(dc, now);
            }
        }
    }

    fn can_be_asked(&self, dc: usize, now: Timestamp) -> bool {
        self.land.world.dcs[dc].agent && self.posts[dc].away <= now
    }
}
