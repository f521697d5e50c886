//! Times of agents, put on the coordinator's clock.

use std::{collections::VecDeque, time::Duration};

use epmesh_common::facts::Timestamp;

/// Messages over which the offset is minimum-filtered.
const WINDOW: usize = 16;

/// A message that took this much longer than the fastest was not under way: a clock was set.
const LONGEST_WAY: Duration = Duration::from_secs(30);

/// The moment an agent calls `at`, on the coordinator's clock.
///
/// Only the age is taken from the agent, by its own clock, so that a clock that is wrong by any
/// amount shifts nothing: a message `sent` now about something seen ten minutes ago is ten minutes
/// old however late the agent thinks it is. What the agent saw "after" it sent the message was
/// seen when the message came.
#[must_use]
pub fn corrected(at: Timestamp, sent: Timestamp, received: Timestamp) -> Timestamp {
    received.minus(at.until(sent))
}

/// The difference of an agent's clock from the coordinator's, measured from the messages it sends.
///
/// Each message gives `received - sent`: the difference of the clocks plus the time on the way.
/// The smallest over the last messages has the least of the latter (the minimum filter of RFC
/// 5905, 10).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skew {
    offsets: VecDeque<i64>,
}

impl Skew {
    /// Takes one message into account, and says when it came in: `received`, less what it waited
    /// longer than the fastest. Reports that come in one go out of a spool wait for each other.
    pub fn observe(&mut self, sent: Timestamp, received: Timestamp) -> Timestamp {
        // Timestamps end with the year 9999, far below the range of i64.
        let millis = |moment: Timestamp| i64::try_from(moment.as_millis()).unwrap_or(i64::MAX);
        let offset = millis(received).saturating_sub(millis(sent));
        let fastest = self.offsets.iter().min().copied().unwrap_or(offset);
        let waited = u64::try_from(offset.saturating_sub(fastest)).unwrap_or(0);
        let mut waited = Duration::from_millis(waited);
        if waited > LONGEST_WAY {
            self.offsets.clear();
            waited = Duration::ZERO;
        }
        if self.offsets.len() >= WINDOW {
            self.offsets.pop_front();
        }
        self.offsets.push_back(offset);
        received.minus(waited)
    }

    /// Milliseconds by which the agent's clock is ahead of the coordinator's; negative when it is
    /// behind; `None` before the first message. What the fastest message took on its way is in it.
    #[must_use]
    pub fn ahead_ms(&self) -> Option<i64> {
        self.offsets.iter().min().map(|offset| offset.saturating_neg())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000 + millis)
    }

    #[test]
    fn a_wrong_clock_shifts_nothing() {
        for skew in [0_u64, 600_000] {
            let agent = |millis: u64| at(millis + skew);
            assert_eq!(corrected(agent(5_000), agent(6_000), at(6_020)), at(5_020));
        }
        // Ten minutes behind.
        assert_eq!(
            corrected(Timestamp::from_millis(1_000), Timestamp::from_millis(2_000), at(0)),
            at(0).minus(Duration::from_secs(1))
        );
    }

    #[test]
    fn a_spooled_statement_is_as_old_as_it_is() {
        assert_eq!(corrected(at(0), at(3_600_000), at(3_600_500)), at(500));
    }

    #[test]
    fn nonsense_is_taken_as_now() {
        assert_eq!(corrected(at(9_999_999), at(1_000), at(1_100)), at(1_100));
        assert_eq!(
            corrected(Timestamp::from_millis(0), at(0), Timestamp::from_millis(5)),
            Timestamp::from_millis(0)
        );
    }

    #[test]
    fn a_message_that_waited_came_earlier() {
        let mut skew = Skew::default();
        assert_eq!(skew.observe(at(600_000), at(10)), at(10));
        assert_eq!(skew.observe(at(601_000), at(5_010)), at(1_010));
        // Faster than any before: that one did not wait.
        assert_eq!(skew.observe(at(606_000), at(6_005)), at(6_005));
        // The agent's clock was set back by ten minutes.
        assert_eq!(skew.observe(at(7_000), at(7_010)), at(7_010));
        assert_eq!(skew.ahead_ms(), Some(-10));
    }

    #[test]
    fn the_fastest_message_tells_the_skew() {
        let mut skew = Skew::default();
        assert_eq!(skew.ahead_ms(), None);
        for delay in [80, 3, 900] {
            skew.observe(at(600_000), at(delay));
        }
        assert_eq!(skew.ahead_ms(), Some(599_997));
        for _ in 0..WINDOW {
            skew.observe(at(600_000), at(900));
        }
        assert_eq!(skew.ahead_ms(), Some(599_100));
    }
}
