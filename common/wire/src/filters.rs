//! Firewall profiles and RPC filters on the wire.

use epmesh_facts::{
    FilterField, FilterTerms, Filters, FirewallProfile, ProfileKind, RpcFilter, RpcFilterAction,
    RpcFilterLayer,
};
use epmesh_proto::v1 as proto;

use super::{
    error::WireError,
    limits,
    reader::{Reader, Wire, WireEnum as _, encode_all, wire_enum},
    reading::reading,
};

wire_enum!(ProfileKind = proto::ProfileKind { Domain, Private, Public });
wire_enum!(RpcFilterLayer = proto::RpcFilterLayer { Calls, Resolution, Registration });
wire_enum!(RpcFilterAction = proto::RpcFilterAction { Permit, Block, Other });
wire_enum!(
    FilterField = proto::FilterField {
        Interface,
        InterfaceVersion,
        Protocol,
        Authentication,
        Caller,
        Address,
        Opnum,
        Other
    }
);

impl Wire for Filters {
    type Message = proto::Filters;

    fn encode(&self) -> proto::Filters {
        proto::Filters {
            profiles: reading(&self.profiles, |list| encode_all(list)),
            rpc: reading(&self.rpc, |list| encode_all(list)),
            rpc_left_out: reading(&self.rpc_left_out, |count| *count),
        }
    }

    fn decode(m: proto::Filters, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            profiles: r.reading("profiles", m.profiles, |r, list| {
                r.list("value", list, limits::PROFILES, |r, m| Wire::decode(m, r))
            })?,
            rpc: r.reading("rpc", m.rpc, |r, list| {
                r.list("value", list, limits::RPC_FILTERS, |r, m| Wire::decode(m, r))
            })?,
            rpc_left_out: r.later_reading("rpc_left_out", m.rpc_left_out, |_, count| Ok(count))?,
        })
    }
}

impl Wire for FirewallProfile {
    type Message = proto::FirewallProfile;

    fn encode(&self) -> proto::FirewallProfile {
        proto::FirewallProfile { kind: self.kind.number(), enabled: self.enabled }
    }

    fn decode(m: proto::FirewallProfile, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self { kind: r.known("kind", m.kind)?, enabled: m.enabled })
    }
}

impl Wire for RpcFilter {
    type Message = proto::RpcFilter;

    fn encode(&self) -> proto::RpcFilter {
        proto::RpcFilter {
            layer: self.layer.number(),
            key: self.key.as_bytes().to_vec(),
            name: self.name.clone(),
            action: self.action.number(),
            interface: self.interface.map(|guid| guid.as_bytes().to_vec()),
            conditions: self.conditions,
            terms: self.terms.as_ref().map(Wire::encode),
        }
    }

    fn decode(m: proto::RpcFilter, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            layer: r.known("layer", m.layer)?,
            key: r.guid("key", &m.key)?,
            name: r.text("name", m.name, limits::TEXT_BYTES)?,
            action: r.known("action", m.action)?,
            interface: r.optional_guid("interface", m.interface.as_deref())?,
            conditions: m.conditions,
            terms: r.optional("terms", m.terms)?,
        })
    }
}

impl Wire for FilterTerms {
    type Message = proto::RpcFilterTerms;

    fn encode(&self) -> proto::RpcFilterTerms {
        proto::RpcFilterTerms {
            protocol: self.protocol.map(u32::from),
            others: self.others.iter().map(|field| field.number()).collect(),
            weight: self.weight,
            sublayer: self.sublayer.as_bytes().to_vec(),
        }
    }

    fn decode(m: proto::RpcFilterTerms, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            // A number that is none of a protocol sequence is not TCP's.
            protocol: m.protocol.map(|protocol| u8::try_from(protocol).unwrap_or(u8::MAX)),
            others: r.list("others", m.others, limits::FILTER_FIELDS, Reader::plain_known)?,
            weight: m.weight,
            sublayer: r.guid("sublayer", &m.sublayer)?,
        })
    }
}
