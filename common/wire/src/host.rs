//! The section on the host, on the wire.

use epmesh_facts::{Boot, BootMode, Host, InterfaceAddress, OsVersion, Platform};
use epmesh_proto::v1 as proto;

use super::{
    error::WireError,
    limits,
    reader::{Reader, Wire, WireEnum as _, address_bytes, encode_all, wire_enum},
    reading::{reading, text_reading},
};

wire_enum!(Platform = proto::Platform { Samba, Windows, Simulated });
wire_enum!(BootMode = proto::BootMode { Normal, Safe, SafeWithNetwork, DirectoryRepair });

impl Wire for Host {
    type Message = proto::Host;

    fn encode(&self) -> proto::Host {
        proto::Host {
            name: self.name.to_string(),
            netbios_name: text_reading(&self.netbios_name),
            domain: text_reading(&self.domain),
            forest: text_reading(&self.forest),
            site: text_reading(&self.site),
            dsa_guid: reading(&self.dsa_guid, |guid| guid.as_bytes().to_vec()),
            addresses: reading(&self.addresses, |list| encode_all(list)),
            platform: self.platform.number(),
            os: text_reading(&self.os),
            boot: reading(&self.boot, |boot| Some(boot.encode())),
            agent_version: self.agent_version.clone(),
            version: reading(&self.version, |version| Some(version.encode())),
            boot_mode: reading(&self.boot_mode, |mode| mode.number()),
        }
    }

    fn decode(m: proto::Host, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            name: r.name("name", &m.name)?,
            netbios_name: r.text_reading("netbios_name", m.netbios_name)?,
            domain: r.reading("domain", m.domain, |r, text| r.name("value", &text))?,
            forest: r.reading("forest", m.forest, |r, text| r.name("value", &text))?,
            site: r.text_reading("site", m.site)?,
            dsa_guid: r.reading("dsa_guid", m.dsa_guid, |r, bytes| r.guid("value", &bytes))?,
            addresses: r.reading("addresses", m.addresses, |r, list| {
                r.list("value", list, limits::HOST_ADDRESSES, |r, m| Wire::decode(m, r))
            })?,
            platform: r.known("platform", m.platform)?,
            os: r.text_reading("os", m.os)?,
            boot: r.reading("boot", m.boot, |r, boot| r.message("value", boot))?,
            version: r.later_reading("version", m.version, |r, m| r.message("value", m))?,
            boot_mode: r.later_reading("boot_mode", m.boot_mode, |r, m| r.known("value", m))?,
            agent_version: r.text("agent_version", m.agent_version, limits::TEXT_BYTES)?,
        })
    }
}

impl Wire for InterfaceAddress {
    type Message = proto::InterfaceAddress;

    fn encode(&self) -> proto::InterfaceAddress {
        proto::InterfaceAddress {
            interface: self.interface.clone(),
            address: address_bytes(self.address),
        }
    }

    fn decode(m: proto::InterfaceAddress, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            interface: r.text("interface", m.interface, limits::TEXT_BYTES)?,
            address: r.address("address", &m.address)?,
        })
    }
}

impl Wire for Boot {
    type Message = proto::Boot;

    fn encode(&self) -> proto::Boot {
        proto::Boot { id: self.id.clone(), at_ms: self.at.as_millis() }
    }

    fn decode(m: proto::Boot, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self { id: r.text("id", m.id, limits::TEXT_BYTES)?, at: r.moment("at_ms", m.at_ms)? })
    }
}

impl Wire for OsVersion {
    type Message = proto::OsVersion;

    fn encode(&self) -> proto::OsVersion {
        let Self { major, minor, build } = *self;
        proto::OsVersion { major, minor, build }
    }

    fn decode(m: proto::OsVersion, _: &mut Reader) -> Result<Self, WireError> {
        Ok(Self { major: m.major, minor: m.minor, build: m.build })
    }
}
