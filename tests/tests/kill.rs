//! The coordinator is killed again and again while agents report to it: it always opens again and
//! has every report that it acknowledged.
//!
//! The real `epmesh serve` as a process, real mutual TLS, agents of the test's own that speak the
//! protocol. Moments are drawn at random and met by condition: so many acknowledgements more, so
//! many lines of the log, a file that is there.
//!
//! `EPMESH_KILL_ROUNDS`: how often it is killed. `EPMESH_KILL_SEED`: the moments, from an earlier
//! run; what the operating system does in between differs all the same.

#[path = "kill/agent.rs"]
mod agent;
#[path = "kill/binary.rs"]
mod binary;
#[path = "kill/bodies.rs"]
mod bodies;
#[path = "kill/coordinator.rs"]
mod coordinator;
#[path = "kill/ledger.rs"]
mod ledger;
#[path = "kill/operator.rs"]
mod operator;
#[path = "kill/run.rs"]
mod run;

use std::{env, str::FromStr};

use anyhow::{Context, Result};
use epmesh::store::EmbeddedEngine;
use rand::{SeedableRng, rngs::StdRng};

use crate::run::Run;

/// Rounds unless told otherwise.
const ROUNDS: u64 = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_report_is_lost_to_kill_9_with_sled() -> Result<()> {
    killed(EmbeddedEngine::Sled).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_report_is_lost_to_kill_9_with_redb() -> Result<()> {
    killed(EmbeddedEngine::Redb).await
}

async fn killed(store: EmbeddedEngine) -> Result<()> {
    let rounds = setting("EPMESH_KILL_ROUNDS")?.unwrap_or(ROUNDS);
    let seed = setting("EPMESH_KILL_SEED")?.unwrap_or_else(rand::random);
    println!("{store}: EPMESH_KILL_SEED={seed} EPMESH_KILL_ROUNDS={rounds}");
    // Who was first has chosen.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let directory = tempfile::tempdir()?;
    let mut run = Run::begin(directory.path(), store, StdRng::seed_from_u64(seed)).await?;
    for round in 1..=rounds {
        run.round(round).await.with_context(|| format!("round {round} of seed {seed}"))?;
    }
    run.end().await
}

fn setting<T: FromStr>(name: &str) -> Result<Option<T>>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let Ok(text) = env::var(name) else { return Ok(None) };
    text.parse().map(Some).with_context(|| format!("{name} is {text:?}"))
}
