//! DNS servers, each asked by itself.

use std::net::IpAddr;

use epmesh_agent::{
    daemon::Peers as _,
    probe::{Config, Prober, WirePorts},
};
use epmesh_common::facts::{
    Answer, Lookup, PeerObservation, RecordData, RecordType, Resolver, Source, Target,
};
use hickory_proto::{
    op::{Message, MessageType, ResponseCode},
    rr::{
        Name, RData, Record,
        rdata::{A, CNAME},
    },
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, UdpSocket},
    task::JoinHandle,
};
use uuid::Uuid;

use crate::fixture::{LOCALHOST, closed_ports, config, resolver, said, target};

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
    let (udp, tcp) = loop {
        let udp = UdpSocket::bind((LOCALHOST, 0)).await.unwrap();
        // The same port may be taken for TCP.
        if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()).await {
            break (udp, tcp);
        }
    };
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
    assert_eq!(records.len(), 64, "and no more than are kept");
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

/// `localhost` is every resolver's own (RFC 6761 6.3): nothing leaves the machine.
#[tokio::test]
async fn the_systems_resolver_is_a_source_of_its_own() {
    let wanted = Target { name: "localhost".parse().unwrap(), ..target() };
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
