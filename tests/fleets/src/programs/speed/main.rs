//! `epmesh-speed`: what it costs to judge links and to group them, in a fleet of ten thousand domain
//! controllers. It prints, and asserts nothing. `tests/campaign speed` runs it.
//!
//! The fleet is 197 forests of 51 domain controllers, in which everybody looks at everybody: 10,047
//! agents and 502,350 links, each with the facts and the look of the random fleets of
//! `epmesh-fleets`, taken in by the coordinator's own view. Only the work on them is timed.

#![allow(
    clippy::expect_used,
    reason = "a benchmark over a fleet that it made itself ends where that is not as it was made"
)]

mod fleet;

use std::time::{Duration, Instant};

use clap::Parser;
use epmesh::fleet::View;
use epmesh_common::{
    diagnosis::{Evidence, Link, State, Verdict, diagnose, judge},
    facts::Timestamp,
};

use self::fleet::Fleet;

/// Links that are judged at once, as in the coordinator.
const BATCH: usize = 2048;

/// What it costs to judge links and to group them, in a large fleet.
#[derive(Clone, Copy, Parser)]
#[command(name = "epmesh-speed")]
struct Arguments {
    /// How many forests of 51 domain controllers.
    #[arg(long, default_value_t = 197)]
    forests: u32,
    /// Links that are judged to say what one costs.
    #[arg(long, default_value_t = 50_000)]
    links: usize,
    /// Domain controllers whose service dies, one after the other.
    #[arg(long, default_value_t = 100)]
    deaths: usize,
}

fn main() {
    let arguments = Arguments::parse();
    let began = Instant::now();
    let mut fleet = Fleet::new(arguments.forests);
    let links = fleet.view.take_dirty(usize::MAX);
    println!(
        "{} domain controllers, {} links; made in {:.1?}",
        fleet.dcs(),
        links.len(),
        began.elapsed()
    );
    one(&fleet.view, &links, arguments.links, fleet.now);
    scratch(&mut fleet, &links);
    reports(&mut fleet, arguments.deaths);
    let failing = fleet.view.judged().find(|(_, verdict)| verdict.state == State::Failing);
    if let Some((link, _)) = failing {
        let evidence = fleet.view.evidence(link, fleet.now);
        again_and_again("a failing link", &evidence, arguments.links.min(links.len()), fleet.now);
    }
}

/// One link by itself, and as one of many.
fn one(view: &View, links: &[Link], count: usize, now: Timestamp) {
    let some: Vec<Link> =
        links.iter().step_by((links.len() / count).max(1)).take(count).cloned().collect();
    let time = |what: &str, work: &dyn Fn(&Link)| {
        let began = Instant::now();
        some.iter().for_each(work);
        println!("one link, {what}: {:.1} us", micros(began.elapsed(), some.len()));
    };
    let first = links.first().expect("there are links");
    again_and_again("a healthy link", &view.evidence(first, now), some.len(), now);
    time("gathered and judged, each by itself", &|link| {
        std::hint::black_box(judge(&view.evidence(link, now), now));
    });
    let began = Instant::now();
    std::hint::black_box(view.judge_links(links, now, 1));
    let each = micros(began.elapsed(), links.len());
    println!("one link, gathered and judged among all from its source: {each:.1} us");
}

/// Judges one link again and again, with the evidence at hand.
fn again_and_again(what: &str, evidence: &Evidence, count: usize, now: Timestamp) {
    type Judge = fn(&Evidence, Timestamp) -> Verdict;
    let ways: [(&str, Judge); 2] =
        [("judged", judge), ("the whole verdict with proof and words", diagnose)];
    for (way, judge) in ways {
        let began = Instant::now();
        for _ in 0..count {
            std::hint::black_box(judge(std::hint::black_box(evidence), now));
        }
        println!("{what}, {way}: {:.1} us", micros(began.elapsed(), count));
    }
}

/// All links, of none of which anything is known yet, in batches by two threads, as the coordinator
/// does it; then what they come to.
fn scratch(fleet: &mut Fleet, links: &[Link]) {
    let now = fleet.now;
    let (mut judged, mut put) = (Duration::ZERO, Duration::ZERO);
    for batch in links.chunks(BATCH) {
        let began = Instant::now();
        let verdicts = fleet.view.judge_links(batch, now, 2);
        judged += began.elapsed();
        let began = Instant::now();
        fleet.view.record_verdicts(batch, verdicts, now);
        put += began.elapsed();
    }
    let began = Instant::now();
    fleet.view.regroup();
    let grouped = began.elapsed();
    let states = fleet.view.judged().map(|(_, verdict)| verdict.state);
    let healthy = states.filter(|state| *state == State::Healthy).count();
    println!(
        "{} links from scratch: {:.2?} (judged by two threads {judged:.2?}, taken in {put:.2?}, \
         grouped {grouped:.2?}); {healthy} healthy, {} incidents",
        links.len(),
        judged + put + grouped,
        fleet.view.incidents().len(),
    );
}

/// Reports that each touch every link from and to one domain controller; per report and per fifty
/// links.
fn reports(fleet: &mut Fleet, deaths: usize) {
    let mut times = Vec::new();
    let (mut touched, mut stages) = (0, [Duration::ZERO; 4]);
    for number in 0..deaths {
        let report = fleet.death(number);
        let began = Instant::now();
        fleet.take(report);
        let taken = began.elapsed();
        let links = fleet.view.take_dirty(usize::MAX);
        touched += links.len();
        let verdicts = fleet.view.judge_links(&links, fleet.now, 2);
        let judged = began.elapsed();
        fleet.view.record_verdicts(&links, verdicts, fleet.now);
        let put = began.elapsed();
        fleet.view.regroup();
        let whole = began.elapsed();
        for (stage, time) in
            stages.iter_mut().zip([taken, judged - taken, put - judged, whole - put])
        {
            *stage += time;
        }
        times.push(whole);
    }
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    let [taken, judged, put, grouped] = stages.map(|stage| micros(stage, times.len().max(1)));
    println!(
        "a report that touches {} links (mean): median {:.2?}, 95 % {:.2?}, worst {:.2?} (mean: \
         taken in {taken:.0} us, judged {judged:.0} us, verdicts taken in {put:.0} us, regrouped \
         {grouped:.0} us); {} incidents then",
        touched / times.len().max(1),
        at(50),
        at(95),
        times.last().copied().unwrap_or_default(),
        fleet.view.incidents().len(),
    );
}

fn micros(time: Duration, count: usize) -> f64 {
    time.as_secs_f64() * 1e6 / f64::from(u32::try_from(count.max(1)).unwrap_or(u32::MAX))
}
