//! DNS servers that lie, byte by byte.

use epmesh_agent::probe::{Peers as _, Prober, WirePorts};
use epmesh_common::facts::{Answer, Source};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::UdpSocket,
};

use crate::fixture::{LOCALHOST, both, closed_ports, config, resolver, said, target};

/// What a server sends back, each from another port than the one asked where it says so.
type Datagrams = fn(&[u8]) -> Vec<(bool, Vec<u8>)>;

/// What a server makes of a question's bytes.
struct Lies {
    /// Datagrams, and whether each comes from another port.
    udp: Datagrams,
    /// What is sent over TCP, length and all; the connection stays open behind it.
    tcp: fn(&[u8]) -> Vec<u8>,
}

/// The answer to `A dc2.lab.test`.
async fn told(lies: Lies) -> Answer {
    let (udp, tcp) = both().await;
    let other = UdpSocket::bind((LOCALHOST, 0)).await.unwrap();
    let address = udp.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 1024];
        loop {
            let (count, from) = udp.recv_from(&mut buffer).await.unwrap();
            for (elsewhere, bytes) in (lies.udp)(&buffer[..count]) {
                let socket = if elsewhere { &other } else { &udp };
                socket.send_to(&bytes, from).await.unwrap();
            }
        }
    });
    tokio::spawn(async move {
        let mut held = Vec::new();
        loop {
            let (mut stream, _) = tcp.accept().await.unwrap();
            let length = stream.read_u16().await.unwrap();
            let mut question = vec![0; usize::from(length)];
            stream.read_exact(&mut question).await.unwrap();
            let _ = stream.write_all(&(lies.tcp)(&question)).await;
            held.push(stream);
        }
    });
    let ports = WirePorts { dns: address.port(), ..closed_ports() };
    let seen = Prober::new(config(ports)).look(&target(), &[], &resolver(vec![LOCALHOST])).await;
    let asked = said(&seen, Source::Dns(LOCALHOST));
    asked[0].answer.clone()
}

/// The question as a response with these flags, so many answers, and their bytes.
fn response(question: &[u8], flags: u16, answers: u16, records: &[u8]) -> Vec<u8> {
    let mut bytes = question.to_vec();
    bytes[2..4].copy_from_slice(&flags.to_be_bytes());
    bytes[6..8].copy_from_slice(&answers.to_be_bytes());
    bytes.extend(records);
    bytes
}

const ANSWER: u16 = 0x8400;
const TRUNCATED: u16 = 0x8600;

/// An A record of the question's name: 127.0.0.`last`.
fn record(last: u8) -> Vec<u8> {
    let mut bytes = vec![0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4];
    bytes.extend([127, 0, 0, last]);
    bytes
}

fn nothing(_: &[u8]) -> Vec<u8> {
    Vec::new()
}

fn truncated(question: &[u8]) -> Vec<(bool, Vec<u8>)> {
    vec![(false, response(question, TRUNCATED, 0, &[]))]
}

fn framed(message: &[u8]) -> Vec<u8> {
    let mut bytes = u16::try_from(message.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend(message);
    bytes
}

fn malformed(answer: Answer) -> String {
    match answer {
        Answer::Malformed(why) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn another_port_or_id_is_not_heard() {
    let elsewhere = |question: &[u8]| vec![(true, response(question, ANSWER, 1, &record(9)))];
    assert_eq!(told(Lies { udp: elsewhere, tcp: nothing }).await, Answer::TimedOut);
    let other_id = |question: &[u8]| {
        let mut bytes = response(question, ANSWER, 1, &record(9));
        bytes[0] ^= 0xff;
        vec![(false, bytes)]
    };
    assert_eq!(told(Lies { udp: other_id, tcp: nothing }).await, Answer::TimedOut);
}

/// RFC 1035 4.1.1: a server that cannot read the question says so, and has no question to repeat.
#[tokio::test]
async fn a_format_error_needs_no_question_and_an_answer_does() {
    fn header(question: &[u8], flags: u16) -> Vec<(bool, Vec<u8>)> {
        let mut bytes = question[..2].to_vec();
        bytes.extend(flags.to_be_bytes());
        bytes.extend([0; 8]);
        vec![(false, bytes)]
    }
    let unread = |question: &[u8]| header(question, 0x8001);
    assert_eq!(told(Lies { udp: unread, tcp: nothing }).await, Answer::OtherCode(1));
    let empty = |question: &[u8]| header(question, ANSWER);
    assert_eq!(told(Lies { udp: empty, tcp: nothing }).await, Answer::TimedOut);
}

#[tokio::test]
async fn a_flood_is_given_up_and_named() {
    let flood = |question: &[u8]| {
        let mut bytes = response(question, ANSWER, 1, &record(9));
        bytes[0] ^= 0xff;
        vec![(false, bytes); 100]
    };
    let said = told(Lies { udp: flood, tcp: nothing }).await;
    let why = format!("{said:?}");
    assert!(why.contains("64 datagrams"), "{why}");
}

#[tokio::test]
async fn a_name_that_points_at_itself_is_malformed() {
    // The name of the record is a pointer to where it stands (RFC 1035 4.1.4).
    let circle = |question: &[u8]| {
        let [_, at] = u16::try_from(question.len()).unwrap().to_be_bytes();
        let mut records = record(9);
        records[1] = at;
        vec![(false, response(question, ANSWER, 1, &records))]
    };
    let said = told(Lies { udp: circle, tcp: nothing }).await;
    assert!(matches!(said, Answer::Malformed(_) | Answer::TimedOut), "{said:?}");
    let circle = |question: &[u8]| {
        let [_, at] = u16::try_from(question.len()).unwrap().to_be_bytes();
        let mut records = record(9);
        records[1] = at;
        framed(&response(question, ANSWER, 1, &records))
    };
    malformed(told(Lies { udp: truncated, tcp: circle }).await);
}

#[tokio::test]
async fn what_comes_over_tcp_is_bounded_and_checked() {
    // 64 KiB announced, and silence.
    let announced = |_: &[u8]| vec![0xff, 0xff, 1, 2, 3];
    assert_eq!(told(Lies { udp: truncated, tcp: announced }).await, Answer::TimedOut);
    let other_id = |question: &[u8]| {
        let mut bytes = response(question, ANSWER, 1, &record(9));
        bytes[0] ^= 0xff;
        framed(&bytes)
    };
    let why = malformed(told(Lies { udp: truncated, tcp: other_id }).await);
    assert!(why.contains("the answer has id"), "{why}");
    let again = |question: &[u8]| framed(&response(question, TRUNCATED, 0, &[]));
    let why = malformed(told(Lies { udp: truncated, tcp: again }).await);
    assert!(why.contains("truncated over TCP too"), "{why}");
    let counts = |question: &[u8]| framed(&response(question, ANSWER, 0xffff, &record(9)));
    malformed(told(Lies { udp: truncated, tcp: counts }).await);
    let thousand = |question: &[u8]| {
        let records: Vec<u8> = (0..1000).flat_map(|n: u32| record(n.to_be_bytes()[3])).collect();
        framed(&response(question, ANSWER, 1000, &records))
    };
    let why = malformed(told(Lies { udp: truncated, tcp: thousand }).await);
    assert!(why.contains("1000 records, of which at most 256"), "{why}");
}
