//! The records of the outbox: events on their way to receivers.

use std::time::Duration;

use epmesh_common::facts::Timestamp;
use serde::{Deserialize, Serialize};

use super::Event;
use crate::store::{Key, KeyError, Space};

/// One event on its way to one receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxRecord {
    /// The version of this record's form.
    pub version: u32,
    /// A number that rises with every event; a receiver gets events in this order.
    pub order: u64,
    /// The event's id, sent as `webhook-id`; the same on every try.
    pub id: String,
    /// The event's type.
    pub kind: String,
    /// What the event is about.
    pub subject: String,
    /// The receiver's name.
    pub receiver: String,
    /// When that happened.
    pub at: Timestamp,
    /// The JSON that is signed and sent.
    pub body: String,
    /// How far the delivery is.
    pub status: Status,
    /// How often the delivery was tried.
    pub tries: u32,
    /// The last tries, oldest first, at most [`OutboxRecord::KEPT_ATTEMPTS`].
    pub attempts: Vec<Attempt>,
}

/// The state of the delivery of an event to a receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// The event is to be sent.
    Pending {
        /// The next try.
        next: Timestamp,
    },
    /// The receiver took the event.
    Delivered {
        /// When.
        at: Timestamp,
    },
    /// The delivery was tried for too long, or there were too many newer events.
    GivenUp {
        /// When.
        at: Timestamp,
    },
}

/// One try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When.
    pub at: Timestamp,
    /// How it ended.
    pub outcome: AttemptOutcome,
}

/// The outcome of a try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttemptOutcome {
    /// The receiver answered with this HTTP status; 2xx is acceptance.
    Answered(u16),
    /// There was no answer, for this reason.
    Failed(String),
}

impl AttemptOutcome {
    /// Whether the receiver took the event.
    #[must_use]
    pub const fn is_accepted(&self) -> bool {
        matches!(self, Self::Answered(200..=299))
    }
}

impl OutboxRecord {
    /// The version that this program writes.
    pub const VERSION: u32 = 1;
    /// The tries that are kept.
    pub const KEPT_ATTEMPTS: usize = 10;
    /// The time after which an event that was not taken is given up.
    pub const PATIENCE: Duration = Duration::from_secs(3 * 24 * 3600);

    /// An event for a receiver, to be sent at once.
    #[must_use]
    pub fn new(order: u64, event: &Event, receiver: &str) -> Self {
        Self {
            version: Self::VERSION,
            order,
            id: event.id.clone(),
            kind: event.kind.clone(),
            subject: event.subject.clone(),
            receiver: receiver.to_owned(),
            at: event.at,
            body: event.body.clone(),
            status: Status::Pending { next: event.at },
            tries: 0,
            attempts: Vec::new(),
        }
    }

    /// The key under which the record is stored.
    ///
    /// # Errors
    /// When the receiver's name cannot be part of a key, which [`super::Receiver`] rules out.
    pub fn key(&self) -> Result<Key, KeyError> {
        Key::new(Space::Outbox, [self.receiver.as_str(), &Key::number(self.order)])
    }

    /// Records a try; a refused one is due again after a pause that doubles from one second up to
    /// five minutes, drawn from its upper half by `jitter` (0 to 1).
    pub fn tried(&mut self, at: Timestamp, outcome: AttemptOutcome, jitter: f64) {
        let accepted = outcome.is_accepted();
        self.tries = self.tries.saturating_add(1);
        self.attempts.push(Attempt { at, outcome });
        if self.attempts.len() > Self::KEPT_ATTEMPTS {
            self.attempts.remove(0);
        }
        self.status = if accepted {
            Status::Delivered { at }
        } else if self.at.until(at) > Self::PATIENCE {
            Status::GivenUp { at }
        } else {
            Status::Pending { next: at.plus(pause(self.tries, jitter)) }
        };
    }
}

fn pause(tries: u32, jitter: f64) -> Duration {
    const LONGEST: f64 = 300.0;
    let doubled = 2_f64.powi(i32::try_from(tries.saturating_sub(1)).unwrap_or(i32::MAX));
    let ceiling = doubled.min(LONGEST);
    Duration::from_secs_f64(ceiling * (0.5 + jitter.clamp(0.0, 1.0) / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> OutboxRecord {
        let event = Event {
            id: "msg_1".to_owned(),
            kind: "incident.opened".to_owned(),
            subject: "1a2b3c4d service NTDS on dc2".to_owned(),
            at: Timestamp::from_millis(1_000_000),
            body: "{}".to_owned(),
        };
        OutboxRecord::new(7, &event, "ops")
    }

    #[test]
    fn pauses_double_up_to_five_minutes() {
        let seconds: Vec<u64> = (1..=12).map(|tries| pause(tries, 1.0).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        assert_eq!(pause(u32::MAX, 1.0).as_secs(), 300);
        assert_eq!(pause(1, 0.0), Duration::from_millis(500));
        assert_eq!(pause(1, f64::NAN.clamp(0.0, 1.0).max(0.0)), Duration::from_millis(500));
    }

    #[test]
    fn only_two_hundreds_are_acceptance() {
        for (code, accepted) in [(200, true), (204, true), (301, false), (400, false), (500, false)]
        {
            assert_eq!(AttemptOutcome::Answered(code).is_accepted(), accepted, "{code}");
        }
    }

    #[test]
    fn is_tried_until_taken_or_too_old() {
        let mut record = record();
        let at = Timestamp::from_millis(1_000_500);
        record.tried(at, AttemptOutcome::Answered(503), 1.0);
        assert_eq!(record.status, Status::Pending { next: at.plus(Duration::from_secs(1)) });
        for _ in 0..20 {
            record.tried(at, AttemptOutcome::Failed("refused".to_owned()), 1.0);
        }
        assert_eq!(record.attempts.len(), OutboxRecord::KEPT_ATTEMPTS);
        assert_eq!(record.tries, 21);
        let late = at.plus(OutboxRecord::PATIENCE);
        let mut taken = record.clone();
        taken.tried(late, AttemptOutcome::Answered(204), 0.0);
        assert_eq!(taken.status, Status::Delivered { at: late });
        record.tried(late, AttemptOutcome::Answered(500), 0.0);
        assert_eq!(record.status, Status::GivenUp { at: late });
    }
}
