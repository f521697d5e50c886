//! NetBIOS names: the LMHOSTS file, and each WINS server asked by itself (RFC 1002, UDP 137).
//!
//! A DC that finds no address in DNS falls back to the host's NetBIOS name (events 2087 and 2088).
//! Asked for is the workstation name, sixteenth octet 0x00: Windows Sockets, and with it an RPC
//! client over TCP, makes that of a host name. 0x20 is what file clients ask for, and 0x1c, a
//! domain's controllers, would give a group of hosts.

use std::{
    net::{IpAddr, Ipv4Addr},
    slice,
};

use epmesh_agent_host::{name_files::lmhosts::MAX_LINES, rpc::errors::protocol};
use epmesh_common::{
    facts::{
        Answer, DnsName, LmhostsFile, LmhostsLine, Lookup, Question, Reading, Record, RecordData,
        RecordType, Resolver, Source,
    },
    identity::nbns::{Reply, Request},
};
use tokio::{sync::SemaphorePermit, time::Instant};

use super::{
    hosts,
    server::{Heard, answered, ask_twice},
};

use crate::probe::{
    datagram::{self, Datagram},
    limits::budget::Budget,
};

/// Octets of a NetBIOS name before its sixteenth.
const NAME_LEN: usize = 15;
/// The sixteenth octet that is asked for.
const WORKSTATION: u8 = 0x00;
/// WINS servers asked at most: as many as Windows takes for one interface.
pub(in crate::probe) const MAX_SERVERS: usize = 12;

/// The question for the NetBIOS name of `host`: its first label, cut as Windows cuts it.
pub(in crate::probe) fn question(host: &DnsName) -> Option<Question> {
    let label: String = host.host().chars().take(NAME_LEN).collect();
    Some(Question { name: label.parse().ok()?, kind: RecordType::Nb })
}

/// Asks the LMHOSTS file; nothing where the platform has none.
pub(in crate::probe) fn ask_file(resolver: &Resolver, question: &Question) -> Option<Lookup> {
    let answer = match &resolver.lmhosts {
        Reading::Value(file) => in_file(file, question),
        // A file that is not there maps nothing.
        Reading::Absent => Answer::NoSuchName,
        Reading::NotApplicable => return None,
        Reading::Unreadable(why) => Answer::NotAsked(why.to_string()),
    };
    let question = question.clone();
    Some(Lookup {
        code: None,
        local: None,
        source: Source::Lmhosts,
        question,
        answer,
        took_ms: 0,
        retried: false,
    })
}

fn in_file(file: &LmhostsFile, question: &Question) -> Answer {
    let is_it = |line: &&LmhostsLine| {
        line.suffix.is_none_or(|suffix| suffix == WORKSTATION)
            && line.name.eq_ignore_ascii_case(question.name.as_str())
    };
    let record = |line: &LmhostsLine| Record {
        name: question.name.clone(),
        data: RecordData::Address(line.address),
        ttl: None,
        line: Some(line.line),
    };
    let records: Vec<Record> = file.lines.iter().filter(is_it).map(record).collect();
    // What stands in a file on another host was not seen, and may map it.
    let none = match file.includes.first() {
        None if file.lines.len() >= MAX_LINES => hosts::unread(&file.path, MAX_LINES),
        None => Answer::NoSuchName,
        Some(first) => Answer::NotAsked(format!(
            "{} does not map it and includes {first}, which the agent does not read",
            file.path
        )),
    };
    answered(records, none)
}

/// The WINS servers of this host, each once. WINS is IPv4 only.
pub(in crate::probe) fn servers(resolver: &Resolver) -> Vec<Ipv4Addr> {
    let mut servers = Vec::new();
    for server in resolver.wins.value().into_iter().flatten() {
        if let IpAddr::V4(server) = *server
            && !servers.contains(&server)
        {
            servers.push(server);
        }
    }
    servers
}

/// Asks `server`; no answer in time is asked for once more.
pub(in crate::probe) async fn ask_server(
    budget: &Budget<'_>,
    server: Ipv4Addr,
    question: &Question,
    end: Instant,
) -> Vec<Lookup> {
    let asking = |turn, questions| exchange(budget, server, turn, questions, end);
    let asked = (Source::Wins(server.into()), slice::from_ref(question));
    ask_twice(budget, end, asked, "name", asking).await
}

/// Each from a port of its own: of one look there is only one.
async fn exchange(
    budget: &Budget<'_>,
    server: Ipv4Addr,
    _turn: SemaphorePermit<'_>,
    questions: &[Question],
    end: Instant,
) -> Vec<Heard> {
    let mut heard = Vec::new();
    for question in questions {
        heard.push(one(budget, server, question, end).await);
    }
    heard
}

