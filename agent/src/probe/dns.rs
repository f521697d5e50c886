//! One DNS server, asked by itself: no cache, no hosts file, no suffixes, no second server.
//!
//! Only the messages are hickory's: its resolver answers some names itself, follows aliases with
//! questions of its own, and does not tell whether an answer was authoritative.

use std::net::{IpAddr, SocketAddr};

use epmesh_common::facts::{Answer, Failure, Lookup, Question, Source};
use hickory_resolver::proto::op::{Message, Query};
use tokio::time::Instant;

use self::message::Heard as Said;
use super::{
    asked::{Heard, ask_twice},
    budget::Budget,
    config::Config,
    gate::{Gate, Share},
    net::{Datagram, Missed},
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
    let read = |message: Message| message::read(&message, question);
    let Datagram { outcome, local } =
        transport::over_udp(budget, server, &request, until(), read).await;
    let heard = match outcome {
        Ok(Said::Answer(answer)) => answer.into(),
        Ok(Said::Truncated) => over_tcp(budget, server, &request, question, until()).await,
        Err(missed) => Heard::failed(missed, "DNS"),
    };
    heard.over(local)
}

/// The whole of an answer that was too long for a datagram (RFC 7766).
async fn over_tcp(
    budget: &Budget<'_>,
    server: SocketAddr,
    request: &Message,
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

/// Asks `server` apart from any look, in a budget of its own. What it says is for the caller to read.
///
/// # Errors
/// When no message about `query` came in time, or none that can be read.
pub(crate) async fn ask_apart(
    config: &Config,
    server: IpAddr,
    query: Query,
) -> Result<Message, Failure> {
    let gate = Gate::new(config);
    let budget = Budget::new(config, &gate, Share::Demand);
    let (server, request) = (SocketAddr::new(server, config.ports.dns), message::about(query));
    let until = || budget.stage(config.dns);
    let same = |message: Message| (message.queries == request.queries).then_some(message);
    let heard = transport::over_udp(&budget, server, &request, until(), same).await;
    let message = heard.outcome.map_err(|missed| missed.failure)?;
    if !message.metadata.truncation {
        return Ok(message);
    }
    let whole = transport::over_tcp(&budget, server, &request, until()).await;
    whole.map_err(|missed| missed.failure)
}
