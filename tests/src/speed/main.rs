//! `epmesh-speed`: what it costs to judge links and to group them, in a fleet of ten thousand domain
//! controllers. It prints, and asserts nothing. `tests/campaign speed` runs it.
//!
//! The fleet is 196 forests of 51 domain controllers, in which everybody looks at everybody: 9,996
//! agents and 499,800 links, each with the facts and the look of the random fleets of
//! `epmesh-fleets`, taken in by the coordinator's own view. Only the work on them is timed.

#![allow(
    clippy::expect_used,
    reason = "a benchmark over a fleet that it made itself ends where that is not as it was made"
)]

mod fleet;

use std::{
    thread,
    time::{Duration, Instant},
};

use clap::Parser;
use epmesh::fleet::View;
use epmesh_common::{
    diagnosis::{Link, State, Verdict, diagnose, judge},
    facts::Timestamp,
};

use self::fleet::Fleet;

/// What it costs to judge links and to group them, in a large fleet.
#[derive(Clone, Copy, Parser)]
#[command(name = "epmesh-speed")]
struct Arguments {
    /// How many forests of 51 domain controllers.
    #[arg(long, default_value_t = 196)]
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
    let links = fleet.view.take_touched(usize::MAX);
    println!(
        "{} domain controllers, {} links; made in {:.1?}",
        fleet.dcs(),
        links.len(),
        began.elapsed()
    );
    one(&fleet.view, &links, arguments.links, fleet.now);
    scratch(&mut fleet, &links);
    reports(&mut fleet, arguments.deaths);
}

/// One link by itself.
fn one(view: &View, links: &[Link], count: usize, now: Timestamp) {
    let some: Vec<&Link> = links.iter().step_by((links.len() / count).max(1)).take(count).collect();
    let time = |what: &str, work: &dyn Fn(&Link)| {
        let began = Instant::now();
        some.iter().for_each(|link| work(link));
        println!("one link, {what}: {:.1} us", micros(began.elapsed(), some.len()));
    };
    time("its evidence gathered", &|link| {
        std::hint::black_box(view.evidence(link, now));
    });
    let evidence = view.evidence(links.first().expect("there are links"), now);
    time("judged (the evidence at hand, the same link)", &|_| {
        std::hint::black_box(judge(std::hint::black_box(&evidence), now));
    });
    time("the whole verdict with proof and words (the same)", &|_| {
        std::hint::black_box(diagnose(std::hint::black_box(&evidence), now));
    });
    time("gathered and judged, one after the other", &|link| {
        std::hint::black_box(judge(&view.evidence(link, now), now));
    });
}

/// All links, of none of which anything is known yet, by two threads; then what they come to.
fn scratch(fleet: &mut Fleet, links: &[Link]) {
    let (began, now) = (Instant::now(), fleet.now);
    let view = &fleet.view;
    let half = links.len().div_ceil(2);
    let verdicts: Vec<Vec<Verdict>> = thread::scope(|scope| {
        let judged = |part: &[Link]| -> Vec<Verdict> {
            part.iter().map(|link| judge(&view.evidence(link, now), now)).collect()
        };
        let parts: Vec<_> =
            links.chunks(half).map(|part| scope.spawn(move || judged(part))).collect();
        parts.into_iter().map(|part| part.join().expect("it does not panic")).collect()
    });
    let judged = began.elapsed();
    for (link, verdict) in links.iter().zip(verdicts.into_iter().flatten()) {
        fleet.view.judge(link, verdict, now);
    }
    let put = began.elapsed();
    fleet.view.regroup();
    let whole = began.elapsed();
    let verdicts = fleet.view.verdicts();
    let healthy = verdicts.iter().filter(|(_, verdict)| verdict.state == State::Healthy).count();
    println!(
        "{} links from scratch: {whole:.2?} (judged by two threads {judged:.2?}, taken in {:.2?}, \
         grouped {:.2?}); {healthy} healthy, {} incidents",
        links.len(),
        put - judged,
        whole - put,
        fleet.view.incidents().len(),
    );
}

/// Reports that each touch every link from one domain controller.
fn reports(fleet: &mut Fleet, deaths: usize) {
    let mut times = Vec::new();
    let mut touched = 0;
    for number in 0..deaths {
        let report = fleet.death(number);
        let began = Instant::now();
        fleet.take(report);
        let links = fleet.view.take_touched(usize::MAX);
        touched = touched.max(links.len());
        for link in &links {
            let verdict = judge(&fleet.view.evidence(link, fleet.now), fleet.now);
            fleet.view.judge(link, verdict, fleet.now);
        }
        fleet.view.regroup();
        times.push(began.elapsed());
    }
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    println!(
        "a report that touches up to {touched} links, taken in, judged and regrouped: median \
         {:.2?}, 95 % {:.2?}, worst {:.2?}; {} incidents then",
        at(50),
        at(95),
        times.last().copied().unwrap_or_default(),
        fleet.view.incidents().len(),
    );
}

fn micros(time: Duration, count: usize) -> f64 {
    time.as_secs_f64() * 1e6 / f64::from(u32::try_from(count.max(1)).unwrap_or(u32::MAX))
}
