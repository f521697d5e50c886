//! Losses of the registration in the last hours.

use std::time::Duration;

use epmesh_facts::Timestamp;

use super::{super::culprit::Losses, fresh_evidence::Case};

/// Losses within so long a time count together.
const WINDOW: Duration = Duration::from_secs(2 * 3600);

/// Fewer losses than these are restarts.
const FEWEST: usize = 3;

impl Case<'_> {
    /// The losses after which the registration came back, where they are too many to be restarts.
    pub(in crate::diagnosis) fn comes_and_goes(&self) -> Option<Losses> {
        if_flapping(self.losses_until(self.now))
    }

    /// The losses up to that of a registration that is gone since `end`, with its process or without it,
    /// where they are too many to be restarts. Counted up to its end, so that the number does not change
    /// while nothing does.
    pub(in crate::diagnosis) fn lost_again(&self, end: Timestamp, died: bool) -> Option<Losses> {
        let Losses { count, deaths } = self.losses_until(end);
        if_flapping(Losses { count: count + 1, deaths: deaths + usize::from(died) })
    }

    /// The losses after which it came back, of the two hours before `end` and in this life of the host.
    fn losses_until(&self, end: Timestamp) -> Losses {
        let mut losses = Losses { count: 0, deaths: 0 };
        let mut known = self.registrations().filter(|known| known.last.until(end) <= WINDOW);
        let Some(mut before) = known.next() else { return losses };
        for next in known {
            // A process that is not known is not taken for another one.
            let died = matches!((before.process, next.process), (Some(a), Some(b)) if a != b);
            if died || before.lost.is_some() {
                losses.count += 1;
                losses.deaths += usize::from(died);
            }
            before = next;
        }
        losses
    }
}

fn if_flapping(losses: Losses) -> Option<Losses> {
    (losses.count >= FEWEST).then_some(losses)
}
