//! Transitions of links to the alerts.

use std::{collections::HashMap, sync::Arc, time::Duration};

use anyhow::Result;
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{alert::Alerts, fleet::Transition};

/// How long to wait before the store is asked again after it failed.
const RETRY: Duration = Duration::from_secs(5);

/// Notes every transition. While the store fails, the latest of each link is kept and noted once
/// it does not; diagnosing is never held up by it.
pub(super) async fn keep(
    alerts: Arc<Alerts>,
    mut transitions: mpsc::Receiver<Transition>,
    stopping: CancellationToken,
) -> Result<()> {
    let mut waiting = HashMap::new();
    let mut retry_at = Instant::now();
    loop {
        tokio::select! {
            () = stopping.cancelled() => return Ok(()),
            transition = transitions.recv() => match transition {
                Some(transition) => {
                    waiting.insert(transition.link.clone(), transition);
                }
                None => return Ok(()),
            },
            () = tokio::time::sleep_until(retry_at), if !waiting.is_empty() => {}
        }
        if Instant::now() < retry_at {
            continue;
        }
        let links: Vec<_> = waiting.keys().cloned().collect();
        for link in links {
            let Some(transition) = waiting.remove(&link) else { continue };
            log(&transition);
            let noted = alerts.note(&link, &transition.verdict, transition.at).await;
            if let Err(error) = noted {
                tracing::error!(%error, "an alert could not be noted; it is tried again");
                waiting.insert(link, transition);
                retry_at = Instant::now() + RETRY;
                break;
            }
        }
    }
}

fn log(transition: &Transition) {
    let Transition { verdict, before, .. } = transition;
    tracing::info!(
        destination = %verdict.destination,
        source = %verdict.source,
        interface = verdict.interface,
        before = before.map_or("", |state| state.as_str()),
        state = verdict.state.as_str(),
        cause = verdict.cause.as_str(),
        "link changed"
    );
}
