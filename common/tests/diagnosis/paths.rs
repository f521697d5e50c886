//! Filters, firewalls, ports and addresses on the way.

use epmesh_common::{
    diagnosis::{Cause, Confidence, Side, State, diagnose},
    facts::{
        AddressFamily, Blank, Directory, Failure, Filters, FirewallProfile, MapAnswer, Platform,
        PortProbe, PortRange, PortUse, Process, ProfileKind, RangeUse, Reading, RpcFilter,
        RpcFilterAction, RpcFilterLayer, RpcSettings, Section, Service, ServiceRole, ServiceState,
        Stage, Transport, Trend,
    },
    identity::Identity,
};

use crate::forest::service;
use crate::healthy::{FIRST, SECOND, Scenario, THIRD, address, error, now, seconds_ago};

type Said = (State, Cause, Side, Confidence);

fn said(s: &Scenario) -> Said {
    let v = diagnose(&s.evidence, now());
    (v.state, v.cause, v.side, v.confidence)
}

fn share(s: &Scenario) -> Option<String> {
    diagnose(&s.evidence, now()).intermittent.map(|share| share.to_string())
}

fn filters(rpc: Vec<RpcFilter>, on: bool) -> Section {
    Section::Filters(Filters {
        profiles: Reading::Value(vec![FirewallProfile { kind: ProfileKind::Domain, enabled: on }]),
        rpc: Reading::Value(rpc),
        rpc_left_out: Reading::Value(0),
    })
}

fn block(layer: RpcFilterLayer) -> RpcFilter {
    RpcFilter {
        layer,
        key: "aaaaaaaa-0000-4000-8000-000000000001".parse().expect("a key"),
        name: "no replication".to_owned(),
        action: RpcFilterAction::Block,
        interface: None,
        conditions: 0,
        terms: None,
    }
}

/// Listed at the source, denied to the destination, the source's map the newer of the two.
fn denied() -> Scenario {
    let mut s = Scenario::healthy();
    s.probe().interfaces[0].answer = MapAnswer::NotRegistered(0x16C9_A0D6);
    s.probe().interfaces[0].ports.clear();
    s.evidence.source.endpoint_map.as_mut().unwrap().at = seconds_ago(5);
    s
}

#[test]
fn a_filter_hides_what_the_source_lists() {
    use Confidence::{Likely, Proven};
    let rpc = Cause::RpcFiltered;
    let mut s = denied();
    assert_eq!(said(&s), (State::Failing, rpc, Side::Source, Likely), "filters not read");
    s.evidence.source.put(seconds_ago(5), filters(vec![], true));
    assert_eq!(said(&s), (State::Failing, rpc, Side::Network, Likely), "no filter there");
    s.evidence.source.put(seconds_ago(5), filters(vec![block(RpcFilterLayer::Resolution)], true));
    assert_eq!(said(&s), (State::Failing, rpc, Side::Source, Proven));
    // An answer without a name does not say who it is.
    let mut s = denied();
    s.probe().identity[0].outcome = Ok(Identity::default());
    let possible = Confidence::Possible;
    assert_eq!(said(&s), (State::Failing, rpc, Side::Source, possible), "nobody said a name");
    // A registration that came after the look was not there when it was denied.
    let mut s = denied();
    s.evidence.registrations[0].first = seconds_ago(6);
    assert_eq!(said(&s).1, Cause::Unknown);
}

#[test]
fn a_host_firewall_needs_a_firewall_and_more_than_one_witness() {
    let cut = |on: bool, witness: bool| {
        let mut s = Scenario::healthy();
        s.time_out_135();
        if witness {
            s.third_looks(&Err(Failure::TimedOut));
        }
        s.evidence.source.put(seconds_ago(5), filters(vec![], on));
        said(&s)
    };
    let likely = Confidence::Likely;
    assert_eq!(cut(true, true), (State::Failing, Cause::HostFirewall, Side::Source, likely));
    assert_eq!(cut(false, true), (State::Failing, Cause::EpmUnreachable, Side::Source, likely));
    assert_eq!(cut(true, false), (State::Failing, Cause::EpmUnreachable, Side::Network, likely));
    let mut s = Scenario::healthy();
    s.time_out_135();
    s.third_looks(&Ok(()));
    s.evidence.source.put(seconds_ago(5), filters(vec![], true));
    let network = (State::Failing, Cause::EpmUnreachable, Side::Network, likely);
    assert_eq!(said(&s), network, "another one gets through, and may be mistaken");
}

#[test]
fn a_mapper_that_does_not_run_is_off_its_default_on_windows_only() {
    let mut s = Scenario::healthy();
    s.refuse_135();
    s.close_135();
    let proven = Confidence::Proven;
    assert_eq!(said(&s), (State::Failing, Cause::EpmUnreachable, Side::Source, proven));
    s.service(ServiceRole::EndpointMapper).state = ServiceState::Stopped;
    s.evidence.source.host.as_mut().unwrap().fact.platform = Platform::Windows;
    assert_eq!(said(&s), (State::Failing, Cause::RpcServiceMisconfigured, Side::Source, proven));
}

#[test]
fn the_policy_proves_a_refusal() {
    let mut s = Scenario::healthy();
    s.probe().interfaces[0].answer = MapAnswer::Failed(Failure::AccessDenied(5));
    assert_eq!((said(&s).1, said(&s).3), (Cause::EpmAccessDenied, Confidence::Likely));
    let mut rpc = RpcSettings::blank(&Blank::Absent);
    rpc.restrict_remote_clients = Reading::Value(2);
    s.evidence.source.put(seconds_ago(5), Section::RpcSettings(rpc));
    assert_eq!((said(&s).1, said(&s).3), (Cause::EpmAccessDenied, Confidence::Proven));
}

