//! Tests of what a report changes.

use super::*;

#[test]
fn clocks_that_disagree_change_no_evidence() {
    let build = |ahead: u64| {
        let mut view = View::new(settings());
        let mut agents = [Agent::new(A, ahead), Agent::new(B, 0)];
        agents.iter().for_each(|agent| view.enrolled(&agent.dc));
        view.rearrange(at(0));
        agents[0].report(&mut view, 5, 6, vec![own(Section::Host(host(A, &["10.0.0.1"])))]);
        agents[0].report(&mut view, 7, 9, vec![Body::Peer(seen(B, "10.0.0.2", true, 1))]);
        agents[1].report(&mut view, 8, 8, vec![own(Section::EndpointMap(map(true)))]);
        view.evidence(&link(A, B), at(10))
    };
    assert_eq!(build(0), build(600));
    let evidence = build(600);
    assert_eq!(evidence.destination.host.as_ref().expect("a host section").at, at(5));
    assert_eq!(evidence.observations[0].at, at(7));
    assert_eq!(evidence.registrations.len(), 1);
}

#[test]
fn a_spooled_report_carries_its_age() {
    let (mut view, mut agents) = fleet();
    agents[0].report(&mut view, 100, 4000, vec![Body::Peer(seen(B, "10.0.0.2", true, 1))]);
    let evidence = view.evidence(&link(A, B), at(4000));
    assert_eq!(evidence.observations[0].at, at(100));
}

#[test]
fn a_later_report_does_not_make_a_fact_older() {
    let (mut view, mut agents) = fleet();
    let body = || vec![Body::Peer(seen(B, "10.0.0.2", true, 1))];
    agents[0].report(&mut view, 50, 50, body());
    // The same look told again by an agent whose message took longer to be put together.
    agents[0].report(&mut view, 48, 52, body());
    assert_eq!(view.evidence(&link(A, B), at(60)).observations[0].at, at(50));
}

#[test]
fn only_what_is_touched_is_touched() {
    let (mut view, mut agents) = fleet();
    assert_eq!(dirty(&mut view), pairs(&[]));
    // The first word of a witness on a source counts for everyone's link from it.
    agents[0].report(&mut view, 10, 10, vec![Body::Peer(seen(B, "10.0.0.2", true, 1))]);
    assert_eq!(dirty(&mut view), pairs(&[("dc1", "dc2"), ("dc3", "dc2")]));
    // The same outcome again marks the witness's own link alone.
    agents[0].report(&mut view, 20, 20, vec![Body::Peer(seen(B, "10.0.0.2", true, 9))]);
    assert_eq!(dirty(&mut view), pairs(&[("dc1", "dc2")]));
    agents[0].report(&mut view, 30, 30, vec![Body::Peer(seen(B, "10.0.0.2", false, 1))]);
    assert_eq!(dirty(&mut view), pairs(&[("dc1", "dc2"), ("dc3", "dc2")]));
    // A section of its own marks what leads to and from it.
    agents[0].report(&mut view, 40, 40, vec![own(Section::EndpointMap(map(true)))]);
    assert_eq!(
        dirty(&mut view),
        pairs(&[("dc1", "dc2"), ("dc1", "dc3"), ("dc2", "dc1"), ("dc3", "dc1")])
    );
}

#[test]
fn the_same_facts_again_mark_only_what_is_not_healthy() {
    let (mut view, mut agents) = fleet();
    let restated = || {
        let full = own(Section::Host(host(A, &["10.0.0.1"]))).stated(at(20));
        vec![Statement { body: None, ..full }]
    };
    agents[0].send(&mut view, 20, 20, restated());
    assert_eq!(dirty(&mut view), pairs(&[]));
    assert_eq!(
        view.evidence(&link(A, B), at(20)).destination.host.as_ref().expect("held").at,
        at(20)
    );
    view.record_verdict(&link(B, A), verdict(&link(B, A), State::Failing), at(20));
    agents[0].send(&mut view, 30, 30, restated());
    assert_eq!(dirty(&mut view), pairs(&[("dc2", "dc1")]));
    // After a silence longer than facts stay fresh, everything is news.
    agents[0].send(&mut view, 2000, 2000, restated());
    assert_eq!(dirty(&mut view).len(), 4);
}

#[test]
fn transitions_are_told_once() {
    let (mut view, _) = fleet();
    let link = link(A, B);
    let first = view.record_verdict(&link, verdict(&link, State::Failing), at(1));
    assert_eq!(first.expect("a change").before, Some(State::Healthy));
    assert_eq!(view.record_verdict(&link, verdict(&link, State::Failing), at(2)), None);
    view.sweep(at(500), Duration::from_secs(60));
    assert_eq!(dirty(&mut view).len(), 6);
}

