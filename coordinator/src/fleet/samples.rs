//! Facts for tests.

use epmesh_common::{
    facts::{
        AddressProbe, Blank, Boot, Directory, DnsName, EndpointMap, Failure, Host,
        InterfaceAddress, InterfaceProbe, MapAnswer, MapView, NtdsSettings, PeerObservation,
        Platform, Process, Reading, Service, ServiceRole, ServiceState, Services, Stage, StartType,
        Through, Timestamp,
    },
    rpc::{Binding, Endpoint, InterfaceId, ProtocolSequence},
};
use uuid::Uuid;

pub(crate) const DRSUAPI: InterfaceId =
    InterfaceId::new(Uuid::from_u128(0xe351_4235_4b06_11d1_ab04_00c0_4fc2_dcd2), 4, 0);

pub(crate) fn name(text: &str) -> DnsName {
    text.parse().expect("a host name")
}

pub(crate) fn boot(id: &str, at: Timestamp) -> Reading<Boot> {
    Reading::Value(Boot { id: id.to_owned(), at })
}

pub(crate) fn host(dc: &str, addresses: &[&str]) -> Host {
    let addresses = addresses.iter().map(|address| InterfaceAddress {
        interface: "eth0".to_owned(),
        address: address.parse().expect("an address"),
    });
    Host {
        domain: Reading::Value(name("lab.test")),
        forest: Reading::Value(name("lab.test")),
        site: Reading::Value("Default-First-Site-Name".to_owned()),
        addresses: Reading::Value(addresses.collect()),
        ..Host::blank(name(dc), Platform::Simulated, "0.1.0", &Blank::Absent)
    }
}

pub(crate) fn services(process: Option<Process>) -> Services {
    let state = if process.is_some() { ServiceState::Running } else { ServiceState::Stopped };
    Services {
        list: Reading::Value(vec![Service {
            roles: vec![ServiceRole::DirectoryRpc],
            start: Reading::Value(StartType::Automatic),
            process: process.into(),
            ..Service::blank("samba task[rpc]", state, &Blank::NotApplicable)
        }]),
    }
}

fn binding() -> Binding {
    Binding { sequence: ProtocolSequence::NcacnIpTcp, endpoint: "49152".to_owned(), host: None }
}

pub(crate) fn map(registered: bool) -> EndpointMap {
    let drsuapi = Endpoint {
        interface: DRSUAPI,
        object: None,
        binding: binding(),
        annotation: String::new(),
    };
    let endpoints = if registered { vec![drsuapi] } else { Vec::new() };
    EndpointMap { views: vec![MapView { through: Through::Local, endpoints: Ok(endpoints) }] }
}

pub(crate) fn directory(hosts: &[&str]) -> Directory {
    let settings = hosts.iter().zip(1_u128..).map(|(host, number)| NtdsSettings {
        server: name(host).host().to_owned(),
        host: Some(name(host)),
        dsa_guid: Uuid::from_u128(number),
        site: None,
        created: None,
    });
    Directory { settings: Reading::Value(settings.collect()), ..Directory::blank(&Blank::Absent) }
}

pub(crate) fn seen(peer: &str, address: &str, reached: bool, took_ms: u32) -> PeerObservation {
    let mut probe =
        AddressProbe::reached(address.parse().expect("an address"), DRSUAPI, 49_152, took_ms);
    if !reached {
        let answer = MapAnswer::NotRegistered(0x16c9_a0d6);
        probe.interfaces = vec![InterfaceProbe::answered(DRSUAPI, answer, took_ms)];
    }
    PeerObservation {
        peer: name(peer),
        dsa_guid: None,
        lookups: Vec::new(),
        addresses: vec![probe],
    }
}

pub(crate) fn silent(peer: &str, address: &str) -> PeerObservation {
    let mut observation = seen(peer, address, true, 0);
    for probe in &mut observation.addresses {
        probe.connect = Stage::failed(Failure::TimedOut, 2000);
        probe.bind = None;
        probe.interfaces.clear();
    }
    observation
}
