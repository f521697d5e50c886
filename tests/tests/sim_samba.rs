//! The simulated domain controller beside a real Samba one: the same questions, by the agent's own
//! prober, and the same answers but for ports, names, addresses and GUIDs.
//!
//! Where the lab's domain controllers can be reached:
//! `EPMESH_LAB_DC=10.99.0.11 cargo test -p epmesh-tests --test sim_samba -- --ignored`.
#![cfg(test)]

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
};

use epmesh_agent::probe::{Config, Peers as _, Prober, WirePorts};
use epmesh_common::{
    facts::{
        AddressProbe, Blank, DnsName, Failure, HostsFile, HostsLine, IdentityMethod, MapAnswer,
        Reading, Resolver, Target,
    },
    identity::Identity,
    rpc::{Endpoint, InterfaceId, ProtocolSequence, names},
};
use epmesh_tests::sim::{Network, SimDc, SimPorts, Who, Zone};

/// An interface that nobody has.
const NOBODYS: &str = "deadbeef-1234-abcd-ef00-01234567cffb v1.0";

fn interfaces() -> Vec<InterfaceId> {
    let known = ["drsuapi", "netlogon", "samr", "lsarpc", "dnsserver", "winreg"];
    let known = known.iter().filter_map(|name| names::by_name(name)).map(|known| known.id);
    let mut all: Vec<_> = known.collect();
    all.push(NOBODYS.parse().expect("an interface"));
    // Versions of drsuapi that no server has.
    let drsuapi = names::by_name("drsuapi").expect("it is known").id;
    all.push(InterfaceId::new(drsuapi.uuid, 3, 0));
    all
}

/// One look at the host at `address`, found through a hosts line alone.
async fn look(address: IpAddr, ports: WirePorts) -> AddressProbe {
    let name: DnsName = "dc.lab.test".parse().expect("a host name");
    let line = HostsLine { line: 1, address, names: vec![name.clone()] };
    let resolver = Resolver {
        hosts: Reading::Value(HostsFile { path: "hosts".to_owned(), lines: vec![line] }),
        servers: Reading::Value(Vec::new()),
        ..Resolver::blank(&Blank::Absent)
    };
    let target = Target { name, dsa_guid: None, forest: None, whole_map: true, well_known: false };
    let prober = Prober::new(Config { ports, ..Config::default() });
    let seen = prober.look(&target, &interfaces(), &resolver).await;
    let found = seen.addresses.into_iter().find(|probe| probe.address == address);
    found.expect("the address of the hosts line was looked at")
}

/// What of a look does not depend on which domain controller it was.
#[derive(Debug, PartialEq, Eq)]
struct Shape {
    bind: bool,
    endpoints: Vec<String>,
    interfaces: BTreeMap<InterfaceId, String>,
    identities: BTreeMap<String, Result<[bool; 7], Failure>>,
}

fn shape(probe: &AddressProbe) -> Shape {
    let listed = probe.map.as_ref().expect("the whole map was asked for");
    let listed = listed.endpoints.as_ref().expect("it was told");
    let mut endpoints: Vec<String> = listed.iter().map(endpoint).collect();
    endpoints.sort();
    let interfaces = probe.interfaces.iter().map(|asked| {
        let answer = match &asked.answer {
            MapAnswer::Endpoints(found) => format!("{} endpoints", found.len()),
            other => format!("{other:?}"),
        };
        let ports: Vec<_> = asked
            .ports
            .iter()
            .map(|port| (&port.connect.outcome, port.bind.as_ref().map(|bind| &bind.outcome)))
            .collect();
        (asked.interface, format!("{answer}, {ports:?}"))
    });
    let interfaces = interfaces.collect();
    let identities = probe
        .identity
        .iter()
        .map(|asked| {
            (asked.method.to_string(), asked.outcome.as_ref().map(said).map_err(Clone::clone))
        })
        .collect();
    let bind = probe.bind.as_ref().is_some_and(|bind| bind.outcome.is_ok());
    Shape { bind, endpoints, interfaces, identities }
}

/// An endpoint without its port.
fn endpoint(endpoint: &Endpoint) -> String {
    let binding = &endpoint.binding;
    let place = match binding.sequence {
        ProtocolSequence::NcacnIpTcp => "port",
        _ => binding.endpoint.as_str(),
    };
    let (interface, sequence) = (endpoint.interface, &binding.sequence);
    format!("{interface} {sequence} {place} {}", endpoint.annotation)
}

/// Which things an answerer says of itself.
fn said(who: &Identity) -> [bool; 7] {
    [
        who.dns_name.is_some(),
        who.netbios_name.is_some(),
        who.domain.is_some(),
        who.forest.is_some(),
        who.site.is_some(),
        who.dsa_guid.is_some(),
        who.is_domain_controller == Some(true),
    ]
}

async fn simulated() -> (SimDc, AddressProbe) {
    let address: Ipv4Addr = Network::pick().dc(1);
    let ports = SimPorts::pick(&[address]).expect("free ports");
    let who = Who::new("dc1", address).expect("a host name");
    let dc = SimDc::start(who, ports, Zone::default()).await.expect("it starts");
    let wire = WirePorts {
        dns: ports.dns,
        endpoint_mapper: ports.endpoint_mapper,
        ldap: ports.ldap,
        cldap: ports.ldap,
        netbios: ports.node_status,
    };
    let seen = look(IpAddr::V4(address), wire).await;
    (dc, seen)
}

/// Through the network, with the agent's own code: what the simulated domain controller is.
#[tokio::test]
async fn the_prober_sees_a_whole_domain_controller() {
    let (dc, seen) = simulated().await;
    assert_eq!(shape(&seen).endpoints.len(), 53);
    let drsuapi = names::by_name("drsuapi").expect("it is known").id;
    let asked = seen.interfaces.iter().find(|asked| asked.interface == drsuapi);
    let port = asked.and_then(|asked| asked.ports.first()).expect("a port was told");
    assert_eq!(port.connect.outcome, Ok(()));
    assert_eq!(port.bind.as_ref().map(|bind| bind.outcome.clone()), Some(Ok(())));
    let nobodys = NOBODYS.parse().expect("an interface");
    let asked = seen.interfaces.iter().find(|asked| asked.interface == nobodys);
    let answer = asked.map(|asked| asked.answer.clone());
    assert_eq!(answer, Some(MapAnswer::NotRegistered(0x16c9_a0d6)));
    for method in [
        IdentityMethod::RootDse,
        IdentityMethod::NtlmChallenge,
        IdentityMethod::LdapPing,
        IdentityMethod::NodeStatus,
    ] {
        let asked = seen.identity.iter().find(|asked| asked.method == method);
        let who = asked.expect("it was asked").outcome.as_ref().expect("it was answered");
        assert_eq!(who.netbios_name.as_deref(), Some("DC1"), "{method}");
        let is_root_dse = method == IdentityMethod::RootDse;
        assert_eq!(who.dsa_guid, is_root_dse.then_some(dc.who().dsa_guid), "{method}");
    }
}

#[tokio::test]
#[ignore = "needs a Samba domain controller: its address in EPMESH_LAB_DC"]
async fn the_same_questions_to_samba_have_the_same_answers() {
    let address = std::env::var("EPMESH_LAB_DC").expect("EPMESH_LAB_DC is set");
    let address = address.parse().expect("EPMESH_LAB_DC is an address");
    let samba = look(address, WirePorts::default()).await;
    let (_dc, simulated) = simulated().await;
    assert_eq!(shape(&simulated), shape(&samba));
}
