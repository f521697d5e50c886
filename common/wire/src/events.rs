//! Logged events on the wire.

use epmesh_facts::{Events, LoggedEvent, WatchedLog};
use epmesh_proto::v1 as proto;

use super::{
    error::WireError,
    limits,
    reader::{Reader, Wire, encode_all},
    reading::reading,
};

impl Wire for Events {
    type Message = proto::Events;

    fn encode(&self) -> proto::Events {
        proto::Events {
            since: reading(&self.since, |moment| moment.as_millis()),
            list: reading(&self.list, |list| encode_all(list)),
            logs: reading(&self.logs, |list| encode_all(list)),
            left_out: reading(&self.left_out, |count| *count),
        }
    }

    fn decode(m: proto::Events, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            since: r.reading("since", m.since, |r, millis| r.moment("value", millis))?,
            list: r.reading("list", m.list, |r, list| {
                r.list("value", list, limits::EVENTS, |r, m| Wire::decode(m, r))
            })?,
            logs: r.later_reading("logs", m.logs, |r, list| {
                r.list("value", list, limits::LOGS, |r, m| Wire::decode(m, r))
            })?,
            left_out: r.later_reading("left_out", m.left_out, |_, count| Ok(count))?,
        })
    }
}

impl Wire for WatchedLog {
    type Message = proto::WatchedLog;

    fn encode(&self) -> proto::WatchedLog {
        proto::WatchedLog {
            log: self.log.clone(),
            since: reading(&self.since, |moment| moment.as_millis()),
        }
    }

    fn decode(m: proto::WatchedLog, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            log: r.text("log", m.log, limits::TEXT_BYTES)?,
            since: r.reading("since", m.since, |r, millis| r.moment("value", millis))?,
        })
    }
}

impl Wire for LoggedEvent {
    type Message = proto::LoggedEvent;

    fn encode(&self) -> proto::LoggedEvent {
        proto::LoggedEvent {
            log: self.log.clone(),
            provider: self.provider.clone(),
            id: self.id,
            record: self.record,
            at_ms: self.at.as_millis(),
            parameters: self.parameters.clone(),
        }
    }

    fn decode(m: proto::LoggedEvent, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            log: r.text("log", m.log, limits::TEXT_BYTES)?,
            provider: r.text("provider", m.provider, limits::TEXT_BYTES)?,
            id: m.id,
            record: m.record,
            at: r.moment("at_ms", m.at_ms)?,
            parameters: r.texts("parameters", m.parameters, limits::EVENT_PARAMETERS)?,
        })
    }
}
