//! Why an interface is not registered, a row a reason, with the near misses that are none.

use epmesh_common::{
    diagnosis::{Cause, Confidence, Side, State, diagnose},
    facts::{
        AddressFamily, Blank, BootMode, Platform, PortRange, PortUse, RangeUse, Reading,
        RegistryText, RpcSettings, Section, ServiceRole, ServiceState, StaticPort, StaticPortOwner,
        Transport, Trend,
    },
    rpc::InterfaceId,
};

use crate::healthy::{Scenario, drsuapi, now, seconds_ago};

/// A Windows source whose service restarted two minutes ago and has not registered.
fn unregistered(settings: fn(&mut RpcSettings)) -> Scenario {
    let mut s = Scenario::healthy();
    s.evidence.source.host.as_mut().unwrap().fact.platform = Platform::Windows;
    let mut rpc = RpcSettings::blank(&Blank::Absent);
    rpc.client_protocols = Reading::Value(protocols(&["ncacn_ip_tcp", "ncacn_np"]));
    settings(&mut rpc);
    s.evidence.source.put(seconds_ago(15), Section::RpcSettings(rpc));
    s.lose_registration();
    s.restart_service(seconds_ago(120));
    s
}

fn protocols(names: &[&str]) -> Vec<RegistryText> {
    let value = |name: &&str| RegistryText { name: (*name).to_owned(), data: "rpcrt4.dll".into() };
    names.iter().map(value).collect()
}

fn ports(rpc: &mut RpcSettings, ports: &[&str]) {
    rpc.internet_ports = Reading::Value(ports.iter().map(|port| (*port).to_owned()).collect());
    rpc.internet_ports_available = Reading::Value("Y".to_owned());
    rpc.use_internet_ports = Reading::Value("Y".to_owned());
}

fn fixed(rpc: &mut RpcSettings, owner: StaticPortOwner, port: u32) {
    let row = StaticPort { owner, port: Reading::Value(port) };
    *rpc.static_ports.iter_mut().find(|row| row.owner == owner).unwrap() = row;
}

fn said(s: &Scenario) -> (State, Cause, Side, Confidence) {
    let v = diagnose(&s.evidence, now());
    (v.state, v.cause, v.side, v.confidence)
}

#[test]
fn ports_of_rpc_servers_that_are_used_up_are_the_reason() {
    let row = |first, used_percent| RangeUse {
        range: PortRange {
            family: AddressFamily::V4,
            transport: Transport::Tcp,
            first,
            last: first + 199,
        },
        used_percent,
        time_wait_percent: 0,
        trend: Trend::Steady,
    };
    let with = |rows| {
        let mut s = unregistered(|r| ports(r, &["5000-5199", "6000-6199"]));
        // The dynamic range is full, and has no part in it.
        let (ranges, rpc) = (Reading::Value(vec![row(49_152, 100)]), Reading::Value(rows));
        let used = PortUse { ranges, rpc, ..PortUse::blank(&Blank::Absent) };
        s.evidence.source.put(seconds_ago(15), Section::PortUse(used));
        said(&s).1
    };
    assert_eq!(with(vec![row(5000, 100), row(6000, 100)]), Cause::PortRangeExhausted);
    // One of the ranges has ports left.
    assert_ne!(with(vec![row(5000, 100), row(6000, 95)]), Cause::PortRangeExhausted);
    // The same where they take all ports but those: what is left of the dynamic range counts.
    let others = |dynamic, rpc| {
        let mut s = unregistered(|r| {
            ports(r, &["49352-65535"]);
            r.use_internet_ports = Reading::Value("N".to_owned());
        });
        let used = PortUse {
            ranges: Reading::Value(vec![row(49_152, dynamic)]),
            rpc,
            ..PortUse::blank(&Blank::Absent)
        };
        s.evidence.source.put(seconds_ago(15), Section::PortUse(used));
        said(&s).1
    };
    let rest = |used| Reading::Value(vec![row(49_152, used)]);
    assert_eq!(others(1, rest(100)), Cause::PortRangeExhausted);
    assert_ne!(others(100, rest(20)), Cause::PortRangeExhausted);
    assert_eq!(others(100, Reading::Absent), Cause::PortRangeExhausted);
}

