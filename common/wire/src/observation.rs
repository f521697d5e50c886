//! Observations of a peer, on the wire: the observation and the questions about its names.

use epmesh_facts::{
    Answer, Lookup, PeerObservation, Question, Record, RecordData, RecordType, Source,
};
use epmesh_proto::v1 as proto;
use proto::Nothing;

use super::{
    error::{Problem, WireError},
    limits,
    reader::{Reader, Wire, WireEnum as _, address_bytes, encode_all, wire_enum},
};

wire_enum!(RecordType = proto::RecordType { Cname, A, Aaaa, Nb });

impl Wire for PeerObservation {
    type Message = proto::PeerObservation;

    fn encode(&self) -> proto::PeerObservation {
        proto::PeerObservation {
            peer: self.peer.to_string(),
            dsa_guid: self.dsa_guid.map(|guid| guid.as_bytes().to_vec()),
            lookups: encode_all(&self.lookups),
            addresses: encode_all(&self.addresses),
        }
    }

    fn decode(m: proto::PeerObservation, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            peer: r.name("peer", &m.peer)?,
            dsa_guid: r.optional_guid("dsa_guid", m.dsa_guid.as_deref())?,
            lookups: r.cut_list("lookups", m.lookups, limits::LOOKUPS)?,
            addresses: r.cut_list("addresses", m.addresses, limits::ADDRESSES)?,
        })
    }
}

impl Wire for Lookup {
    type Message = proto::Lookup;

    fn encode(&self) -> proto::Lookup {
        use proto::lookup::Source as Asked;
        proto::Lookup {
            source: Some(match self.source {
                Source::Hosts => Asked::Hosts(Nothing {}),
                Source::Dns(server) => Asked::Dns(address_bytes(server)),
                Source::System => Asked::System(Nothing {}),
                Source::Lmhosts => Asked::Lmhosts(Nothing {}),
                Source::Wins(server) => Asked::Wins(address_bytes(server)),
                Source::Cache => Asked::Cache(Nothing {}),
            }),
            name: self.question.name.to_string(),
            kind: self.question.kind.number(),
            answer: Some(encode_answer(&self.answer)),
            took_ms: self.took_ms,
            retried: self.retried,
            code: self.code,
            local: self.local.map(address_bytes),
        }
    }

    fn decode(m: proto::Lookup, r: &mut Reader) -> Result<Self, WireError> {
        use proto::lookup::Source as Asked;
        Ok(Self {
            source: match m.source {
                Some(Asked::Hosts(Nothing {})) => Source::Hosts,
                Some(Asked::Dns(bytes)) => Source::Dns(r.address("dns", &bytes)?),
                Some(Asked::System(Nothing {})) => Source::System,
                Some(Asked::Lmhosts(Nothing {})) => Source::Lmhosts,
                Some(Asked::Wins(bytes)) => Source::Wins(r.address("wins", &bytes)?),
                Some(Asked::Cache(Nothing {})) => Source::Cache,
                None => return r.refuse_field("source", Problem::UnknownCase),
            },
            question: Question { name: r.name("name", &m.name)?, kind: r.known("kind", m.kind)? },
            answer: decode_answer(m.answer, r)?,
            took_ms: m.took_ms,
            retried: m.retried,
            code: m.code,
            local: m.local.map(|bytes| r.address("local", &bytes)).transpose()?,
        })
    }
}

fn encode_answer(answer: &Answer) -> proto::lookup::Answer {
    use proto::lookup::Answer as Wired;
    match answer {
        Answer::Records(list) => Wired::Records(proto::RecordList { records: encode_all(list) }),
        Answer::NoSuchName => Wired::NoSuchName(Nothing {}),
        Answer::NoData => Wired::NoData(Nothing {}),
        Answer::Refused => Wired::Refused(Nothing {}),
        Answer::ServerFailure => Wired::ServerFailure(Nothing {}),
        Answer::OtherCode(code) => Wired::OtherCode((*code).into()),
        Answer::TimedOut => Wired::TimedOut(Nothing {}),
        Answer::Unreachable(why) => Wired::Unreachable(why.clone()),
        Answer::Malformed(why) => Wired::Malformed(why.clone()),
        Answer::NotAsked(why) => Wired::NotAsked(why.clone()),
    }
}

fn decode_answer(
    answer: Option<proto::lookup::Answer>,
    r: &mut Reader,
) -> Result<Answer, WireError> {
    use proto::lookup::Answer as Wired;
    Ok(match answer {
        Some(Wired::Records(list)) => {
            let records = r.or_instead(Answer::Malformed, |r| {
                r.filled_list("records.records", list.records, limits::RECORDS)
            })?;
            records.map_or_else(|instead| instead, Answer::Records)
        }
        Some(Wired::NoSuchName(Nothing {})) => Answer::NoSuchName,
        Some(Wired::NoData(Nothing {})) => Answer::NoData,
        Some(Wired::Refused(Nothing {})) => Answer::Refused,
        Some(Wired::ServerFailure(Nothing {})) => Answer::ServerFailure,
        Some(Wired::OtherCode(code)) => Answer::OtherCode(r.short("other_code", code)?),
        Some(Wired::TimedOut(Nothing {})) => Answer::TimedOut,
        Some(Wired::Unreachable(why)) => {
            Answer::Unreachable(r.text("unreachable", why, limits::REASON_BYTES)?)
        }
        Some(Wired::Malformed(why)) => {
            Answer::Malformed(r.text("malformed", why, limits::REASON_BYTES)?)
        }
        Some(Wired::NotAsked(why)) => {
            Answer::NotAsked(r.text("not_asked", why, limits::REASON_BYTES)?)
        }
        None => return r.refuse_field("answer", Problem::UnknownCase),
    })
}

impl Wire for Record {
    type Message = proto::Record;

    fn encode(&self) -> proto::Record {
        use proto::record::Data;
        proto::Record {
            name: self.name.to_string(),
            data: Some(match &self.data {
                RecordData::Address(address) => Data::Address(address_bytes(*address)),
                RecordData::Alias(name) => Data::Alias(name.to_string()),
            }),
            ttl: self.ttl,
            line: self.line,
        }
    }

    fn decode(m: proto::Record, r: &mut Reader) -> Result<Self, WireError> {
        use proto::record::Data;
        Ok(Self {
            name: r.name("name", &m.name)?,
            data: match m.data {
                Some(Data::Address(bytes)) => RecordData::Address(r.address("address", &bytes)?),
                Some(Data::Alias(text)) => RecordData::Alias(r.name("alias", &text)?),
                None => return r.refuse_field("data", Problem::UnknownCase),
            },
            ttl: m.ttl,
            line: m.line,
        })
    }
}
