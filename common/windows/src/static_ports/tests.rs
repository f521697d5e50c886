use std::net::Ipv4Addr;

use epmesh_facts::{
    Blank, DcFacts, EndpointMap, Listener, MapView, OsVersion, PortRange, Ports, Process, Section,
    Service, Services, StaticPort, Through, Timestamp,
};
use epmesh_rpc::{Binding, Endpoint, names};

use super::*;
use crate::testing::{said, with_rpc};

fn with(ports: &[(StaticPortOwner, u32)]) -> DcFacts {
    with_rpc(|rpc| {
        rpc.static_ports = ports
            .iter()
            .map(|(owner, port)| StaticPort { owner: *owner, port: Reading::Value(*port) })
            .collect();
    })
}

fn of(facts: &DcFacts) -> Vec<String> {
    said(facts, About::StaticPort)
}

/// With a dynamic range, NTDS in process 700, and `pid` listening on `port`.
fn seen(mut facts: DcFacts, port: u16, pid: Option<u32>) -> DcFacts {
    let at = Timestamp::default();
    let process = Process { pid: 700, started: at };
    let ntds = Service {
        process: Reading::Value(process),
        ..Service::blank("NTDS", ServiceState::Running, &Blank::Absent)
    };
    facts.put(at, Section::Services(Services { list: Reading::Value(vec![ntds]) }));
    let ports = Ports {
        dynamic: Reading::Value(vec![PortRange {
            family: AddressFamily::V4,
            transport: Transport::Tcp,
            first: 49_152,
            last: 65_535,
        }]),
        rpc: Reading::Absent,
        listeners: Reading::Value(vec![Listener {
            port,
            address: Ipv4Addr::UNSPECIFIED.into(),
            pid,
        }]),
    };
    facts.put(at, Section::Ports(ports));
    facts
}

#[test]
fn ntds_and_netlogon_need_two() {
    let said = of(&with(&[(StaticPortOwner::Ntds, 50_000), (StaticPortOwner::Netlogon, 50_000)]));
    assert!(said.len() == 1 && said[0].starts_with("fault"), "{said:?}");
    assert!(said[0].contains("DCTcpipPort") && said[0].contains("5809"), "{said:?}");
    let said = of(&with(&[(StaticPortOwner::Ntds, 50_000), (StaticPortOwner::Ntfrs, 50_000)]));
    assert!(said.len() == 1 && said[0].starts_with("warning"), "{said:?}");
    assert_eq!(
        of(&with(&[(StaticPortOwner::Ntds, 50_000), (StaticPortOwner::Netlogon, 50_001)])),
        [""; 0]
    );
}

#[test]
fn numbers_that_cannot_be() {
    for port in [0, 65_536, u32::MAX, 389, 135] {
        let said = of(&with(&[(StaticPortOwner::Ntds, port)]));
        assert!(said.len() == 1 && said[0].starts_with("fault"), "{port} {said:?}");
    }
}

#[test]
fn both_articles_are_told() {
    for (port, place) in [(50_000, "inside"), (38_901, "outside")] {
        let said = of(&seen(with(&[(StaticPortOwner::Ntds, port.into())]), port, Some(700)));
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].starts_with("warning") && said[0].contains(place), "{said:?}");
        assert!(said[0].contains("KB 2089874") && said[0].contains("KB 154596"), "{said:?}");
    }
}

#[test]
fn who_really_listens() {
    let facts = || with(&[(StaticPortOwner::Ntds, 50_000)]);
    let about = |facts: &DcFacts, what: &str| {
        of(facts).into_iter().filter(|text| text.contains(what)).collect::<Vec<_>>()
    };
    let stolen = about(&seen(facts(), 50_000, Some(4321)), "process 4321");
    assert!(stolen.len() == 1 && stolen[0].starts_with("fault"), "{stolen:?}");
    let idle = about(&seen(facts(), 1, Some(700)), "nothing listens");
    assert!(idle.len() == 1 && idle[0].starts_with("warning"), "{idle:?}");
    // A process that cannot be seen may be the right one.
    assert_eq!(of(&seen(facts(), 50_000, None)).len(), 1);
    assert_eq!(of(&seen(facts(), 50_000, Some(0))).len(), 1);
}