#[test]
fn the_reason_is_the_cause_where_it_shows() {
    use Confidence::{Likely, Proven};
    type Row = (fn(&mut RpcSettings), Cause, Confidence);
    let rows: &[Row] = &[
        (|_| {}, Cause::RegistrationFailed, Proven),
        (|r| r.client_protocols = Reading::Absent, Cause::ClientProtocolsMissing, Proven),
        (
            |r| r.client_protocols = Reading::Value(protocols(&["ncacn_np"])),
            Cause::ClientProtocolsMissing,
            Proven,
        ),
        // Named pipes have nothing to do with TCP, and what could not be read is not missing.
        (
            |r| r.client_protocols = Reading::Value(protocols(&["ncacn_ip_tcp"])),
            Cause::RegistrationFailed,
            Proven,
        ),
        (|r| r.client_protocols = Reading::unseen("denied"), Cause::RegistrationFailed, Proven),
        (|r| ports(r, &["5000-5300", "bad"]), Cause::RpcInternetPortsInvalid, Proven),
        (|r| ports(r, &["5000-5300"]), Cause::RegistrationFailed, Proven),
        (|r| ports(r, &["5000-5010"]), Cause::PortRangeConstrained, Likely),
        (|r| ports(r, &["49152"]), Cause::PortRangeExhausted, Likely),
        (|r| r.bind = Reading::Value(vec![]), Cause::RpcBindLinkageInvalid, Proven),
        (
            |r| r.bind = Reading::Value(vec![r"\Device\{1}".to_owned()]),
            Cause::RegistrationFailed,
            Proven,
        ),
        (
            |r| {
                fixed(r, StaticPortOwner::Ntds, 50_000);
                fixed(r, StaticPortOwner::Netlogon, 50_000);
            },
            Cause::StaticPortConflict,
            Likely,
        ),
        (|r| fixed(r, StaticPortOwner::Ntds, 135), Cause::StaticPortConflict, Likely),
        (|r| fixed(r, StaticPortOwner::Ntds, 50_000), Cause::RegistrationFailed, Proven),
        // The settings of another service are not this one's.
        (
            |r| {
                fixed(r, StaticPortOwner::Dfsr, 50_000);
                fixed(r, StaticPortOwner::Netlogon, 50_000);
            },
            Cause::RegistrationFailed,
            Proven,
        ),
        // Two certain reasons at once: which of them came first cannot be told.
        (
            |r| {
                r.client_protocols = Reading::Absent;
                r.bind = Reading::Value(vec![]);
            },
            Cause::ClientProtocolsMissing,
            Likely,
        ),
    ];
    for (at, (settings, cause, sure)) in rows.iter().enumerate() {
        let s = unregistered(*settings);
        assert_eq!(said(&s), (State::Failing, *cause, Side::Source, *sure), "row {at}");
    }
}

#[test]
fn a_setting_that_came_after_the_registration_is_not_its_end() {
    let mut s = unregistered(|r| r.client_protocols = Reading::Absent);
    let process = s.service(ServiceRole::DirectoryRpc).process.value().copied();
    s.evidence.registrations[0].process = process;
    assert_eq!(said(&s).1, Cause::EndpointsUnregistered);
}

#[test]
fn restore_mode_needs_a_directory_that_does_not_run() {
    let mut s = Scenario::healthy();
    s.lose_registration();
    let host = &mut s.evidence.source.host.as_mut().unwrap().fact;
    (host.platform, host.boot_mode) =
        (Platform::Windows, Reading::Value(BootMode::DirectoryRepair));
    assert_eq!(said(&s).1, Cause::EndpointsUnregistered, "a value that a script left behind");
    s.stop_services();
    let proven = Confidence::Proven;
    let expected = (State::Failing, Cause::DirectoryServicesRestoreMode, Side::Source, proven);
    assert_eq!(said(&s), expected);
}

#[test]
fn what_nobody_watched_is_not_proven() {
    let mut s = Scenario::healthy();
    s.lose_registration();
    s.stop_services();
    s.evidence.registrations.clear();
    assert_eq!(said(&s).3, Confidence::Proven);
    for since in [None, Some(seconds_ago(3_600))] {
        s.evidence.watched_since = since;
        let got = said(&s);
        assert_eq!((got.1, got.3), (Cause::ServiceNotStarted, Confidence::Likely));
    }
    // The service manager's own word does as well.
    s.service(ServiceRole::Directory).exit_code = Reading::Value(1077);
    assert_eq!(said(&s).3, Confidence::Proven);
    // And so does its word that there was a run.
    s.evidence.source.host.as_mut().unwrap().fact.platform = Platform::Windows;
    s.service(ServiceRole::Directory).exit_code = Reading::Value(1067);
    assert_eq!((said(&s).1, said(&s).3), (Cause::ServiceDied, Confidence::Likely));
}

