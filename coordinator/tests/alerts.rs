//! Alerts against a receiver that checks them with the `standardwebhooks` crate.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test panics where it is wrong"
)]

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{Router, body::Bytes, extract::State as Shared, http::HeaderMap, http::StatusCode};
use epmesh::{
    alert::{Alerts, Event, Receiver, Status},
    store::{CommitError, Expect, Key, MemoryStore, Space, Store, Transaction},
};
use epmesh_common::facts::Timestamp;
use tokio::{net::TcpListener, sync::Notify, task::JoinHandle};
use tokio_util::sync::CancellationToken;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

#[derive(Clone, Default)]
struct Inbox {
    got: Arc<Mutex<Vec<(String, serde_json::Value)>>>,
    refused: Arc<Mutex<Vec<String>>>,
    refuse: Arc<Mutex<u32>>,
    arrived: Arc<Notify>,
}

impl Inbox {
    async fn until(&self, count: usize) -> Vec<(String, serde_json::Value)> {
        loop {
            let arrived = self.arrived.notified();
            tokio::pin!(arrived);
            arrived.as_mut().enable();
            let got = self.got.lock().unwrap().clone();
            if got.len() >= count {
                return got;
            }
            arrived.await;
        }
    }
}

async fn take(Shared(inbox): Shared<Inbox>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let webhook = standardwebhooks::Webhook::new(SECRET).unwrap();
    webhook.verify(&body, &headers).expect("a signature by the convention");
    let id = headers["webhook-id"].to_str().unwrap().to_owned();
    {
        let mut refuse = inbox.refuse.lock().unwrap();
        if *refuse > 0 {
            *refuse -= 1;
            inbox.refused.lock().unwrap().push(id);
            return StatusCode::SERVICE_UNAVAILABLE;
        }
    }
    inbox.got.lock().unwrap().push((id, serde_json::from_slice(&body).unwrap()));
    inbox.arrived.notify_waiters();
    StatusCode::NO_CONTENT
}

async fn receive(inbox: Inbox, at: &str) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind(at).await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().fallback(take).with_state(inbox);
    (address, tokio::spawn(async move { axum::serve(listener, app).await.unwrap() }))
}

fn event(number: u32, kind: &str) -> Event {
    let at = now();
    Event {
        id: format!("msg_{number}"),
        kind: kind.to_owned(),
        subject: "1a2b3c4d service NTDS on dc2.lab.test".to_owned(),
        at,
        body: serde_json::json!({"type": kind, "timestamp": at, "data": {}}).to_string(),
    }
}

fn key() -> Key {
    Key::new(Space::Alerts, ["incident", "1a2b3c4d"]).unwrap()
}

/// A state that is there from now on, with the event that tells of it.
async fn send(store: &Arc<dyn Store>, alerts: &Alerts, event: &Event) {
    let transaction = Transaction::new().put(key(), event.kind.as_bytes());
    commit(store, alerts, event, transaction).await.unwrap();
}

async fn commit(
    store: &Arc<dyn Store>,
    alerts: &Alerts,
    event: &Event,
    transaction: Transaction,
) -> Result<(), CommitError> {
    let mut enqueued = alerts.enqueue(event).await.unwrap();
    let committed = store.commit(enqueued.add_to(transaction)).await?;
    enqueued.committed(&committed);
    Ok(())
}

