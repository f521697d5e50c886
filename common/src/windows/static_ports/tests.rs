use std::net::Ipv4Addr;

use super::*;
use crate::{
    diagnosis::DcFacts,
    facts::{
        Blank, Listener, PortRange, Ports, Process, Section, Service, Services, StaticPort,
        Timestamp,
    },
    windows::testing::{said, with_rpc},
};

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
