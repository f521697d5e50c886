//! Many seeds, played on several threads.

use std::{ops::Range, thread};

/// Plays each of `seeds` on one of so many threads: `play` adds what came of a seed to a thread's own total, and
/// `add` a thread's total to all.
pub fn on_threads<T: Default + Send>(
    seeds: Range<u64>,
    threads: u64,
    play: impl Fn(&mut T, u64) + Sync,
    add: impl Fn(&mut T, T),
) -> T {
    let threads = threads.max(1);
    let step = usize::try_from(threads).unwrap_or(1);
    let part = |part: u64| {
        let mut total = T::default();
        let own = (seeds.start.saturating_add(part)..seeds.end).step_by(step);
        own.for_each(|seed| play(&mut total, seed));
        total
    };
    let part = &part;
    let mut total = T::default();
    thread::scope(|scope| {
        let parts: Vec<_> = (0..threads).map(|at| scope.spawn(move || part(at))).collect();
        for part in parts {
            match part.join() {
                Ok(one) => add(&mut total, one),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    total
}
