//! The candidate faults of verdicts: equal on all links that one fault breaks.

use std::collections::BTreeSet;

use epmesh_common::{
    diagnosis::{Cause, Evidence, Fault, Link, ServerName, State, Traffic, Verdict, diagnose},
    facts::{
        AddressFamily, AddressProbe, Blank, Failure, PortRange, PortUse, RangeUse, Reading,
        RpcSettings, Section, ServiceState, Transport, Trend,
    },
    incident::Grouper,
};

use crate::healthy::{
    DC2, DC2_GUID, MEMBER, SECOND, Scenario, address, error, identity, member, name, now, observed,
    seconds_ago, settings,
};

fn verdict(change: impl FnOnce(&mut Scenario)) -> Verdict {
    let mut scenario = Scenario::healthy();
    change(&mut scenario);
    diagnose(&scenario.evidence, now())
}

/// Clients that know only its IPv4 address, and clients that get there over IPv6, have one fault in common.
#[test]
fn a_server_cut_off_over_ipv4_alone_is_one_incident_for_clients_with_and_without_ipv6() {
    let failing = verdict(Scenario::time_out_135);
    let of_source = |wanted: fn(&Traffic) -> bool| {
        let all = failing.candidates.iter().filter(move |candidate| match &candidate.fault {
            Fault::Dc { traffic, .. } => wanted(traffic),
            _ => false,
        });
        all.cloned().collect::<Vec<_>>()
    };
    let other = Verdict { candidates: of_source(|_| true), ..failing.clone() };
    let mut dual = Verdict {
        state: State::Latent,
        candidates: of_source(|t| *t == Traffic::Ipv4),
        ..failing.clone()
    };
    dual.works.mapper = true;
    dual.works.reached = vec!["fd00::12".parse().unwrap()];
    let mut grouper = Grouper::new();
    for (destination, verdict) in [("dc1", &failing), ("dc3", &other), ("dc4", &dual)] {
        let destination = name(&format!("{destination}.lab.test"));
        let link = Link { destination, ..Scenario::healthy().evidence.link };
        grouper.put(&link, verdict, verdict.works.at.unwrap());
    }
    let incidents = grouper.incidents();
    let faults: Vec<_> = incidents.iter().map(|incident| incident.fault.to_string()).collect();
    assert_eq!(faults, ["every path to dc2.lab.test (IPv4)"]);
    assert_eq!((incidents[0].links.len(), incidents[0].latent.len()), (2, 1));
}

fn rows(first: u16, last: u16, used_percent: u8) -> Reading<Vec<RangeUse>> {
    let range = PortRange { family: AddressFamily::V4, transport: Transport::Tcp, first, last };
    let row = RangeUse { range, used_percent, time_wait_percent: 0, trend: Trend::Steady };
    Reading::Value(vec![row])
}

fn used(ranges: Reading<Vec<RangeUse>>, rpc: Reading<Vec<RangeUse>>) -> Section {
    Section::PortUse(PortUse { ranges, rpc, ..PortUse::blank(&Blank::Absent) })
}

