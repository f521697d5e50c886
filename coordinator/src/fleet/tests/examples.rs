//! The example of an incident.

use std::sync::RwLock;

use epmesh_common::{
    diagnosis::Cause,
    facts::{Answer, Lookup, PeerObservation, Question, Record, RecordData, RecordType, Source},
};

use super::{
    super::{Snapshot, samples::silent},
    *,
};

/// What a witness sees of the second domain controller, whose name leads to its own address.
fn named(observation: PeerObservation) -> PeerObservation {
    let record = Record {
        name: name(B),
        data: RecordData::Address("10.0.0.2".parse().expect("an address")),
        ttl: None,
        line: None,
    };
    let lookup = Lookup {
        source: Source::Dns("10.0.0.9".parse().expect("an address")),
        question: Question { name: name(B), kind: RecordType::A },
        answer: Answer::Records(vec![record]),
        code: None,
        local: None,
        took_ms: 1,
        retried: false,
    };
    PeerObservation { lookups: vec![lookup], ..observation }
}

fn judge_dirty(view: &mut View, second: u64) {
    let links = view.take_dirty(usize::MAX);
    let verdicts = view.judge_links(&links, at(second), 1);
    view.record_verdicts(&links, verdicts, at(second));
    view.regroup();
}

/// The links whose verdicts have proof and remedy, among those in trouble.
fn with_words(view: &View) -> Vec<Link> {
    let troubled = view.judged().filter(|(_, verdict)| verdict.state == State::Failing);
    let mut links: Vec<Link> =
        troubled.filter(|(_, it)| it.has_words()).map(|(link, _)| link.clone()).collect();
    links.sort();
    links
}

#[test]
fn it_alone_has_proof_and_remedy_and_they_are_those_of_its_verdict() {
    let (mut view, mut agents) = fleet();
    for agent in [0, 2] {
        let unreached = named(silent(B, "10.0.0.2"));
        agents[agent].report(&mut view, 10, 10, vec![Body::Peer(unreached)]);
    }
    judge_dirty(&mut view, 11);
    let incidents = view.incidents();
    assert_eq!(incidents.len(), 1, "{incidents:?}");
    assert_eq!(incidents[0].cause, Cause::EpmUnreachable);
    assert_eq!(with_words(&view), [], "nobody knew yet that there would be an incident");
    // It is judged again at once.
    let rests_on = view.evidence(&link(A, B), at(12));
    judge_dirty(&mut view, 12);
    assert_eq!(with_words(&view), [link(A, B)]);
    assert!(view.dirty.is_empty());
    // Meanwhile the link works again, and has not been judged since.
    let reached = named(seen(B, "10.0.0.2", true, 1));
    agents[0].report(&mut view, 13, 13, vec![Body::Peer(reached)]);
    let anew = diagnose(&view.evidence(&link(A, B), at(13)), at(13));
    assert_ne!(anew.cause, Cause::EpmUnreachable);
    let shared = RwLock::new(view);
    let snapshot = Snapshot::new(shared.read().expect("a lock"), BTreeSet::new());
    let example = snapshot.example(&incidents[0]).expect("an example");
    assert_eq!(*example, diagnose(&rests_on, at(12)));
    assert!(!example.evidence.is_empty() && !example.ruled_out.is_empty());
}
