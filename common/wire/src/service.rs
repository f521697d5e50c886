//! Services, processes and ports on the wire.

use epmesh_facts::{
    AddressFamily, Listener, PortRange, Ports, Process, Reading, Service, ServiceRole,
    ServiceState, Services, StartType, Transport,
};
use epmesh_proto::v1 as proto;

use super::{
    error::WireError,
    limits,
    reader::{Reader, Wire, WireEnum as _, address_bytes, encode_all, wire_enum},
    reading::{reading, text_reading},
};

wire_enum!(
    ServiceRole = proto::ServiceRole {
        Directory,
        EndpointMapper,
        DirectoryRpc,
        Netlogon,
        Dns,
        Replication,
        Ldap,
        Kdc,
    }
);
wire_enum!(
    ServiceState =
        proto::ServiceState { Running, Starting, Stopping, Stopped, Pausing, Paused, Resuming }
);
wire_enum!(StartType = proto::StartType { Automatic, Manual, Disabled });
wire_enum!(AddressFamily = proto::AddressFamily { V4, V6 });
wire_enum!(Transport = proto::Transport { Tcp, Udp });

impl Wire for Services {
    type Message = proto::Services;

    fn encode(&self) -> proto::Services {
        proto::Services { list: reading(&self.list, |list| encode_all(list)) }
    }

    fn decode(m: proto::Services, r: &mut Reader) -> Result<Self, WireError> {
        let list = r.reading("list", m.list, |r, list| {
            r.list("value", list, limits::SERVICES, |r, m| Wire::decode(m, r))
        })?;
        Ok(Self { list })
    }
}

impl Wire for Service {
    type Message = proto::Service;

    fn encode(&self) -> proto::Service {
        proto::Service {
            name: self.name.clone(),
            roles: self.roles.iter().map(|role| role.number()).collect(),
            state: nearest(self.state).number(),
            exact_state: (nearest(self.state) != self.state).then(|| self.state.number()),
            start: reading(&self.start, |start| start.number()),
            process: reading(&self.process, |process| Some(process.encode())),
            account: text_reading(&self.account),
            exit_code: reading(&self.exit_code, |code| *code),
            dependencies: reading(&self.dependencies, Clone::clone),
            delayed: reading(&self.delayed, |flag| *flag),
        }
    }

    fn decode(m: proto::Service, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            name: r.text("name", m.name, limits::TEXT_BYTES)?,
            roles: r.list("roles", m.roles, limits::ROLES, Reader::plain_known)?,
            state: match m.exact_state {
                Some(exact) => r.known("exact_state", exact)?,
                None => r.known("state", m.state)?,
            },
            start: r.reading("start", m.start, |r, number| r.known("value", number))?,
            delayed: r.later_reading("delayed", m.delayed, |_, flag| Ok(flag))?,
            process: r.reading("process", m.process, |r, process| r.message("value", process))?,
            account: r.later_reading("account", m.account, |r, text| {
                r.text("value", text, limits::TEXT_BYTES)
            })?,
            exit_code: r.later_reading("exit_code", m.exit_code, |_, code| Ok(code))?,
            dependencies: r.later_reading("dependencies", m.dependencies, |r, list| {
                r.texts("value", list, limits::DEPENDENCIES)
            })?,
        })
    }
}

/// The state as a receiver of an earlier version knows it: a service that is paused, or about to be, does not
/// serve.
const fn nearest(state: ServiceState) -> ServiceState {
    match state {
        ServiceState::Pausing | ServiceState::Paused => ServiceState::Stopping,
        ServiceState::Resuming => ServiceState::Starting,
        state => state,
    }
}

impl Wire for Process {
    type Message = proto::Process;

    fn encode(&self) -> proto::Process {
        proto::Process { pid: self.pid, started_ms: self.started.as_millis() }
    }

    fn decode(m: proto::Process, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self { pid: m.pid, started: r.moment("started_ms", m.started_ms)? })
    }
}

impl Wire for Ports {
    type Message = proto::Ports;

    fn encode(&self) -> proto::Ports {
        proto::Ports {
            dynamic: reading(&self.dynamic, |list| encode_all(list)),
            rpc: reading(&one_range(&self.rpc), |range| Some(range.encode())),
            rpc_ranges: reading(&self.rpc, |list| encode_all(list)),
            listeners: reading(&self.listeners, |list| encode_all(list)),
        }
    }

    fn decode(m: proto::Ports, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            dynamic: r.reading("dynamic", m.dynamic, |r, list| {
                r.list("value", list, limits::PORT_RANGES, |r, m| Wire::decode(m, r))
            })?,
            rpc: match m.rpc_ranges {
                Some(ranges) => r.reading("rpc_ranges", Some(ranges), |r, list| {
                    r.list("value", list, limits::RPC_RANGES, |r, m| Wire::decode(m, r))
                })?,
                // An agent of an earlier version.
                None => r.reading("rpc", m.rpc, |r, one| Ok(vec![r.message("value", one)?]))?,
            },
            listeners: r.reading("listeners", m.listeners, |r, list| {
                r.list("value", list, limits::LISTENERS, |r, m| Wire::decode(m, r))
            })?,
        })
    }
}

/// For a receiver of an earlier version, which knows of one range only.
fn one_range(ranges: &Reading<Vec<PortRange>>) -> Reading<PortRange> {
    match ranges.clone() {
        Reading::Value(ranges) => match *ranges {
            [range] => Reading::Value(range),
            _ => Reading::unseen(format!(
                "there are {} ranges, and this version knows of one",
                ranges.len()
            )),
        },
        other => other.map(|_| PortRange {
            family: AddressFamily::V4,
            transport: Transport::Tcp,
            first: 0,
            last: 0,
        }),
    }
}

impl Wire for PortRange {
    type Message = proto::PortRange;

    fn encode(&self) -> proto::PortRange {
        proto::PortRange {
            family: self.family.number(),
            transport: self.transport.number(),
            first: self.first.into(),
            last: self.last.into(),
        }
    }

    fn decode(m: proto::PortRange, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            family: r.known("family", m.family)?,
            transport: r.known("transport", m.transport)?,
            first: r.short("first", m.first)?,
            last: r.short("last", m.last)?,
        })
    }
}

impl Wire for Listener {
    type Message = proto::Listener;

    fn encode(&self) -> proto::Listener {
        proto::Listener {
            port: self.port.into(),
            address: address_bytes(self.address),
            pid: self.pid,
        }
    }

    fn decode(m: proto::Listener, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            port: r.short("port", m.port)?,
            address: r.address("address", &m.address)?,
            pid: m.pid,
        })
    }
}
