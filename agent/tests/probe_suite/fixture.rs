//! What the tests of the prober share.

use std::{net::IpAddr, time::Duration};

use epmesh_agent::{
    daemon::Peers as _,
    probe::{Config, Prober, WirePorts},
};
use epmesh_common::{
    facts::{
        AddressProbe, Blank, HostsFile, HostsLine, Lookup, PeerObservation, Reading, Resolver,
        Source, Target,
    },
    rpc::{InterfaceId, names},
};

pub(crate) const LOCALHOST: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// Short times: a peer that says nothing must not hold up the tests.
pub(crate) fn config(ports: WirePorts) -> Config {
    Config {
        dns: Duration::from_millis(150),
        connect: Duration::from_millis(400),
        rpc: Duration::from_millis(400),
        identity: Duration::from_millis(150),
        resolve: Duration::from_secs(2),
        walk: Duration::from_secs(5),
        look: Duration::from_secs(10),
        // The names of the tests are none that this machine's DNS servers should hear of.
        system_resolver: false,
        ports,
        ..Config::default()
    }
}

/// Ports on which nothing listens: bound, and closed again.
pub(crate) fn closed_ports() -> WirePorts {
    let tcp = || {
        let listener = std::net::TcpListener::bind((LOCALHOST, 0)).unwrap();
        listener.local_addr().unwrap().port()
    };
    let udp = || {
        let socket = std::net::UdpSocket::bind((LOCALHOST, 0)).unwrap();
        socket.local_addr().unwrap().port()
    };
    WirePorts { dns: udp(), endpoint_mapper: tcp(), ldap: tcp(), cldap: udp(), netbios: udp() }
}

pub(crate) fn drsuapi() -> InterfaceId {
    names::find("drsuapi").unwrap()
}

pub(crate) fn target() -> Target {
    Target {
        name: "dc2.lab.test".parse().unwrap(),
        dsa_guid: None,
        forest: None,
        whole_map: false,
        well_known: false,
    }
}

pub(crate) fn resolver(servers: Vec<IpAddr>) -> Resolver {
    let name = "dc2.lab.test".parse().unwrap();
    let line = HostsLine { line: 3, address: LOCALHOST, names: vec![name] };
    let hosts = HostsFile { path: "/etc/hosts".to_owned(), lines: vec![line] };
    Resolver {
        hosts: Reading::Value(hosts),
        servers: Reading::Value(servers),
        ..Resolver::blank(&Blank::Absent)
    }
}

/// A look at 127.0.0.1, found in a hosts file.
pub(crate) async fn look(config: Config, target: &Target) -> PeerObservation {
    Prober::new(config).look(target, &[drsuapi()], &resolver(Vec::new())).await
}

pub(crate) async fn look_at_address(config: Config) -> AddressProbe {
    let mut seen = look(config, &target()).await;
    assert_eq!(seen.addresses.len(), 1, "{seen:?}");
    seen.addresses.remove(0)
}

/// The answers of one source of names.
pub(crate) fn said(seen: &PeerObservation, source: Source) -> Vec<&Lookup> {
    seen.lookups.iter().filter(|lookup| lookup.source == source).collect()
}
