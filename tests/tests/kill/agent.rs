//! An agent that reports as fast as it is acknowledged.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use epmesh_common::{facts::Report, wire};
use epmesh_proto::v1::{
    self as proto, agents_client::AgentsClient, from_agent::Message as Said,
    to_agent::Message as Heard,
};
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{
    Streaming,
    transport::{Channel, Identity},
};

use crate::{
    bodies::{Forest, now},
    ledger::{Held, Ledger},
    operator::Access,
};

/// Reports that may be under way.
const WINDOW: usize = 8;

/// The pause before connecting again.
const AGAIN: Duration = Duration::from_millis(20);

/// The life of the coordinator, by number, and whether agents may connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Life {
    pub(crate) number: u64,
    pub(crate) open: bool,
}

/// The progress of all agents together.
#[derive(Debug)]
pub(crate) struct Progress {
    /// Reports acknowledged.
    pub(crate) acknowledged: u64,
    /// Reports sent again.
    pub(crate) resent: u64,
    /// Welcomes whose digests were found right.
    pub(crate) welcomes: u64,
    /// Welcomes that held a part of a report that was never acknowledged.
    pub(crate) ahead: u64,
    /// The life in which each agent was welcomed last.
    pub(crate) welcomed: Vec<u64>,
}

/// An agent.
#[derive(Debug)]
pub(crate) struct Agent {
    pub(crate) index: usize,
    pub(crate) forest: Arc<Forest>,
    pub(crate) access: Access,
    pub(crate) identity: Identity,
    pub(crate) ledger: Arc<Mutex<Ledger>>,
    pub(crate) life: watch::Receiver<Life>,
    pub(crate) progress: Arc<watch::Sender<Progress>>,
}

impl Agent {
    /// Reports for ever; ends only when something is wrong.
    pub(crate) async fn run(mut self) -> Result<()> {
        loop {
            let life = *self.life.wait_for(|life| life.open).await?;
            let end = match self.access.channel(Some(self.identity.clone())).await {
                Ok(channel) => self.session(channel, life).await,
                // The coordinator is just starting.
                Err(_) => {
                    tokio::time::sleep(AGAIN).await;
                    continue;
                }
            };
            let Err(error) = end else { bail!("agent {} ended", self.index) };
            // Only its death may end a session. The test says so before it kills.
            if *self.life.borrow() == life || error.is::<Wrong>() {
                return Err(error.context(format!("agent {}, {life:?}", self.index)));
            }
        }
    }

    async fn session(&self, channel: Channel, life: Life) -> Result<()> {
        let name = self.forest.dcs.get(self.index).context("a name")?;
        let (sender, receiver) = mpsc::channel(2 * WINDOW);
        let hello = proto::Hello { name: name.to_string(), agent_version: "0.0-kill".to_owned() };
        send(&sender, Said::Hello(hello)).await?;
        let mut client = AgentsClient::new(channel);
        let mut stream = client.session(ReceiverStream::new(receiver)).await?.into_inner();
        let Heard::Welcome(welcome) = next(&mut stream).await? else {
            return Err(Wrong(anyhow!("the first message was no welcome")).into());
        };
        self.welcomed(welcome, life).map_err(Wrong)?;
        let again: Vec<Report> = self.ledger().pending().iter().cloned().collect();
        let resent = u64::try_from(again.len())?;
        self.progress.send_modify(|progress| progress.resent += resent);
        for report in &again {
            send(&sender, Said::Report(wire::report(report))).await?;
        }
        loop {
            while let Some(report) = self.make().map_err(Wrong)? {
                send(&sender, Said::Report(wire::report(&report))).await?;
            }
            if let Heard::Acknowledge(acknowledge) = next(&mut stream).await? {
                self.acknowledged(&acknowledge).map_err(Wrong)?;
            }
        }
    }

    fn welcomed(&self, welcome: proto::Welcome, life: Life) -> Result<()> {
        let held: Held = welcome.held.into_iter().map(wire::held_from).collect::<Result<_, _>>()?;
        let ledger = self.ledger();
        let newest = ledger.check(&held).context("the welcome")?;
        let ahead = u64::from(newest > ledger.acknowledged);
        drop(ledger);
        self.progress.send_modify(|progress| {
            progress.welcomes += 1;
            progress.ahead += ahead;
            if let Some(welcomed) = progress.welcomed.get_mut(self.index) {
                *welcomed = life.number;
            }
        });
        Ok(())
    }

    /// The next report, if another may be under way.
    fn make(&self) -> Result<Option<Report>> {
        let mut ledger = self.ledger();
        if ledger.pending().len() >= WINDOW {
            return Ok(None);
        }
        let report = self.forest.report(self.index, ledger.made + 1)?;
        ledger.push(report.clone());
        Ok(Some(report))
    }

    fn acknowledged(&self, acknowledge: &proto::Acknowledge) -> Result<()> {
        let proto::Acknowledge { sequence, wanted } = acknowledge;
        ensure!(wanted.is_empty(), "report {sequence}: what was stored is wanted: {wanted:?}");
        let count = self.ledger().acknowledge(*sequence)?;
        self.progress.send_modify(|progress| progress.acknowledged += count);
        Ok(())
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.ledger)
    }
}

/// What no death of the coordinator excuses.
#[derive(Debug, thiserror::Error)]
#[error("{0:#}")]
struct Wrong(anyhow::Error);

async fn send(sender: &mpsc::Sender<proto::FromAgent>, said: Said) -> Result<()> {
    let message = proto::FromAgent { sent_at_ms: now().as_millis(), message: Some(said) };
    sender.send(message).await.context("the stream has ended")
}

async fn next(stream: &mut Streaming<proto::ToAgent>) -> Result<Heard> {
    let message = stream.message().await?.context("the stream has ended")?;
    message.message.context("a message that is not known")
}

pub(crate) fn lock(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}
