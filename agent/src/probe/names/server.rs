//! A server of names asked by itself, whatever it speaks.

use std::{net::IpAddr, slice};

use epmesh_common::{
    facts::{Answer, Failure, Lookup, Question, Record, Source},
    wire::limits::RECORDS,
};
use futures_util::future::join_all;
use tokio::{sync::SemaphorePermit, time::Instant};

use crate::probe::{
    limits::budget::{Budget, Purpose, millis_since},
    net::Missed,
};

/// The outcome of one exchange.
#[derive(Clone, Debug)]
pub(in crate::probe) struct Heard {
    pub(in crate::probe) answer: Answer,
    /// The operating system's error number behind a failure.
    pub(in crate::probe) code: Option<i32>,
    /// This host's address on the way to the server.
    pub(in crate::probe) local: Option<IpAddr>,
    /// How long it took, in milliseconds.
    pub(in crate::probe) took_ms: u32,
}

impl From<Answer> for Heard {
    fn from(answer: Answer) -> Self {
        Self { answer, code: None, local: None, took_ms: 0 }
    }
}

impl Heard {
    /// The outcome of an exchange that failed; `service` as [`answer_of`] has it.
    pub(in crate::probe) fn failed(missed: Missed, service: &str) -> Self {
        Self { code: missed.code, ..answer_of(missed.failure, service).into() }
    }

    /// The answer, heard over a socket with this address.
    pub(in crate::probe) fn over(self, local: Option<IpAddr>) -> Self {
        Self { local, ..self }
    }

    /// The answer to what was asked at `start` and is answered now.
    pub(in crate::probe) fn since(self, start: Instant) -> Self {
        Self { took_ms: millis_since(start), ..self }
    }
}

/// Asks `source` all `questions` together by `exchange`, in one turn. What has no answer in time is asked
/// for once more, each by itself: there are firewalls that let one answer through to each port (the
/// reason for `single-request-reopen` in resolv.conf(5)). `service` is what listens on the server's
/// port, as [`answer_of`] names it.
pub(in crate::probe) async fn ask_twice<'q, F: Future<Output = Vec<Heard>> + Send>(
    budget: &'q Budget<'_>,
    end: Instant,
    (source, questions): (Source, &'q [Question]),
    service: &str,
    exchange: impl Fn(SemaphorePermit<'q>, &'q [Question]) -> F + Sync,
) -> Vec<Lookup> {
    let first = match budget.socket(Purpose::Name, end).await {
        Err(failure) => {
            questions.iter().map(|_| answer_of(failure.clone(), service).into()).collect()
        }
        Ok(turn) => exchange(turn, questions).await,
    };
    let exchange = &exchange;
    join_all(questions.iter().zip(first).map(|(question, mut heard)| async move {
        let mut retried = false;
        if heard.answer == Answer::TimedOut
            && let Ok(turn) = budget.socket(Purpose::Name, end).await
            && let Some(again) = exchange(turn, slice::from_ref(question)).await.pop()
        {
            (heard, retried) = (again, true);
        }
        let Heard { answer, code, local, took_ms } = heard;
        Lookup { source, question: question.clone(), answer, code, local, took_ms, retried }
    }))
    .await
}

/// Records as an answer, `none` where there are none. A list that is too long for a report is of no
/// use cut: what is not in it would be taken for what the source does not say.
pub(in crate::probe) fn answered(records: Vec<Record>, none: Answer) -> Answer {
    match records.len() {
        0 => none,
        1..=RECORDS => Answer::Records(records),
        many => Answer::Malformed(format!("{many} records, of which at most {RECORDS} are taken")),
    }
}

/// The answer that a failed exchange with a server of names amounts to.
pub(in crate::probe) fn answer_of(failure: Failure, service: &str) -> Answer {
    match failure {
        Failure::TimedOut => Answer::TimedOut,
        Failure::Refused => Answer::Unreachable(format!("nothing listens on its {service} port")),
        Failure::Protocol(why) => Answer::Malformed(why),
        Failure::Local(why) => Answer::NotAsked(why.words),
        other => Answer::Unreachable(other.to_string()),
    }
}
