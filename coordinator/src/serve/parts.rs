//! The parts of a coordinator, made from its store.

use std::sync::Arc;

use anyhow::{Context, Result};
use epmesh_common::facts::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::{
    alert::Alerts,
    config::ServeOptions,
    fleet::Fleet,
    incident::Incidents,
    ingest::Hub,
    pki::{Authority, Registry},
    store::{Store, chunked},
};

/// The parts of a coordinator; everything that answers a call works on these.
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

impl Parts {
    /// Reads everything from the store.
    pub(super) async fn open(
        options: &ServeOptions,
        store: Arc<dyn Store>,
        authority: Arc<Authority>,
        stopping: CancellationToken,
    ) -> Result<Self> {
        let removed = chunked::sweep(store.as_ref())
            .await
            .context("removing unfinished records from the store")?;
        tracing::debug!(removed, "pieces of unfinished records removed");
        let validity = options.agent_validity;
        let registry = Registry::new(Arc::clone(&store), Arc::clone(&authority), validity);
        let enrolments = registry.enrolments().await.context("reading the enrolments")?;
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
        let incidents = Incidents::open(store, Arc::clone(&alerts), fleet, options.damping()).await;
        let incidents = incidents.context("reading the incidents")?;
        Ok(Self { hub, registry: Arc::new(registry), authority, alerts, incidents, stopping })
    }
}
