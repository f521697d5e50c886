//! The coordinator as a running service.
//!
//! [`serve`] opens the store and the certificate authority in the data directory and runs until
//! it is told to stop; [`serve_parts`] does the same with what it is given.

mod grpc;
mod planner;
#[cfg(test)]
mod tests;
mod web;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use epmesh_common::facts::Timestamp;
use tokio::{
    net::TcpListener,
    sync::{oneshot, watch},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use crate::{
    alert::Alerts,
    clock,
    config::ServeOptions,
    fleet::Fleet,
    incident::Incidents,
    ingest::Hub,
    pki::{Authority, Registry, days},
    store::{SledOptions, SledStore, Store, chunked},
};

/// How long connections may take to end once the coordinator is told to stop.
const GRACE: Duration = Duration::from_secs(5);

/// The name in the operator's certificate that is put beside the authority's files.
const LOCAL_OPERATOR: &str = "local";

/// Validity of the coordinator's own certificate and of the local operator's; both are issued
/// anew at every start.
const START_VALIDITY: Duration = days(3650);

/// Where the coordinator listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// For agents and operators.
    pub listen: SocketAddr,
    /// For `/healthz` and `/readyz`.
    pub web: Option<SocketAddr>,
}

/// What a coordinator is made of; everything that answers a call works on these.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The sessions of all agents, and the fleet.
    pub hub: Arc<Hub>,
    /// Join tokens and enrolments.
    pub registry: Arc<Registry>,
    /// The certificate authority.
    pub authority: Arc<Authority>,
    /// Alerts and their outbox.
    pub alerts: Arc<Alerts>,
    /// The incidents.
    pub incidents: Arc<Incidents>,
    /// Cancelled when the coordinator stops.
    pub stopping: CancellationToken,
}

/// Runs a coordinator until `shutdown` is cancelled; tells `ready` where it listens once agents
/// can connect.
///
/// # Errors
/// When the data directory cannot be used, an address cannot be bound, or serving fails.
pub async fn serve(
    options: ServeOptions,
    shutdown: CancellationToken,
    ready: oneshot::Sender<Bound>,
) -> Result<()> {
    let now = clock::now().as_millis();
    let directory = options.data_dir.clone();
    let opened = tokio::task::spawn_blocking(move || -> Result<_> {
        // First, because it is locked: a second coordinator on the same data must not touch the
        // authority's files.
        let (store, report) = SledStore::open(SledOptions::new(directory.join("store")), now)?;
        let authority = Authority::open_or_create(&directory.join("pki"), now)?;
        authority.write_operator(LOCAL_OPERATOR, now, START_VALIDITY)?;
        Ok((authority, store, report))
    });
    let (authority, store, report) = opened.await.context("opening the data directory")??;
    if let Some(aside) = &report.recovered_from {
        tracing::error!(
            aside = %aside.display(),
            "the store was corrupt and was begun anew; agents report again what was in it"
        );
    }
    if let Some(damaged) = &report.damaged_journal {
        tracing::error!(copy = %damaged.display(), "the store's journal was damaged");
    }
    tracing::info!(replayed = report.replayed, torn_bytes = report.torn_bytes, "store open");
    let store = Arc::new(store);
    let shared: Arc<dyn Store> = Arc::<SledStore>::clone(&store);
    let end = serve_parts(options, shared, Arc::new(authority), shutdown, ready).await;
    store.close().await;
    end
}

/// As [`serve`], on a store and with an authority that are given.
///
/// # Errors
/// As [`serve`].
pub async fn serve_parts(
    options: ServeOptions,
    store: Arc<dyn Store>,
    authority: Arc<Authority>,
    shutdown: CancellationToken,
    ready: oneshot::Sender<Bound>,
) -> Result<()> {
    // Whoever does not want to know has dropped the receiver.
    let tell = |bound, _: &Parts| {
        let _ = ready.send(bound);
    };
    run(options, store, authority, shutdown, tell).await
}

async fn run(
    options: ServeOptions,
    store: Arc<dyn Store>,
    authority: Arc<Authority>,
    shutdown: CancellationToken,
    ready: impl FnOnce(Bound, &Parts),
) -> Result<()> {
    // Whoever started us may have chosen a provider already; then that one is used.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let stopping = shutdown.child_token();
    let _stop_all = stopping.clone().drop_guard();
    let mut tasks = JoinSet::new();
    let (is_ready, readiness) = watch::channel(false);

    let listener = bind(options.listen).await?;
    let mut bound = Bound { listen: listener.local_addr()?, web: None };
    if let Some(address) = options.web {
        let listener = bind(address).await?;
        bound.web = Some(listener.local_addr()?);
        tracing::info!(address = %listener.local_addr()?, "answering /healthz and /readyz");
        tasks.spawn(web::serve(listener, readiness, stopping.clone()));
    }

    let parts = open(&options, store, authority, stopping.clone()).await?;
    let fleet = Arc::clone(parts.hub.fleet());
    let (delivering, stop) = (Arc::clone(&parts.alerts), stopping.clone());
    tasks.spawn(async move { Ok(delivering.deliver(stop).await?) });
    fleet.rearrange();
    tasks.spawn(planner::keep_plans(Arc::clone(&parts.hub), stopping.clone()));
    tasks.spawn(Arc::clone(&parts.incidents).keep(stopping.clone()));
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

async fn open(
    options: &ServeOptions,
    store: Arc<dyn Store>,
    authority: Arc<Authority>,
    stopping: CancellationToken,
) -> Result<Parts> {
    let removed = chunked::sweep(store.as_ref()).await.context("sweeping the store")?;
    tracing::debug!(removed, "pieces of unfinished records removed");
    let validity = options.agent_validity;
    let registry = Registry::new(Arc::clone(&store), Arc::clone(&authority), validity);
    let enrolments = registry.enrolments().await.context("reading who is enrolled")?;
    let fleet = Fleet::new(options.settings());
    let hub = Hub::open(Arc::clone(&store), Arc::clone(&fleet)).await;
    let hub = hub.context("reading the fleet from the store")?;
    fleet.change(|view| {
        for enrolment in enrolments.iter().filter(|enrolment| enrolment.is_in_force()) {
            match enrolment.name.parse() {
                Ok(name) => view.enrolled(&name),
                Err(error) => tracing::error!(%error, "enrolment left out"),
            }
        }
    });
    for enrolment in &enrolments {
        if let (Some(since), Ok(name)) = (enrolment.revoked_at, enrolment.name.parse()) {
            hub.revoked(&name, Timestamp::from_millis(since));
        }
    }
    let alerts = Alerts::open(Arc::clone(&store), options.webhooks.clone()).await;
    let alerts = alerts.context("reading the outbox")?;
    let incidents = Incidents::open(store, Arc::clone(&alerts), fleet, options.damping());
    let incidents = incidents.await.context("reading the incidents")?;
    Ok(Parts { hub, registry: Arc::new(registry), authority, alerts, incidents, stopping })
}

async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("listening on {address}"))
}
