//! Inbound replication, as a destination records it: which sources it pulls from and when, what each attempt comes to
//! by the world, and the rows that its agent states of that. Nothing of it comes from the engine.

use std::time::Duration;

use epmesh_common::facts::{Neighbour, Platform, Timestamp};

use super::{
    attempt::{NOT_REACHED, attempt},
    dice::Dice,
    world::{Dc, World},
};

/// So many domain controllers of a forest pull from each other; of more, each pulls from some.
const MESH: usize = 10;
/// The sources of one of more.
const PARTNERS: usize = 6;
const HOUR: u64 = 3_600_000;

/// What one destination records of its inbound replication.
#[derive(Debug, Default)]
pub(super) struct Inbound {
    rows: Vec<Row>,
}

/// The replication of all naming contexts from one source.
#[derive(Debug)]
struct Row {
    source: usize,
    /// Between two attempts.
    every: Duration,
    next: Timestamp,
    tried: Timestamp,
    success: Timestamp,
    /// How the last attempt ended for each naming context.
    results: [u32; 2],
    failures: u32,
}

impl Inbound {
    /// What `at` has recorded when the play begins: all went well, but for sources that were out of reach until a short
    /// while ago.
    pub(super) fn begin(world: &World, at: usize, start: Timestamp, noise: u64) -> Self {
        let sources = if world.replicates { partners(world, at, noise) } else { Vec::new() };
        let row = |source: usize| {
            let mut dice = Dice::new(noise ^ pair(at, source));
            let is_near = world.dcs[at].site == world.dcs[source].site;
            // Within a site a source tells its partners of changes; between sites there is a schedule.
            let seconds = if is_near { (40, 400) } else { (900, 10_800) };
            let every = Duration::from_secs(dice.from_to(seconds.0, seconds.1));
            let since = dice.from_to(1, seconds.0.max(every.as_secs()));
            let tried = start.minus(Duration::from_secs(since));
            let was_away = dice.chance(3);
            let back = Duration::from_secs(dice.from_to(4_000, 40_000));
            let is_windows = world.dcs[at].platform == Platform::Windows;
            let (results, failures) = match was_away {
                true if is_windows => ([1722, 1256], 3),
                true => ([NOT_REACHED; 2], 3),
                false => ([0; 2], 0),
            };
            let success = if was_away { start.minus(back) } else { tried };
            Row { source, every, next: tried.plus(every), tried, success, results, failures }
        };
        Self { rows: sources.into_iter().map(row).collect() }
    }

    /// Makes the attempts that are due by `now`. Each is told to `record`: the source, when, and how it ended.
    pub(super) fn advance(
        &mut self,
        world: &World,
        at: usize,
        now: Timestamp,
        mut record: impl FnMut(usize, Timestamp, u32),
    ) {
        if !world.dcs[at].serves() {
            return;
        }
        for row in &mut self.rows {
            if row.next > now {
                continue;
            }
            // The world as it is now, and the attempt a moment ago at most.
            let result = attempt(world, at, row.source);
            record(row.source, now, result);
            row.tried = now;
            row.next = now.plus(row.every);
            // The rest is given up with the first that does not get there.
            let is_windows = world.dcs[at].platform == Platform::Windows;
            let rest = if matches!(result, 1722 | 1753) && is_windows { 1256 } else { result };
            row.results = [result, rest];
            if result == 0 {
                (row.success, row.failures) = (now, 0);
            } else {
                row.failures += 1;
            }
        }
    }

    /// What failed is tried again at `at` at the latest: who repairs something has it replicated once more.
    pub(super) fn again(&mut self, at: Timestamp) {
        for row in self.rows.iter_mut().filter(|row| row.failures > 0) {
            row.next = row.next.min(at);
        }
    }

    /// The sources.
    pub(super) fn sources(&self) -> impl Iterator<Item = usize> {
        self.rows.iter().map(|row| row.source)
    }

    /// The rows as the agent of `at` states them: of one that works the hour alone.
    pub(super) fn told(&self, world: &World, at: usize) -> Vec<Neighbour> {
        let dc = &world.dcs[at];
        let mut all: Vec<Neighbour> =
            self.rows.iter().flat_map(|row| row.told(world, dc)).collect();
        all.sort_by(|a, b| (&a.naming_context, a.source).cmp(&(&b.naming_context, b.source)));
        all
    }
}

impl Row {
    fn told(&self, world: &World, dc: &Dc) -> [Neighbour; 2] {
        let root = dc.forest.as_str().replace('.', ",DC=");
        let stale = dc.stale_settings.iter().find(|(of, _)| *of == self.source);
        let known = stale.map_or(world.dcs[self.source].guid, |(_, settings)| settings.dsa_guid);
        let contexts = [
            format!("CN=Configuration,DC={root}"),
            format!("CN=Schema,CN=Configuration,DC={root}"),
        ];
        let results = contexts.into_iter().zip(self.results);
        let rows = results.map(|(naming_context, last_result)| {
            let hour = |at: Timestamp| match last_result {
                0 => Timestamp::from_millis(at.as_millis() / HOUR * HOUR),
                _ => at,
            };
            Neighbour {
                naming_context,
                source: known,
                last_result,
                last_attempt: Some(hour(dc.clock(self.tried))),
                last_success: Some(hour(dc.clock(self.success))),
                failures: self.failures,
            }
        });
        let all: Vec<Neighbour> = rows.collect();
        all.try_into().expect("as many rows as contexts")
    }
}

/// From whom `at` replicates: from all of a small forest, from some of a larger one; never from a read-only one.
fn partners(world: &World, at: usize, noise: u64) -> Vec<usize> {
    let forest = &world.dcs[at].forest;
    let mut all: Vec<usize> = (0..world.dcs.len())
        .filter(|other| *other != at && world.dcs[*other].forest == *forest)
        .filter(|other| !world.dcs[*other].read_only)
        .collect();
    if all.len() >= MESH {
        all.sort_by_key(|other| Dice::new(noise ^ pair(at, *other)).from_to(0, u64::MAX));
        all.truncate(PARTNERS);
        all.sort_unstable();
    }
    all
}

/// A number for a pair of hosts.
fn pair(to: usize, from: usize) -> u64 {
    let number = |at: usize| u64::try_from(at).unwrap_or_default() + 1;
    (number(to) << 20 | number(from)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
