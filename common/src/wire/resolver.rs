//! A host's sources of names on the wire.

use epmesh_proto::v1 as proto;

use super::{
    error::WireError,
    limits,
    reader::{Reader, Wire, address_bytes, encode_all},
    reading::reading,
};
use crate::facts::{HostsFile, HostsLine, Resolver};

impl Wire for Resolver {
    type Message = proto::Resolver;

    fn encode(&self) -> proto::Resolver {
        proto::Resolver {
            hosts: reading(&self.hosts, |file| Some(file.encode())),
            servers: reading(&self.servers, |list| {
                list.iter().copied().map(address_bytes).collect()
            }),
            search: reading(&self.search, |list| list.iter().map(ToString::to_string).collect()),
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
