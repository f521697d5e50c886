//! The questions of one look to one DNS server leave from one port. What comes back belongs to the
//! question that it repeats, under the id of that question, and to no other.

use std::{collections::HashSet, net::SocketAddr};

use epmesh_agent::probe::{Peers as _, Prober, WirePorts};
use epmesh_common::facts::{Answer, Lookup, RecordData, RecordType, Source, Target};
use hickory_proto::{
    op::{Message, MessageType, ResponseCode},
    rr::{
        Name, RData, Record, RecordType as RrType,
        rdata::{A, AAAA, CNAME},
    },
};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::fixture::{Datagrams, LOCALHOST, closed_ports, config, resolver, said, target};

/// What a server sends, and where to.
type Sent = Vec<(SocketAddr, Message)>;

/// Looks for a peer whose alias is asked for too, and gives the lookups of a server that makes `reply`
/// of each question, beside what it heard.
async fn look(
    mut reply: impl FnMut(Message, SocketAddr) -> Sent + Send + 'static,
) -> (Vec<Lookup>, Vec<(SocketAddr, RrType)>) {
    let server = Datagrams::serve(move |question, from| {
        let sent = reply(Message::from_vec(question).unwrap(), from);
        sent.into_iter().map(|(to, answer)| (to, answer.to_vec().unwrap())).collect()
    })
    .await;
    (look_at(server.port).await, server.asked())
}

/// As [`look`], with a server that answers nothing until it has heard all three questions.
async fn look_at_held(
    mut reply: impl FnMut(&[Message], SocketAddr) -> Sent + Send + 'static,
) -> (Vec<Lookup>, Vec<(SocketAddr, RrType)>) {
    let mut held: Vec<Message> = Vec::new();
    look(move |question, from| {
        held.push(question);
        if held.len() < 3 { Vec::new() } else { reply(&held, from) }
    })
    .await
}

async fn look_at(port: u16) -> Vec<Lookup> {
    let wanted = Target {
        dsa_guid: Some(Uuid::from_u128(0x1234)),
        forest: Some("lab.test".parse().unwrap()),
        ..target()
    };
    let config = config(WirePorts { dns: port, ..closed_ports() });
    let seen = Prober::new(config).look(&wanted, &[], &resolver(vec![LOCALHOST])).await;
    said(&seen, Source::Dns(LOCALHOST)).into_iter().cloned().collect()
}

fn bare(mut question: Message) -> Message {
    question.metadata.message_type = MessageType::Response;
    question.metadata.authoritative = true;
    question
}

/// The answer with one record; its last octet is `last`, where it has one.
fn right(question: &Message, last: u8) -> Message {
    let mut answer = bare(question.clone());
    let data = match answer.queries[0].query_type() {
        RrType::A => RData::A(A::new(127, 0, 0, last)),
        RrType::AAAA => RData::AAAA(AAAA::new(0xfe80, 0, 0, 0, 0, 0, 0, last.into())),
        _ => RData::CNAME(CNAME(Name::from_ascii("dc2.lab.test.").unwrap())),
    };
    let owner = answer.queries[0].name().clone();
    answer.add_answer(Record::from_rdata(owner, 900, data));
    answer
}

/// The right answers, in the order in which they are told.
fn all_right(lookups: &[Lookup]) -> bool {
    let expected = [
        (RecordType::Cname, RecordData::Alias("dc2.lab.test".parse().unwrap())),
        (RecordType::A, RecordData::Address("127.0.0.2".parse().unwrap())),
        (RecordType::Aaaa, RecordData::Address("fe80::2".parse().unwrap())),
    ];
    lookups.len() == expected.len()
        && lookups.iter().zip(expected).all(|(lookup, (kind, data))| {
            let Answer::Records(records) = &lookup.answer else { return false };
            lookup.question.kind == kind && records.len() == 1 && records[0].data == data
        })
}

#[tokio::test]
async fn answers_out_of_order_and_twice_go_where_they_belong() {
    let (lookups, asked) = look_at_held(|held, from| {
        held.iter().rev().flat_map(|q| [(from, right(q, 2)), (from, right(q, 2))]).collect()
    })
    .await;
    assert!(all_right(&lookups), "{lookups:#?}");
    assert!(lookups.iter().all(|lookup| !lookup.retried), "{lookups:#?}");
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|(from, _)| *from == asked[0].0), "one port: {asked:?}");
}

/// The second of two answers to one question is a stranger: what came first stands.
#[tokio::test]
async fn what_is_answered_is_not_answered_again() {
    let (lookups, _) = look_at_held(|held, from| {
        held.iter().flat_map(|q| [(from, right(q, 2)), (from, right(q, 9))]).collect()
    })
    .await;
    assert!(all_right(&lookups), "{lookups:#?}");
}