#[test]
fn what_is_not_held_is_wanted() {
    let (view, agents) = fleet();
    let full = own(Section::EndpointMap(map(true))).stated(at(5));
    let subject = full.subject.clone();
    let report = Report {
        sequence: 9,
        at: at(5),
        statements: vec![Statement { body: None, ..full }],
        dropped: 0,
        notes: Vec::new(),
    };
    let staged = view.stage(&agents[0].dc, report, at(5), at(5));
    assert_eq!(staged.wanted, [subject]);
    assert!(staged.restated.is_empty() && staged.bodies.is_empty());
    let held = view.held(&agents[0].dc);
    assert_eq!(held.len(), 1);
    assert_eq!(held[0].0, StatementKey::Own(SectionKind::Host));
}

/// The service has a new process, which never registered, and the map that says so is not held: the one
/// before it was not read under the new process.
#[test]
fn a_map_that_is_wanted_registers_nobody() {
    let (mut view, mut agents) = fleet();
    let process = |pid, second| Some(Process { pid, started: at(second) });
    let [first, _, _] = agents.as_mut_slice() else { panic!("three agents") };
    let both = |map_has, of| {
        vec![own(Section::EndpointMap(map(map_has))), own(Section::Services(services(of)))]
    };
    first.report(&mut view, 5, 5, both(true, process(40, 1)));
    let mut statements: Vec<Statement> =
        both(false, process(41, 30)).into_iter().map(|body| body.stated(at(60))).collect();
    let without_body = |statement: &mut Statement| {
        if statement.subject == StatementKey::Own(SectionKind::EndpointMap) {
            statement.body = None;
        }
    };
    statements.iter_mut().for_each(without_body);
    first.send(&mut view, 60, 60, statements);
    let pids = |view: &View| -> Vec<Option<u32>> {
        let evidence = view.evidence(&link(B, A), at(61));
        evidence.registrations.iter().map(|known| known.process.map(|it| it.pid)).collect()
    };
    assert_eq!(pids(&view), [Some(40)]);
    first.report(&mut view, 62, 62, both(false, process(41, 30)));
    assert_eq!(pids(&view), [Some(40)]);
}

/// What an agent lost on its own disk is told with every report, and shown.
#[test]
fn a_loss_is_shown() {
    let (mut view, agents) = fleet();
    let report =
        Report { sequence: 9, at: at(5), statements: Vec::new(), dropped: 7, notes: Vec::new() };
    let staged = view.stage(&agents[0].dc, report, at(5), at(5));
    view.apply(staged);
    let lost: Vec<u64> = view.statuses().into_iter().map(|status| status.dropped).collect();
    assert_eq!(lost, [7, 0, 0]);
}

#[test]
fn nobody_speaks_for_another() {
    let (mut view, mut agents) = fleet();
    let foreign = own(Section::Host(host(B, &["10.0.0.66"])));
    let own_peer = Body::Peer(seen(A, "10.0.0.1", true, 1));
    let crossed = Statement {
        subject: StatementKey::Own(SectionKind::Ports),
        ..own(Section::EndpointMap(map(true))).stated(at(5))
    };
    let statements = vec![foreign.stated(at(5)), own_peer.stated(at(5)), crossed];
    agents[0].send(&mut view, 5, 5, statements);
    let facts = view.facts(&name(A)).expect("it is known");
    assert_eq!(facts.host.as_ref().expect("the first one").fact, host(A, &["10.0.0.1"]));
    assert_eq!(facts.endpoint_map, None);
    let notes = view.statuses().remove(0).notes;
    assert_eq!(notes.len(), 3);
    assert!(notes[0].contains("speaks for dc2.lab.test"), "{notes:?}");
}

#[test]
fn the_peers_of_one_witness_are_bounded() {
    let (mut view, mut agents) = fleet();
    for peer in 0..600_u64 {
        let body = Body::Peer(seen(&format!("x{peer}.lab.test"), "10.9.9.9", true, 1));
        agents[0].report(&mut view, 10 + peer, 10 + peer, vec![body]);
    }
    assert_eq!(view.held(&name(A)).len(), 1 + crate::fleet::limits::MOST_PEERS);
    assert!(view.observations_of(&name("x0.lab.test")).is_empty());
    assert_eq!(view.observations_of(&name("x599.lab.test")).len(), 1);
}