#[test]
fn a_configured_range_is_not_for_static_ports() {
    let mut facts = with(&[(StaticPortOwner::Ntds, 5050)]);
    if let Some(rpc) = facts.rpc_settings.as_mut() {
        rpc.fact.internet_ports = Reading::Value(vec!["5000-5200".to_owned()]);
        rpc.fact.internet_ports_available = Reading::Value("Y".to_owned());
        rpc.fact.use_internet_ports = Reading::Value("Y".to_owned());
    }
    let said = of(&facts);
    assert!(said.len() == 1 && said[0].contains("may take it first"), "{said:?}");
}

/// A host whose map has DFSR on `port`, with what is not NTDS's listening there in process `pid`.
fn with_dfsr(ports: &[(StaticPortOwner, u32)], port: u16, pid: Option<u32>) -> DcFacts {
    let mut facts = seen(with(ports), port, pid);
    if let Some(rpc) = facts.rpc_settings.as_mut() {
        let unread = Reading::unseen("it stands elsewhere");
        rpc.fact.static_ports.push(StaticPort { owner: StaticPortOwner::Dfsr, port: unread });
    }
    if let Some(Reading::Value(list)) = facts.services.as_mut().map(|held| &mut held.fact.list) {
        list.push(Service {
            process: Reading::Value(Process { pid: 900, started: Timestamp::default() }),
            ..Service::blank("DFSR", ServiceState::Running, &Blank::Absent)
        });
    }
    let row = |port: u16| Endpoint {
        interface: names::by_name("dfsr").expect("it has a name").id,
        object: None,
        binding: Binding::tcp(port),
        annotation: String::new(),
    };
    // Beside the one that was set there may be one of the dynamic range.
    let endpoints = Ok(vec![row(port), row(49_800)]);
    let views = vec![MapView { through: Through::Local, endpoints }];
    facts.put(Timestamp::default(), Section::EndpointMap(EndpointMap { views }));
    facts
}

#[test]
fn where_dfsr_registers_shows_its_port() {
    let about = |facts: &DcFacts| -> Vec<String> {
        of(facts).into_iter().filter(|text| text.contains("dfsrdiag")).collect()
    };
    let said = about(&with_dfsr(&[], 5722, Some(900)));
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].starts_with("warning") && said[0].contains("KB 2089874"), "{said:?}");
    assert!(said[1].starts_with("note") && said[1].contains("its registration shows"), "{said:?}");
    let twins = about(&with_dfsr(&[(StaticPortOwner::Ntfrs, 6000)], 6000, None));
    assert!(twins.iter().any(|text| text.contains("static port of NTFRS as well")), "{twins:?}");

    // A port of the dynamic range may be any; that of another process is not DFSR's.
    assert_eq!(about(&with_dfsr(&[], 50_000, Some(900))), [""; 0]);
    assert_eq!(about(&with_dfsr(&[], 5722, Some(4321))), [""; 0]);
    // Nobody set that of 2008.
    let mut old = with_dfsr(&[], 5722, Some(900));
    if let Some(host) = old.host.as_mut() {
        host.fact.version = Reading::Value(OsVersion { major: 6, minor: 1, build: 7601 });
    }
    assert_eq!(about(&old), [""; 0]);
    // One that servers take their ports from.
    let mut listed = with_dfsr(&[], 5050, Some(900));
    if let Some(rpc) = listed.rpc_settings.as_mut() {
        rpc.fact.internet_ports = Reading::Value(vec!["5000-5200".to_owned()]);
        rpc.fact.internet_ports_available = Reading::Value("Y".to_owned());
        rpc.fact.use_internet_ports = Reading::Value("Y".to_owned());
    }
    assert_eq!(about(&listed), [""; 0]);
}