/// A host without a free port for registering has none for connecting either: one fault, whichever end of
/// a link it is at. The range that RPC servers alone take their ports from is another.
#[test]
fn a_host_without_dynamic_ports_is_one_fault_at_either_end() {
    let full = || rows(49_152, 65_535, 100);
    let never_registered = |s: &mut Scenario, of: Section| {
        s.lose_registration();
        s.evidence.registrations.clear();
        s.evidence.source.put(seconds_ago(5), of);
    };
    let condition = |dc: &str, cause| Fault::Condition { dc: name(dc), cause };
    let server = verdict(|s| never_registered(s, used(full(), Reading::Absent)));
    assert_eq!(server.cause, Cause::PortRangeExhausted);
    assert_eq!(server.candidates[0].fault, condition("dc2.lab.test", Cause::PortExhaustion));
    let client = verdict(|s| {
        s.probe().connect = error(Failure::local("address not available"));
        s.probe().interfaces.clear();
        s.evidence.destination.put(seconds_ago(5), used(full(), Reading::Absent));
    });
    assert_eq!(client.cause, Cause::PortExhaustion);
    assert_eq!(client.candidates[0].fault, condition("dc1.lab.test", Cause::PortExhaustion));
    let listed = verdict(|s| {
        never_registered(s, used(rows(49_152, 65_535, 10), rows(5_000, 5_199, 100)));
        s.evidence.source.put(
            seconds_ago(5),
            Section::RpcSettings(RpcSettings {
                internet_ports: Reading::Value(vec!["5000-5199".to_owned()]),
                internet_ports_available: Reading::Value("Y".to_owned()),
                use_internet_ports: Reading::Value("Y".to_owned()),
                ..RpcSettings::blank(&Blank::NotApplicable)
            }),
        );
    });
    assert_eq!(listed.cause, Cause::PortRangeExhausted);
    assert_eq!(listed.candidates[0].fault, condition("dc2.lab.test", Cause::PortRangeExhausted));
}

/// A directory that does not run is one fault, to those who pull from it and for itself, who pulls from nobody.
#[test]
fn a_stopped_directory_is_one_fault_at_either_end() {
    let served = verdict(|s| {
        s.lose_registration();
        s.stop_services();
    });
    let mut pulls = verdict(|s| s.directory_of_destination(ServiceState::Stopped));
    assert_eq!(pulls.cause, Cause::DestinationNotServing);
    let mut grouper = Grouper::new();
    // The host is dc2 both times: in the second link it is the destination.
    let own = Fault::Service { dc: name("dc2.lab.test"), service: "NTDS".to_owned() };
    assert_eq!(served.candidates[0].fault, own);
    let there = Fault::Service { dc: name("dc1.lab.test"), service: "NTDS".to_owned() };
    assert_eq!(pulls.candidates[0].fault, there);
    pulls.candidates[0].fault = own.clone();
    for (from, to, verdict) in [
        ("dc1", "dc2", &served),
        ("dc3", "dc2", &served),
        ("dc2", "dc1", &pulls),
        ("dc2", "dc3", &pulls),
    ] {
        let link = Link {
            destination: name(&format!("{from}.lab.test")),
            source: name(&format!("{to}.lab.test")),
            ..Scenario::healthy().evidence.link
        };
        grouper.put(&link, verdict, verdict.works.at.unwrap());
    }
    let incidents = grouper.incidents();
    assert_eq!(incidents.len(), 1, "{incidents:#?}");
    assert_eq!((&incidents[0].fault, incidents[0].links.len()), (&own, 4));
}

/// dc2's address, of which another host has port 135; whether dc2 itself is heard there over LDAP.
fn with_another_mapper(hears_source: bool) -> AddressProbe {
    let mut probe = AddressProbe { address: address(SECOND), ..member() };
    probe.identity.extend(hears_source.then(|| identity(DC2, DC2_GUID)));
    probe
}

/// To those who hear the source over LDAP, and to those who do not. Where one alone meets that host, it is the way.
#[test]
fn another_host_that_several_meet_on_port_135_is_one_fault() {
    let meets = |hears_source: bool, also_other: bool| {
        verdict(|s| {
            *s.probe() = with_another_mapper(hears_source);
            let mut other = observed("dc3.lab.test", SECOND);
            if also_other {
                other.seen.addresses[0] = with_another_mapper(true);
            }
            s.evidence.observations.push(other);
        })
    };
    let faults = |links: [(&str, &Verdict); 2]| {
        let mut grouper = Grouper::new();
        for (destination, verdict) in links {
            let destination = name(&format!("{destination}.lab.test"));
            let link = Link { destination, ..Scenario::healthy().evidence.link };
            grouper.put(&link, verdict, verdict.works.at.unwrap());
        }
        let incidents = grouper.incidents();
        incidents.iter().map(|incident| incident.fault.to_string()).collect::<Vec<_>>()
    };
    let (hears, hears_not) = (meets(true, true), meets(false, true));
    assert_eq!(hears.cause, Cause::AnswerAltered);
    assert_eq!(hears_not.cause, Cause::WrongServerIdentity);
    assert_eq!(faults([("dc1", &hears), ("dc3", &hears_not)]), ["endpoint mapper of dc2.lab.test"]);
    let healthy = verdict(|_| {});
    assert_eq!(
        faults([("dc1", &meets(true, false)), ("dc3", &healthy)]),
        ["path dc1.lab.test -> dc2.lab.test (RPC over port 135)"]
    );
}

