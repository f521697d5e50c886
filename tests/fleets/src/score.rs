//! The score: verdicts and incidents against the truth.

use std::{collections::BTreeMap, time::Duration};

use epmesh_common::{
    diagnosis::{Confidence, Culprit, Link, Side, State, Verdict},
    facts::Timestamp,
    incident::{Grouper, Incident},
};

use super::{
    client::Stands,
    culprit,
    decidable::{decides, decides_but_for_others, shows},
    fault::Fault,
    kind::Kind,
    modelled::modelled,
    own::drsuapi,
    played::Played,
    situation::Situation,
    windows_client::Difference,
    world::Guise,
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
    /// Fleets whose incidents are, one for one, the faults that show.
    pub counted: usize,
    /// Verdicts that can be held against the model of a Windows destination, and that agree with it.
    pub modelled: [usize; 2],
    /// The same of each kind: put in, decided by the evidence, named rightly.
    pub kinds: BTreeMap<Kind, [usize; 3]>,
    /// The faults that evidence decides in each situation, on some link.
    pub situations: BTreeMap<Situation, usize>,
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
    /// A cause is ruled out that is there, or that nobody could see.
    WronglyRuledOut,
    /// The remaining evidence decides, and the cause or the side is not the right one.
    NotNamed,
    /// The cause and the side are right, and the culprit is not.
    WrongCulprit,
    /// The error is none that a Windows destination reports of it.
    WrongError,
    /// It is said to fail where a Windows destination gets there, or the other way round.
    WrongState,
    /// The incidents are not the faults.
    NotCounted,
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
        self.counted += other.counted;
        self.modelled.iter_mut().zip(other.modelled).for_each(|(own, count)| *own += count);
        for (kind, counts) in other.kinds {
            let own = self.kinds.entry(kind).or_default();
            own.iter_mut().zip(counts).for_each(|(own, count)| *own += count);
        }
        for (situation, count) in other.situations {
            *self.situations.entry(situation).or_default() += count;
        }
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
        if let Some(fault) = wrongly_ruled_out(played, *link, verdict) {
            miss(MissKind::WronglyRuledOut, fault, *link, played.now, verdict);
        }
    }
    let (mut decidable, mut right) = (0, 0);
    let mut kinds: BTreeMap<Kind, [usize; 3]> = BTreeMap::new();
    for fault in &played.faults {
        let counts = kinds.entry(fault.kind).or_default();
        counts[0] += 1;
        let links: Vec<_> =
            played.last.iter().filter(|(link, _)| decides(played, fault, **link)).collect();
        if links.is_empty() {
            continue;
        }
        let holds = |it: &Situation| links.iter().any(|(link, _)| it.holds(played, fault, **link));
        for situation in Situation::ALL.into_iter().filter(holds) {
            *score.situations.entry(situation).or_default() += 1;
        }
        decidable += 1;
        counts[1] += 1;
        let missed =
            links.into_iter().find(|(link, verdict)| !is_right(played, fault, **link, verdict));
        match missed {
            None => {
                right += 1;
                counts[2] += 1;
            }
            Some((link, verdict)) => {
                let kind = if is_named(played, fault, *link, verdict) {
                    MissKind::WrongCulprit
                } else {
                    MissKind::NotNamed
                };
                miss(kind, Some(fault), *link, played.now, verdict);
            }
        }
    }
    (score.decidable, score.right, score.kinds) = (decidable, right, kinds);
    hold_against_model(seed, played, &mut score);
    match miscounted(played) {
        None => score.counted = 1,
        Some(said) => score.misses.push(Miss {
            seed,
            kind: MissKind::NotCounted,
            fault: played.faults.first().map(|fault| fault.kind),
            said,
        }),
    }
    score
}

/// Holds the verdicts at the end against the model of a Windows destination.
fn hold_against_model(seed: u64, played: &Played, score: &mut Score) {
    let [compared, agreed] = &mut score.modelled;
    for (link, verdict) in &played.last {
        let Some(difference) = modelled(played, *link, verdict) else { continue };
        *compared += 1;
        let (kind, said) = match difference {
            None => {
                *agreed += 1;
                continue;
            }
            Some(Difference::Error(said)) => (MissKind::WrongError, said),
            Some(Difference::State(said)) => (MissKind::WrongState, said),
        };
        let fault = played.faults.iter().find(|fault| played.shows(fault, *link));
        let fault = fault.map(|fault| fault.kind);
        let said = format!("{}; {said}", line(played, *link, played.now, verdict));
        score.misses.push(Miss { seed, kind, fault, said });
    }
}

