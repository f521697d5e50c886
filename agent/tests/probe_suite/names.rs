//! NetBIOS sources of names and the DNS client's cache.

use std::{net::IpAddr, sync::Arc};

use epmesh_agent::probe::{Peers as _, Prober, WirePorts};
use epmesh_agent_host::{name_files::lmhosts, platform::NameCache};
use epmesh_common::{
    facts::{
        Answer, Body, PeerObservation, Question, Reading, Record, RecordData, RecordType, Resolver,
        Source,
    },
    identity::nbns::{Reply, Request},
    wire::fit,
};
use tokio::net::UdpSocket;

use crate::fixture::{LOCALHOST, closed_ports, config, resolver, said, target};

/// What a server sends back, each from another port than the one asked where it says so.
type Answering = fn(&Request) -> Vec<(bool, Vec<u8>)>;

/// A WINS server; what it sends back, and whether from another port than the one asked.
async fn wins(reply: Answering) -> u16 {
    let socket = UdpSocket::bind((LOCALHOST, 0)).await.unwrap();
    let other = UdpSocket::bind((LOCALHOST, 0)).await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut buffer = [0; 512];
        loop {
            let (count, from) = socket.recv_from(&mut buffer).await.unwrap();
            // Node status comes to the same port.
            let Ok(request) = Request::decode(&buffer[..count]) else { continue };
            assert_eq!((request.name.as_str(), request.suffix), ("DC2", 0));
            for (elsewhere, bytes) in reply(&request) {
                let socket = if elsewhere { &other } else { &socket };
                socket.send_to(&bytes, from).await.unwrap();
            }
        }
    });
    port
}

async fn look(netbios: u16, resolver: &Resolver) -> PeerObservation {
    let prober = Prober::new(config(WirePorts { netbios, ..closed_ports() }));
    prober.look(&target(), &[], resolver).await
}

async fn answer(reply: Answering) -> (Answer, bool) {
    let sources = Resolver { wins: Reading::Value(vec![LOCALHOST; 2]), ..resolver(Vec::new()) };
    let seen = look(wins(reply).await, &sources).await;
    let [lookup] = said(&seen, Source::Wins(LOCALHOST))[..] else { panic!("once: {seen:?}") };
    assert_eq!((lookup.question.kind, lookup.local), (RecordType::Nb, Some(LOCALHOST)));
    (lookup.answer.clone(), lookup.retried)
}

fn positive(addresses: &[[u8; 4]], group: bool) -> Reply {
    let addresses = addresses.iter().map(|address| (*address).into()).collect();
    Reply::Positive { addresses, group, ttl: 9 }
}

#[tokio::test]
async fn each_answer_of_a_wins_server_is_another() {
    let (said, retried) = answer(|request| {
        let right = request.reply(&positive(&[[127, 0, 0, 9]], false)).unwrap();
        // A stranger's answer comes first: another port, another id.
        let mut stranger = Request { transaction: !request.transaction, ..request.clone() }
            .reply(&positive(&[[192, 0, 2, 6]], false))
            .unwrap();
        stranger.extend([0; 9]);
        let elsewhere = request.reply(&positive(&[[192, 0, 2, 7]], false)).unwrap();
        vec![(true, elsewhere), (false, stranger), (false, right)]
    })
    .await;
    let Answer::Records(records) = said else { panic!("{said:?}") };
    assert_eq!(records[0].data, RecordData::Address("127.0.0.9".parse().unwrap()));
    assert_eq!((records.len(), records[0].ttl, retried), (1, Some(9), false));

    let negative = |code: u16| {
        let all: [Answering; 6] = [
            |r| vec![(false, r.reply(&Reply::Negative(1)).unwrap())],
            |r| vec![(false, r.reply(&Reply::Negative(2)).unwrap())],
            |r| vec![(false, r.reply(&Reply::Negative(3)).unwrap())],
            |r| vec![(false, r.reply(&Reply::Negative(5)).unwrap())],
            |r| vec![(false, r.reply(&positive(&[], false)).unwrap())],
            |_| vec![],
        ];
        all[usize::from(code)]
    };
    assert_eq!(answer(negative(0)).await, (Answer::OtherCode(1), false));
    assert_eq!(answer(negative(1)).await, (Answer::ServerFailure, false));
    assert_eq!(answer(negative(2)).await, (Answer::NoSuchName, false));
    assert_eq!(answer(negative(3)).await, (Answer::Refused, false));
    assert_eq!(answer(negative(4)).await, (Answer::NoData, false));
    assert_eq!(answer(negative(5)).await, (Answer::TimedOut, true), "asked twice");
}

