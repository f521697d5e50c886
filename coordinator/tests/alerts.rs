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
    alert::{Alerts, EventKind, Receiver, Status},
    store::{MemoryStore, Store},
};
use epmesh_common::{
    diagnosis::{Cause, Evidence, Link, State, Verdict, diagnose},
    facts::Timestamp,
};
use tokio::{net::TcpListener, sync::Notify};
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

async fn receive(inbox: Inbox, at: &str) -> (SocketAddr, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind(at).await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().fallback(take).with_state(inbox);
    (address, tokio::spawn(async move { axum::serve(listener, app).await.unwrap() }))
}

fn link() -> Link {
    Link {
        destination: "dc1.lab.test".parse().unwrap(),
        source: "dc2.lab.test".parse().unwrap(),
        interface: "e3514235-4b06-11d1-ab04-00c04fc2dcd2 v4.0".parse().unwrap(),
    }
}

fn verdict(state: State, cause: Cause) -> Verdict {
    let mut verdict = diagnose(&Evidence::empty(link(), 1), Timestamp::from_millis(1));
    verdict.state = state;
    verdict.cause = cause;
    verdict
}

fn failing() -> Verdict {
    verdict(State::Failing, Cause::DnsAStale)
}

fn healthy() -> Verdict {
    verdict(State::Healthy, Cause::Healthy)
}

fn ring() {
    // A second installation in the same process is refused, and that is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

async fn alerts(store: &Arc<dyn Store>, address: SocketAddr) -> Arc<Alerts> {
    let receiver = Receiver::new("ops", &format!("http://{address}/"), SECRET).unwrap();
    Alerts::open(Arc::clone(store), vec![receiver]).await.unwrap()
}

fn now() -> Timestamp {
    epmesh::clock::now()
}

#[tokio::test]
async fn one_opened_one_resolved_each_signed() {
    ring();
    let inbox = Inbox::default();
    let (address, _server) = receive(inbox.clone(), "127.0.0.1:0").await;
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let alerts = alerts(&store, address).await;
    let stop = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&alerts).deliver(stop.clone()));

    let unknown = verdict(State::Unknown, Cause::Unknown);
    assert_eq!(alerts.note(&link(), &healthy(), now()).await.unwrap(), None);
    assert_eq!(alerts.note(&link(), &unknown, now()).await.unwrap(), None);
    let opened = alerts.note(&link(), &failing(), now()).await.unwrap();
    assert_eq!(opened, Some(EventKind::Opened));
    assert_eq!(alerts.note(&link(), &failing(), now()).await.unwrap(), None);
    assert_eq!(alerts.note(&link(), &unknown, now()).await.unwrap(), None);
    let latent = verdict(State::Latent, Cause::DnsAStale);
    let changed = alerts.note(&link(), &latent, now()).await.unwrap();
    assert_eq!(changed, Some(EventKind::Changed));
    let resolved = alerts.note(&link(), &healthy(), now()).await.unwrap();
    assert_eq!(resolved, Some(EventKind::Resolved));

    let got = inbox.until(3).await;
    let kinds: Vec<&str> = got.iter().map(|(_, event)| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["link.opened", "link.changed", "link.resolved"]);
    let (id, event) = &got[0];
    assert_eq!(event["data"]["verdict"]["cause"], "dns-a-stale");
    assert_eq!(event["data"]["link"]["destination"], "dc1.lab.test");
    stop.cancel();
    running.await.unwrap().unwrap();
    let listed = alerts.list().await;
    assert_eq!(listed.len(), 3);
    assert_eq!(&listed[2].id, id);
}

#[tokio::test]
async fn the_same_id_on_every_try() {
    ring();
    let inbox = Inbox::default();
    *inbox.refuse.lock().unwrap() = 1;
    let (address, _server) = receive(inbox.clone(), "127.0.0.1:0").await;
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let alerts = alerts(&store, address).await;
    let stop = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&alerts).deliver(stop.clone()));
    alerts.note(&link(), &failing(), now()).await.unwrap();
    let got = inbox.until(1).await;
    stop.cancel();
    running.await.unwrap().unwrap();
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
    first.note(&link(), &failing(), now()).await.unwrap();
    first.note(&link(), &healthy(), now()).await.unwrap();
    drop(first);

    // The next life knows that the link was resolved, and sends both, in order, each once.
    let second = alerts(&store, address).await;
    assert_eq!(second.note(&link(), &healthy(), now()).await.unwrap(), None);
    let waiting = second.list().await;
    assert!(waiting.iter().all(|record| matches!(record.status, Status::Pending { .. })));
    let inbox = Inbox::default();
    let (_, _server) = receive(inbox.clone(), &address.to_string()).await;
    let stop = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&second).deliver(stop.clone()));
    let got = inbox.until(2).await;
    let kinds: Vec<&str> = got.iter().map(|(_, event)| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["link.opened", "link.resolved"]);
    assert_ne!(got[0].0, got[1].0);
    stop.cancel();
    running.await.unwrap().unwrap();
}