#[test]
fn the_owner_of_the_port_proves_a_stale_endpoint() {
    let mut s = Scenario::healthy();
    s.probe().interfaces[0].ports[0].bind =
        Some(error(Failure::BindRejected { result: 2, reason: 1 }));
    assert_eq!((said(&s).1, said(&s).3), (Cause::StaleEndpoint, Confidence::Likely));
    let ports = &mut s.evidence.source.ports.as_mut().unwrap().fact;
    let Reading::Value(listeners) = &mut ports.listeners else { panic!("healthy") };
    listeners.iter_mut().for_each(|listener| listener.pid = Some(77));
    assert_eq!((said(&s).1, said(&s).3), (Cause::StaleEndpoint, Confidence::Likely), "a worker");
    let services = &mut s.evidence.source.services.as_mut().unwrap().fact;
    let Reading::Value(list) = &mut services.list else { panic!("healthy") };
    let process = Reading::Value(Process { pid: 77, started: seconds_ago(500) });
    list.push(Service { process, ..service("kdc", &[ServiceRole::Kdc]) });
    assert_eq!((said(&s).1, said(&s).3), (Cause::StaleEndpoint, Confidence::Proven));
}

#[test]
fn no_ports_left_at_the_destination() {
    let mut s = Scenario::healthy();
    s.probe().connect = error(Failure::local("address not available"));
    s.probe().interfaces.clear();
    assert_eq!(said(&s).0, State::Unknown, "why is not known");
    let range = PortRange {
        family: AddressFamily::V4,
        transport: Transport::Tcp,
        first: 49_152,
        last: 65_535,
    };
    let of = |used_percent| {
        let row = RangeUse { range, used_percent, time_wait_percent: 0, trend: Trend::Steady };
        let ranges = Reading::Value(vec![row]);
        Section::PortUse(PortUse { ranges, ..PortUse::blank(&Blank::Absent) })
    };
    s.evidence.destination.put(seconds_ago(5), of(90));
    assert_eq!(said(&s).0, State::Unknown);
    s.evidence.destination.put(seconds_ago(5), of(100));
    let expected = (Cause::PortExhaustion, Side::Destination, Confidence::Likely);
    let got = said(&s);
    assert_eq!((got.1, got.2, got.3), expected);
}

/// A second address of the source that does not answer.
fn two_addresses(failure: Failure) -> Scenario {
    let other = "10.9.0.12";
    let mut s = Scenario::healthy();
    s.a_record(&[FIRST, THIRD], &[SECOND, other]);
    let host = &mut s.evidence.source.host.as_mut().unwrap().fact;
    let Reading::Value(own) = &mut host.addresses else { panic!("healthy") };
    let mut second = own[0].clone();
    second.address = address(other);
    own.push(second);
    let mut probe = s.probe().clone();
    probe.address = address(other);
    probe.connect = error(failure);
    (probe.bind, probe.local) = (None, Some(address(FIRST)));
    probe.interfaces.clear();
    probe.identity.clear();
    s.evidence.observations[0].seen.addresses.push(probe);
    s
}

#[test]
fn one_of_two_addresses_is_told_with_its_share() {
    let s = two_addresses(Failure::TimedOut);
    assert_eq!((said(&s).0, said(&s).1), (State::Latent, Cause::EpmUnreachable));
    assert_eq!(share(&s).as_deref(), Some("1 of 2 addresses"));
    // A destination that has no way into an IP version misses nothing.
    let mut s = two_addresses(Failure::Unreachable(101));
    s.evidence.observations[0].seen.addresses[1].local = None;
    assert_eq!(said(&s).0, State::Healthy);
}

#[test]
fn one_of_two_ports_is_told_with_its_share() {
    let mut s = Scenario::healthy();
    s.probe().interfaces[0].ports.push(PortProbe {
        port: 50_000,
        connect: Stage::failed(Failure::TimedOut, 1),
        bind: None,
        altered: false,
    });
    let ports = &mut s.evidence.source.ports.as_mut().unwrap().fact;
    ports.listeners = Reading::unseen("denied");
    // Told, and not in the map that was read before: it may have been added since.
    assert_eq!(said(&s).0, State::Healthy);
    s.also_registered(50_000);
    assert_eq!((said(&s).0, said(&s).1), (State::Latent, Cause::DynamicPortBlocked));
    assert_eq!(share(&s).as_deref(), Some("1 of 2 ports"));
}

#[test]
fn nobody_pulls_from_a_read_only_domain_controller() {
    let mut s = Scenario::healthy();
    s.lose_registration();
    let read_only = Reading::Value(true);
    let directory = Directory { read_only, ..Directory::blank(&Blank::Absent) };
    s.evidence.source.put(seconds_ago(5), Section::Directory(directory));
    assert_eq!((said(&s).0, said(&s).1), (State::Unknown, Cause::Unknown));
}

/// Who answers half is there, and no firewall on the way holds its answer.
#[test]
fn half_an_answer_is_not_silence() {
    let mut s = Scenario::healthy();
    s.probe().bind.as_mut().unwrap().outcome = Err(Failure::Unfinished);
    s.probe().interfaces.clear();
    assert!(!Failure::Unfinished.is_silence());
    let (state, cause) = (State::Failing, Cause::NotError1753);
    assert_eq!(said(&s), (state, cause, Side::Source, Confidence::Likely));
    let culprit = diagnose(&s.evidence, now()).culprit.expect("the endpoint mapper").text();
    assert!(culprit.value.contains("began and did not end"), "{culprit:?}");
}
