//! The use of dynamic ports on the wire.

use epmesh_facts::{PortUse, ProcessUse, RangeUse, Trend};
use epmesh_proto::v1 as proto;

use super::{
    error::WireError,
    limits,
    reader::{Reader, Wire, WireEnum as _, encode_all, wire_enum},
    reading::reading,
};

wire_enum!(Trend = proto::Trend { Unknown, Steady, Rising, Falling });

impl Wire for PortUse {
    type Message = proto::PortUse;

    fn encode(&self) -> proto::PortUse {
        proto::PortUse {
            ranges: reading(&self.ranges, |list| encode_all(list)),
            top: reading(&self.top, |list| encode_all(list)),
            rpc: reading(&self.rpc, |list| encode_all(list)),
        }
    }

    fn decode(m: proto::PortUse, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            ranges: r.reading("ranges", m.ranges, |r, list| {
                r.list("value", list, limits::PORT_RANGES, |r, m| Wire::decode(m, r))
            })?,
            top: r.reading("top", m.top, |r, list| {
                r.list("value", list, limits::PROCESS_USES, |r, m| Wire::decode(m, r))
            })?,
            rpc: r.later_reading("rpc", m.rpc, |r, list| {
                r.list("value", list, limits::RPC_RANGES, |r, m| Wire::decode(m, r))
            })?,
        })
    }
}

impl Wire for RangeUse {
    type Message = proto::RangeUse;

    fn encode(&self) -> proto::RangeUse {
        proto::RangeUse {
            range: Some(self.range.encode()),
            used_percent: self.used_percent.into(),
            time_wait_percent: self.time_wait_percent.into(),
            trend: self.trend.number(),
        }
    }

    fn decode(m: proto::RangeUse, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            range: r.message("range", m.range)?,
            used_percent: r.percent("used_percent", m.used_percent)?,
            time_wait_percent: r.percent("time_wait_percent", m.time_wait_percent)?,
            trend: r.known("trend", m.trend)?,
        })
    }
}

impl Wire for ProcessUse {
    type Message = proto::ProcessUse;

    fn encode(&self) -> proto::ProcessUse {
        proto::ProcessUse {
            pid: self.pid,
            name: self.name.clone(),
            used_percent: self.used_percent.into(),
        }
    }

    fn decode(m: proto::ProcessUse, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            pid: m.pid,
            name: r.text("name", m.name, limits::TEXT_BYTES)?,
            used_percent: r.percent("used_percent", m.used_percent)?,
        })
    }
}