/// What is wrong with the incidents: each fault that evidence decides is one, one that only shows
/// is one at most, and there are no others. A link counts for the fault that shows on it.
fn miscounted(played: &Played) -> Option<String> {
    let mut grouper = Grouper::new();
    for verdict in played.last.values() {
        let link = Link {
            destination: verdict.destination.clone(),
            source: verdict.source.clone(),
            interface: drsuapi(),
        };
        // Settled: whatever any look shows is from after the fault began.
        grouper.put(&link, verdict, Timestamp::default());
    }
    let incidents = grouper.incidents();
    let of = |fault: &Fault, incident: &Incident| {
        let mut links = incident.links.iter().chain(&incident.latent);
        links.any(|link| {
            let (to, from) = (&link.destination, &link.source);
            let ends = played.world.find(to).zip(played.world.find(from));
            ends.is_some_and(|link| played.shows(fault, link) && !played.is_lie(link))
        })
    };
    let mut wrong = Vec::new();
    for fault in &played.faults {
        let found = incidents.iter().filter(|incident| of(fault, incident)).count();
        let decided = played.last.keys().any(|link| decides(played, fault, *link));
        // Beside a witness that states the contrary, each link is read by itself where nothing decides.
        let is_sure = decided || played.world.liar.is_none();
        let is_split = found > most(played, fault) && is_sure;
        if is_split || found == 0 && decided || found == 1 && !decided && !shows(played, fault) {
            wrong.push(format!("{:?} is {found} incidents", fault.kind));
        }
    }
    // What an agent states wrongly of its own links is an incident of theirs.
    let is_lie = |one: &Incident| {
        let mut links = one.links.iter().chain(&one.latent);
        let liar = played.world.liar.and_then(|(liar, _)| played.world.dcs.get(liar));
        links.all(|link| liar.is_some_and(|liar| liar.name == link.destination))
    };
    let is_of_fault = |one: &Incident| played.faults.iter().any(|fault| of(fault, one));
    let foreign = incidents.iter().filter(|one| !is_of_fault(one) && !is_lie(one)).count();
    if foreign > 0 {
        wrong.push(format!("{foreign} incidents of no fault"));
    }
    let several = |one: &&Incident| played.faults.iter().filter(|fault| of(fault, one)).count() > 1;
    if let Some(one) = incidents.iter().find(several) {
        wrong.push(format!("two faults in one incident ({})", one.fault));
    }
    let subjects: Vec<String> = incidents
        .iter()
        .map(|one| {
            let (failing, latent) = (one.links.len(), one.latent.len());
            format!("{} ({}, {failing} + {latent} links)", one.fault, one.cause)
        })
        .collect();
    (!wrong.is_empty()).then(|| format!("{}; said: {}", wrong.join(", "), subjects.join("; ")))
}

/// The most incidents that a fault is rightly taken for.
pub(super) fn most(played: &Played, fault: &Fault) -> usize {
    let bearing = played.last.keys().filter(|link| played.shows(fault, **link));
    match fault.kind {
        // That one balancer resets several, and not the firewalls on their ways, nobody has seen.
        Kind::PortBalanced if !matches!(fault.guise, Guise::Member(_)) => bearing.count(),
        // Behind an address that leads others to the source, a firewall resets as a balancer's other machine does.
        Kind::NameBalanced if fault.guise == Guise::Http => bearing.count(),
        _ => 1,
    }
}