/// A firewall before a translated address is on the way; a machine that resets beside one that is another host is the
/// balancer's, to which the record leads.
#[test]
fn a_record_that_leads_to_a_balancer_is_one_fault_also_for_those_who_are_reset() {
    const BALANCER: &str = "10.0.0.80";
    let reset = |meets_member: bool| {
        verdict(|s| {
            s.a_record(&["10.0.0.11", "10.0.0.13"], &[BALANCER]);
            s.probe().address = address(BALANCER);
            s.refuse_135();
            // One alone would prove nothing.
            s.led("dc4.lab.test", BALANCER);
            s.led("dc5.lab.test", BALANCER);
            if meets_member {
                let mut other = observed("dc3.lab.test", BALANCER);
                other.seen.addresses[0] = AddressProbe { address: address(BALANCER), ..member() };
                s.evidence.observations.push(other);
            }
        })
    };
    let has_record = |verdict: &Verdict| {
        let mut faults = verdict.candidates.iter().map(|candidate| candidate.fault.to_string());
        faults.any(|fault| fault == "A dc2.lab.test = 10.0.0.80")
    };
    let (balanced, translated) = (reset(true), reset(false));
    assert_eq!((balanced.cause, translated.cause), (Cause::EpmUnreachable, Cause::EpmUnreachable));
    assert!(has_record(&balanced) && !has_record(&translated));
}

/// One error of one end is one incident, whatever partners it has; another error is another.
#[test]
fn what_is_refused_at_one_end_is_one_incident() {
    let refused = |error: u32| verdict(move |s| s.replicated(&[("DC=lab,DC=test", error, 120, 4)]));
    let faults = |verdict: &Verdict| -> Vec<String> {
        verdict.candidates.iter().map(|candidate| candidate.fault.to_string()).collect()
    };
    // A database that was put back sends nothing and takes nothing: one fault, where both are seen.
    assert_eq!(
        faults(&refused(8456)),
        [
            "replication with dc2.lab.test (error 8456)",
            "replication with dc2.lab.test (error 8457)"
        ]
    );
    assert_eq!(faults(&refused(8457)), ["replication with dc1.lab.test (error 8457)"]);
    assert_eq!(
        faults(&refused(8453)),
        [
            "replication with dc2.lab.test (error 8453)",
            "replication with dc1.lab.test (error 8453)"
        ]
    );
    assert_eq!(refused(0x8009_0322).error.code, -2_146_893_022);
}

