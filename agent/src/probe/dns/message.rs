//! DNS messages (RFC 1035 4.1): the question, and what an answer says to it.

use std::net::IpAddr;

use epmesh_common::facts::{Answer, DnsName, Question, Record, RecordData, RecordType};
use hickory_proto::{
    op::{Message, MessageType, OpCode, Query, ResponseCode},
    rr::{DNSClass, Name, RData, Record as Rr, RecordType as RrType},
};

/// Records kept of one answer.
const MAX_RECORDS: usize = 64;
/// Aliases followed inside one answer.
const MAX_ALIASES: usize = 8;

/// What a message says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Answer(Answer),
    /// It did not fit; ask over TCP.
    Truncated,
}

/// The bytes of a question, with recursion desired and without EDNS: there are servers that refuse
/// EDNS, and what does not fit 512 bytes comes over TCP.
pub(super) fn query(id: u16, question: &Question) -> Result<Vec<u8>, String> {
    let name = Name::from_ascii(format!("{}.", question.name));
    let name = name.map_err(|error| format!("{} cannot be asked: {error}", question.name))?;
    let mut message = Message::new(id, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(name, rr_type(question.kind)));
    message.to_vec().map_err(|error| format!("{} cannot be asked: {error}", question.name))
}

/// What came back; `None` for what is no answer to this question, so that whoever guesses at a
/// port is not believed.
pub(super) fn read(bytes: &[u8], id: u16, question: &Question) -> Option<Heard> {
    let [first, second, flags, ..] = bytes else { return None };
    if u16::from_be_bytes([*first, *second]) != id || flags & 0x80 == 0 {
        return None;
    }
    let message = match Message::from_vec(bytes) {
        Ok(message) => message,
        Err(error) => return Some(Heard::Answer(Answer::Malformed(error.to_string()))),
    };
    let code = message.metadata.response_code;
    match message.queries.as_slice() {
        // A server that does not even read the question may leave it out.
        [] if code != ResponseCode::NoError => {}
        [asked] if is_same(asked, question) => {}
        _ => return None,
    }
    if message.metadata.truncation {
        return Some(Heard::Truncated);
    }
    Some(Heard::Answer(match code {
        ResponseCode::NoError => records(&message, question),
        ResponseCode::NXDomain => Answer::NoSuchName,
        ResponseCode::Refused => Answer::Refused,
        ResponseCode::ServFail => Answer::ServerFailure,
        other => Answer::OtherCode(other.into()),
    }))
}

fn is_same(asked: &Query, question: &Question) -> bool {
    asked.query_type() == rr_type(question.kind)
        && asked.query_class() == DNSClass::IN
        && dns_name(asked.name()).as_ref() == Some(&question.name)
}

fn records(message: &Message, question: &Question) -> Answer {
    let mut records = Vec::new();
    let mut name = question.name.clone();
    for _ in 0..=MAX_ALIASES {
        let here = || {
            let ours = |rr: &&Rr| {
                rr.dns_class == DNSClass::IN && dns_name(&rr.name).as_ref() == Some(&name)
            };
            message.answers.iter().filter(ours)
        };
        if question.kind != RecordType::Cname {
            let addresses = here().filter_map(|rr| address(rr, question.kind).map(|a| (rr, a)));
            records.extend(
                addresses.map(|(rr, address)| record(&name, rr, RecordData::Address(address))),
            );
        }
        let alias = here().find_map(|rr| match &rr.data {
            RData::CNAME(target) => Some((rr, dns_name(&target.0).ok_or(&target.0))),
            _ => None,
        });
        match alias {
            None => break,
            Some((_, Err(target))) => {
                let target: String = target.to_ascii().chars().take(80).collect();
                return Answer::Malformed(format!("the alias of {name} is no host name: {target}"));
            }
            Some((rr, Ok(target))) => {
                records.push(record(&name, rr, RecordData::Alias(target.clone())));
                // One alias answers the question for it; addresses lie at its end.
                if question.kind == RecordType::Cname || target == question.name {
                    break;
                }
                name = target;
            }
        }
    }
    records.truncate(MAX_RECORDS);
    if !records.is_empty() {
        return Answer::Records(records);
    }
    let refers = message.authorities.iter().any(|rr| rr.record_type() == RrType::NS)
        && !message.authorities.iter().any(|rr| rr.record_type() == RrType::SOA);
    if refers && !message.metadata.authoritative {
        return Answer::Malformed("a referral to other servers instead of an answer".to_owned());
    }
    Answer::NoData
}

fn record(name: &DnsName, rr: &Rr, data: RecordData) -> Record {
    Record { name: name.clone(), data, ttl: Some(rr.ttl), line: None }
}

