//! One DNS server, asked by itself: no cache, no hosts file, no suffixes, no second server.
//!
//! The client is hickory's, below its resolver: that one answers some names itself, follows aliases
//! with questions of its own, and does not tell whether an answer was authoritative.

use std::net::{IpAddr, SocketAddr};

use epmesh_common::facts::{Answer, Failure, Lookup, Question, Source};
use hickory_resolver::net::NetError;
use tokio::time::Instant;

use self::message::Heard as Said;
pub(crate) use self::transport::Connected;
use super::{
    asked::{Heard, ask_twice},
    budget::Budget,
    net::Missed,
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
    ask_twice(budget, end, (Source::Dns(server), &question), "DNS", asking).await
}

async fn exchange(budget: &Budget<'_>, server: IpAddr, question: &Question, end: Instant) -> Heard {
    let request = match message::request(question) {
        Ok(request) => request,
        Err(why) => return Answer::NotAsked(why).into(),
    };
    let server = SocketAddr::new(server, budget.config.ports.dns);
    let until = || end.min(Instant::now() + budget.config.dns);
    let (outcome, local) = transport::over_udp(budget, server, request.clone(), until()).await;
    let heard = match outcome {
        Ok(message) => match message::read(&message, question) {
            Some(Said::Answer(answer)) => answer.into(),
            Some(Said::Truncated) => over_tcp(budget, server, request, question, until()).await,
            None => Answer::Malformed("the answer belongs to another question".to_owned()).into(),
        },
        Err(error) => Heard::failed(missed(&error), "DNS"),
    };
    heard.from_here(local)
}

/// The whole of an answer that was too long for a datagram (RFC 7766).
async fn over_tcp(
    budget: &Budget<'_>,
    server: SocketAddr,
    request: message::Request,
    question: &Question,
    until: Instant,
) -> Heard {
    if let Err(failure) = budget.open() {
        return Heard::failed(failure.into(), "DNS");
    }
    let answer = match transport::over_tcp(budget, server, request, until).await {
        Ok(message) => match message::read(&message, question) {
            Some(Said::Answer(answer)) => answer,
            Some(Said::Truncated) => Answer::Malformed("truncated over TCP too".to_owned()),
            None => Answer::Malformed("the answer over TCP belongs to another question".to_owned()),
        },
        Err(Missed { failure, code }) => {
            let answer = match failure {
                Failure::TimedOut => Answer::TimedOut,
                Failure::Protocol(why) => Answer::Malformed(why),
                Failure::Local(why) => Answer::NotAsked(why),
                failure => Answer::Unreachable(format!("TCP, after a truncated answer: {failure}")),
            };
            return Heard { code, ..answer.into() };
        }
    };
    answer.into()
}

/// What an error of the client says of the server, or of the host that asked.
pub(crate) fn missed(error: &NetError) -> Missed {
    let failure = match error {
        NetError::Timeout => Failure::TimedOut,
        NetError::Io(error) => return Missed::from(error.as_ref()),
        NetError::Proto(error) => Failure::Protocol(error.to_string()),
        // Among them: a datagram that went out in part.
        other => Failure::Local(other.to_string()),
    };
    failure.into()
}
