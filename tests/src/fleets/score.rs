//! What was said against what is so.

use std::time::Duration;

use epmesh_common::{
    diagnosis::{Confidence, Side, State, Verdict},
    facts::Timestamp,
};

use super::{
    client::{Stands, reaches},
    fault::{Fault, Kind},
    run::Played,
};

/// What a fleet, or many, came to.
#[derive(Clone, Debug, Default)]
pub struct Score {
    /// Fleets.
    pub fleets: usize,
    /// Of these without a fault.
    pub healthy_fleets: usize,
    /// Verdicts given in all.
    pub verdicts: usize,
    /// Faults put in.
    pub faults: usize,
    /// Of these such that the remaining evidence decides.
    pub decidable: usize,
    /// Of these named rightly on every link where it decides.
    pub right: usize,
    /// What went wrong.
    pub misses: Vec<Miss>,
}

/// The ways of being wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MissKind {
    /// A verdict is proven and wrong.
    WronglyProven,
    /// Something is found on a link that no fault bears on.
    FalseFinding,
    /// The remaining evidence decides, and the cause or the side is not the right one.
    NotNamed,
}

/// One thing that was said wrongly.
#[derive(Clone, Debug)]
pub struct Miss {
    /// The seed that shows it.
    pub seed: u64,
    /// What sort of error.
    pub kind: MissKind,
    /// What was put in.
    pub fault: Option<Kind>,
    /// What was said, in a line.
    pub said: String,
}

impl Score {
    /// Takes another one in.
    pub fn add(&mut self, other: Self) {
        self.fleets += other.fleets;
        self.healthy_fleets += other.healthy_fleets;
        self.verdicts += other.verdicts;
        self.faults += other.faults;
        self.decidable += other.decidable;
        self.right += other.right;
        self.misses.extend(other.misses);
    }
}

/// The score of one fleet.
#[must_use]
pub fn score(seed: u64, played: &Played) -> Score {
    let mut score = Score {
        fleets: 1,
        healthy_fleets: usize::from(played.faults.is_empty()),
        verdicts: played.verdicts,
        faults: played.faults.len(),
        ..Score::default()
    };
    let mut miss = |kind, fault: Option<&Fault>, link: (usize, usize), at, verdict: &Verdict| {
        let said = line(played, link, at, verdict);
        score.misses.push(Miss { seed, kind, fault: fault.map(|fault| fault.kind), said });
    };
    for judged in &played.before {
        if let Some((kind, fault)) = wrong(played, judged.link, judged.at, &judged.verdict) {
            miss(kind, fault, judged.link, judged.at, &judged.verdict);
        }
    }
    for (link, verdict) in &played.last {
        if let Some((kind, fault)) = wrong(played, *link, played.now, verdict) {
            miss(kind, fault, *link, played.now, verdict);
        }
    }
    let (mut decidable, mut right) = (0, 0);
    for fault in &played.faults {
        let mut links = played.last.iter().filter(|(link, _)| decides(played, fault, **link));
        let Some(first) = links.next() else { continue };
        decidable += 1;
        let missed = std::iter::once(first)
            .chain(links)
            .find(|(link, verdict)| !is_right(played, fault, **link, verdict));
        match missed {
            None => right += 1,
            Some((link, verdict)) => {
                miss(MissKind::NotNamed, Some(fault), *link, played.now, verdict);
            }
        }
    }
    (score.decidable, score.right) = (decidable, right);
    score
}

fn line(played: &Played, (to, from): (usize, usize), at: Timestamp, verdict: &Verdict) -> String {
    let (to, from) = (&played.world.dcs[to], &played.world.dcs[from]);
    let culprit = verdict.culprit.as_ref();
    let culprit = culprit
        .map_or(String::new(), |found| format!(": {} {}: {}", found.kind, found.name, found.value));
    let before = at.until(played.now).as_secs();
    format!(
        "{} <- {} ({:?}, {:?}), {before} s before the end: {} {} {} {}{culprit}",
        to.name,
        from.name,
        to.platform,
        from.platform,
        verdict.state,
        verdict.confidence,
        verdict.cause,
        verdict.side,
    )
}