async fn one(budget: &Budget<'_>, server: Ipv4Addr, question: &Question, end: Instant) -> Heard {
    let start = Instant::now();
    let transaction: u16 = rand::random();
    let name = question.name.as_str().to_owned();
    let request = Request { transaction, name, suffix: WORKSTATION };
    let bytes = match request.encode() {
        Ok(bytes) => bytes,
        Err(error) => return Answer::NotAsked(error.to_string()).into(),
    };
    let port = budget.config.ports.netbios;
    let until = end.min(start + budget.config.dns);
    let ask = datagram::ask(budget, server.into(), port, &bytes, until, |datagram| {
        if datagram.get(..2) != Some(&transaction.to_be_bytes()) {
            return None;
        }
        Some(request.read_reply(datagram).map_err(|error| protocol("name query", &error)))
    });
    let Datagram { outcome, local } = ask.await;
    let heard = match outcome {
        Ok(reply) => read(question, reply).into(),
        Err(missed) => Heard::failed(missed, "name"),
    };
    heard.over(local).since(start)
}

fn read(question: &Question, reply: Reply) -> Answer {
    let (addresses, ttl) = match reply {
        Reply::Positive { group: true, .. } => {
            return Answer::Malformed("a group holds the name, not a host".to_owned());
        }
        Reply::Positive { addresses, ttl, .. } => (addresses, ttl),
        // RFC 1002 4.2.14.
        Reply::Negative(3) => return Answer::NoSuchName,
        Reply::Negative(2) => return Answer::ServerFailure,
        Reply::Negative(5) => return Answer::Refused,
        Reply::Negative(code) => return Answer::OtherCode(code),
    };
    if addresses.is_empty() {
        return Answer::NoData;
    }
    let record = |address: Ipv4Addr| Record {
        name: question.name.clone(),
        data: RecordData::Address(address.into()),
        ttl: Some(ttl),
        line: None,
    };
    Answer::Records(addresses.into_iter().map(record).collect())
}

#[cfg(test)]
mod tests {
    use epmesh_common::facts::Blank;

    use super::*;

    fn resolver(lmhosts: Reading<LmhostsFile>) -> Resolver {
        Resolver { lmhosts, ..Resolver::blank(&Blank::Absent) }
    }

    fn said(file: Reading<LmhostsFile>) -> Option<Answer> {
        let question = question(&"dc2.lab.test".parse().unwrap()).unwrap();
        ask_file(&resolver(file), &question).map(|lookup| lookup.answer)
    }

    #[test]
    fn the_name_is_the_first_label_cut_to_fifteen() {
        let of = |name: &str| question(&name.parse().unwrap()).unwrap().name.to_string();
        assert_eq!(of("dc2.lab.test"), "dc2");
        assert_eq!(of("a-very-long-host-name.lab.test"), "a-very-long-hos");
    }

    #[test]
    fn a_line_answers_and_an_included_file_leaves_it_open() {
        let line = |line, name: &str, suffix| LmhostsLine {
            line,
            address: "10.0.0.9".parse().unwrap(),
            name: name.to_owned(),
            suffix,
            preload: false,
            domain: None,
        };
        let mut file = LmhostsFile {
            path: "lmhosts".to_owned(),
            lines: vec![line(1, "DC2", Some(0x1c)), line(2, "DC22", None), line(3, "DC2", None)],
            includes: Vec::new(),
        };
        let Some(Answer::Records(records)) = said(Reading::Value(file.clone())) else {
            panic!("line 3 maps it")
        };
        assert_eq!(records.iter().map(|r| r.line).collect::<Vec<_>>(), [Some(3)]);
        file.lines.pop();
        assert_eq!(said(Reading::Value(file.clone())), Some(Answer::NoSuchName));
        let more = LmhostsFile { lines: vec![line(1, "DC9", None); MAX_LINES], ..file.clone() };
        assert!(matches!(said(Reading::Value(more)), Some(Answer::NotAsked(_))));
        file.includes.push("\\\\dc1\\public\\lmhosts".to_owned());
        assert!(matches!(said(Reading::Value(file)), Some(Answer::NotAsked(_))));
        assert_eq!(said(Reading::Absent), Some(Answer::NoSuchName));
        assert_eq!(said(Reading::NotApplicable), None);
        let why = || "denied".to_owned();
        assert_eq!(said(Reading::unseen(why())), Some(Answer::NotAsked(why())));
    }
}
