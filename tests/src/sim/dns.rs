//! A DNS server over a zone (RFC 1035), UDP and TCP.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use epmesh_common::facts::{DnsName, RecordData, RecordType};
use hickory_proto::{
    op::{Message, MessageType, OpCode, ResponseCode},
    rr::{self, Name, RData, rdata},
};
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

#[cfg(test)]
mod tests {
    use hickory_proto::op::Query;

    use super::*;

    fn ask(zone: &SharedZone, name: &str, kind: rr::RecordType) -> Option<(ResponseCode, usize)> {
        let mut question = Message::query();
        question.add_query(Query::query(Name::from_ascii(name).unwrap(), kind));
        let reply = Message::from_vec(&answer(zone, &question.to_vec().unwrap())?).unwrap();
        assert_eq!(reply.metadata.id, question.metadata.id);
        Some((reply.metadata.response_code, reply.answers.len()))
    }

    #[test]
    fn silence_refusal_and_server_failure_look_different() {
        let zone = SharedZone::default();
        let name = |text: &str| text.parse::<DnsName>().unwrap();
        let change = |change: &dyn Fn(&mut Zone)| change(&mut zone.lock().unwrap());
        change(&|zone| {
            for host in ["good", "refused", "failing", "silent"] {
                zone.set_address(&name(&format!("{host}.lab.test")), [127, 0, 0, 1].into());
            }
            zone.behave(Some(&name("refused.lab.test")), Behaviour::Refuse);
            zone.behave(Some(&name("failing.lab.test")), Behaviour::Fail);
            zone.behave(Some(&name("silent.lab.test")), Behaviour::Silent);
        });
        let ask = |name, kind| ask(&zone, name, kind);
        let (a, aaaa) = (rr::RecordType::A, rr::RecordType::AAAA);
        assert_eq!(ask("good.lab.test.", a), Some((ResponseCode::NoError, 1)));
        assert_eq!(ask("GOOD.lab.TEST.", a), Some((ResponseCode::NoError, 1)));
        assert_eq!(ask("good.lab.test.", aaaa), Some((ResponseCode::NoError, 0)));
        assert_eq!(ask("other.lab.test.", a), Some((ResponseCode::NXDomain, 0)));
        assert_eq!(ask("refused.lab.test.", a), Some((ResponseCode::Refused, 0)));
        assert_eq!(ask("failing.lab.test.", a), Some((ResponseCode::ServFail, 0)));
        assert_eq!(ask("silent.lab.test.", a), None);
        change(&|zone| zone.behave(None, Behaviour::Refuse));
        assert_eq!(ask("good.lab.test.", a), Some((ResponseCode::Refused, 0)));
    }
}
