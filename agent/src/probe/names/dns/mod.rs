//! Questions to one DNS server by itself: no cache, no hosts file, no suffixes, no second server.
//!
//! Only the messages are hickory's: its resolver answers some names itself, follows aliases with
//! questions of its own, and does not tell whether an answer was authoritative.

use std::{
    net::{IpAddr, SocketAddr},
    slice,
};

use epmesh_common::facts::{Answer, Failure, Lookup, Question, Source};
use futures_util::future::join_all;
use hickory_resolver::proto::op::{Message, Query};
use tokio::{sync::SemaphorePermit, time::Instant};

use self::message::Heard as Said;
use super::server::{Heard, ask_twice};
use crate::probe::{
    config::Config,
    datagram::Datagram,
    limits::{
        budget::{Budget, Purpose, Questions, millis_since},
        rate::RateLimit,
    },
    net::Missed,
    peers::Priority,
};

pub(in crate::probe) mod message;
mod transport;

/// What came in datagrams of one question.
#[derive(Clone, Debug)]
struct Told {
    said: Result<Said, Missed>,
    took_ms: u32,
}

/// Asks `server` all `questions` at the same time, over one socket; what has no answer in time is
/// asked for once more. The answers in the order of the questions.
pub(in crate::probe) async fn ask(
    budget: &Budget<'_>,
    server: IpAddr,
    questions: &[Question],
    end: Instant,
) -> Vec<Lookup> {
    let port = SocketAddr::new(server, budget.config.ports.dns);
    let asking = |turn, questions| exchange(budget, port, turn, questions, end);
    ask_twice(budget, end, (Source::Dns(server), questions), "DNS", asking).await
}

/// An answer belongs to the question that it repeats, under the id of that question. `turn` is given
/// back with the socket: what did not fit into a datagram takes one of its own.
async fn exchange(
    budget: &Budget<'_>,
    server: SocketAddr,
    turn: SemaphorePermit<'_>,
    questions: &[Question],
    end: Instant,
) -> Vec<Heard> {
    let start = Instant::now();
    let until = end.min(start + budget.config.dns);
    let requests: Result<Vec<_>, _> = questions.iter().map(message::request).collect();
    let requests = match requests {
        Ok(requests) => requests,
        Err(why) => return vec![Answer::NotAsked(why).into(); questions.len()],
    };
    let mut told: Vec<Option<Told>> = questions.iter().map(|_| None).collect();
    let take = |place: usize, message: Result<&Message, Failure>| {
        let (Some(question), Some(told)) = (questions.get(place), told.get_mut(place)) else {
            return false;
        };
        let said = match message.map(|message| message::read(message, question)) {
            Ok(None) => return false,
            Ok(Some(said)) => Ok(said),
            Err(failure) => Err(Missed::from(failure)),
        };
        *told = Some(Told { said, took_ms: millis_since(start) });
        true
    };
    let Datagram { outcome, local } =
        transport::over_udp(budget, server, &requests, until, take).await;
    drop(turn);
    let missed = outcome.err().unwrap_or(Failure::TimedOut.into());
    let untold = Told { said: Err(missed), took_ms: millis_since(start) };
    join_all(questions.iter().zip(told).map(|(question, told)| {
        let Told { said, took_ms } = told.unwrap_or_else(|| untold.clone());
        async move {
            let heard = match said {
                Ok(Said::Answer(answer)) => answer.into(),
                Ok(Said::Truncated) => over_tcp(budget, server, question, end).await,
                Err(missed) => Heard::failed(missed, "DNS"),
            };
            Heard { local, took_ms: took_ms.saturating_add(heard.took_ms), ..heard }
        }
    }))
    .await
}

/// The whole of an answer that was too long for a datagram (RFC 7766).
async fn over_tcp(
    budget: &Budget<'_>,
    server: SocketAddr,
    question: &Question,
    end: Instant,
) -> Heard {
    let request = match message::request(question) {
        Ok(request) => request,
        Err(why) => return Answer::NotAsked(why).into(),
    };
    let _turn = match budget.socket(Purpose::Name, end).await {
        Ok(turn) => turn,
        Err(failure) => return Heard::failed(failure.into(), "DNS"),
    };
    let start = Instant::now();
    let until = end.min(start + budget.config.dns);
    let (answer, code) = match transport::over_tcp(budget, server, &request, until).await {
        Ok(message) => match message::read(&message, question) {
            Some(Said::Answer(answer)) => (answer, None),
            Some(Said::Truncated) => (Answer::Malformed("truncated over TCP too".to_owned()), None),
            None => {
                let why = "the answer over TCP belongs to another question";
                (Answer::Malformed(why.to_owned()), None)
            }
        },
        Err(Missed { failure, code }) => {
            let answer = match failure {
                Failure::TimedOut => Answer::TimedOut,
                Failure::Protocol(why) => Answer::Malformed(why),
                Failure::Local(why) => Answer::NotAsked(why.words),
                failure => Answer::Unreachable(format!("TCP, after a truncated answer: {failure}")),
            };
            (answer, code)
        }
    };
    Heard { code, ..answer.into() }.since(start)
}

/// Asks `server` apart from any look, in a budget of its own. What it says is for the caller to read.
///
/// # Errors
/// When no message about `query` came in time, or none that can be read.
pub(crate) async fn ask_apart(
    config: &Config,
    server: IpAddr,
    query: Query,
) -> Result<Message, Failure> {
    let rate = RateLimit::new(config);
    let questions = Questions::default();
    let budget = Budget::new(config, &rate, &questions, Priority::OnDemand);
    let (server, request) = (SocketAddr::new(server, config.ports.dns), message::about(query));
    let until = || budget.stage(config.dns);
    let mut said = None;
    let take = |_, message: Result<&Message, Failure>| {
        let same = message.as_ref().map_or(true, |message| message.queries == request.queries);
        if same {
            said = Some(message.cloned());
        }
        same
    };
    let requests = slice::from_ref(&request);
    let asked = transport::over_udp(&budget, server, requests, until(), take).await;
    let late = || Err(asked.outcome.map_or_else(|missed| missed.failure, |()| Failure::TimedOut));
    let message = said.unwrap_or_else(late)?;
    if !message.metadata.truncation {
        return Ok(message);
    }
    let whole = transport::over_tcp(&budget, server, &request, until()).await;
    whole.map_err(|missed| missed.failure)
}
