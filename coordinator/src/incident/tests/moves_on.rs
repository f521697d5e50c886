//! An alert's incident and verdict are of one moment, however the fleet moves on meanwhile.

use std::sync::OnceLock;

use super::*;
use crate::store::{CommitError, Committed, Key, Page, StoreFuture, Transaction, Versioned};

/// A store that moves the fleet on whenever something is committed: all links work from then on.
#[derive(Debug, Default)]
struct MovingStore {
    store: MemoryStore,
    fleet: OnceLock<Arc<Fleet>>,
}

impl Store for MovingStore {
    fn get(&self, key: &Key) -> StoreFuture<'_, Option<Versioned>> {
        self.store.get(key)
    }

    fn scan(&self, prefix: &Prefix, after: Option<&Key>, limit: usize) -> StoreFuture<'_, Page> {
        self.store.scan(prefix, after, limit)
    }

    fn commit(&self, transaction: Transaction) -> StoreFuture<'_, Committed, CommitError> {
        if let Some(fleet) = self.fleet.get() {
            fleet.change(|view| {
                for link in view.links() {
                    view.record_verdict(&link, healthy(&link), clock::now());
                }
                view.regroup();
            });
        }
        self.store.commit(transaction)
    }
}

/// The causes that an event gives for its incident and for its example.
fn causes(event: &Value) -> (&str, Option<&str>) {
    let data = &event["data"];
    (data["incident"]["cause"].as_str().expect("a cause"), data["verdict"]["cause"].as_str())
}

/// The evidence in this view decides nothing. A second diagnosis would make "unknown" of the link.
#[tokio::test]
async fn an_alert_carries_the_verdict_on_which_its_incident_rests() {
    let stage = Stage::new(4).await;
    stage.stays(0, 60, to_first(died)).await;
    let link = Link { destination: dc(2), source: dc(1), interface: DRSUAPI };
    assert_eq!(stage.fleet.diagnose(&link).cause, Cause::Unknown);
    assert_eq!(causes(&stage.bodies().await[0]), ("service-died", Some("service-died")));
}

/// Links were judged anew when the alert is due, and the incidents not yet worked out from that.
#[tokio::test]
async fn the_example_is_a_link_that_still_has_the_fault() {
    for (still, expected) in [(3, Some("dc3.lab.test")), (9, None)] {
        let stage = Stage::new(4).await;
        stage.judged(0, to_first(died)).await;
        stage.record(5, |from, to, link| match (from, to) {
            (from, 1) if from >= still => died(link),
            _ => healthy(link),
        });
        stage.waited(12).await;
        let event = &stage.bodies().await[0];
        assert_eq!(causes(event), ("service-died", expected.map(|_| "service-died")), "{still}");
        assert_eq!(event["data"]["verdict"]["destination"].as_str(), expected);
    }
}

/// The link has only just become the example, and is to be judged again. An alert that never gets its words is
/// told all the same.
#[tokio::test]
async fn an_alert_waits_for_its_proof_and_not_for_ever() {
    let wordless = |link: &Link| Verdict { remedy: Vec::new(), ..died(link) };
    for (comes, told_at) in [(Some(14), 15), (None, 21)] {
        let stage = Stage::new(4).await;
        stage.judged(0, to_first(wordless)).await;
        for second in 10..told_at {
            if Some(second) == comes {
                stage.record(second, to_first(died));
            }
            assert_eq!(stage.told().await, [""; 0], "at {second}");
            stage.waited(second).await;
        }
        let event = &stage.bodies().await[0];
        let remedy = event["data"]["verdict"]["remedy"].as_array().expect("a list");
        assert_eq!(remedy.is_empty(), comes.is_none());
    }
}

#[tokio::test]
async fn what_the_fleet_becomes_before_the_commit_is_told_later() {
    let store = Arc::new(MovingStore::default());
    let shared: Arc<dyn Store> = Arc::clone(&store) as _;
    let stage = Stage::open(clock::now(), 4, vec![DRSUAPI], shared).await;
    stage.judged(0, to_first(died)).await;
    store.fleet.set(Arc::clone(&stage.fleet)).expect("set once");
    stage.waited(12).await;
    assert_eq!(causes(&stage.bodies().await[0]), ("service-died", Some("service-died")));
    assert!(stage.fleet.snapshot().changes().iter().any(|(_, incident)| incident.is_none()));
}
