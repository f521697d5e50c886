//! Decoders of what DNS servers answer.

use epmesh_agent::{
    check::{SrvAnswer, srv_answer},
    probe::dns_answer,
};
use epmesh_common::{
    facts::{Answer, DnsName, Question, Record, RecordData, RecordType},
    wire::limits::RECORDS,
};
use hickory_proto::{
    op::{Message, MessageType, OpCode, Query, ResponseCode},
    rr::{
        Name, RData, Record as Rr, RecordType as RrType,
        rdata::{A, AAAA, CNAME, SRV},
    },
};

use super::property::keeps_form;

/// The name that is asked for.
const HOST: &str = "dc2.lab.test";
const DOMAIN_CONTROLLERS: &str = "_ldap._tcp.dc._msdcs.lab.test";

/// An answer to a question has a form of its own, in which each record stands once.
pub(super) fn answer(bytes: &[u8]) {
    let Ok(name) = HOST.parse::<DnsName>() else { return };
    for (kind, asked) in [
        (RecordType::A, RrType::A),
        (RecordType::Aaaa, RrType::AAAA),
        (RecordType::Cname, RrType::CNAME),
    ] {
        let question = Question { name: name.clone(), kind };
        let decode = |bytes: &[u8]| dns_answer(bytes, &question).ok_or(());
        let answer = keeps_form(bytes, decode, |answer| {
            let mut message = reply(HOST, asked)?;
            match answer {
                Answer::Records(records) => {
                    let mut once: Vec<&Record> = Vec::new();
                    for record in records {
                        if !once.contains(&record) {
                            once.push(record);
                        }
                    }
                    for record in once {
                        message.add_answer(written(record)?);
                    }
                }
                Answer::NoData => {}
                Answer::NoSuchName => message.metadata.response_code = ResponseCode::NXDomain,
                Answer::Refused => message.metadata.response_code = ResponseCode::Refused,
                Answer::ServerFailure => message.metadata.response_code = ResponseCode::ServFail,
                _ => return Err("no form".to_owned()),
            }
            octets(&message)
        });
        if let Some(Answer::Records(records)) = answer {
            assert!((1..=RECORDS).contains(&records.len()), "{} records", records.len());
        }
    }
}

/// The domain controllers of a domain.
pub(super) fn srv(bytes: &[u8]) {
    let decode = |bytes: &[u8]| srv_answer(bytes, DOMAIN_CONTROLLERS).ok_or(());
    let answer = keeps_form(bytes, decode, |answer| {
        let mut message = reply(DOMAIN_CONTROLLERS, RrType::SRV)?;
        match answer {
            SrvAnswer::Records(records) => {
                for one in records {
                    let target = full(one.target.as_str())?;
                    let data = SRV::new(one.priority, one.weight, one.port, target);
                    let owner = full(DOMAIN_CONTROLLERS)?;
                    message.add_answer(Rr::from_rdata(owner, 600, RData::SRV(data)));
                }
            }
            SrvAnswer::NoData => {}
            SrvAnswer::NoSuchName => message.metadata.response_code = ResponseCode::NXDomain,
            SrvAnswer::Code(_) | SrvAnswer::Failed(_) => return Err("no form".to_owned()),
        }
        octets(&message)
    });
    if let Some(SrvAnswer::Records(records)) = answer {
        assert!(records.is_sorted() && records.len() <= bytes.len() / 10, "{}", records.len());
    }
}

fn reply(name: &str, kind: RrType) -> Result<Message, String> {
    let mut message = Message::new(7, MessageType::Response, OpCode::Query);
    message.add_query(Query::query(full(name)?, kind));
    Ok(message)
}

fn full(name: &str) -> Result<Name, String> {
    Name::from_ascii(format!("{name}.")).map_err(|error| error.to_string())
}

fn written(record: &Record) -> Result<Rr, String> {
    let data = match &record.data {
        RecordData::Address(std::net::IpAddr::V4(address)) => RData::A(A(*address)),
        RecordData::Address(std::net::IpAddr::V6(address)) => RData::AAAA(AAAA(*address)),
        RecordData::Alias(target) => RData::CNAME(CNAME(full(target.as_str())?)),
    };
    Ok(Rr::from_rdata(full(record.name.as_str())?, record.ttl.unwrap_or_default(), data))
}

fn octets(message: &Message) -> Result<Vec<u8>, String> {
    message.to_vec().map_err(|error| error.to_string())
}
