//! DNS servers, each asked by itself.

use std::{net::IpAddr, time::Duration};

use epmesh_agent::probe::{Config, Peers as _, Prober, WirePorts};
use epmesh_common::facts::{
    Answer, Lookup, PeerObservation, RecordData, RecordType, Resolver, Source, Target,
};
use hickory_proto::{
    op::{Message, MessageType, ResponseCode},
    rr::{
        Name, RData, Record, RecordType as RrType,
        rdata::{A, CNAME, NS},
    },
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    task::JoinHandle,
};
use uuid::Uuid;

use crate::fixture::{Datagrams, LOCALHOST, both, closed_ports, config, resolver, said, target};

/// What a server makes of a question: the datagrams it sends back, and its answer over TCP.
type Reply = fn(Message) -> (Vec<Message>, Option<Message>);

struct Server {
    port: u16,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(reply: Reply) -> Server {
    let (udp, tcp) = both().await;
    let port = udp.local_addr().unwrap().port();
    let task = tokio::spawn(async move {
        let mut buffer = [0; 1024];
        loop {
            tokio::select! {
                received = udp.recv_from(&mut buffer) => {
                    let (count, from) = received.unwrap();
                    for answer in reply(Message::from_vec(&buffer[..count]).unwrap()).0 {
                        udp.send_to(&answer.to_vec().unwrap(), from).await.unwrap();
                    }
                }
                accepted = tcp.accept() => {
                    let (mut stream, _) = accepted.unwrap();
                    let length = stream.read_u16().await.unwrap();
                    let mut question = vec![0; usize::from(length)];
                    stream.read_exact(&mut question).await.unwrap();
                    let answer = reply(Message::from_vec(&question).unwrap()).1.unwrap();
                    let answer = answer.to_vec().unwrap();
                    stream.write_u16(u16::try_from(answer.len()).unwrap()).await.unwrap();
                    stream.write_all(&answer).await.unwrap();
                }
            }
        }
    });
    Server { port, task }
}

fn respond(mut question: Message, code: ResponseCode) -> Message {
    question.metadata.message_type = MessageType::Response;
    question.metadata.response_code = code;
    question.metadata.authoritative = true;
    question
}

fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

/// Asks for dc2.lab.test, which the hosts file maps too, at ports on which nobody answers.
async fn ask(reply: Reply, wanted: &Target) -> PeerObservation {
    let server = serve(reply).await;
    ask_at(server.port, wanted, &resolver(vec![LOCALHOST])).await
}

async fn ask_at(port: u16, wanted: &Target, resolver: &Resolver) -> PeerObservation {
    let config = config(WirePorts { dns: port, ..closed_ports() });
    Prober::new(config).look(wanted, &[], resolver).await
}

async fn answer_to_a(reply: Reply) -> Answer {
    let seen = ask(reply, &target()).await;
    let asked = said(&seen, Source::Dns(LOCALHOST));
    let first = asked.first().unwrap();
    assert_eq!(first.question.kind, RecordType::A);
    first.answer.clone()
}

#[tokio::test]
async fn every_way_to_have_no_record_stays_apart() {
    let cases: [(Reply, Answer); 5] = [
        (|m| (vec![respond(m, ResponseCode::NXDomain)], None), Answer::NoSuchName),
        (|m| (vec![respond(m, ResponseCode::NoError)], None), Answer::NoData),
        (|m| (vec![respond(m, ResponseCode::Refused)], None), Answer::Refused),
        (|m| (vec![respond(m, ResponseCode::ServFail)], None), Answer::ServerFailure),
        (|m| (vec![respond(m, ResponseCode::NotImp)], None), Answer::OtherCode(4)),
    ];
    for (reply, expected) in cases {
        assert_eq!(answer_to_a(reply).await, expected);
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_times_out() {
    assert_eq!(answer_to_a(|_| (Vec::new(), None)).await, Answer::TimedOut);
}

#[tokio::test]
async fn a_port_without_a_server_is_unreachable() {
    let seen = ask_at(closed_ports().dns, &target(), &resolver(vec![LOCALHOST])).await;
    let asked = said(&seen, Source::Dns(LOCALHOST));
    assert!(matches!(asked[0].answer, Answer::Unreachable(_)), "{asked:?}");
    let kind = asked[0].code.map(|code| std::io::Error::from_raw_os_error(code).kind());
    assert_eq!(kind, Some(std::io::ErrorKind::ConnectionRefused), "{asked:?}");
    assert_eq!(asked[0].local, Some(LOCALHOST));
    // What no server was asked for has neither.
    let [hosts, ..] = said(&seen, Source::Hosts)[..] else { panic!("{seen:?}") };
    assert_eq!((hosts.code, hosts.local), (None, None));
}

#[tokio::test]
async fn answers_with_another_id_are_not_believed() {
    let answer = answer_to_a(|question| {
        let mut forged = respond(question.clone(), ResponseCode::NXDomain);
        forged.metadata.id = question.metadata.id.wrapping_add(1);
        (vec![forged, respond(question, ResponseCode::Refused)], None)
    });
    assert_eq!(answer.await, Answer::Refused);
    let only_forged = answer_to_a(|question| {
        let mut forged = respond(question.clone(), ResponseCode::NXDomain);
        forged.metadata.id = question.metadata.id.wrapping_add(1);
        (vec![forged], None)
    });
    assert_eq!(only_forged.await, Answer::TimedOut);
}

#[tokio::test]
async fn a_truncated_answer_is_asked_for_over_tcp() {
    let answer = answer_to_a(|question| {
        let mut short = respond(question.clone(), ResponseCode::NoError);
        short.metadata.truncation = true;
        let mut whole = respond(question, ResponseCode::NoError);
        let owner = whole.queries[0].name().clone();
        for last in 1..=100 {
            let data = RData::A(A::new(10, 0, 0, last));
            whole.add_answer(Record::from_rdata(owner.clone(), 900, data));
        }
        (vec![short], Some(whole))
    });
    let Answer::Records(records) = answer.await else { panic!("records") };
    assert_eq!(records.len(), 100, "and none is left out");
    assert_eq!(records[0].data, RecordData::Address("10.0.0.1".parse::<IpAddr>().unwrap()));
    assert_eq!(records[0].ttl, Some(900));
}

#[tokio::test]
async fn the_alias_is_followed_to_the_host_it_names() {
    let wanted = Target {
        dsa_guid: Some(Uuid::from_u128(0x1234)),
        forest: Some("lab.test".parse().unwrap()),
        ..target()
    };
    let alias = "00000000-0000-0000-0000-000000001234._msdcs.lab.test";
    let seen = ask(
        |question| {
            let owner = question.queries[0].name().clone();
            let mut answer = respond(question, ResponseCode::NoError);
            let data = match owner.to_ascii().as_str() {
                "dc3.lab.test." => RData::A(A::new(127, 0, 0, 3)),
                "dc2.lab.test." => RData::A(A::new(127, 0, 0, 2)),
                _ => RData::CNAME(CNAME(name("DC3.lab.test."))),
            };
            if answer.queries[0].query_type() == data.record_type() {
                answer.add_answer(Record::from_rdata(owner, 900, data));
            }
            (vec![answer], None)
        },
        &wanted,
    )
    .await;
    let asked: Vec<(RecordType, &str)> = said(&seen, Source::Dns(LOCALHOST))
        .iter()
        .map(|lookup| (lookup.question.kind, lookup.question.name.as_str()))
        .collect();
    assert_eq!(
        asked,
        [
            (RecordType::Cname, alias),
            (RecordType::A, "dc3.lab.test"),
            (RecordType::Aaaa, "dc3.lab.test"),
            (RecordType::A, "dc2.lab.test"),
            (RecordType::Aaaa, "dc2.lab.test"),
        ]
    );
    assert_eq!(said(&seen, Source::Hosts).len(), 4, "both names, both types");
    let found: Vec<String> = seen.addresses.iter().map(|probe| probe.address.to_string()).collect();
    assert_eq!(found, ["127.0.0.1", "127.0.0.3", "127.0.0.2"], "in order of first mention");
}

#[tokio::test]
async fn answers_to_another_question_are_not_believed() {
    let answer = answer_to_a(|question| {
        let mut forged = respond(question.clone(), ResponseCode::NXDomain);
        forged.queries[0].set_name(name("dc3.lab.test."));
        (vec![forged, respond(question, ResponseCode::Refused)], None)
    });
    assert_eq!(answer.await, Answer::Refused);
    let only_forged = answer_to_a(|question| {
        let mut forged = respond(question, ResponseCode::NXDomain);
        forged.queries[0].set_name(name("dc3.lab.test."));
        (vec![forged], None)
    });
    assert_eq!(only_forged.await, Answer::TimedOut);
}

#[tokio::test]
async fn a_referral_is_not_the_lack_of_data() {
    fn refer(question: Message) -> Message {
        let mut answer = respond(question, ResponseCode::NoError);
        let data = RData::NS(NS(name("a.root-servers.net.")));
        answer.add_authority(Record::from_rdata(name("."), 900, data));
        answer
    }
    let referral = answer_to_a(|question| {
        let mut answer = refer(question);
        answer.metadata.authoritative = false;
        (vec![answer], None)
    });
    assert!(matches!(referral.await, Answer::Malformed(why) if why.contains("referral")));
    let authoritative = answer_to_a(|question| (vec![refer(question)], None));
    assert_eq!(authoritative.await, Answer::NoData);
}

/// There are resolvers that ask on for the host behind an alias, and answer with what became of
/// that. An alias to a host that is not there is a cause.
#[tokio::test]
async fn an_alias_to_a_host_that_is_not_there_is_seen() {
    let answer = answer_to_a(|question| {
        let owner = question.queries[0].name().clone();
        if owner != name("dc2.lab.test.") {
            return (vec![respond(question, ResponseCode::NXDomain)], None);
        }
        let mut answer = respond(question, ResponseCode::NoError);
        let data = RData::CNAME(CNAME(name("gone.lab.test.")));
        answer.add_answer(Record::from_rdata(owner, 900, data));
        (vec![answer], None)
    });
    let Answer::Records(records) = answer.await else { panic!("records") };
    let seen: Vec<_> = records.iter().map(|r| (r.name.as_str(), r.data.clone())).collect();
    assert_eq!(seen, [("dc2.lab.test", RecordData::Alias("gone.lab.test".parse().unwrap()))]);
}

/// There are resolvers that answer these names themselves (RFC 6761), in the server's name.
#[tokio::test]
async fn names_of_special_use_are_asked_like_others() {
    for special in ["dc2.invalid", "dc2.localhost", "dc2.onion", "dc2.local"] {
        let wanted = Target { name: special.parse().unwrap(), ..target() };
        let seen = ask(|m| (vec![respond(m, ResponseCode::Refused)], None), &wanted).await;
        let asked = said(&seen, Source::Dns(LOCALHOST));
        assert!(!asked.is_empty(), "{special}");
        assert!(asked.iter().all(|lookup| lookup.answer == Answer::Refused), "{asked:?}");
    }
}

#[tokio::test]
async fn what_comes_over_tcp_is_looked_at_too() {
    fn short(question: Message) -> Message {
        let mut answer = respond(question, ResponseCode::NoError);
        answer.metadata.truncation = true;
        answer
    }
    let still_short = answer_to_a(|m| (vec![short(m.clone())], Some(short(m))));
    assert!(matches!(still_short.await, Answer::Malformed(why) if why.contains("truncated")));
    let of_another = answer_to_a(|m| {
        let mut other = respond(m.clone(), ResponseCode::NXDomain);
        other.queries[0].set_name(name("dc3.lab.test."));
        (vec![short(m)], Some(other))
    });
    assert!(matches!(of_another.await, Answer::Malformed(why) if why.contains("another question")));
    let refused =
        answer_to_a(|m| (vec![short(m.clone())], Some(respond(m, ResponseCode::Refused))));
    assert_eq!(refused.await, Answer::Refused);
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_malformed() {
    // The header of an answer that announces a question and three records, and nothing after it.
    let reply = |question: &[u8]| [&question[..2], &[0x84, 0, 0, 1, 0, 3, 0, 0, 0, 0]].concat();
    let server = Datagrams::serve(move |asked, from| vec![(from, reply(asked))]).await;
    let seen = ask_at(server.port, &target(), &resolver(vec![LOCALHOST])).await;
    let asked = said(&seen, Source::Dns(LOCALHOST));
    assert!(matches!(asked[0].answer, Answer::Malformed(_)), "{asked:?}");
}

#[tokio::test]
async fn a_truncated_answer_without_a_server_over_tcp_says_so() {
    let reply = |question: &[u8]| {
        let mut answer = respond(Message::from_vec(question).unwrap(), ResponseCode::NoError);
        answer.metadata.truncation = true;
        answer.to_vec().unwrap()
    };
    let server = Datagrams::serve(move |asked, from| vec![(from, reply(asked))]).await;
    let seen = ask_at(server.port, &target(), &resolver(vec![LOCALHOST])).await;
    let asked = said(&seen, Source::Dns(LOCALHOST));
    assert!(
        matches!(&asked[0].answer, Answer::Unreachable(why) if why.contains("TCP")),
        "{asked:?}"
    );
}

/// No client of ours asks again by itself: a look counts its sockets.
#[tokio::test]
async fn a_silent_server_is_asked_twice_and_no_more() {
    let server = Datagrams::serve(|_, _| Vec::new()).await;
    let short = config(WirePorts { dns: server.port, ..closed_ports() });
    let long = Config {
        // Clients that repeat a question do so within this.
        dns: Duration::from_millis(800),
        resolve: Duration::from_secs(5),
        ..short
    };
    let seen = Prober::new(long).look(&target(), &[], &resolver(vec![LOCALHOST])).await;
    let answers = said(&seen, Source::Dns(LOCALHOST));
    assert!(answers.iter().all(|lookup| lookup.answer == Answer::TimedOut), "{answers:?}");
    let mut asked: Vec<RrType> = server.asked().into_iter().map(|(_, kind)| kind).collect();
    asked.sort_by_key(|kind| *kind == RrType::AAAA);
    let [a, aaaa] = [RrType::A, RrType::AAAA];
    assert_eq!(asked, [a, a, aaaa, aaaa]);
}

/// An address is every resolver's own answer: nothing leaves the machine.
#[tokio::test]
async fn the_systems_resolver_is_a_source_of_its_own() {
    let wanted = Target { name: "127.0.0.1".parse().unwrap(), ..target() };
    let config = Config { system_resolver: true, ..config(closed_ports()) };
    let seen = Prober::new(config).look(&wanted, &[], &resolver(Vec::new())).await;
    let loopback = |lookup: &&Lookup| match &lookup.answer {
        Answer::Records(records) => records.iter().all(
            |record| matches!(record.data, RecordData::Address(address) if address.is_loopback()),
        ),
        _ => false,
    };
    let system = said(&seen, Source::System);
    assert!(!system.is_empty() && system.iter().all(loopback), "{system:?}");
}
