//! `/healthz`: the process is up. `/readyz`: the store is open and the fleet is loaded.

use anyhow::Result;
use axum::{Router, extract::State, http::StatusCode, routing::get};
use tokio::{net::TcpListener, sync::watch};
use tokio_util::sync::CancellationToken;

pub(super) async fn serve(
    listener: TcpListener,
    ready: watch::Receiver<bool>,
    stopping: CancellationToken,
) -> Result<()> {
    let router = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(is_ready))
        .with_state(ready);
    let stop = async move { stopping.cancelled().await };
    Ok(axum::serve(listener, router).with_graceful_shutdown(stop).await?)
}

async fn is_ready(State(ready): State<watch::Receiver<bool>>) -> (StatusCode, &'static str) {
    if *ready.borrow() {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "loading\n")
    }
}
