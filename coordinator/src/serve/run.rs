//! The life of a coordinator: open, listen, run until told to stop, drain.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use futures_util::future::BoxFuture;
use tokio::{
    net::TcpListener,
    sync::{oneshot, watch},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use super::{
    grpc::{self, START_VALIDITY},
    parts::Parts,
    planner, web,
};
use crate::{
    clock,
    config::ServeOptions,
    crypto,
    pki::Authority,
    store::{self, Store},
};

/// How long connections may take to end once the coordinator is told to stop.
const GRACE: Duration = Duration::from_secs(5);

/// The name in the operator's certificate that is put beside the authority's files.
const LOCAL_OPERATOR: &str = "local";

/// The addresses on which the coordinator listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// For agents and operators.
    pub listen: SocketAddr,
    /// For `/healthz` and `/readyz`.
    pub web: Option<SocketAddr>,
}

/// Runs a coordinator until `shutdown` is cancelled; tells `ready` where it listens once agents
/// can connect.
///
/// The future is boxed, and so compiled here once; otherwise each program that awaits it compiles all of the
/// coordinator again.
///
/// # Errors
/// When the data directory cannot be used, an address cannot be bound, or serving fails.
pub fn serve(
    options: ServeOptions,
    shutdown: CancellationToken,
    ready: oneshot::Sender<Bound>,
) -> BoxFuture<'static, Result<()>> {
    Box::pin(open_and_serve(options, shutdown, ready))
}

async fn open_and_serve(
    options: ServeOptions,
    shutdown: CancellationToken,
    ready: oneshot::Sender<Bound>,
) -> Result<()> {
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "the coordinator starts");
    let now = clock::now().as_millis();
    let (directory, engine) = (options.data_dir.clone(), options.store);
    let opened = tokio::task::spawn_blocking(move || -> Result<_> {
        // First, because it is locked: a second coordinator on the same data must not touch the
        // authority's files.
        let (store, report) = store::open(&directory.join("store"), engine, now)?;
        let authority = Authority::open_or_create(&directory.join("pki"), now)?;
        authority.write_operator(LOCAL_OPERATOR, now, START_VALIDITY)?;
        Ok((authority, store, report))
    });
    let (authority, store, report) = opened.await.context("opening the data directory")??;
    if let Some(aside) = &report.recovered_from {
        tracing::error!(
            aside = %aside.display(),
            "the store was corrupt and was begun anew; agents report its facts again"
        );
    }
    if let Some(damaged) = &report.damaged_journal {
        tracing::error!(copy = %damaged.display(), "the store's journal was damaged");
    }
    tracing::info!(
        %engine,
        replayed = report.replayed,
        torn_bytes = report.torn_bytes,
        repaired = report.repaired,
        "the store is open"
    );
    let end = serve_parts(options, Arc::clone(&store), Arc::new(authority), shutdown, ready).await;
    store.close().await;
    end
}

/// As [`serve`], on a store and with an authority that are given.
///
/// # Errors
/// As [`serve`].
pub fn serve_parts(
    options: ServeOptions,
    store: Arc<dyn Store>,
    authority: Arc<Authority>,
    shutdown: CancellationToken,
    ready: oneshot::Sender<Bound>,
) -> BoxFuture<'static, Result<()>> {
    // A caller that does not want to know has dropped the receiver.
    let tell = |bound, _: &Parts| {
        let _ = ready.send(bound);
    };
    Box::pin(run(options, store, authority, shutdown, tell))
}

pub(super) async fn run(
    options: ServeOptions,
    store: Arc<dyn Store>,
    authority: Arc<Authority>,
    shutdown: CancellationToken,
    ready: impl FnOnce(Bound, &Parts),
) -> Result<()> {
    crypto::use_ring();
    let stopping = shutdown.child_token();
    let _stop_all = stopping.clone().drop_guard();
    let mut tasks = JoinSet::new();
    let (is_ready, readiness) = watch::channel(false);

    let listener = bind(options.listen).await?;
    let mut bound = Bound { listen: listener.local_addr()?, web: None };
    if let Some(address) = options.web {
        let listener = bind(address).await?;
        bound.web = Some(listener.local_addr()?);
        tracing::info!(address = %listener.local_addr()?, "health checks are answered at /healthz and /readyz");
        tasks.spawn(web::serve(listener, readiness, stopping.clone()));
    }

    let parts = Parts::open(&options, store, authority, stopping.clone()).await?;
    let fleet = Arc::clone(parts.hub.fleet());
    let (delivering, stop) = (Arc::clone(&parts.alerts), stopping.clone());
    tasks.spawn(async move { Ok(delivering.deliver(stop).await?) });
    fleet.rearrange();
    tasks.spawn(planner::keep_plans(Arc::clone(&parts.hub), stopping.clone()));
    tasks.spawn(Arc::clone(&parts.incidents).run(stopping.clone()));
    let stop = stopping.clone();
    tasks.spawn(async move {
        fleet.keep_verdicts(stop).await;
        Ok(())
    });
    tasks.spawn(grpc::serve(listener, parts.clone(), options));
    tracing::info!(address = %bound.listen, "agents and operators can connect");
    let _ = is_ready.send(true);
    ready(bound, &parts);
    drop(parts);

    let end = loop {
        tokio::select! {
            () = stopping.cancelled() => break Ok(()),
            ended = tasks.join_next() => match ended {
                Some(Ok(Ok(()))) => {}
                Some(Ok(Err(error))) => break Err(error),
                Some(Err(error)) => break Err(error).context("a task of the coordinator failed"),
                None => break Ok(()),
            },
        }
    };
    stopping.cancel();
    tracing::info!("stopping");
    let drained = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, drained).await.is_err() {
        tracing::warn!("some connections did not end in {} s and are cut", GRACE.as_secs());
        tasks.shutdown().await;
    }
    end
}

async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}
