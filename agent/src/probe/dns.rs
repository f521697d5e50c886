//! One DNS server, asked by itself: no cache, no hosts file, no suffixes, no second server.

use std::net::IpAddr;

use epmesh_common::facts::{Answer, Failure, Lookup, Question, Source};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::{Instant, timeout_at},
};

use super::{
    budget::{Budget, Purpose, millis_since},
    net,
};

mod message;

/// Asks `server`; no answer in time is asked for once more.
pub(super) async fn ask(
    budget: &Budget<'_>,
    server: IpAddr,
    question: Question,
    end: Instant,
) -> Lookup {
    let mut start = Instant::now();
    let answer = match budget.socket(Purpose::Name, end).await {
        Err(failure) => answer_of(failure),
        Ok(_turn) => {
            start = Instant::now();
            match exchange(budget, server, &question, end).await {
                Answer::TimedOut => exchange(budget, server, &question, end).await,
                answer => answer,
            }
        }
    };
    Lookup { source: Source::Dns(server), question, answer, took_ms: millis_since(start) }
}

async fn exchange(
    budget: &Budget<'_>,
    server: IpAddr,
    question: &Question,
    end: Instant,
) -> Answer {
    let id: u16 = rand::random();
    let query = match message::query(id, question) {
        Ok(query) => query,
        Err(why) => return Answer::Malformed(why),
    };
    let until = end.min(Instant::now() + budget.config.dns);
    let port = budget.config.ports.dns;
    let heard = net::ask_datagram(server, port, &query, until, |bytes| {
        message::read(bytes, id, question).map(Ok)
    });
    match heard.await {
        Ok(message::Heard::Answer(answer)) => answer,
        Ok(message::Heard::Truncated) => {
            let until = end.min(Instant::now() + budget.config.dns);
            over_tcp(server, port, id, &query, question, until).await
        }
        Err(failure) => answer_of(failure),
    }
}

/// The whole of an answer that was too long for a datagram (RFC 7766).
async fn over_tcp(
    server: IpAddr,
    port: u16,
    id: u16,
    query: &[u8],
    question: &Question,
    until: Instant,
) -> Answer {
    let exchange = async {
        let mut stream = net::connect(server, port, until).await?;
        let failed = |error: std::io::Error| net::failure_of(&error);
        let mut framed = u16::try_from(query.len()).unwrap_or(u16::MAX).to_be_bytes().to_vec();
        framed.extend(query);
        stream.write_all(&framed).await.map_err(failed)?;
        let length = stream.read_u16().await.map_err(failed)?;
        let mut answer = vec![0; usize::from(length)];
        stream.read_exact(&mut answer).await.map_err(failed)?;
        Ok::<_, Failure>(answer)
    };
    let bytes = match timeout_at(until, exchange).await.unwrap_or(Err(Failure::TimedOut)) {
        Ok(bytes) => bytes,
        Err(Failure::TimedOut) => return Answer::TimedOut,
        Err(failure) => {
            return Answer::Unreachable(format!("TCP, after a truncated answer: {failure}"));
        }
    };
    match message::read(&bytes, id, question) {
        Some(message::Heard::Answer(answer)) => answer,
        Some(message::Heard::Truncated) => Answer::Malformed("truncated over TCP too".to_owned()),
        None => Answer::Malformed("the answer over TCP belongs to another question".to_owned()),
    }
}

fn answer_of(failure: Failure) -> Answer {
    match failure {
        Failure::TimedOut => Answer::TimedOut,
        Failure::Refused => Answer::Unreachable("nothing listens on its DNS port".to_owned()),
        Failure::Protocol(why) => Answer::Malformed(why),
        other => Answer::Unreachable(other.to_string()),
    }
}
