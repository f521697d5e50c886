//! `check`: a look and its verdict, without coordinator and domain controller.

use std::time::Duration;

use epmesh_agent::{
    check::{Arguments, Exit, Report, Wanted, check},
    output::Output,
    probe::WirePorts,
};
use epmesh_common::{
    diagnosis::{Cause, State, Step},
    facts::{MapAnswer, Timestamp},
};

use crate::{
    fixture::{LOCALHOST, closed_ports, config, resolver},
    server::{Behaviour, endpoints, start},
};

fn arguments(host: &str) -> Arguments {
    Arguments {
        host: host.parse().unwrap(),
        interface: Vec::new(),
        guid: None,
        forest: None,
        all: true,
        dns: Vec::new(),
        timeout: Duration::from_secs(8),
        output: Output::Json,
    }
}

async fn check_port(host: &str, endpoint_mapper: u16) -> Report {
    let settings = config(WirePorts { endpoint_mapper, ..closed_ports() });
    let now = Timestamp::from_millis(1_700_000_000_000);
    let here = "client.lab.test".parse().unwrap();
    check(&arguments(host), settings, &resolver(Vec::new()), &here, now).await
}

#[tokio::test]
async fn a_healthy_host_has_its_whole_map_listed() {
    let service = start(Behaviour::AnyInterface).await;
    let mapper = start(Behaviour::Mapper { port: service.port, page: 2 }).await;
    let report = check_port("dc2.lab.test", mapper.port).await;
    assert_eq!(report.verdict.state, State::Healthy, "{report:?}");
    assert_eq!(report.exit(), Exit::Healthy);
    let listed: Vec<_> = report.endpoints.iter().map(|one| (one.uuid, &*one.endpoint)).collect();
    let expected = endpoints();
    let expected: Vec<_> =
        expected.iter().map(|one| (one.interface.uuid, &*one.binding.endpoint)).collect();
    assert_eq!(listed, expected);
    assert!(report.notes.iter().any(|note| note.contains("_msdcs was not checked")));
}

#[tokio::test]
async fn an_unregistered_interface_is_1753_on_the_servers_side() {
    let mapper = start(Behaviour::NotRegistered(0x16c9_a0d6)).await;
    let report = check_port("dc2.lab.test", mapper.port).await;
    let answer = &report.observation.addresses[0].interfaces[0].answer;
    assert_eq!(*answer, MapAnswer::NotRegistered(0x16c9_a0d6));
    assert_eq!((report.verdict.state, report.verdict.error.code), (State::Failing, 1753));
    assert_eq!(report.exit(), Exit::Failing);
}

#[tokio::test]
async fn of_an_address_no_names_are_judged() {
    let mapper = start(Behaviour::NotRegistered(0)).await;
    let report = check_port("127.0.0.1", mapper.port).await;
    assert_eq!(report.host, LOCALHOST.to_string());
    assert!(report.observation.lookups.is_empty());
    assert!(report.verdict.evidence.iter().all(|item| item.step != Step::Resolve));
    assert!(report.notes.iter().any(|note| note.contains("no name resolution to judge")));
    // It is the host that names itself in its challenge, not a stranger in the place of one.
    assert_eq!(report.verdict.source.as_str(), "dc2.lab.test");
    assert_ne!(report.verdict.cause, Cause::WrongServerIdentity);
    assert_eq!(report.verdict.error.code, 1753);
}

#[tokio::test]
async fn another_host_behind_the_name_is_seen() {
    // The hosts file of the tests maps dc2 to the server; this one calls itself dc2 too, so the
    // name asked for is another one with the same address.
    let service = start(Behaviour::AnyInterface).await;
    let mapper = start(Behaviour::Mapper { port: service.port, page: 500 }).await;
    let settings = config(WirePorts { endpoint_mapper: mapper.port, ..closed_ports() });
    let mut resolver = resolver(Vec::new());
    let epmesh_common::facts::Reading::Value(hosts) = &mut resolver.hosts else { panic!() };
    hosts.lines[0].names.push("dc3.lab.test".parse().unwrap());
    let now = Timestamp::from_millis(1_700_000_000_000);
    let here = "client.lab.test".parse().unwrap();
    let report = check(&arguments("dc3.lab.test"), settings, &resolver, &here, now).await;
    assert_eq!(report.exit(), Exit::Failing);
    let culprit = report.verdict.culprit.as_ref().unwrap().text();
    assert_eq!(culprit.kind, "hosts-line", "{report:?}");
    assert!(culprit.name.contains("/etc/hosts:3"), "{culprit:?}");
}

#[test]
fn hosts_are_names_or_addresses() {
    assert_eq!("[::1]".parse(), Ok(Wanted::Address("::1".parse().unwrap())));
    assert_eq!("DC2.lab.test".parse(), Ok(Wanted::Name("dc2.lab.test".parse().unwrap())));
    assert!("two words".parse::<Wanted>().is_err());
}
