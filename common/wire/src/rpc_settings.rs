//! The settings of a host's RPC runtime on the wire.

use epmesh_facts::{NearMiss, RegistryText, RpcSettings, StaticPort, StaticPortOwner};
use epmesh_proto::v1 as proto;

use super::{
    error::WireError,
    limits,
    reader::{Reader, Wire, WireEnum as _, encode_all, wire_enum},
    reading::{reading, text_reading},
};

wire_enum!(StaticPortOwner = proto::StaticPortOwner { Ntds, Netlogon, Ntfrs, Dfsr });

impl Wire for RpcSettings {
    type Message = proto::RpcSettings;

    fn encode(&self) -> proto::RpcSettings {
        proto::RpcSettings {
            client_protocols: reading(&self.client_protocols, |list| encode_all(list)),
            internet_ports: reading(&self.internet_ports, Clone::clone),
            internet_ports_available: text_reading(&self.internet_ports_available),
            use_internet_ports: text_reading(&self.use_internet_ports),
            bind: reading(&self.bind, Clone::clone),
            static_ports: encode_all(&self.static_ports),
            near_misses: reading(&self.near_misses, |list| encode_all(list)),
            near_misses_left_out: reading(&self.near_misses_left_out, |count| *count),
            samba_ports: reading(&self.samba_ports, |list| encode_all(list)),
            restrict_remote_clients: reading(&self.restrict_remote_clients, |number| *number),
            enable_auth_ep_resolution: reading(&self.enable_auth_ep_resolution, |number| *number),
        }
    }

    fn decode(m: proto::RpcSettings, r: &mut Reader) -> Result<Self, WireError> {
        let lines = limits::REGISTRY_LINES;
        Ok(Self {
            client_protocols: r.reading("client_protocols", m.client_protocols, |r, list| {
                r.list("value", list, limits::REGISTRY_VALUES, |r, m| Wire::decode(m, r))
            })?,
            internet_ports: r
                .reading("internet_ports", m.internet_ports, |r, m| r.texts("value", m, lines))?,
            internet_ports_available: r
                .text_reading("internet_ports_available", m.internet_ports_available)?,
            use_internet_ports: r.text_reading("use_internet_ports", m.use_internet_ports)?,
            bind: r.reading("bind", m.bind, |r, m| r.texts("value", m, lines))?,
            static_ports: r.list(
                "static_ports",
                m.static_ports,
                limits::STATIC_PORTS,
                |r, m| Wire::decode(m, r),
            )?,
            near_misses: r.reading("near_misses", m.near_misses, |r, list| {
                r.list("value", list, limits::REGISTRY_VALUES, |r, m| Wire::decode(m, r))
            })?,
            near_misses_left_out: r.later_reading(
                "near_misses_left_out",
                m.near_misses_left_out,
                |_, count| Ok(count),
            )?,
            samba_ports: r.later_reading("samba_ports", m.samba_ports, |r, list| {
                r.list("value", list, limits::REGISTRY_VALUES, |r, m| Wire::decode(m, r))
            })?,
            restrict_remote_clients: r.reading(
                "restrict_remote_clients",
                m.restrict_remote_clients,
                |_, number| Ok(number),
            )?,
            enable_auth_ep_resolution: r.reading(
                "enable_auth_ep_resolution",
                m.enable_auth_ep_resolution,
                |_, number| Ok(number),
            )?,
        })
    }
}

impl Wire for RegistryText {
    type Message = proto::RegistryText;

    fn encode(&self) -> proto::RegistryText {
        proto::RegistryText { name: self.name.clone(), data: self.data.clone() }
    }

    fn decode(m: proto::RegistryText, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            name: r.text("name", m.name, limits::TEXT_BYTES)?,
            data: r.text("data", m.data, limits::TEXT_BYTES)?,
        })
    }
}

impl Wire for StaticPort {
    type Message = proto::StaticPort;

    fn encode(&self) -> proto::StaticPort {
        proto::StaticPort {
            owner: self.owner.number(),
            port: reading(&self.port, |number| *number),
        }
    }

    fn decode(m: proto::StaticPort, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            owner: r.known("owner", m.owner)?,
            port: r.reading("port", m.port, |_, number| Ok(number))?,
        })
    }
}

impl Wire for NearMiss {
    type Message = proto::NearMiss;

    fn encode(&self) -> proto::NearMiss {
        proto::NearMiss {
            key: self.key.clone(),
            name: self.name.clone(),
            meant: self.meant.clone(),
            data: self.data.clone(),
        }
    }

    fn decode(m: proto::NearMiss, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            key: r.text("key", m.key, limits::TEXT_BYTES)?,
            name: r.text("name", m.name, limits::TEXT_BYTES)?,
            meant: r.text("meant", m.meant, limits::TEXT_BYTES)?,
            data: r.text("data", m.data, limits::TEXT_BYTES)?,
        })
    }
}
