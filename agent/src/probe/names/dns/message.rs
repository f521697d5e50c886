//! DNS messages (RFC 1035 4.1): the question, and what an answer says to it.

use std::net::IpAddr;

use epmesh_common::facts::{Answer, DnsName, Question, Record, RecordData, RecordType};
use hickory_resolver::proto::{
    op::{Message, MessageType, OpCode, Query, ResponseCode},
    rr::{DNSClass, Name, RData, Record as Rr, RecordType as RrType},
};

use crate::probe::names::server::answered;

/// Aliases followed inside one answer.
const MAX_ALIASES: usize = 8;

/// The meaning of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Answer(Answer),
    /// The answer did not fit into a datagram; ask over TCP.
    Truncated,
}

/// The question, with recursion desired and without EDNS: there are servers that refuse EDNS, and
/// what does not fit 512 bytes comes over TCP.
pub(super) fn request(question: &Question) -> Result<Message, String> {
    let name = Name::from_ascii(format!("{}.", question.name));
    let name = name.map_err(|error| format!("{} cannot be asked: {error}", question.name))?;
    Ok(about(Query::query(name, rr_type(question.kind))))
}

/// A message that asks this, under an id drawn for it.
pub(super) fn about(query: Query) -> Message {
    let mut message = Message::new(rand::random(), MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(query);
    message
}

/// Reads a message as the answer to a question; `None` for what is no answer to this question. The id was
/// looked at before.
pub(super) fn read(message: &Message, question: &Question) -> Option<Heard> {
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
        ResponseCode::NoError => records(message, question),
        ResponseCode::NXDomain => Answer::NoSuchName,
        ResponseCode::Refused => Answer::Refused,
        ResponseCode::ServFail => Answer::ServerFailure,
        other => Answer::OtherCode(other.into()),
    }))
}

/// The answer to the question in the bytes of a message; `None` where they are none, or no answer to it, or only
/// the beginning of one.
#[must_use]
pub fn answer(bytes: &[u8], question: &Question) -> Option<Answer> {
    match read(&Message::from_vec(bytes).ok()?, question)? {
        Heard::Answer(answer) => Some(answer),
        Heard::Truncated => None,
    }
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
    if !records.is_empty() {
        return answered(records, Answer::NoData);
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
        // Never asked of a DNS server; the number is the NetBIOS name service's own.
        RecordType::Nb => RrType::Unknown(32),
    }
}

#[cfg(test)]
mod tests {
    use epmesh_common::wire::limits::RECORDS;
    use hickory_resolver::proto::rr::rdata::{A, CNAME, NS};
    use proptest::prelude::*;

    use super::*;

    fn asked(name: &str, kind: RecordType) -> Question {
        Question { name: name.parse().unwrap(), kind }
    }

    fn reply(question: &Question) -> Message {
        request(question).unwrap().into_response()
    }

    fn rr(name: &str, data: RData) -> Rr {
        Rr::from_rdata(Name::from_ascii(name).unwrap(), 900, data)
    }

    #[test]
    fn aliases_inside_an_answer_are_followed_and_bounded() {
        let question = asked("dc2.lab.test", RecordType::A);
        let mut message = reply(&question);
        let target = Name::from_ascii("x.lab.test.").unwrap();
        message.add_answer(rr("dc2.lab.test.", RData::CNAME(CNAME(target))));
        message.add_answer(rr("X.lab.test.", RData::A(A::new(10, 0, 0, 2))));
        message.add_answer(rr("stranger.test.", RData::A(A::new(10, 0, 0, 9))));
        let Some(Heard::Answer(Answer::Records(records))) = read(&message, &question) else {
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
        let Some(Heard::Answer(Answer::Records(records))) = read(&circle, &question) else {
            panic!("records");
        };
        assert_eq!(records.len(), MAX_ALIASES + 1);
    }

    #[test]
    fn half_of_a_long_answer_is_no_answer() {
        let question = asked("dc2.lab.test", RecordType::A);
        let mut message = reply(&question);
        let told = |message: &Message| match read(message, &question) {
            Some(Heard::Answer(answer)) => answer,
            heard => panic!("{heard:?}"),
        };
        for last in 0..=255 {
            message.add_answer(rr("dc2.lab.test.", RData::A(A::new(10, 0, 0, last))));
        }
        assert!(matches!(told(&message), Answer::Records(records) if records.len() == RECORDS));
        message.add_answer(rr("dc2.lab.test.", RData::A(A::new(10, 0, 1, 0))));
        assert!(matches!(told(&message), Answer::Malformed(why) if why.contains("257 records")));
    }

    #[test]
    fn an_answer_to_another_question_is_not_heard() {
        let question = asked("dc2.lab.test", RecordType::A);
        assert_eq!(read(&reply(&question), &asked("dc3.lab.test", RecordType::A)), None);
        assert_eq!(read(&reply(&question), &asked("dc2.lab.test", RecordType::Aaaa)), None);
        let mut unread = reply(&question);
        unread.queries.clear();
        assert_eq!(read(&unread, &question), None, "no question, and nothing wrong with it");
        unread.metadata.response_code = ResponseCode::FormErr;
        assert_eq!(read(&unread, &question), Some(Heard::Answer(Answer::OtherCode(1))));
        assert_eq!(read(&reply(&question), &question), Some(Heard::Answer(Answer::NoData)));
    }

    #[test]
    fn a_referral_is_not_the_lack_of_data() {
        let question = asked("dc2.lab.test", RecordType::A);
        let mut message = reply(&question);
        let ns = NS(Name::from_ascii("a.root-servers.net.").unwrap());
        message.add_authority(rr(".", RData::NS(ns)));
        assert!(matches!(
            read(&message, &question),
            Some(Heard::Answer(Answer::Malformed(why))) if why.contains("referral")
        ));
        message.metadata.authoritative = true;
        assert_eq!(read(&message, &question), Some(Heard::Answer(Answer::NoData)));
    }

    proptest! {
        #[test]
        fn whatever_is_answered_is_bounded_and_begins_at_the_question(
            rrs in proptest::collection::vec((0..6_u8, any::<bool>(), 0..6_u8), 0..600),
        ) {
            let question = asked("h0.lab.test", RecordType::A);
            let host = |number: u8| Name::from_ascii(format!("h{number}.lab.test.")).unwrap();
            let mut message = reply(&question);
            for (owner, is_alias, value) in rrs {
                let data = match is_alias {
                    true => RData::CNAME(CNAME(host(value))),
                    false => RData::A(A::new(10, 0, 0, value)),
                };
                message.add_answer(Rr::from_rdata(host(owner), 900, data));
            }
            let ours = message.answers.iter().any(|rr| rr.name == host(0));
            match read(&message, &question) {
                Some(Heard::Answer(Answer::Records(records))) => {
                    prop_assert!(records.len() <= RECORDS);
                    prop_assert_eq!(&records[0].name, &question.name);
                }
                Some(Heard::Answer(Answer::Malformed(why))) => {
                    prop_assert!(why.contains("records"), "{}", why);
                }
                heard => prop_assert_eq!((heard, ours), (Some(Heard::Answer(Answer::NoData)), false)),
            }
        }
    }
}
