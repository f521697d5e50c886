//! A server of names asked by itself, whatever it speaks.

use std::net::IpAddr;

use epmesh_common::facts::{Answer, Failure, Lookup, Question, Source};
use tokio::time::Instant;

use super::{
    budget::{Budget, Purpose, millis_since},
    net::Missed,
};

/// What came of one exchange.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) answer: Answer,
    /// The operating system's error number behind a failure.
    pub(super) code: Option<i32>,
    /// This host's address on the way to the server.
    pub(super) local: Option<IpAddr>,
}

impl From<Answer> for Heard {
    fn from(answer: Answer) -> Self {
        Self { answer, code: None, local: None }
    }
}

impl Heard {
    /// What a failed exchange means; `service` as [`answer_of`] has it.
    pub(super) fn failed(missed: Missed, service: &str) -> Self {
        Self { code: missed.code, ..answer_of(missed.failure, service).into() }
    }

    /// The same, over a socket with this address.
    pub(super) fn over(self, local: Option<IpAddr>) -> Self {
        Self { local, ..self }
    }
}

/// Asks `source` by `exchange`; no answer in time is asked for once more. `service` is what listens
/// on the server's port, as [`answer_of`] names it.
pub(super) async fn ask_twice<F: Future<Output = Heard>>(
    budget: &Budget<'_>,
    end: Instant,
    (source, question): (Source, &Question),
    service: &str,
    exchange: impl Fn() -> F,
) -> Lookup {
    let mut start = Instant::now();
    let mut retried = false;
    let heard = match budget.socket(Purpose::Name, end).await {
        Err(failure) => answer_of(failure, service).into(),
        Ok(_turn) => {
            start = Instant::now();
            let mut heard = exchange().await;
            let late = heard.answer == Answer::TimedOut;
            if late && Instant::now() < end && budget.open().is_ok() {
                (start, retried) = (Instant::now(), true);
                heard = exchange().await;
            }
            heard
        }
    };
    let (question, took_ms) = (question.clone(), millis_since(start));
    let Heard { answer, code, local } = heard;
    Lookup { source, question, answer, code, local, took_ms, retried }
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