#[test]
fn a_host_that_boots_is_given_time_and_no_more() {
    let mut s = Scenario::healthy();
    s.lose_registration();
    s.stop_services();
    s.evidence.registrations.clear();
    let host = &mut s.evidence.source.host.as_mut().unwrap().fact;
    host.platform = Platform::Windows;
    let Reading::Value(boot) = &mut host.boot else { panic!("healthy") };
    boot.at = seconds_ago(100);
    assert_eq!((said(&s).0, said(&s).1), (State::Unknown, Cause::StartingUp));
    s.service(ServiceRole::Directory).state = ServiceState::Starting;
    assert_eq!((said(&s).0, said(&s).1), (State::Unknown, Cause::StartingUp));
    let host = &mut s.evidence.source.host.as_mut().unwrap().fact;
    let Reading::Value(boot) = &mut host.boot else { panic!("healthy") };
    boot.at = seconds_ago(4_000);
    assert_eq!((said(&s).0, said(&s).1), (State::Failing, Cause::ServiceHangs));
    s.service(ServiceRole::Directory).state = ServiceState::Stopped;
    assert_eq!(said(&s).1, Cause::ServiceNotStarted);
}

/// The directory's service says nothing of an interface that another one serves.
#[test]
fn an_interface_is_judged_by_the_service_that_serves_it() {
    let mut s = Scenario::healthy();
    s.evidence.link.interface =
        "897e2e5f-93f3-4376-9c9c-fd2277495c27 v1.0".parse().expect("DFSR's");
    s.lose_registration();
    s.probe().interfaces[0].interface = s.evidence.link.interface;
    assert_eq!((said(&s).1, said(&s).2), (Cause::Unknown, Side::Source));
    let services = &mut s.evidence.source.services.as_mut().unwrap().fact;
    let Reading::Value(list) = &mut services.list else { panic!("healthy") };
    let mut dfsr = list[0].clone();
    "DFSR".clone_into(&mut dfsr.name);
    dfsr.roles.clear();
    dfsr.state = ServiceState::Stopped;
    list.push(dfsr);
    assert_eq!(said(&s).1, Cause::ServiceNotStarted);
}

/// What a host said of itself before it was started anew is not said of the present life, even where
/// its word is fresh.
#[test]
fn services_from_before_a_restart_decide_nothing() {
    let mut s = Scenario::healthy();
    s.stop_services();
    s.evidence.observations.clear();
    let services = s.evidence.source.services.as_mut().expect("healthy");
    services.at = seconds_ago(60);
    assert_eq!(diagnose(&s.evidence, now()).cause, Cause::ServiceDied);
    let host = &mut s.evidence.source.host.as_mut().expect("healthy").fact;
    let Reading::Value(boot) = &mut host.boot else { panic!("healthy") };
    boot.at = seconds_ago(40);
    let verdict = diagnose(&s.evidence, now());
    assert_eq!((verdict.state, verdict.cause), (State::Unknown, Cause::Unknown));
}

#[test]
fn another_version_of_the_interface_is_another_interface() {
    let mut s = unregistered(|_| {});
    let rows = |s: &mut Scenario| {
        let map = &mut s.evidence.source.endpoint_map.as_mut().unwrap().fact;
        map.views[0].endpoints.as_mut().unwrap().clone()
    };
    let mut row = rows(&mut Scenario::healthy()).remove(0);
    row.interface = InterfaceId::new(drsuapi().uuid, 3, 0);
    s.evidence.source.endpoint_map.as_mut().unwrap().fact.views[0].endpoints = Ok(vec![row]);
    let verdict = diagnose(&s.evidence, now());
    assert_eq!((verdict.state, verdict.cause), (State::Failing, Cause::RegistrationFailed));
    let value = verdict.culprit.expect("a culprit").text().value;
    assert!(value.contains("version 3.0 of the interface, not 4.0"), "{value}");
}
