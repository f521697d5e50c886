//! How long a fleet has to be left alone until it has to be told as it is. The times are those of
//! `deploy/docs/operate.md` and of the agents' rhythm.

use std::time::Duration;

use super::super::agent::INTERVAL;

/// The time in which all have spoken and looked once more, although one report was lost and the next one
/// was late.
pub(super) const SEEN: Duration = Duration::from_secs(160);

/// A fault is told when it has lasted for `open-after`. One that may belong to an incident that lost its
/// subject waits for `resolve-after`, two intervals.
pub(super) const HELD_BACK: Duration = Duration::from_secs(10 + 2 * 60);

/// Times are looked at so often.
pub(super) const TICK: Duration = Duration::from_secs(10);

/// What is not quite punctual: a tick, and a verdict that is given anew only when it is a minute old.
pub(super) const SLACK: Duration = Duration::from_secs(90);

/// So long after the last change the open incidents are the faults that stand.
pub(super) const SETTLED: Duration =
    SEEN.saturating_add(HELD_BACK).saturating_add(Duration::from_secs(20));

/// A host that was started anew is given so long until its directory has to serve.
pub(super) const BOOT: Duration = Duration::from_secs(120);

/// A host that is started anew is away for so long.
pub(super) const AWAY: Duration = Duration::from_secs(50);

/// Losses of a registration within so long a time are one that comes and goes, where they are three.
pub(super) const FLAPPING: Duration = Duration::from_secs(2 * 3600 + 900);

/// All is over so long after the last fault, however often it came back: `resolve-after-most`.
pub(super) const OVER: Duration = Duration::from_secs(3600 + 600);

const _: () =
    assert!(INTERVAL.as_secs() == 60, "the times above are for agents that look every minute");
