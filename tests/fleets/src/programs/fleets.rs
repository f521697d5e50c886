//! `epmesh-fleets`: random fleets with known faults through the engine, and what it made of them.
//! `tests/campaign fleets` runs it.

use std::{collections::BTreeMap, process::ExitCode};

use clap::Parser;
use epmesh_common::diagnosis::Verdict;
use epmesh_fleets::{MissKind, Score, Variant, kind::Kind, on_threads, play, score};

/// Fleets of which an error of one sort is told in full.
const PRINTED: usize = 3;

/// Random fleets with known faults through the engine.
#[derive(Clone, Parser)]
#[command(name = "epmesh-fleets")]
struct Arguments {
    /// How many fleets.
    #[arg(long, default_value_t = 10_000)]
    fleets: u64,
    /// The first of them: fleets that nobody has looked at yet.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// These fleets alone are played again, and every error is printed; may be given several times.
    #[arg(long)]
    seed: Vec<u64>,
    /// With a seed, the whole verdict at the end on the link to this destination from this source, as JSON.
    #[arg(long, num_args = 2, value_names = ["DESTINATION", "SOURCE"], requires = "seed")]
    show: Vec<String>,
    /// The most domain controllers of a fleet; a seed is another fleet with another limit.
    #[arg(long)]
    most: Option<usize>,
    /// Faults of this kind alone, one in each fleet.
    #[arg(long, value_parser = kind)]
    kind: Option<Kind>,
    /// Threads.
    #[arg(long, default_value_t = 2)]
    threads: u64,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut total = Score::default();
    for seed in &arguments.seed {
        total.add(one(*seed, variant(&arguments), &arguments.show));
    }
    if arguments.seed.is_empty() {
        total = all(&arguments);
    }
    print(&total, !arguments.seed.is_empty());
    let enough = total.right * 100 >= total.decidable * 99;
    let forgiven =
        |kind| matches!(kind, MissKind::NotNamed | MissKind::WrongCulprit | MissKind::NotCounted);
    let only_missed = total.misses.iter().all(|miss| forgiven(miss.kind));
    let counted = total.counted * 1000 >= total.fleets * 995;
    if enough && only_missed && counted { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One fleet, and what was done to it.
fn one(seed: u64, variant: Variant, show: &[String]) -> Score {
    let played = play(seed, variant);
    let name = |dc: usize| played.world.dcs.get(dc).map_or("?", |dc| dc.name.as_str());
    for fault in &played.faults {
        println!(
            "seed {seed}: {:?}, {} s before the end: {} <- {}, server {:?}, wrong {}",
            fault.kind,
            fault.at.until(played.now).as_secs(),
            name(fault.destination),
            name(fault.source),
            fault.server.map(name),
            fault.wrong,
        );
    }
    for (dc, at) in &played.restarts {
        let before = at.until(played.now).as_secs();
        println!("seed {seed}: {} restarts, {before} s before the end", name(*dc));
    }
    let shown =
        |verdict: &&Verdict| *show == [verdict.destination.to_string(), verdict.source.to_string()];
    for verdict in played.last.values().filter(shown) {
        match serde_json::to_string_pretty(verdict) {
            Ok(text) => println!("{text}"),
            Err(error) => eprintln!("the verdict is not JSON: {error}"),
        }
    }
    score(seed, &played)
}

/// The kind of that name.
fn kind(name: &str) -> Result<Kind, String> {
    let is_so = |kind: &Kind| format!("{kind:?}") == name;
    Kind::ALL.into_iter().find(is_so).ok_or_else(|| format!("there is no kind {name}"))
}

fn variant(arguments: &Arguments) -> Variant {
    let (most, kind) = (arguments.most, arguments.kind);
    Variant { most, kind, faults: kind.map(|_| 1), ..Variant::default() }
}

fn all(arguments: &Arguments) -> Score {
    let (first, variant) = (arguments.first, variant(arguments));
    let seeds = first..first.saturating_add(arguments.fleets);
    let one = |total: &mut Score, seed| total.add(score(seed, &play(seed, variant)));
    on_threads(seeds, arguments.threads, one, Score::add)
}

fn print(total: &Score, whole: bool) {
    println!("fleets                      {}", total.fleets);
    println!("  of these without a fault  {}", total.healthy_fleets);
    println!("verdicts                    {}", total.verdicts);
    println!("faults                      {}", total.faults);
    println!("  that evidence decides     {}", total.decidable);
    println!("  of these named rightly    {}", total.right);
    println!("fleets whose incidents are their faults  {}", total.counted);
    let [compared, agreed] = total.modelled;
    println!("verdicts held against the model of a Windows destination  {compared}");
    println!("  of these agree with it    {agreed}");
    println!("\n{:<20} {:>7} {:>9} {:>7}", "kind", "put in", "decided", "named");
    for (kind, [put, decided, named]) in &total.kinds {
        println!("{:<20} {put:>7} {decided:>9} {named:>7}", format!("{kind:?}"));
    }
    println!("\n{:<28} {:>7}", "situation", "decided");
    for (situation, decided) in &total.situations {
        println!("{:<28} {decided:>7}", format!("{situation:?}"));
    }
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for miss in &total.misses {
        groups.entry((miss.kind, miss.fault)).or_default().push(miss);
    }
    for ((kind, fault), mut misses) in groups {
        let fault = fault.map_or("no fault".to_owned(), |fault| format!("{fault:?}"));
        println!("\n{kind:?}, {fault}: {}", misses.len());
        if !whole {
            // One of each fleet: the rest of it is most often the same once more.
            misses.dedup_by_key(|miss| miss.seed);
        }
        let printed = if whole { misses.len() } else { PRINTED };
        for miss in misses.iter().take(printed) {
            println!("  --seed {}  {}", miss.seed, miss.said);
        }
        let seeds: Vec<String> =
            misses.iter().skip(printed).map(|miss| miss.seed.to_string()).collect();
        if !seeds.is_empty() {
            println!("  and in {}", seeds.join(", "));
        }
    }
}