#[tokio::test]
async fn an_answer_under_the_id_of_another_question_is_not_believed() {
    let crossed = |held: &[Message], from| -> Sent {
        let mut sent = Vec::new();
        for (at, question) in held.iter().enumerate() {
            for other in [(at + 1) % 3, (at + 2) % 3] {
                let mut forged = right(question, 9);
                forged.metadata.id = held[other].metadata.id;
                sent.push((from, forged));
            }
        }
        sent
    };
    let (lookups, _) = look_at_held(move |held, from| {
        let mut sent = crossed(held, from);
        sent.extend(held.iter().map(|question| (from, right(question, 2))));
        sent
    })
    .await;
    assert!(all_right(&lookups), "{lookups:#?}");

    // Once, and not again when they are asked anew under other ids.
    let (lookups, _) = look_at_held(move |held, from| match held.len() {
        3 => crossed(held, from),
        _ => Vec::new(),
    })
    .await;
    assert!(lookups.iter().all(|lookup| lookup.answer == Answer::TimedOut), "{lookups:#?}");
}

/// A server that cannot read a question has nothing to repeat but its id: the others are not hit.
#[tokio::test]
async fn a_format_error_hits_the_question_with_its_id_alone() {
    let (lookups, _) = look(|question, from| {
        let answer = match question.queries[0].query_type() {
            RrType::AAAA => {
                let mut unread = bare(question);
                unread.metadata.response_code = ResponseCode::FormErr;
                unread.queries.clear();
                unread
            }
            _ => right(&question, 2),
        };
        vec![(from, answer)]
    })
    .await;
    assert!(matches!(lookups[0].answer, Answer::Records(_)), "{lookups:#?}");
    assert!(matches!(lookups[1].answer, Answer::Records(_)), "{lookups:#?}");
    assert_eq!(lookups[2].answer, Answer::OtherCode(1));
}

/// What `single-request-reopen` in resolv.conf(5) is for.
#[tokio::test]
async fn a_firewall_that_lets_one_answer_through_to_each_port_hides_nothing() {
    let mut ports: HashSet<SocketAddr> = HashSet::new();
    let (lookups, asked) = look(move |question, from| match ports.insert(from) {
        true => vec![(from, right(&question, 2))],
        false => Vec::new(),
    })
    .await;
    assert!(all_right(&lookups), "{lookups:#?}");
    assert_eq!(lookups.iter().filter(|lookup| lookup.retried).count(), 2, "{lookups:#?}");
    assert_eq!(asked.len(), 5, "three questions, two of them twice: {asked:?}");
    let again: Vec<SocketAddr> = asked[3..].iter().map(|(from, _)| *from).collect();
    assert!(again[0] != again[1] && !again.contains(&asked[0].0), "{asked:?}");
}

#[tokio::test]
async fn one_question_without_an_answer_is_alone_with_that() {
    let (lookups, asked) = look(|question, from| match question.queries[0].query_type() {
        RrType::A => Vec::new(),
        _ => vec![(from, right(&question, 2))],
    })
    .await;
    let [alias, a, aaaa] = lookups.as_slice() else { panic!("{lookups:#?}") };
    assert!(matches!(alias.answer, Answer::Records(_)) && !alias.retried, "{alias:?}");
    assert!(a.answer == Answer::TimedOut && a.retried, "{a:?}");
    assert!(matches!(aaaa.answer, Answer::Records(_)) && !aaaa.retried, "{aaaa:?}");
    assert_eq!(asked.iter().filter(|(_, kind)| *kind == RrType::A).count(), 2, "{asked:?}");
    assert_eq!(asked.len(), 4, "{asked:?}");
}

#[tokio::test]
async fn a_truncated_answer_is_its_questions_own() {
    let (lookups, _) = look(|question, from| {
        let mut answer = right(&question, 2);
        answer.metadata.truncation = answer.queries[0].query_type() == RrType::AAAA;
        vec![(from, answer)]
    })
    .await;
    let [alias, a, aaaa] = lookups.as_slice() else { panic!("{lookups:#?}") };
    assert!(matches!(alias.answer, Answer::Records(_)), "{alias:?}");
    assert!(matches!(a.answer, Answer::Records(_)), "{a:?}");
    assert!(
        matches!(&aaaa.answer, Answer::Unreachable(why) if why.contains("TCP")),
        "nobody listens there over TCP: {aaaa:?}"
    );
}

#[tokio::test]
async fn port_unreachable_is_said_of_every_question() {
    // Taken for TCP, so that nobody else takes it: nothing listens there for datagrams.
    let tcp = TcpListener::bind((LOCALHOST, 0)).await.unwrap();
    let lookups = look_at(tcp.local_addr().unwrap().port()).await;
    assert_eq!(lookups.len(), 3);
    for lookup in &lookups {
        assert!(matches!(lookup.answer, Answer::Unreachable(_)), "{lookup:?}");
        let kind = lookup.code.map(|code| std::io::Error::from_raw_os_error(code).kind());
        assert_eq!(kind, Some(std::io::ErrorKind::ConnectionRefused), "{lookup:?}");
        assert_eq!((lookup.local, lookup.retried), (Some(LOCALHOST), false), "{lookup:?}");
    }
}
