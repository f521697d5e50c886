//! Things that will break a link that works, and things that only look so.

use epmesh_common::{
    diagnosis::{Cause, Registration, Side, State, diagnose},
    facts::{Blank, Platform, Process, Reading, RpcSettings, Section, ServiceRole, StartType},
};

use crate::healthy::{Scenario, drsuapi, now, seconds_ago};

fn said(s: &Scenario) -> (State, Cause, Side) {
    let v = diagnose(&s.evidence, now());
    (v.state, v.cause, v.side)
}

/// So many stretches of registration, each a quarter of an hour, the last of the present process.
fn stretches(count: u64, died: bool, lost: bool) -> Scenario {
    let mut s = Scenario::healthy();
    let present = s.service(ServiceRole::DirectoryRpc).process.value().copied().expect("it runs");
    let stretch = |at: u64| {
        let end = (count - at - 1) * 900 + 30;
        let former = Process { pid: u32::try_from(at).expect("few"), ..present };
        Registration {
            interface: drsuapi(),
            boot: Some("this life".to_owned()),
            process: Some(if died && at + 1 < count { former } else { present }),
            first: seconds_ago(end + 600),
            last: seconds_ago(end),
            lost: (lost && at + 1 < count).then(|| seconds_ago(end - 20)),
        }
    };
    s.evidence.registrations = (0..count).map(stretch).collect();
    s
}

#[test]
fn a_registration_that_comes_and_goes_is_told() {
    let latent = |cause| (State::Latent, cause, Side::Source);
    assert_eq!(said(&stretches(4, false, true)), latent(Cause::EndpointsUnregistered));
    assert_eq!(said(&stretches(4, true, true)), latent(Cause::ServiceDied));
    assert_eq!(said(&stretches(4, true, false)), latent(Cause::ServiceDied));
    // Two restarts are no flapping, and stretches without a loss between them none at all.
    assert_eq!(said(&stretches(3, true, true)).0, State::Healthy);
    assert_eq!(said(&stretches(9, false, false)).0, State::Healthy);
    // Nor is what lies in another life of the host.
    let mut s = stretches(4, true, true);
    for known in &mut s.evidence.registrations[..3] {
        known.boot = Some("the life before".to_owned());
    }
    assert_eq!(said(&s).0, State::Healthy);
}

#[test]
fn settings_that_break_the_next_start_are_told_and_others_are_not() {
    type Row = (fn(&mut RpcSettings), Option<Cause>);
    let rows: [Row; 8] = [
        (|_| {}, None),
        (|r| r.client_protocols = Reading::Value(vec![]), Some(Cause::ClientProtocolsMissing)),
        (|r| r.bind = Reading::Value(vec![]), Some(Cause::RpcBindLinkageInvalid)),
        (
            |r| r.internet_ports = Reading::Value(vec!["5000 - 5100".to_owned()]),
            Some(Cause::RpcInternetPortsInvalid),
        ),
        (|r| r.restrict_remote_clients = Reading::Value(2), Some(Cause::EpmAccessDenied)),
        // Risky, or to be known: notes.
        (|r| r.restrict_remote_clients = Reading::Value(1), None),
        (|r| r.internet_ports = Reading::Value(vec!["5000-5010".to_owned()]), None),
        (|r| r.static_ports[0].port = Reading::Value(50_000), None),
    ];
    for (at, (settings, cause)) in rows.iter().enumerate() {
        let mut s = Scenario::healthy();
        let mut rpc = RpcSettings::blank(&Blank::NotApplicable);
        settings(&mut rpc);
        s.evidence.source.put(seconds_ago(5), Section::RpcSettings(rpc));
        let expected = cause.map_or((State::Healthy, Cause::Healthy, Side::None), |cause| {
            (State::Latent, cause, Side::Source)
        });
        assert_eq!(said(&s), expected, "row {at}");
    }
}

#[test]
fn an_endpoint_mapper_that_will_not_come_back_is_told() {
    let mut s = Scenario::healthy();
    s.service(ServiceRole::EndpointMapper).start = Reading::Value(StartType::Disabled);
    assert_eq!(said(&s).0, State::Healthy, "Samba disables tasks that run elsewhere");
    s.evidence.source.host.as_mut().unwrap().fact.platform = Platform::Windows;
    assert_eq!(said(&s), (State::Latent, Cause::RpcServiceMisconfigured, Side::Source));
    // On the destination.
    let mut s = Scenario::healthy();
    s.windows_destination();
    s.evidence.destination.services.clone_from(&s.evidence.source.services);
    assert_eq!(said(&s).0, State::Healthy);
    let services = &mut s.evidence.destination.services.as_mut().unwrap().fact;
    let Reading::Value(list) = &mut services.list else { panic!("healthy") };
    list[1].start = Reading::Value(StartType::Disabled);
    assert_eq!(said(&s), (State::Latent, Cause::RpcServiceMisconfigured, Side::Destination));
}
