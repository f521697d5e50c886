//! Plans and looks on the wire.

use epmesh_facts::{LookRequest, Plan, Target};
use epmesh_proto::v1 as proto;

use super::{
    error::WireError,
    limits,
    reader::{Reader, Wire, WireEnum as _, encode_all},
};

impl Wire for Plan {
    type Message = proto::Plan;

    fn encode(&self) -> proto::Plan {
        proto::Plan {
            version: self.version,
            interval_ms: self.interval_ms,
            targets: encode_all(&self.targets),
            interfaces: encode_all(&self.interfaces),
        }
    }

    fn decode(m: proto::Plan, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            version: m.version,
            interval_ms: m.interval_ms,
            targets: r.cut_list("targets", m.targets, limits::TARGETS)?,
            interfaces: r.cut_list("interfaces", m.interfaces, limits::INTERFACES)?,
        })
    }
}

impl Wire for Target {
    type Message = proto::Target;

    fn encode(&self) -> proto::Target {
        proto::Target {
            name: self.name.to_string(),
            dsa_guid: self.dsa_guid.map(|guid| guid.as_bytes().to_vec()).unwrap_or_default(),
            forest: self.forest.as_ref().map(ToString::to_string).unwrap_or_default(),
            whole_map: self.whole_map,
            well_known: self.well_known,
        }
    }

    fn decode(m: proto::Target, r: &mut Reader) -> Result<Self, WireError> {
        let guid = Some(m.dsa_guid.as_slice()).filter(|bytes| !bytes.is_empty());
        let forest = Some(m.forest.as_str()).filter(|text| !text.is_empty());
        Ok(Self {
            name: r.name("name", &m.name)?,
            dsa_guid: r.optional_guid("dsa_guid", guid)?,
            forest: forest.map(|text| r.name("forest", text)).transpose()?,
            whole_map: m.whole_map,
            well_known: m.well_known,
        })
    }
}

impl Wire for LookRequest {
    type Message = proto::Look;

    fn encode(&self) -> proto::Look {
        proto::Look {
            id: self.id,
            own: self.own.iter().map(|kind| kind.number()).collect(),
            targets: encode_all(&self.targets),
            interfaces: encode_all(&self.interfaces),
        }
    }

    fn decode(m: proto::Look, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            id: m.id,
            own: r.list("own", m.own, limits::SECTIONS, Reader::plain_known)?,
            targets: r.cut_list("targets", m.targets, limits::TARGETS)?,
            interfaces: r.cut_list("interfaces", m.interfaces, limits::INTERFACES)?,
        })
    }
}
