//! A DNS server over a zone (RFC 1035), UDP and TCP.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use epmesh_common::facts::{DnsName, RecordData, RecordType};
use hickory_proto::{
    op::{Message, MessageType, OpCode, ResponseCode},
    rr::{self, Name, RData, rdata},
};
use std::sync::PoisonError;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use super::zone::{Behaviour, Found, Zone};

/// The time to live of every record, in seconds.
const TTL: u32 = 900;
/// How long a connection may be idle.
const IDLE: Duration = Duration::from_secs(10);

/// The zone of one server, shared with those who change it.
pub(super) type SharedZone = Arc<Mutex<Zone>>;

/// The answer to one message; `None` where the server stays silent.
pub(super) fn answer(zone: &SharedZone, asked: &[u8]) -> Option<Vec<u8>> {
    let asked = Message::from_vec(asked).ok()?;
    if asked.metadata.message_type != MessageType::Query {
        return None;
    }
    let mut reply = Message::response(asked.metadata.id, asked.metadata.op_code);
    reply.metadata.recursion_desired = asked.metadata.recursion_desired;
    reply.metadata.recursion_available = true;
    let code = match (asked.metadata.op_code, asked.queries.as_slice()) {
        (OpCode::Query, [query]) => {
            reply.add_query(query.clone());
            fill(zone, query.name(), query.query_type(), &mut reply)?
        }
        (OpCode::Query, _) => ResponseCode::FormErr,
        _ => ResponseCode::NotImp,
    };
    reply.metadata.response_code = code;
    reply.to_vec().ok()
}

fn fill(
    zone: &SharedZone,
    name: &Name,
    kind: rr::RecordType,
    reply: &mut Message,
) -> Option<ResponseCode> {
    let Ok(name) = name.to_string().parse::<DnsName>() else {
        return Some(ResponseCode::NXDomain);
    };
    let zone = zone.lock().unwrap_or_else(PoisonError::into_inner);
    match zone.behaviour(&name) {
        Behaviour::Answer => {}
        Behaviour::Refuse => return Some(ResponseCode::Refused),
        Behaviour::Fail => return Some(ResponseCode::ServFail),
        Behaviour::Silent => return None,
    }
    let kind = match kind {
        rr::RecordType::A => RecordType::A,
        rr::RecordType::AAAA => RecordType::Aaaa,
        rr::RecordType::CNAME => RecordType::Cname,
        // Nothing else is in the zone.
        _ => return Some(ResponseCode::NoError),
    };
    reply.metadata.authoritative = true;
    Some(match zone.find(&name, kind) {
        Found::Records(records) => {
            reply.add_answers(records.iter().filter_map(|(name, data)| record(name, data)));
            ResponseCode::NoError
        }
        Found::NoData => ResponseCode::NoError,
        Found::NoSuchName => ResponseCode::NXDomain,
    })
}

fn record(name: &DnsName, data: &RecordData) -> Option<rr::Record> {
    let absolute = |name: &DnsName| Name::from_ascii(format!("{name}.")).ok();
    let data = match data {
        RecordData::Address(std::net::IpAddr::V4(address)) => RData::A(rdata::A(*address)),
        RecordData::Address(std::net::IpAddr::V6(address)) => RData::AAAA(rdata::AAAA(*address)),
        RecordData::Alias(target) => RData::CNAME(rdata::CNAME(absolute(target)?)),
    };
    Some(rr::Record::from_rdata(absolute(name)?, TTL, data))
}

/// Serves one TCP connection: messages behind their length (RFC 1035 4.2.2).
pub(super) async fn serve(zone: SharedZone, mut stream: TcpStream) {
    // Whatever ends a connection ends only that.
    let _ = timeout(IDLE, conversation(&zone, &mut stream)).await;
}

async fn conversation(zone: &SharedZone, stream: &mut TcpStream) -> io::Result<()> {
    loop {
        let length = stream.read_u16().await?;
        let mut asked = vec![0; usize::from(length)];
        stream.read_exact(&mut asked).await?;
        let Some(reply) = answer(zone, &asked) else { continue };
        let Ok(length) = u16::try_from(reply.len()) else { return Ok(()) };
        stream.write_u16(length).await?;
        stream.write_all(&reply).await?;
    }
}
