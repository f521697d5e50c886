//! Tests of what must not be let in, and of what must not be lost.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use epmesh_common::{
    facts::{Body, Section},
    wire,
};
use epmesh_proto::v1::{self as proto, agents_client::AgentsClient, from_agent};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, transport::Identity};

use super::rig::{FakeAgent, Rig, name, soon};
use crate::{
    clock,
    fleet::samples::{host, seen},
    store::{
        CommitError, Committed, Key, MemoryStore, Page, Prefix, Store, StoreError, StoreFuture,
        Transaction, Versioned,
    },
};

const A: &str = "dc1.lab.test";
const B: &str = "dc2.lab.test";

fn who(dc: &str, address: &str) -> Body {
    Body::Own(Box::new(Section::Host(host(dc, &[address]))))
}

/// A store whose disk can be full.
#[derive(Debug, Default)]
struct FullStore {
    inner: MemoryStore,
    full: AtomicBool,
}

impl Store for FullStore {
    fn get(&self, key: &Key) -> StoreFuture<'_, Option<Versioned>> {
        self.inner.get(key)
    }

    fn scan(&self, prefix: &Prefix, after: Option<&Key>, limit: usize) -> StoreFuture<'_, Page> {
        self.inner.scan(prefix, after, limit)
    }

    fn commit(&self, transaction: Transaction) -> StoreFuture<'_, Committed, CommitError> {
        if self.full.load(Ordering::SeqCst) {
            let source = Arc::new(std::io::Error::from(std::io::ErrorKind::StorageFull));
            let full = StoreError::Full { operation: "writing the journal", source };
            return Box::pin(async move { Err(full.into()) });
        }
        self.inner.commit(transaction)
    }
}

#[tokio::test]
async fn a_full_disk_loses_nothing_and_shows() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = Arc::new(FullStore::default());
    let shared: Arc<dyn Store> = Arc::<FullStore>::clone(&store);
    let rig = Rig::start(directory.path(), shared).await;
    let identity = rig.enrol(A).await;
    let mut agent = FakeAgent::connect(&rig, &identity, A).await.expect("it is let in");
    store.full.store(true, Ordering::SeqCst);
    let refused = agent.report(1, vec![who(A, "10.0.0.1")]).await.expect_err("it is not stored");
    assert_eq!(refused.code(), Code::Unavailable);
    let status = rig.parts.hub.fleet().statuses().remove(0);
    assert!(status.notes[0].contains("no space left"), "{:?}", status.notes);
    assert!(status.addresses.is_empty(), "what is not stored is not held");
    store.full.store(false, Ordering::SeqCst);
    let mut agent = FakeAgent::connect(&rig, &identity, A).await.expect("it comes back");
    agent.report(1, vec![who(A, "10.0.0.1")]).await.expect("now it is stored");
    let status = rig.parts.hub.fleet().statuses().remove(0);
    assert!(status.notes.is_empty(), "{:?}", status.notes);
    assert_eq!(status.addresses.len(), 1);
    rig.stop().await;
}

#[tokio::test]
async fn nobody_speaks_for_another_dc() {
    let directory = tempfile::tempdir().expect("a directory");
    let rig = Rig::start(directory.path(), Arc::new(MemoryStore::new())).await;
    let identity = rig.enrol(A).await;
    rig.enrol(B).await;
    let refused = FakeAgent::connect(&rig, &identity, B).await.err().expect("it is not B");
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert!(refused.message().contains(A) && refused.message().contains(B), "{refused}");
    let mut agent = FakeAgent::connect(&rig, &identity, A).await.expect("it is A");
    // One statement is refused; the other is taken in, and the report acknowledged.
    let bodies = vec![who(B, "10.0.0.66"), Body::Peer(seen(B, "10.0.0.2", true, 1))];
    agent.report(1, bodies).await.expect("the report stands");
    let fleet = rig.parts.hub.fleet();
    assert!(fleet.read(|view| view.facts(&name(B))).is_none_or(|facts| facts.host.is_none()));
    assert_eq!(fleet.read(|view| view.observations_of(&name(B))).len(), 1);
    let notes = fleet.statuses().remove(0).notes;
    assert!(notes[0].contains("speaks for dc2.lab.test"), "{notes:?}");
    agent.report(2, vec![who(A, "10.0.0.1")]).await.expect("it speaks for itself");
    assert_eq!(fleet.statuses().remove(0).notes, [""; 0], "a clean report clears the note");
    rig.stop().await;
}

#[tokio::test]
async fn agents_are_let_in_by_certificate_alone() {
    let directory = tempfile::tempdir().expect("a directory");
    let rig = Rig::start(directory.path(), Arc::new(MemoryStore::new())).await;
    let now = clock::now().as_millis();
    let operator =
        rig.authority.issue_operator("alice", now, crate::pki::days(1)).expect("a certificate");
    let operator = Identity::from_pem(operator.chain_pem, operator.key_pem);
    for (identity, code) in
        [(None, Code::Unauthenticated), (Some(operator), Code::PermissionDenied)]
    {
        let mut client = AgentsClient::new(rig.channel(identity).await);
        let (_sender, receiver) = tokio::sync::mpsc::channel::<proto::FromAgent>(1);
        let refused = soon(client.session(ReceiverStream::new(receiver))).await;
        assert_eq!(refused.expect_err("no agent").code(), code);
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_newer_session_takes_over() {
    let directory = tempfile::tempdir().expect("a directory");
    let rig = Rig::start(directory.path(), Arc::new(MemoryStore::new())).await;
    let identity = rig.enrol(A).await;
    let mut older = FakeAgent::connect(&rig, &identity, A).await.expect("it is let in");
    let mut newer = FakeAgent::connect(&rig, &identity, A).await.expect("it is let in");
    assert_eq!(older.ended().await.code(), Code::Aborted);
    newer.report(1, vec![who(A, "10.0.0.1")]).await.expect("it is taken in");
    let status = rig.parts.hub.fleet().statuses().remove(0);
    assert!(status.connected);
    assert_eq!(status.agent_version.as_deref(), Some("0.0-test"));
    assert!(status.clock_skew_ms.is_some_and(|skew| skew.abs() < 5_000), "{status:?}");
    rig.stop().await;
}

#[tokio::test]
async fn a_repeated_report_is_acknowledged_and_not_taken_in_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let rig = Rig::start(directory.path(), Arc::new(MemoryStore::new())).await;
    let identity = rig.enrol(A).await;
    let mut agent = FakeAgent::connect(&rig, &identity, A).await.expect("it is let in");
    let first = clock::now();
    let report = |address: &str, at| {
        let statements = vec![who(A, address).stated(at)];
        let (dropped, notes) = (0, Vec::new());
        let report = epmesh_common::facts::Report { sequence: 5, at, statements, dropped, notes };
        from_agent::Message::Report(wire::report(&report))
    };
    agent.send(report("10.0.0.1", first)).await;
    assert_eq!(agent.acknowledged().await.expect("it is taken in").sequence, 5);
    agent.send(report("10.0.0.2", first)).await;
    assert_eq!(agent.acknowledged().await.expect("it is known").sequence, 5);
    let address = |rig: &Rig| rig.parts.hub.fleet().statuses().remove(0).addresses[0].to_string();
    assert_eq!(address(&rig), "10.0.0.1");
    rig.stop().await;
}
