//! The services of a healthy computer, what they have registered and where they listen.

use std::{collections::BTreeMap, time::Duration};

use epmesh_facts::{
    Blank, Platform, Process, Reading, Service, ServiceRole, ServiceState, StartType, Timestamp,
};
use epmesh_rpc::{Binding, Endpoint, InterfaceId, ProtocolSequence, names};
use epmesh_windows::{Release, defaults_of};

use super::world::Kind;

/// The facts that decide which services there are.
pub(super) struct Start {
    pub(super) platform: Platform,
    pub(super) release: Release,
    pub(super) kind: Kind,
    pub(super) booted: Timestamp,
}

/// The services, and what follows from them.
#[derive(Default)]
pub(super) struct Made {
    pub(super) services: Vec<Service>,
    pub(super) servers: BTreeMap<InterfaceId, &'static str>,
    pub(super) map: Vec<Endpoint>,
    pub(super) listeners: Vec<(u16, Option<u32>)>,
}

/// The processes of a Windows domain controller, by the services in them.
const PROCESSES: [(&str, u32); 10] = [
    ("NTDS", 640),
    ("SamSs", 640),
    ("Netlogon", 640),
    ("Kdc", 640),
    ("RpcSs", 900),
    ("RpcEptMapper", 900),
    ("DcomLaunch", 860),
    ("DNS", 2100),
    ("DFSR", 2200),
    ("IsmServ", 2300),
];

/// Every other service's process.
const OTHER_PID: u32 = 1200;

/// What a Windows domain controller registers: interface, service, pipe, TCP port.
const REGISTERED: [(&str, &str, &str, u16); 7] = [
    ("drsuapi", "NTDS", r"\pipe\lsass", 49_667),
    ("dsaop", "NTDS", r"\pipe\lsass", 49_667),
    ("lsarpc", "SamSs", r"\pipe\lsass", 49_667),
    ("samr", "SamSs", r"\pipe\lsass", 49_667),
    ("netlogon", "Netlogon", r"\pipe\lsass", 49_667),
    ("dnsserver", "DNS", "", 49_690),
    ("dfsr", "DFSR", "", 49_700),
];

/// The well-known ports, and the service that listens on each.
const WELL_KNOWN: [(u16, &str); 10] = [
    (53, "DNS"),
    (88, "Kdc"),
    (135, "RpcEptMapper"),
    (389, "NTDS"),
    (445, "LanmanServer"),
    (464, "Kdc"),
    (636, "NTDS"),
    (3268, "NTDS"),
    (3269, "NTDS"),
    (9389, "ADWS"),
];

/// The services of a computer where nothing is wrong.
pub(super) fn services(start: &Start) -> Made {
    match (start.kind, start.platform) {
        (Kind::Other, _) => Made { listeners: vec![(80, None), (9100, None)], ..Made::default() },
        (Kind::Dc, Platform::Samba) => samba(start),
        _ => windows(start),
    }
}

fn windows(start: &Start) -> Made {
    let mut made = Made::default();
    let dc = start.kind == Kind::Dc;
    let rows: Vec<_> = defaults_of(start.release).collect();
    let has = |name: &str| rows.iter().any(|row| row.service == name);
    let only_on_dcs = ["NTDS", "Kdc", "IsmServ", "DFSR", "DNS", "ADWS"];
    for row in rows.iter().filter(|row| dc || !only_on_dcs.contains(&row.service)) {
        // Seen on few domain controllers of today.
        if row.service == "NtFrs" {
            continue;
        }
        let runs = row.start == Some(StartType::Automatic);
        let pid = PROCESSES.iter().find(|known| known.0 == row.service).map_or(OTHER_PID, |p| p.1);
        let started = start.booted.plus(Duration::from_secs(20));
        made.services.push(Service {
            roles: roles(row.service, has("RpcEptMapper"), has("NTDS") || !dc),
            start: row.start.map_or(Reading::Absent, Reading::Value),
            delayed: if runs { Reading::Value(false) } else { Reading::NotApplicable },
            process: runs.then_some(Process { pid, started }).into(),
            account: Reading::Value(row.account.unwrap_or("LocalSystem").to_owned()),
            exit_code: Reading::Value(0),
            dependencies: Reading::Value(Vec::new()),
            ..Service::blank(
                row.service,
                if runs { ServiceState::Running } else { ServiceState::Stopped },
                &Blank::Absent,
            )
        });
    }
    made.services.sort_by(|one, other| one.name.cmp(&other.name));
    let stand_in = |service: &'static str| match service {
        "RpcEptMapper" if !has("RpcEptMapper") => "RpcSs",
        "NTDS" if !has("NTDS") => "SamSs",
        other => other,
    };
    // On the old releases the ports of RPC servers begin at 1025.
    let port = |port: u16| if has("NTDS") { port } else { port - 49_667 + 1026 };
    for (interface, service, pipe, tcp) in REGISTERED {
        if made.services.iter().any(|one| one.name == stand_in(service))
            && (dc || service == "SamSs")
        {
            register(&mut made, interface, stand_in(service), pipe, port(tcp), dc);
        }
    }
    for (number, service) in WELL_KNOWN {
        let service = stand_in(service);
        if let Some(found) = made.services.iter().find(|one| one.name == service)
            && (dc || matches!(number, 135 | 445))
        {
            made.listeners.push((number, found.process.value().map(|process| process.pid)));
        }
    }
    made
}

