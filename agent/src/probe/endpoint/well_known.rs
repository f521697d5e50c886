//! The well-known ports of a domain controller, each by the least that shows that it is served.

use std::net::IpAddr;

use epmesh_common::facts::{Stage, Transport, WellKnownPort};
use futures_util::future::join_all;
use tokio::time::Instant;

use crate::probe::{
    config::{Sign, WellKnown},
    datagram,
    limits::budget::{Budget, Purpose, millis_since},
    net::{self, Missed},
};

/// A time request (RFC 5905 7.3) has 48 octets.
const TIME_LEN: usize = 48;

/// Tries every well-known port; silence once more. Refused is an answer.
pub(in crate::probe) async fn probe(budget: &Budget<'_>, address: IpAddr) -> Vec<WellKnownPort> {
    join_all(budget.config.well_known.iter().map(|&port| one(budget, address, port))).await
}

async fn one(budget: &Budget<'_>, address: IpAddr, wanted: WellKnown) -> WellKnownPort {
    let transport = match wanted.by {
        Sign::Connection => Transport::Tcp,
        Sign::DnsAnswer | Sign::Time => Transport::Udp,
    };
    let stage = match budget.socket(Purpose::WellKnown, budget.end).await {
        Err(failure) => Stage::failed(failure, 0),
        Ok(_turn) => {
            let first = once(budget, address, wanted).await;
            let silent = first.outcome == Err(epmesh_common::facts::Failure::TimedOut);
            if silent && budget.has_time() && budget.open().is_ok() {
                Stage { retried: true, ..once(budget, address, wanted).await }
            } else {
                first
            }
        }
    };
    WellKnownPort { port: wanted.port, transport, stage }
}

async fn once(budget: &Budget<'_>, address: IpAddr, wanted: WellKnown) -> Stage {
    let start = Instant::now();
    let port = wanted.port;
    let outcome = match wanted.by {
        Sign::Connection => {
            let until = budget.stage(budget.config.connect);
            net::connect(budget, address, port, until).await.map(drop)
        }
        Sign::DnsAnswer => dns(budget, address, port).await,
        Sign::Time => time(budget, address, port).await,
    };
    let took_ms = millis_since(start);
    match outcome {
        Ok(()) => Stage::ok(took_ms),
        Err(Missed { failure, code }) => Stage { code, ..Stage::failed(failure, took_ms) },
    }
}

/// The servers of the root zone, without recursion (RFC 1035 4.1): every DNS server has an answer
/// to it, be it REFUSED, and none has to ask another.
async fn dns(budget: &Budget<'_>, address: IpAddr, port: u16) -> Result<(), Missed> {
    let id = rand::random::<u16>().to_be_bytes();
    let mut question = id.to_vec();
    question.extend([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1]);
    let until = budget.stage(budget.config.dns);
    datagram::ask(budget, address, port, &question, until, |answer| {
        let is_answer =
            answer.get(..2) == Some(&id) && answer.get(2).is_some_and(|b| b & 0x80 != 0);
        is_answer.then_some(Ok(()))
    })
    .await
    .outcome
}

/// A client's request (RFC 5905, mode 3) with a random transmit time, which the answer repeats as
/// the origin: this host's clock is nobody's business.
async fn time(budget: &Budget<'_>, address: IpAddr, port: u16) -> Result<(), Missed> {
    let mut question = [0; TIME_LEN];
    let cookie: [u8; 8] = rand::random();
    for (to, from) in question.iter_mut().zip([0x23]) {
        *to = from;
    }
    for (to, from) in question.iter_mut().skip(40).zip(cookie) {
        *to = from;
    }
    let until = budget.stage(budget.config.dns);
    datagram::ask(budget, address, port, &question, until, |answer| {
        // Mode 4, and the origin is ours.
        let is_server = answer.first().is_some_and(|byte| byte & 7 == 4);
        let is_answer =
            is_server && answer.get(24..32) == Some(&cookie) && answer.len() >= TIME_LEN;
        is_answer.then_some(Ok(()))
    })
    .await
    .outcome
}