fn address(rr: &Rr, kind: RecordType) -> Option<IpAddr> {
    match (&rr.data, kind) {
        (RData::A(address), RecordType::A) => Some(address.0.into()),
        (RData::AAAA(address), RecordType::Aaaa) => Some(address.0.into()),
        _ => None,
    }
}

fn dns_name(name: &Name) -> Option<DnsName> {
    name.to_ascii().parse().ok()
}

const fn rr_type(kind: RecordType) -> RrType {
    match kind {
        RecordType::Cname => RrType::CNAME,
        RecordType::A => RrType::A,
        RecordType::Aaaa => RrType::AAAA,
    }
}

#[cfg(test)]
mod tests {
    use hickory_proto::rr::rdata::{A, CNAME, NS};
    use proptest::prelude::*;

    use super::*;

    fn asked(name: &str, kind: RecordType) -> Question {
        Question { name: name.parse().unwrap(), kind }
    }

    fn reply(question: &Question) -> Message {
        let mut message = Message::from_vec(&query(7, question).unwrap()).unwrap().into_response();
        message.metadata.message_type = MessageType::Response;
        message
    }

    fn rr(name: &str, data: RData) -> Rr {
        Rr::from_rdata(Name::from_ascii(name).unwrap(), 900, data)
    }

    fn hear(message: &Message, question: &Question) -> Option<Heard> {
        read(&message.to_vec().unwrap(), 7, question)
    }

    #[test]
    fn aliases_inside_an_answer_are_followed_and_bounded() {
        let question = asked("dc2.lab.test", RecordType::A);
        let mut message = reply(&question);
        let target = Name::from_ascii("x.lab.test.").unwrap();
        message.add_answer(rr("dc2.lab.test.", RData::CNAME(CNAME(target))));
        message.add_answer(rr("X.lab.test.", RData::A(A::new(10, 0, 0, 2))));
        message.add_answer(rr("stranger.test.", RData::A(A::new(10, 0, 0, 9))));
        let Some(Heard::Answer(Answer::Records(records))) = hear(&message, &question) else {
            panic!("records");
        };
        let seen: Vec<_> = records.iter().map(|r| (r.name.as_str(), r.data.clone())).collect();
        assert_eq!(
            seen,
            [
                ("dc2.lab.test", RecordData::Alias("x.lab.test".parse().unwrap())),
                ("x.lab.test", RecordData::Address("10.0.0.2".parse().unwrap())),
            ],
        );

        let mut circle = reply(&question);
        for (from, to) in [("dc2", "a"), ("a", "b"), ("b", "a")] {
            let target = CNAME(Name::from_ascii(format!("{to}.lab.test.")).unwrap());
            circle.add_answer(rr(&format!("{from}.lab.test."), RData::CNAME(target)));
        }
        let Some(Heard::Answer(Answer::Records(records))) = hear(&circle, &question) else {
            panic!("records");
        };
        assert_eq!(records.len(), MAX_ALIASES + 1);
    }

    #[test]
    fn an_answer_to_another_question_is_not_heard() {
        let question = asked("dc2.lab.test", RecordType::A);
        assert_eq!(hear(&reply(&question), &asked("dc3.lab.test", RecordType::A)), None);
        assert_eq!(hear(&reply(&question), &asked("dc2.lab.test", RecordType::Aaaa)), None);
        let answer = reply(&question).to_vec().unwrap();
        assert_eq!(read(&answer, 8, &question), None, "another id");
        assert_eq!(read(&query(7, &question).unwrap(), 7, &question), None, "a question");
        assert_eq!(read(&answer, 7, &question), Some(Heard::Answer(Answer::NoData)));
    }

    #[test]
    fn a_referral_is_not_the_lack_of_data() {
        let question = asked("dc2.lab.test", RecordType::A);
        let mut message = reply(&question);
        let ns = NS(Name::from_ascii("a.root-servers.net.").unwrap());
        message.add_authority(rr(".", RData::NS(ns)));
        assert!(matches!(
            hear(&message, &question),
            Some(Heard::Answer(Answer::Malformed(why))) if why.contains("referral")
        ));
        message.metadata.authoritative = true;
        assert_eq!(hear(&message, &question), Some(Heard::Answer(Answer::NoData)));
    }

    proptest! {
        #[test]
        fn takes_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let question = asked("dc2.lab.test", RecordType::A);
            let id = bytes.get(..2).map_or(0, |b| u16::from_be_bytes([b[0], b[1]]));
            let _ = read(&bytes, id, &question);
        }
    }
}
