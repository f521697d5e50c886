//! A server of names asked by itself, whatever it speaks.

use epmesh_common::facts::{Answer, Failure};
use tokio::time::Instant;

use super::budget::{Budget, Purpose, millis_since};

/// What came of asking.
pub(super) struct Asked {
    pub(super) answer: Answer,
    /// Of the last try.
    pub(super) took_ms: u32,
    pub(super) retried: bool,
}

/// Asks by `exchange`; no answer in time is asked for once more. `service` is what listens on the
/// server's port, as [`answer_of`] names it.
pub(super) async fn ask_twice<F: Future<Output = Answer>>(
    budget: &Budget<'_>,
    end: Instant,
    service: &str,
    exchange: impl Fn() -> F,
) -> Asked {
    let mut start = Instant::now();
    let mut retried = false;
    let answer = match budget.socket(Purpose::Name, end).await {
        Err(failure) => answer_of(failure, service),
        Ok(_turn) => {
            start = Instant::now();
            match exchange().await {
                Answer::TimedOut if Instant::now() < end && budget.open().is_ok() => {
                    (start, retried) = (Instant::now(), true);
                    exchange().await
                }
                answer => answer,
            }
        }
    };
    Asked { answer, took_ms: millis_since(start), retried }
}

/// What a failed exchange with a server of names means for the question.
pub(super) fn answer_of(failure: Failure, service: &str) -> Answer {
    match failure {
        Failure::TimedOut => Answer::TimedOut,
        Failure::Refused => Answer::Unreachable(format!("nothing listens on its {service} port")),
        Failure::Protocol(why) => Answer::Malformed(why),
        Failure::Local(why) => Answer::NotAsked(why),
        other => Answer::Unreachable(other.to_string()),
    }
}