#[test]
fn each_fault_is_named() {
    let both = &["10.0.0.11", "10.0.0.13"];
    let rows: Vec<(&str, Verdict, &str)> = vec![
        (
            "the service died",
            verdict(|s| {
                s.lose_registration();
                s.stop_services();
            }),
            "service NTDS on dc2.lab.test",
        ),
        (
            "the registration is gone",
            verdict(Scenario::lose_registration),
            "registration of drsuapi on dc2.lab.test",
        ),
        (
            "a hosts line",
            verdict(|s| {
                s.hosts_line(4, MEMBER);
                s.lead_to_member();
            }),
            "/etc/hosts:4 on dc1.lab.test",
        ),
        (
            "a stale record",
            verdict(|s| {
                s.a_record(both, &[MEMBER]);
                s.lead_to_member();
            }),
            "A dc2.lab.test = 10.0.0.50",
        ),
        (
            "the same, latent on the secondary",
            verdict(|s| {
                s.a_record(&["10.0.0.13"], &[MEMBER]);
                s.also_member();
            }),
            "A dc2.lab.test = 10.0.0.50",
        ),
        (
            "no way to port 135",
            verdict(Scenario::time_out_135),
            "path dc1.lab.test -> dc2.lab.test (port 135)",
        ),
        (
            "no way to the dynamic port",
            verdict(|s| s.block_port(Failure::TimedOut)),
            "path dc1.lab.test -> dc2.lab.test (dynamic ports)",
        ),
        (
            "nothing listens on the port of the map",
            verdict(|s| {
                s.block_port(Failure::Refused);
                s.close(49152);
            }),
            "port 49152 of dc2.lab.test",
        ),
        (
            "an old GUID",
            verdict(|s| {
                let directory = s.evidence.destination.directory.as_mut().unwrap();
                let old = settings("00000000-0000-4000-8000-0000000000aa");
                directory.fact.settings = Reading::Value(vec![old]);
            }),
            "NTDS Settings 00000000-0000-4000-8000-0000000000aa of dc2.lab.test",
        ),
    ];
    for (what, verdict, expected) in rows {
        let mut grouper = Grouper::new();
        let link = Scenario::healthy().evidence.link;
        grouper.put(&link, &verdict, now());
        let incidents = grouper.incidents();
        assert_eq!(incidents.len(), 1, "{what}: {:?}", verdict.candidates);
        assert_eq!(incidents[0].fault.to_string(), expected, "{what}");
        assert_eq!(incidents[0].state, verdict.state, "{what}");
        let faults: BTreeSet<_> =
            verdict.candidates.iter().map(|candidate| &candidate.fault).collect();
        assert_eq!(faults.len(), verdict.candidates.len(), "{what}: each candidate once");
    }
}

#[test]
fn a_stale_record_names_its_servers_and_blames_the_one_that_decides() {
    let verdict = verdict(|s| {
        s.a_record(&["10.0.0.11", "10.0.0.13"], &[MEMBER]);
        s.lead_to_member();
    });
    assert_eq!(
        verdict.candidates[0].places,
        ["10.0.0.11 (dc1.lab.test)", "10.0.0.13 (dc3.lab.test)"]
    );
    assert_eq!(verdict.candidates[1].fault.to_string(), "DNS server dc1.lab.test");
    assert_eq!(verdict.candidates.len(), 2);
    assert_eq!(verdict.works.right, []);
}

#[test]
fn a_healthy_link_shows_what_works_and_nothing_shows_nothing() {
    let healthy = verdict(|_| {});
    assert_eq!(healthy.state, State::Healthy);
    assert_eq!(healthy.candidates, []);
    let works = healthy.works;
    assert!(works.mapper && works.port.is_some() && works.missed.is_empty());
    let first = ServerName::Dc(name("dc1.lab.test"));
    assert_eq!(works.right, [first.clone(), ServerName::Dc(name("dc3.lab.test"))]);
    assert_eq!(works.decided_by, Some(first));
    let nothing = verdict(|s| s.evidence = Evidence::empty(s.evidence.link.clone(), 180_000));
    assert_eq!((nothing.candidates, nothing.works), (Vec::new(), Default::default()));
}

#[test]
fn no_link_in_trouble_is_without_a_candidate() {
    for row in crate::rows() {
        let verdict = verdict(row.change);
        let expected = matches!(verdict.state, State::Failing | State::Latent);
        assert_eq!(!verdict.candidates.is_empty(), expected, "{}", row.name);
        let mut grouper = Grouper::new();
        let link = Scenario::healthy().evidence.link;
        grouper.put(&link, &verdict, now());
        assert_eq!(grouper.incidents().len(), usize::from(expected), "{}", row.name);
        assert_eq!(grouper.unexplained(), [], "{}", row.name);
    }
}