/// What is wrong with a verdict, whatever the evidence was: something found where nothing is, or
/// proven and not so.
fn wrong<'p>(
    played: &'p Played,
    link: (usize, usize),
    at: Timestamp,
    verdict: &Verdict,
) -> Option<(MissKind, Option<&'p Fault>)> {
    let (to, from) = link;
    let bears = |fault: &&Fault| fault.at <= at && fault.touches(&played.world, to, from);
    let fault = played.faults.iter().find(bears);
    if !matches!(verdict.state, State::Failing | State::Latent) {
        // Healthy, and proven, while nothing gets through and both sides were asked since.
        let blind = fault.filter(|fault| {
            at == played.now
                && verdict.state == State::Healthy
                && verdict.confidence == Confidence::Proven
                && decides(played, fault, link)
        });
        return blind.map(|fault| (MissKind::WronglyProven, Some(fault)));
    }
    let Some(fault) = fault else {
        // A host that is being started anew does not answer; that was seen, and is so.
        let restarted = played.restarts.iter().chain(&[]).any(|(dc, began)| {
            [to, from].contains(dc) && at >= *began && at <= began.plus(Duration::from_secs(200))
        });
        let is_down = verdict.confidence != Confidence::Proven && restarted;
        return (!is_down).then_some((MissKind::FalseFinding, None));
    };
    // A host that is away, on its way down or up, is a link that fails for another reason.
    let away = fault.kind.restarts() && at <= fault.done().plus(Played::fresh_for());
    let passing = ["epm-unreachable", "not-1753", "starting-up"].contains(&verdict.cause.as_str());
    let (causes, sides) = fault.truth(&played.world);
    let so = causes.contains(&verdict.cause.as_str()) && sides.contains(&verdict.side);
    let proven = verdict.confidence == Confidence::Proven;
    (proven && !so && !(away && passing)).then_some((MissKind::WronglyProven, Some(fault)))
}

/// Whether what came in decides this fault on this link: both were asked since it struck, and what
/// they say is fresh at the end.
fn decides(played: &Played, fault: &Fault, link: (usize, usize)) -> bool {
    let (to, from) = link;
    let world = &played.world;
    if !fault.touches(world, to, from)
        || played.stands(link) == Stands::Works && !latent(played, fault, to)
    {
        return false;
    }
    let since = fault.done();
    let fresh = played.now.minus(Played::fresh_for());
    let counts = |at: Option<&Timestamp>| at.is_some_and(|at| *at > since && *at >= fresh);
    let looked = counts(played.looked.get(&link));
    let own = |dc: usize| counts(played.spoke.get(&dc));
    looked
        && own(to)
        && (!fault.kind.needs_source() || own(from))
        && watched(played, fault)
        && placed(played, fault, link)
}

/// What tells died from never started, and unregistered from never registered, was seen before.
fn watched(played: &Played, fault: &Fault) -> bool {
    let needs = matches!(fault.kind, Kind::Died | Kind::Unregistered);
    !needs || played.first_spoke.get(&fault.source).is_some_and(|first| *first < fault.at)
}

/// Whether a wrong name somewhere can be seen from this destination before it does harm.
fn latent(played: &Played, fault: &Fault, to: usize) -> bool {
    let Some(server) = fault.server else { return fault.kind.shows_latent() };
    let (dc, holder) = (&played.world.dcs[to], &played.world.dcs[server]);
    fault.kind.shows_latent()
        && dc
            .names
            .servers
            .iter()
            .any(|asked| holder.addresses.contains(asked) || (asked.is_loopback() && to == server))
}

/// Whether somebody's word tells on which side a cut lies.
fn placed(played: &Played, fault: &Fault, link: (usize, usize)) -> bool {
    let (to, from) = link;
    let world = &played.world;
    let fresh = played.now.minus(Played::fresh_for()).max(fault.done());
    let seen = |pair: (usize, usize)| played.looked.get(&pair).is_some_and(|at| *at > fresh);
    let others =
        (0..world.dcs.len()).filter(|other| ![to, from].contains(other) && seen((*other, from)));
    let reached = |other: usize| {
        world.dcs[from].addresses.iter().any(|address| reaches(world, other, from, *address))
    };
    match fault.kind {
        // The same from a neighbour in its own site: there is no other firewall in between.
        Kind::HostBlocksMapper | Kind::HostBlocksPort => {
            let site = world.dcs[from].site;
            let mut near = others.chain([to]);
            near.any(|other| world.dcs[other].site == site)
        }
        Kind::SitesBlockMapper
        | Kind::SitesBlockPorts
        | Kind::PathBlocksMapper
        | Kind::PathInspected => {
            let mut others = others;
            others.any(reached)
        }
        _ => true,
    }
}

fn is_right(played: &Played, fault: &Fault, link: (usize, usize), verdict: &Verdict) -> bool {
    let (causes, sides) = fault.truth(&played.world);
    let side = sides.contains(&verdict.side)
        || (fault.kind == Kind::HostDown && verdict.side != Side::None);
    let state = match played.stands(link) {
        Stands::Fails => verdict.state == State::Failing,
        Stands::Partly => matches!(verdict.state, State::Failing | State::Latent),
        Stands::Works => verdict.state == State::Latent,
    };
    state && side && causes.contains(&verdict.cause.as_str())
}
