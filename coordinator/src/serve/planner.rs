//! Keeping every agent's plan up to date.

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use tokio_util::sync::CancellationToken;

use crate::ingest::Hub;

/// Changes that come together are planned together.
const DEBOUNCE: Duration = Duration::from_millis(100);

/// Plans anew whenever who is known changed, and tells the agents with a new plan.
pub(super) async fn keep_plans(hub: Arc<Hub>, stopping: CancellationToken) -> Result<()> {
    let keep = async {
        loop {
            hub.fleet().moved().await;
            tokio::time::sleep(DEBOUNCE).await;
            let replanned = hub.fleet().rearrange();
            hub.replanned(&replanned);
        }
    };
    tokio::select! {
        () = stopping.cancelled() => Ok(()),
        never = keep => never,
    }
}
