//! A host's sources of names on the wire.

use epmesh_facts::{
    HostsFile, HostsLine, InterfaceDns, LmhostsFile, LmhostsLine, RegisteredName, Resolver,
};
use epmesh_proto::v1 as proto;

use super::{
    error::{Problem, WireError},
    limits,
    reader::{Reader, Wire, address_bytes, encode_all},
    reading::{reading, text_reading},
};

impl Wire for Resolver {
    type Message = proto::Resolver;

    fn encode(&self) -> proto::Resolver {
        proto::Resolver {
            hosts: reading(&self.hosts, |file| Some(file.encode())),
            servers: reading(&self.servers, |list| {
                list.iter().copied().map(address_bytes).collect()
            }),
            search: reading(&self.search, |list| list.iter().map(ToString::to_string).collect()),
            lmhosts: reading(&self.lmhosts, |file| Some(file.encode())),
            wins: reading(&self.wins, |list| list.iter().copied().map(address_bytes).collect()),
            interfaces: reading(&self.interfaces, |list| encode_all(list)),
            registered: reading(&self.registered, |list| encode_all(list)),
            cache: text_reading(&self.cache),
        }
    }

    fn decode(m: proto::Resolver, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            hosts: r.reading("hosts", m.hosts, |r, file| r.message("value", file))?,
            servers: r.reading("servers", m.servers, |r, list| {
                r.list("value", list, limits::DNS_SERVERS, |r, bytes| r.plain_address(&bytes))
            })?,
            search: r.reading("search", m.search, |r, list| {
                r.list("value", list, limits::SEARCH_NAMES, |r, text| r.plain_name(&text))
            })?,
            lmhosts: r.later_reading("lmhosts", m.lmhosts, |r, file| r.message("value", file))?,
            wins: r.later_reading("wins", m.wins, |r, list| {
                r.list("value", list, limits::DNS_SERVERS, |r, bytes| r.plain_address(&bytes))
            })?,
            interfaces: r.later_reading("interfaces", m.interfaces, |r, list| {
                r.list("value", list, limits::HOST_ADDRESSES, |r, m| Wire::decode(m, r))
            })?,
            registered: r.later_reading("registered", m.registered, |r, list| {
                r.list("value", list, limits::REGISTERED_NAMES, |r, m| Wire::decode(m, r))
            })?,
            cache: r.later_reading("cache", m.cache, |r, text| {
                r.text("value", text, limits::TEXT_BYTES)
            })?,
        })
    }
}

impl Wire for HostsFile {
    type Message = proto::HostsFile;

    fn encode(&self) -> proto::HostsFile {
        proto::HostsFile { path: self.path.clone(), lines: encode_all(&self.lines) }
    }

    fn decode(m: proto::HostsFile, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            path: r.text("path", m.path, limits::TEXT_BYTES)?,
            lines: r.list("lines", m.lines, limits::HOSTS_LINES, |r, m| Wire::decode(m, r))?,
        })
    }
}

impl Wire for HostsLine {
    type Message = proto::HostsLine;

    fn encode(&self) -> proto::HostsLine {
        proto::HostsLine {
            line: self.line,
            address: address_bytes(self.address),
            names: self.names.iter().map(ToString::to_string).collect(),
        }
    }

    fn decode(m: proto::HostsLine, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            line: m.line,
            address: r.address("address", &m.address)?,
            names: r.list("names", m.names, limits::HOSTS_NAMES, |r, text| r.plain_name(&text))?,
        })
    }
}

impl Wire for LmhostsFile {
    type Message = proto::LmhostsFile;

    fn encode(&self) -> proto::LmhostsFile {
        proto::LmhostsFile {
            path: self.path.clone(),
            lines: encode_all(&self.lines),
            includes: self.includes.clone(),
        }
    }

    fn decode(m: proto::LmhostsFile, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            path: r.text("path", m.path, limits::TEXT_BYTES)?,
            lines: r.list("lines", m.lines, limits::HOSTS_LINES, |r, m| Wire::decode(m, r))?,
            includes: r.texts("includes", m.includes, limits::LMHOSTS_INCLUDES)?,
        })
    }
}

impl Wire for LmhostsLine {
    type Message = proto::LmhostsLine;

    fn encode(&self) -> proto::LmhostsLine {
        proto::LmhostsLine {
            line: self.line,
            address: address_bytes(self.address),
            name: self.name.clone(),
            suffix: self.suffix.map(u32::from),
            preload: self.preload,
            domain: self.domain.clone(),
        }
    }

    fn decode(m: proto::LmhostsLine, r: &mut Reader) -> Result<Self, WireError> {
        let suffix = match m.suffix.map(u8::try_from) {
            Some(Ok(suffix)) => Some(suffix),
            None => None,
            Some(Err(_)) => {
                let value = m.suffix.unwrap_or_default().into();
                return r.refuse_field("suffix", Problem::OutOfRange { value, limit: 255 });
            }
        };
        Ok(Self {
            line: m.line,
            address: r.address("address", &m.address)?,
            name: r.text("name", m.name, limits::TEXT_BYTES)?,
            suffix,
            preload: m.preload,
            domain: r.optional_text("domain", m.domain, limits::TEXT_BYTES)?,
        })
    }
}

impl Wire for InterfaceDns {
    type Message = proto::InterfaceDns;

    fn encode(&self) -> proto::InterfaceDns {
        proto::InterfaceDns {
            interface: self.interface.clone(),
            servers: self.servers.iter().copied().map(address_bytes).collect(),
            suffix: self.suffix.as_ref().map(ToString::to_string),
            registers: reading(&self.registers, |flag| *flag),
        }
    }

    fn decode(m: proto::InterfaceDns, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            interface: r.text("interface", m.interface, limits::TEXT_BYTES)?,
            servers: r
                .list("servers", m.servers, limits::DNS_SERVERS, |r, m| r.plain_address(&m))?,
            suffix: m.suffix.map(|text| r.name("suffix", &text)).transpose()?,
            registers: r.later_reading("registers", m.registers, |_, flag| Ok(flag))?,
        })
    }
}

impl Wire for RegisteredName {
    type Message = proto::RegisteredName;

    fn encode(&self) -> proto::RegisteredName {
        proto::RegisteredName {
            name: self.name.to_string(),
            kind: self.kind.clone(),
            data: self.data.clone(),
        }
    }

    fn decode(m: proto::RegisteredName, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            name: r.name("name", &m.name)?,
            kind: r.text("kind", m.kind, limits::TEXT_BYTES)?,
            data: r.text("data", m.data, limits::TEXT_BYTES)?,
        })
    }
}
