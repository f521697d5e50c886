//! Joining a domain: one answer out of the links, the ports and the log.

use epmesh_common::{
    diagnosis::{
        Cause, ClosedPort, JOIN_INTERFACES, State, Verdict, closed_everywhere, closed_ports,
        diagnose, judge_join,
    },
    facts::{Failure, PeerObservation, Stage as Outcome, Transport, WellKnownPort},
    reports::netsetup::Stage,
};

use crate::healthy::{Scenario, now};

fn links(broken: Option<&str>) -> Vec<Verdict> {
    let of = |name: &&str| {
        let mut s = Scenario::healthy();
        if broken == Some(*name) {
            s.lose_registration();
        }
        Verdict { interface: (*name).to_owned().into(), ..diagnose(&s.evidence, now()) }
    };
    JOIN_INTERFACES.iter().map(of).collect()
}

fn closed(ports: &[u16]) -> Vec<ClosedPort> {
    let mut s = Scenario::healthy();
    s.probe().well_known = [88, 389, 445, 464]
        .map(|port| WellKnownPort {
            port,
            transport: Transport::Tcp,
            stage: if ports.contains(&port) {
                Outcome::failed(Failure::TimedOut, 1)
            } else {
                Outcome::ok(1)
            },
        })
        .to_vec();
    closed_ports(s.probe())
}

#[test]
fn the_step_of_the_log_is_looked_at_first() {
    // The article's case: the account was made, the bind to the directory was not.
    let said =
        judge_join(&links(Some("drsuapi")), Some(&closed(&[464])), Some(Stage::Directory), &[]);
    assert_eq!(said.state, State::Failing);
    let link = said.link.expect("the link decides");
    assert_eq!((link.interface.as_ref(), link.cause), ("drsuapi", Cause::EndpointsUnregistered));
    // Without a log the order is the join's own: ports before what lies behind them.
    let said = judge_join(&links(Some("drsuapi")), Some(&closed(&[464])), None, &[]);
    assert_eq!(said.port.map(|port| port.port), Some(464));
    let said = judge_join(&links(Some("samr")), Some(&closed(&[445])), Some(Stage::Account), &[]);
    assert_eq!(said.port.map(|port| port.port), Some(445));
    let steps = said.remedy.join("\n");
    for wanted in [
        "Test-NetConnection dc2.lab.test -Port 445",
        "let TCP 445 through from dc1.lab.test to dc2.lab.test",
        "epmesh-agent check --join lab.test",
    ] {
        assert!(steps.contains(wanted), "{wanted}: {steps}");
    }
    assert!(!steps.contains("see who listens"), "silence is no word of a service: {steps}");
}

#[test]
fn what_was_not_seen_is_not_in_order() {
    assert_eq!(judge_join(&links(None), Some(&[]), None, &[]).state, State::Healthy);
    assert_eq!(judge_join(&links(None), None, None, &[]).state, State::Unknown);
    assert_eq!(judge_join(&links(None)[1..], Some(&[]), None, &[]).state, State::Unknown);
    let past = judge_join(&links(None), Some(&[]), Some(Stage::Directory), &[]);
    assert_eq!(past.state, State::Healthy);
    assert!(past.words.contains("now all that it needs is reached"), "{}", past.words);
}

/// A client goes on from an address that does not answer to the next, and what it finds open at another
/// host is not the domain controller's.
#[test]
fn a_port_is_closed_where_no_address_of_the_domain_controller_lets_in() {
    let mut s = Scenario::healthy();
    let row = |outcome| WellKnownPort { port: 445, transport: Transport::Tcp, stage: outcome };
    let mut second = s.probe().clone();
    second.address = "10.0.0.13".parse().expect("an address");
    s.probe().well_known = vec![row(Outcome::failed(Failure::TimedOut, 1))];
    second.well_known = vec![row(Outcome::ok(1))];
    let mut look = (*s.evidence.observations[0].seen).clone();
    look.addresses.push(second);
    let ports = |look: &PeerObservation| -> Vec<u16> {
        closed_everywhere(&[look]).iter().map(|closed| closed.port).collect()
    };
    assert_eq!(ports(&look), [0_u16; 0], "the second address lets in");
    let other = look.addresses.last_mut().expect("the second");
    for answer in other.identity.iter_mut().filter_map(|answer| answer.outcome.as_mut().ok()) {
        answer.dns_name = Some("member.lab.test".to_owned());
    }
    assert_eq!(ports(&look), [445], "that is another host");
}

/// All is reached by the name that was given; the client would never have come to that name.
#[test]
fn a_client_whose_dns_server_denies_the_domain_cannot_join() {
    let denying = ["10.0.0.53".parse().expect("an address")];
    let said = judge_join(&links(None), Some(&[]), Some(Stage::FindController), &denying);
    assert_eq!((said.state, said.link, said.port), (State::Failing, None, None));
    assert!(said.words.contains("10.0.0.53") && said.words.contains("1355"), "{}", said.words);
    let asks = "nslookup -type=SRV _ldap._tcp.dc._msdcs.lab.test 10.0.0.53";
    assert!(said.remedy.first().is_some_and(|step| step.contains(asks)), "{:?}", said.remedy);
    // A log that got as far as the directory found one all the same: what stopped it there is the answer.
    let said = judge_join(&links(Some("drsuapi")), Some(&[]), Some(Stage::Directory), &denying);
    assert_eq!(said.link.map(|link| link.interface), Some("drsuapi".into()), "{}", said.words);
}