/// A verdict in a line.
pub(super) fn line(
    played: &Played,
    (to, from): (usize, usize),
    at: Timestamp,
    verdict: &Verdict,
) -> String {
    let (to, from) = (&played.world.dcs[to], &played.world.dcs[from]);
    let culprit = verdict.culprit.as_ref();
    let culprit = culprit.map_or(String::new(), |found| format!(": {}", found.text()));
    let before = at.until(played.now).as_secs();
    let remedy = verdict.remedy.first().map_or("", String::as_str);
    let remedy = if verdict.state == State::Unknown { remedy } else { "" };
    format!(
        "{} <- {} ({:?}, {:?}), {before} s before the end: {} {} {} {}{culprit} {remedy}",
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
pub(super) fn wrong<'p>(
    played: &'p Played,
    link: (usize, usize),
    at: Timestamp,
    verdict: &Verdict,
) -> Option<(MissKind, Option<&'p Fault>)> {
    let (to, from) = link;
    if played.is_lie(link) {
        return None;
    }
    // A line before DNS may lead elsewhere.
    let is_sure = (verdict.state, verdict.confidence) == (State::Healthy, Confidence::Proven);
    if is_sure && played.world.dcs[to].names.unread {
        return Some((MissKind::WronglyProven, None));
    }
    let bears = |fault: &&Fault| fault.at <= at && fault.touches(&played.world, to, from);
    let bearing: Vec<&Fault> = played.faults.iter().filter(bears).collect();
    // Of several the one that hides the others, once it has struck.
    let shows = |fault: &&Fault| {
        !played.hidden.contains(&(fault.at, link))
            && !bearing.iter().any(|other| other.hides(fault, &played.world, link))
    };
    let fault = bearing.iter().copied().find(shows);
    if !matches!(verdict.state, State::Failing | State::Latent) {
        // Healthy, and proven, while nothing gets through and both sides were asked since.
        let blind = fault.filter(|fault| {
            at == played.now
                && verdict.state == State::Healthy
                && verdict.confidence == Confidence::Proven
                && decides_but_for_others(played, fault, link)
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
    let away =
        |fault: &Fault| fault.kind.restarts() && at <= fault.done().plus(Played::fresh_for());
    let passing = ["epm-unreachable", "not-1753", "starting-up"].contains(&verdict.cause.as_str());
    let so = |fault: &&Fault| {
        let (causes, sides) = fault.truth(&played.world, to);
        causes.contains(&verdict.cause.as_str())
            && sides.contains(&verdict.side)
            && culprit::names(&played.world, fault, link, culprit(verdict))
    };
    let proven = verdict.confidence == Confidence::Proven;
    // What one hides was there to be seen before it was hidden.
    let known = bearing.iter().any(|fault| so(fault) || away(fault) && passing);
    (proven && !known).then_some((MissKind::WronglyProven, Some(fault)))
}

/// Whether a verdict rules out what is so on its link, or a line of a file that nobody could read.
#[expect(clippy::option_option, reason = "whether, and of which fault if of one")]
fn wrongly_ruled_out<'p>(
    played: &'p Played,
    link: (usize, usize),
    verdict: &Verdict,
) -> Option<Option<&'p Fault>> {
    if played.is_lie(link) {
        return None;
    }
    let is_out = |cause: &str| verdict.ruled_out.iter().any(|out| out.cause.as_str() == cause);
    let names_unread = played.world.dcs[link.0].names.unread;
    if names_unread && ["hosts-file-override", "lmhosts-override"].into_iter().any(is_out) {
        return Some(None);
    }
    let all_out = |fault: &&Fault| {
        let (causes, _) = fault.truth(&played.world, link.0);
        played.shows(fault, link)
            && played.stands(link) != Stands::Works
            && causes.into_iter().all(is_out)
    };
    played.faults.iter().find(all_out).map(Some)
}

/// The culprit that the engine itself named.
fn culprit(verdict: &Verdict) -> Option<&Culprit> {
    verdict.culprit.as_ref()?.culprit()
}

/// Whether a verdict says what the fault makes of a link, and names all of it.
pub(super) fn is_right(
    played: &Played,
    fault: &Fault,
    link: (usize, usize),
    verdict: &Verdict,
) -> bool {
    let culprit = culprit(verdict);
    is_named(played, fault, link, verdict)
        && culprit::names(&played.world, fault, link, culprit)
        && culprit::tells_all(fault, culprit)
}

/// Whether state, cause and side are what the fault makes them.
fn is_named(played: &Played, fault: &Fault, link: (usize, usize), verdict: &Verdict) -> bool {
    let (causes, sides) = fault.truth(&played.world, link.0);
    let side = sides.contains(&verdict.side)
        || (fault.kind == Kind::HostDown && verdict.side != Side::None);
    let state = match played.stands(link) {
        Stands::Fails => verdict.state == State::Failing,
        Stands::Partly => matches!(verdict.state, State::Failing | State::Latent),
        Stands::Works => verdict.state == State::Latent,
    };
    state && side && causes.contains(&verdict.cause.as_str())
}
