//! Looking on demand.

use std::{sync::Arc, time::Duration};

use epmesh_common::{
    diagnosis::Link,
    facts::{Body, LookRequest, Section, SectionKind},
    wire::OnWire,
};
use epmesh_proto::v1::{self as proto, from_agent, to_agent};

use super::rig::{FakeAgent, PATIENCE, Rig, name};
use crate::{
    clock,
    fleet::samples::{DRSUAPI, host, map, seen},
    store::MemoryStore,
};

const A: &str = "dc1.lab.test";
const B: &str = "dc2.lab.test";
const C: &str = "dc3.lab.test";

fn link() -> Link {
    Link { destination: name(A), source: name(B), interface: DRSUAPI }
}

/// Waits for a look and answers it with a report of what it asks for.
async fn answer(agent: &mut FakeAgent, sequence: u64, done_first: bool) -> LookRequest {
    let look = agent.wait(|message| match message {
        to_agent::Message::Look(look) => Some(look.clone()),
        _ => None,
    });
    let look = LookRequest::from_wire(look.await.expect("a look")).expect("one that holds");
    let mut statements = Vec::new();
    for target in &look.targets {
        let seen = seen(target.name.as_str(), "10.0.0.2", true, 1);
        statements.push(Body::Peer(seen).stated(clock::now()));
    }
    if look.own.contains(&SectionKind::EndpointMap) {
        let map = Section::EndpointMap(map(true));
        statements.push(Body::Own(Box::new(map)).stated(clock::now()));
    }
    let done = proto::LookDone { id: look.id, sequence };
    if done_first {
        agent.send(from_agent::Message::LookDone(done)).await;
        agent.send_statements(sequence, statements).await;
    } else {
        agent.send_statements(sequence, statements).await;
        agent.send(from_agent::Message::LookDone(done)).await;
    }
    look
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_ends_and_a_witness_look_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let rig = Rig::start(directory.path(), Arc::new(MemoryStore::new())).await;
    let mut agents = Vec::new();
    for dc in [A, B, C] {
        let identity = rig.enrol(dc).await;
        let mut agent = FakeAgent::connect(&rig, &identity, dc).await.expect("it is let in");
        let who = Section::Host(host(dc, &["10.0.0.1"]));
        agent.report(1, vec![Body::Own(Box::new(who))]).await.expect("it is taken in");
        agents.push(agent);
    }
    for agent in &mut agents {
        let plan = agent.wait_for_plan(2).await;
        assert_eq!(plan.targets.len(), 2);
    }
    let [a, b, c] = agents.as_mut_slice() else { panic!("three agents") };
    let hub = Arc::clone(&rig.parts.hub);
    let asked = tokio::spawn(async move { hub.look(&link(), PATIENCE).await });
    let (first, second, third) =
        tokio::join!(answer(a, 2, false), answer(b, 2, true), answer(c, 2, false));
    let outcome = asked.await.expect("it does not panic");
    assert_eq!(outcome.answered, [name(A), name(B), name(C)]);
    assert!(outcome.silent.is_empty() && outcome.not_connected.is_empty(), "{outcome:?}");
    assert_eq!(first.targets[0].name, name(B));
    assert!(first.own.contains(&SectionKind::Resolver));
    assert!(second.targets.is_empty() && second.own.contains(&SectionKind::EndpointMap));
    assert!(third.own.is_empty());
    let evidence = rig.parts.hub.fleet().evidence(&link());
    assert_eq!(evidence.observations.len(), 2);
    assert!(evidence.source.endpoint_map.is_some());
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_answer_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let rig = Rig::start(directory.path(), Arc::new(MemoryStore::new())).await;
    let identity = rig.enrol(A).await;
    let agent = FakeAgent::connect(&rig, &identity, A).await.expect("it is let in");
    let outcome = rig.parts.hub.look(&link(), Duration::from_millis(100)).await;
    assert_eq!(outcome.silent, [name(A)]);
    assert_eq!(outcome.not_connected, [name(B)]);
    // An answer for another's look is no answer.
    let done = proto::LookDone { id: 0, sequence: 0 };
    agent.send(from_agent::Message::LookDone(done)).await;
    let outcome = rig.parts.hub.look(&link(), Duration::from_millis(100)).await;
    assert_eq!(outcome.answered, []);
    rig.stop().await;
}
