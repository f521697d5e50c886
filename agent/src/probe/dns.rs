//! One DNS server, asked by itself: no cache, no hosts file, no suffixes, no second server.
//!
//! The client is hickory's, below its resolver: that one answers some names itself, follows aliases
//! with questions of its own, and does not tell whether an answer was authoritative.

use std::net::{IpAddr, SocketAddr};

use epmesh_common::facts::{Answer, Failure, Lookup, Question, Source};
use hickory_resolver::net::NetError;
use tokio::time::Instant;

use self::message::Heard;
use super::{
    asked::{Asked, answer_of, ask_twice},
    budget::Budget,
    net,
};

mod message;
mod transport;

/// Asks `server`; no answer in time is asked for once more.
pub(super) async fn ask(
    budget: &Budget<'_>,
    server: IpAddr,
    question: Question,
    end: Instant,
) -> Lookup {
    let asking = || exchange(budget, server, &question, end);
    let Asked { answer, took_ms, retried } = ask_twice(budget, end, "DNS", asking).await;
    Lookup { source: Source::Dns(server), question, answer, took_ms, retried }
}

async fn exchange(
    budget: &Budget<'_>,
    server: IpAddr,
    question: &Question,
    end: Instant,
) -> Answer {
    let request = match message::request(question) {
        Ok(request) => request,
        Err(why) => return Answer::NotAsked(why),
    };
    let server = SocketAddr::new(server, budget.config.ports.dns);
    let until = || end.min(Instant::now() + budget.config.dns);
    match transport::over_udp(budget, server, request.clone(), until()).await {
        Ok(message) => match message::read(&message, question) {
            Some(Heard::Answer(answer)) => answer,
            Some(Heard::Truncated) => over_tcp(budget, server, request, question, until()).await,
            None => Answer::Malformed("the answer belongs to another question".to_owned()),
        },
        Err(error) => answer_of(failure_of(&error), "DNS"),
    }
}

/// The whole of an answer that was too long for a datagram (RFC 7766).
async fn over_tcp(
    budget: &Budget<'_>,
    server: SocketAddr,
    request: message::Request,
    question: &Question,
    until: Instant,
) -> Answer {
    if let Err(failure) = budget.open() {
        return answer_of(failure, "DNS");
    }
    match transport::over_tcp(budget, server, request, until).await {
        Ok(message) => match message::read(&message, question) {
            Some(Heard::Answer(answer)) => answer,
            Some(Heard::Truncated) => Answer::Malformed("truncated over TCP too".to_owned()),
            None => Answer::Malformed("the answer over TCP belongs to another question".to_owned()),
        },
        Err(failure) => match failure {
            Failure::TimedOut => Answer::TimedOut,
            Failure::Protocol(why) => Answer::Malformed(why),
            Failure::Local(why) => Answer::NotAsked(why),
            failure => Answer::Unreachable(format!("TCP, after a truncated answer: {failure}")),
        },
    }
}

/// What an error of the client says of the server, or of the host that asked.
fn failure_of(error: &NetError) -> Failure {
    match error {
        NetError::Timeout => Failure::TimedOut,
        NetError::Io(error) => net::failure_of(error),
        NetError::Proto(error) => Failure::Protocol(error.to_string()),
        // Among them: a datagram that went out in part.
        other => Failure::Local(other.to_string()),
    }
}