fn ring() {
    // A second installation in the same process is refused, and that is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

async fn alerts(store: &Arc<dyn Store>, address: SocketAddr) -> Arc<Alerts> {
    let receiver = Receiver::new("ops", &format!("http://{address}/"), SECRET).unwrap();
    Alerts::open(Arc::clone(store), vec![receiver]).await.unwrap()
}

/// Events on their way to their receivers, until the end of it.
struct Delivery {
    stop: CancellationToken,
    running: JoinHandle<Result<(), reqwest::Error>>,
}

impl Delivery {
    fn of(alerts: &Arc<Alerts>) -> Self {
        let stop = CancellationToken::new();
        Self { running: tokio::spawn(Arc::clone(alerts).deliver(stop.clone())), stop }
    }

    async fn end(self) {
        self.stop.cancel();
        self.running.await.unwrap().unwrap();
    }
}

fn now() -> Timestamp {
    epmesh::clock::now()
}

#[tokio::test]
async fn every_event_is_signed_and_comes_in_order() {
    ring();
    let inbox = Inbox::default();
    let (address, _server) = receive(inbox.clone(), "127.0.0.1:0").await;
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let alerts = alerts(&store, address).await;
    let delivery = Delivery::of(&alerts);
    let kinds = ["incident.opened", "incident.changed", "incident.resolved", "incident.reopened"];
    for (number, kind) in (1..).zip(kinds) {
        send(&store, &alerts, &event(number, kind)).await;
    }
    let got = inbox.until(4).await;
    let came: Vec<&str> = got.iter().map(|(_, event)| event["type"].as_str().unwrap()).collect();
    assert_eq!(came, kinds);
    delivery.end().await;
    let listed = alerts.list().await;
    assert_eq!((listed.len(), &listed[3].id), (4, &got[0].0));
}

#[tokio::test]
async fn an_event_is_there_with_its_state_or_neither_is() {
    ring();
    let (address, server) = receive(Inbox::default(), "127.0.0.1:0").await;
    server.abort();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let alerts = alerts(&store, address).await;
    let expected = Transaction::new().expect(key(), Expect::Revision(7)).put(key(), *b"x");
    let refused = commit(&store, &alerts, &event(1, "incident.opened"), expected).await;
    assert!(refused.is_err());
    assert_eq!(alerts.list().await.len(), 0);
    assert_eq!(store.get(&key()).await.unwrap(), None);
    send(&store, &alerts, &event(2, "incident.opened")).await;
    assert_eq!(alerts.list().await.len(), 1);
    assert!(store.get(&key()).await.unwrap().is_some());
    // An event that nobody commits does not hold up the next one.
    drop(alerts.enqueue(&event(3, "incident.changed")).await.unwrap());
    send(&store, &alerts, &event(4, "incident.changed")).await;
    let orders: Vec<u64> = alerts.list().await.iter().map(|record| record.order).collect();
    assert_eq!(orders, [1, 0]);
}

#[tokio::test]
async fn every_try_of_an_alert_has_the_same_id() {
    ring();
    let inbox = Inbox::default();
    *inbox.refuse.lock().unwrap() = 1;
    let (address, _server) = receive(inbox.clone(), "127.0.0.1:0").await;
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let alerts = alerts(&store, address).await;
    let delivery = Delivery::of(&alerts);
    send(&store, &alerts, &event(1, "incident.opened")).await;
    let got = inbox.until(1).await;
    delivery.end().await;
    assert_eq!(*inbox.refused.lock().unwrap(), [got[0].0.clone()]);
    let reopened = self::alerts(&store, address).await;
    let listed = reopened.list().await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].id, got[0].0);
}

#[tokio::test]
async fn what_was_on_its_way_arrives_after_a_restart() {
    ring();
    let (address, server) = receive(Inbox::default(), "127.0.0.1:0").await;
    server.abort();
    let _ = server.await;
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let first = alerts(&store, address).await;
    send(&store, &first, &event(1, "incident.opened")).await;
    send(&store, &first, &event(2, "incident.resolved")).await;
    drop(first);

    // The next life sends both, in order, each once.
    let second = alerts(&store, address).await;
    let waiting = second.list().await;
    assert!(waiting.iter().all(|record| matches!(record.status, Status::Pending { .. })));
    let inbox = Inbox::default();
    let (_, _server) = receive(inbox.clone(), &address.to_string()).await;
    let delivery = Delivery::of(&second);
    let got = inbox.until(2).await;
    let kinds: Vec<&str> = got.iter().map(|(_, event)| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["incident.opened", "incident.resolved"]);
    assert_ne!(got[0].0, got[1].0);
    delivery.end().await;
}