fn samba(start: &Start) -> Made {
    let mut made = Made::default();
    let tasks: [(&str, u32, &[ServiceRole]); 6] = [
        ("samba", 1000, &[ServiceRole::Directory]),
        (
            "samba task[rpc]",
            1010,
            &[ServiceRole::EndpointMapper, ServiceRole::DirectoryRpc, ServiceRole::Netlogon],
        ),
        ("samba task[ldap]", 1020, &[ServiceRole::Ldap]),
        ("samba task[kdc]", 1030, &[ServiceRole::Kdc]),
        ("samba task[dns]", 1040, &[ServiceRole::Dns]),
        ("samba task[drepl]", 1050, &[ServiceRole::Replication]),
    ];
    for (name, pid, roles) in tasks {
        let started = start.booted.plus(Duration::from_secs(20));
        made.services.push(Service {
            roles: roles.to_vec(),
            start: if name == "samba" {
                Reading::Value(StartType::Automatic)
            } else {
                Reading::NotApplicable
            },
            process: Reading::Value(Process { pid, started }),
            account: Reading::Value("root".to_owned()),
            ..Service::blank(name, ServiceState::Running, &Blank::NotApplicable)
        });
    }
    for interface in ["drsuapi", "lsarpc", "samr", "netlogon", "dnsserver"] {
        register(&mut made, interface, "samba task[rpc]", r"\pipe\lsass", 49_153, false);
    }
    for (port, pid) in [
        (53, 1040),
        (88, 1030),
        (135, 1010),
        (389, 1020),
        (445, 1000),
        (464, 1030),
        (636, 1020),
        (3268, 1020),
        (3269, 1020),
    ] {
        made.listeners.push((port, Some(pid)));
    }
    made
}

fn register(made: &mut Made, name: &str, service: &'static str, pipe: &str, port: u16, http: bool) {
    let Some(known) = names::by_name(name) else { return };
    made.servers.insert(known.id, service);
    let mut add =
        |sequence, endpoint: &str| made.map.push(endpoint_of(known.id, sequence, endpoint));
    if !pipe.is_empty() {
        add(ProtocolSequence::NcacnNp, pipe);
    }
    add(ProtocolSequence::NcacnIpTcp, &port.to_string());
    if http && name == "drsuapi" {
        add(ProtocolSequence::NcacnHttp, "49670");
    }
    let pid = made.services.iter().find(|one| one.name == service);
    let pid = pid.and_then(|one| one.process.value().map(|process| process.pid));
    made.listeners.push((port, pid));
}

/// A row of an endpoint map.
pub(super) fn endpoint_of(
    interface: InterfaceId,
    sequence: ProtocolSequence,
    endpoint: &str,
) -> Endpoint {
    Endpoint {
        interface,
        object: None,
        binding: Binding { sequence, endpoint: endpoint.to_owned(), host: None },
        annotation: match names::label(interface).as_ref() {
            "drsuapi" => "MS NT Directory DRS Interface".to_owned(),
            other => other.to_owned(),
        },
    }
}

fn roles(service: &str, has_mapper: bool, has_ntds: bool) -> Vec<ServiceRole> {
    use ServiceRole::{
        Directory, DirectoryRpc, Dns, EndpointMapper, Kdc, Ldap, Netlogon, Replication,
    };
    match service {
        "NTDS" => vec![Directory, DirectoryRpc, Replication, Ldap],
        // Before 2008 lsass carries the directory, and SamSs stands for lsass.
        "SamSs" if !has_ntds => vec![Directory, DirectoryRpc, Replication, Ldap],
        "RpcEptMapper" => vec![EndpointMapper],
        "RpcSs" if !has_mapper => vec![EndpointMapper],
        "DNS" => vec![Dns],
        "Kdc" => vec![Kdc],
        "Netlogon" => vec![Netlogon],
        _ => Vec::new(),
    }
}
