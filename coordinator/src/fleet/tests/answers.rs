//! Tests of the bodies that are asked for again.

use epmesh_common::facts::{Body, Digest, Report, Section, Statement, StatementKey};

use super::{A, Agent, B, at, fleet, own};
use crate::fleet::{
    View,
    limits::MOST_PEERS,
    samples::{host, map, name, seen},
};

/// What an agent of another version says of a body and comes to another digest than the coordinator, for
/// fields that the coordinator does not know: asked for once, and "still so" from then on.
#[test]
fn a_body_that_digests_differently_is_asked_for_once() {
    let (mut view, mut agents) = fleet();
    let calls = |digest: u8, body: Body, second: u64| {
        let understood = body.stated(at(second));
        Statement { stated: Some(Digest([digest; 16])), ..understood }
    };
    let still = |of: &Statement, second: u64| {
        let digest = of.stated.expect("it is called something else");
        Statement { digest, at: at(second), body: None, stated: None, ..of.clone() }
    };
    let wanted = |view: &View, agent: &Agent, statement: Statement| {
        let report = Report {
            sequence: 99,
            at: statement.at,
            statements: vec![statement.clone()],
            dropped: 0,
            notes: Vec::new(),
        };
        view.stage(&agent.dc, report, statement.at, statement.at).wanted
    };
    let first = calls(1, own(Section::EndpointMap(map(true))), 5);
    let seen = calls(2, Body::Peer(seen(B, "10.0.0.2", true, 1)), 5);
    for it in [&first, &seen] {
        assert_eq!(wanted(&view, &agents[0], still(it, 5)), std::slice::from_ref(&it.subject));
    }
    agents[0].send(&mut view, 5, 5, vec![first.clone(), seen.clone()]);
    for second in [65, 125] {
        for it in [&first, &seen] {
            assert_eq!(wanted(&view, &agents[0], still(it, second)), []);
        }
        agents[0].send(
            &mut view,
            second,
            second,
            vec![still(&first, second), still(&seen, second)],
        );
        let facts = view.facts(&name(A)).expect("it is known");
        assert_eq!(facts.endpoint_map.as_ref().expect("it is held").at, at(second));
    }
    // A session that begins now is told what the agent calls it; the digest of what was understood
    // counts as well.
    let held = view.held(&name(A));
    assert!(held.contains(&(first.subject.clone(), Digest([1; 16]))), "{held:?}");
    assert_eq!(wanted(&view, &agents[0], Statement { body: None, ..first.clone() }), []);
    // Another word is asked for, and takes the place of the one before.
    let other = calls(3, own(Section::EndpointMap(map(false))), 185);
    assert_eq!(wanted(&view, &agents[0], still(&other, 185)).len(), 1);
    agents[0].send(&mut view, 185, 185, vec![other.clone()]);
    assert_eq!(wanted(&view, &agents[0], still(&other, 245)), []);
    assert_eq!(wanted(&view, &agents[0], still(&first, 245)).len(), 1, "that is not held any more");
    let plain = own(Section::EndpointMap(map(true))).stated(at(245));
    agents[0].send(&mut view, 245, 245, vec![plain.clone()]);
    assert_eq!(wanted(&view, &agents[0], still(&other, 305)).len(), 1, "nor is that");
    assert!(view.held(&name(A)).contains(&(plain.subject, plain.digest)));
}

/// What cannot be used would be as unusable the next time. It is not held, is not asked for again, and
/// stays in the notes for as long as the agent says that it is still so.
#[test]
fn a_body_that_is_refused_is_not_asked_for_again() {
    let (mut view, mut agents) = fleet();
    let foreign = own(Section::Host(host(B, &["10.0.0.66"]))).stated(at(5));
    let before = view.held(&name(A));
    agents[0].send(&mut view, 5, 5, vec![foreign.clone()]);
    for second in [65, 125] {
        let still = Statement { body: None, at: at(second), ..foreign.clone() };
        let report = Report {
            sequence: 90 + second,
            at: at(second),
            statements: vec![still],
            dropped: 0,
            notes: Vec::new(),
        };
        let staged = view.stage(&name(A), report, at(second), at(second));
        assert!(staged.wanted.is_empty() && staged.restated.is_empty(), "{staged:?}");
        view.apply(staged);
        assert!(view.statuses()[0].notes[0].contains("speaks for dc2.lab.test"));
        assert_eq!(view.held(&name(A)), before);
    }
    agents[0].send(
        &mut view,
        185,
        185,
        vec![own(Section::Host(host(A, &["10.0.0.1"]))).stated(at(185))],
    );
    assert_eq!(view.statuses()[0].notes, [""; 0], "it is stated in a way that holds");
    // However many names it makes up, what is remembered has a bound.
    for peer in 0..3_000_u64 {
        let unusable = (StatementKey::Peer(name(&format!("x{peer}.lab.test"))), Digest([9; 16]));
        let report = Report {
            sequence: 1_000 + peer,
            at: at(200 + peer),
            statements: Vec::new(),
            dropped: 0,
            notes: Vec::new(),
        };
        let mut staged = view.stage(&name(A), report, at(200 + peer), at(200 + peer));
        staged.unusable.push(unusable);
        view.apply(staged);
    }
    assert!(view.dcs[&name(A)].answers.len() <= 2 * MOST_PEERS);
}
