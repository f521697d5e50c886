//! `epmesh-histories`: random fleets through a day of faults that come and go, through the engine and the
//! coordinator's incidents, and what did not hold. `tests/campaign histories` runs it.

use std::{collections::BTreeMap, process::ExitCode};

use clap::Parser;
use epmesh_fleets::{
    history::{Outcome, Plot, Wrong, play},
    on_threads,
};

/// Violations of one sort that are told.
const PRINTED: usize = 5;

/// Random fleets through a day of faults that come and go.
#[derive(Clone, Parser)]
#[command(name = "epmesh-histories")]
struct Arguments {
    /// How many histories.
    #[arg(long, default_value_t = 1_000)]
    histories: u64,
    /// The first of them: histories that nobody has looked at yet.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// The hours of a history.
    #[arg(long, default_value_t = 24)]
    hours: u64,
    /// This one alone is played again, and told step by step; may be given several times.
    #[arg(long)]
    seed: Vec<u64>,
    /// Threads.
    #[arg(long, default_value_t = 2)]
    threads: u64,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut total = Outcome::default();
    for seed in &arguments.seed {
        total.add(play(*seed, arguments.hours, Plot::of(*seed), true));
    }
    if arguments.seed.is_empty() {
        total = all(&arguments);
    }
    total.log.iter().for_each(|line| println!("{line}"));
    print(&total, !arguments.seed.is_empty());
    let named = total.right * 100 >= total.decided * 99;
    let held = total.violations.iter().all(|it| it.wrong == Wrong::NotNamed);
    if named && held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn all(arguments: &Arguments) -> Outcome {
    let (first, hours) = (arguments.first, arguments.hours);
    let seeds = first..first.saturating_add(arguments.histories);
    let one = |total: &mut Outcome, seed| total.add(play(seed, hours, Plot::of(seed), false));
    on_threads(seeds, arguments.threads, one, Outcome::add)
}

fn print(total: &Outcome, whole: bool) {
    println!("histories                   {}", total.histories);
    println!("quiet moments               {}", total.checks);
    println!("faults                      {}", total.faults);
    println!("  that evidence decides     {}", total.decided);
    println!("  of these named rightly    {}", total.right);
    println!("restarts of the coordinator {}", total.restarts);
    println!("words of operators          {}", total.words);
    println!("events told                 {}", total.events);
    println!("violations                  {}", total.violations.len());
    if !whole {
        println!("\nkind: struck, decided");
        for (kind, [struck, decided]) in &total.kinds {
            println!("  {kind:?}: {struck}, {decided}");
        }
    }
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for violation in &total.violations {
        groups.entry((violation.wrong, violation.kind)).or_default().push(violation);
    }
    for ((wrong, kind), found) in groups {
        let kind = kind.map_or(String::new(), |kind| format!(", {kind:?}"));
        println!("\n{wrong:?}{kind}: {}", found.len());
        let printed = if whole { found.len() } else { PRINTED };
        found.iter().take(printed).for_each(|violation| println!("  {violation}"));
        let seeds: Vec<String> =
            found.iter().skip(printed).map(|violation| violation.seed.to_string()).collect();
        if !seeds.is_empty() {
            println!("  and in {}", seeds.join(", "));
        }
    }
}