#[tokio::test]
async fn a_wins_server_that_lies_is_named() {
    let malformed = |answer: (Answer, bool)| match answer.0 {
        Answer::Malformed(why) => why,
        other => panic!("{other:?}"),
    };
    let why = malformed(
        answer(|r| vec![(false, r.reply(&positive(&[[127, 0, 0, 9]], true)).unwrap())]).await,
    );
    assert!(why.contains("a group"), "{why}");
    let why = malformed(
        answer(|r| {
            let other = Request { name: "DC3".to_owned(), ..r.clone() };
            vec![(false, other.reply(&positive(&[[127, 0, 0, 9]], false)).unwrap())]
        })
        .await,
    );
    assert!(why.contains("answer name"), "{why}");
    let why = malformed(
        answer(|r| {
            // The data length says 65,535.
            let mut bytes = r.reply(&positive(&[[127, 0, 0, 9]], false)).unwrap();
            bytes[54..56].fill(0xff);
            vec![(false, bytes)]
        })
        .await,
    );
    assert!(why.contains("data"), "{why}");
    let why = malformed(answer(|_| vec![(false, vec![0; 7]); 100]).await);
    assert!(why.contains("64 datagrams"), "{why}");
}

#[tokio::test]
async fn the_lmhosts_file_gives_an_address_to_look_at() {
    let text = "# ours\r\n\r\n127.0.0.78 DC22\r\n127.0.0.77 dc2 #PRE\r\n";
    let file = lmhosts::parse("lmhosts", text);
    let sources = Resolver { lmhosts: Reading::Value(file), ..resolver(Vec::new()) };
    let seen = look(closed_ports().netbios, &sources).await;
    let [lookup] = said(&seen, Source::Lmhosts)[..] else { panic!("{seen:?}") };
    let Answer::Records(records) = &lookup.answer else { panic!("{lookup:?}") };
    assert_eq!(records.iter().map(|record| record.line).collect::<Vec<_>>(), [Some(4)]);
    // So it goes to the coordinator, uncut.
    let body = Body::Peer(seen.clone());
    let fitted = fit(&body).expect("within the bounds");
    assert_eq!((fitted.body, fitted.notes.len()), (body, 0));
    let addresses: Vec<String> = seen.addresses.iter().map(|a| a.address.to_string()).collect();
    assert_eq!(addresses, ["127.0.0.1", "127.0.0.77"]);
}

/// Holds 127.0.0.66 for every name.
#[derive(Debug)]
struct Stale;

impl NameCache for Stale {
    fn look(&self, question: &Question) -> Answer {
        if question.kind != RecordType::A {
            return Answer::NoSuchName;
        }
        let data = RecordData::Address("127.0.0.66".parse().unwrap());
        Answer::Records(vec![Record {
            name: question.name.clone(),
            data,
            ttl: Some(3),
            line: None,
        }])
    }
}

/// Holds more addresses of every name than a report does.
#[derive(Debug)]
struct Crowded;

impl NameCache for Crowded {
    fn look(&self, question: &Question) -> Answer {
        let record = |last: u32| Record {
            name: question.name.clone(),
            data: RecordData::Address(IpAddr::from((0x7f00_0100 + last).to_be_bytes())),
            ttl: Some(3),
            line: None,
        };
        Answer::Records((0..257).map(record).collect())
    }
}

#[tokio::test]
async fn half_of_what_the_cache_holds_is_no_answer() {
    let prober = Prober::new(config(closed_ports())).with_cache(Arc::new(Crowded));
    let seen = prober.look(&target(), &[], &resolver(Vec::new())).await;
    for lookup in said(&seen, Source::Cache) {
        assert!(
            matches!(&lookup.answer, Answer::Malformed(why) if why.contains("257 records")),
            "{lookup:?}"
        );
    }
}

#[tokio::test]
async fn the_cache_is_asked_first() {
    let prober = Prober::new(config(closed_ports())).with_cache(Arc::new(Stale));
    let seen = prober.look(&target(), &[], &resolver(Vec::new())).await;
    assert_eq!(seen.lookups[0].source, Source::Cache);
    let asked = said(&seen, Source::Cache);
    let answers: Vec<_> = asked.iter().map(|l| (l.question.kind, l.answer.clone())).collect();
    assert_eq!(answers.len(), 3);
    assert_eq!(answers[0], (RecordType::Cname, Answer::NoSuchName));
    assert!(matches!(&answers[1], (RecordType::A, Answer::Records(_))));
    assert_eq!(seen.addresses[0].address.to_string(), "127.0.0.66");
}
