//! The rounds.

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use epmesh::{
    incident::{IncidentDocument, Status},
    store::EmbeddedEngine,
};
use epmesh_common::facts::DnsName;
use rand::{Rng, rngs::StdRng};
use tokio::{sync::watch, task::JoinSet};
use tonic::transport::Identity;

use crate::{
    agent::{Agent, Life, Progress, lock},
    binary,
    bodies::Forest,
    coordinator::{Coordinator, Setting},
    ledger::Ledger,
    operator::Access,
};

/// The agents.
const AGENTS: usize = 4;

/// Every how many rounds all is looked at while the agents wait.
const LOOK_EVERY: u64 = 4;

/// Far longer than anything here takes; it makes a hang a failure and times nothing.
const PATIENCE: Duration = Duration::from_secs(300);

/// Bounds of how many reports are acknowledged between two deaths.
const MOST: [u64; 8] = [1, 4, 4, 20, 20, 20, 100, 600];

/// Files that show how far a start has come, where none of them was there before.
const fn first_files(store: EmbeddedEngine) -> [&'static str; 5] {
    let store = match store {
        EmbeddedEngine::Sled => "store/journal",
        EmbeddedEngine::Redb => "store/coordinator.redb",
    };
    ["store/lock", store, "pki/ca.key", "pki/ca.pem", "pki/operator.pem"]
}

/// When the coordinator is killed.
#[derive(Clone, Debug)]
enum Moment {
    /// Once it has logged so many lines.
    Logged(usize),
    /// Once so many reports more are acknowledged.
    Acknowledged(u64),
}

/// A test run with its coordinator, agents and operators.
pub(crate) struct Run {
    random: StdRng,
    setting: Setting,
    coordinator: Coordinator,
    access: Access,
    forest: Arc<Forest>,
    ledgers: Vec<Arc<Mutex<Ledger>>>,
    agents: JoinSet<Result<()>>,
    life: watch::Sender<Life>,
    progress: Arc<watch::Sender<Progress>>,
    tokens: Tokens,
    /// The incident that an operator looks after, as it was then.
    looked_after: Option<IncidentDocument>,
    kills: u64,
    checks: u64,
}

/// Join tokens whose fate is followed across deaths.
#[derive(Debug)]
struct Tokens {
    /// Whom they are for: a domain controller without an agent.
    spare: DnsName,
    used: String,
    fresh: String,
    /// The identity that was revoked when it was last looked at.
    revoked: Option<Identity>,
}

impl Run {
    /// Kills a coordinator in its first starts, then has one that lives and agents enrolled.
    pub(crate) async fn begin(
        directory: &Path,
        store: EmbeddedEngine,
        mut random: StdRng,
    ) -> Result<Self> {
        let binary = tokio::task::spawn_blocking(binary::epmesh).await??;
        let setting = Setting::new(binary, directory.join("data"), store, &mut random)?;
        let mut kills = 0;
        for file in first_files(store) {
            let mut coordinator = setting.start()?;
            within(file, coordinator.made(&setting.data.join(file))).await?;
            within("its end", coordinator.kill()).await?;
            kills += 1;
        }
        let mut coordinator = setting.start()?;
        within("the first start", coordinator.ready()).await?;
        let access = Access::new(setting.listen, &setting.data);
        let forest = Arc::new(Forest::new(AGENTS)?);
        let spare: DnsName = "spare.lab.test".parse()?;
        let used = access.token(&spare).await?;
        access.enrol(&used, &spare).await?;
        let fresh = access.token(&spare).await?;
        let tokens = Tokens { fresh, used, spare, revoked: None };
        let progress = Progress {
            acknowledged: 0,
            resent: 0,
            welcomes: 0,
            ahead: 0,
            welcomed: vec![0; AGENTS],
        };
        let mut run = Self {
            random,
            setting,
            coordinator,
            access,
            forest,
            ledgers: Vec::new(),
            agents: JoinSet::new(),
            life: watch::Sender::new(Life { number: 1, open: true }),
            progress: Arc::new(watch::Sender::new(progress)),
            tokens,
            looked_after: None,
            kills,
            checks: 0,
        };
        for index in 0..AGENTS {
            run.enrol(index).await?;
        }
        run.all_welcomed().await?;
        Ok(run)
    }

    async fn enrol(&mut self, index: usize) -> Result<()> {
        let name = self.forest.dcs.get(index).context("a name")?;
        let token = self.access.token(name).await?;
        let agent = Agent {
            index,
            forest: Arc::clone(&self.forest),
            access: self.access.clone(),
            identity: self.access.enrol(&token, name).await?,
            ledger: Arc::default(),
            life: self.life.subscribe(),
            progress: Arc::clone(&self.progress),
        };
        self.ledgers.push(Arc::clone(&agent.ledger));
        self.agents.spawn(agent.run());
        Ok(())
    }

    /// Kills the coordinator at some moment, starts it again and looks at what it has.
    pub(crate) async fn round(&mut self, round: u64) -> Result<()> {
        let moment = self.draw();
        let look = round.is_multiple_of(LOOK_EVERY);
        self.until(&moment).await.with_context(|| format!("{moment:?}"))?;
        self.kill().await?;
        while !look && self.random.random_bool(0.25) {
            // Again while it starts, with the agents at the door.
            self.start(true)?;
            let lines = self.random.random_range(0..5);
            self.until(&Moment::Logged(lines)).await?;
            self.kill().await?;
        }
        self.start(!look)?;
        within("its start", self.coordinator.ready()).await?;
        let aside = self.setting.set_aside()?;
        ensure!(aside.is_empty(), "set aside: {aside:?}");
        if look {
            within("looking", self.look()).await?;
            let number = self.life.borrow().number;
            self.life.send_replace(Life { number: number + 1, open: true });
        }
        self.all_welcomed().await
    }

    fn draw(&mut self) -> Moment {
        // Mostly few, since what matters happens between two reports; now and then so many that
        // the store begins a new journal meanwhile.
        let most = *MOST.get(self.random.random_range(0..MOST.len())).unwrap_or(&1);
        Moment::Acknowledged(self.random.random_range(0..=most))
    }

    async fn until(&mut self, moment: &Moment) -> Result<()> {
        let Self { coordinator, agents, progress, .. } = self;
        let wait = async {
            match moment {
                Moment::Logged(lines) => coordinator.logged(*lines).await,
                Moment::Acknowledged(count) => {
                    let mut progress = progress.subscribe();
                    let reached = progress.borrow_and_update().acknowledged + count;
                    progress.wait_for(|progress| progress.acknowledged >= reached).await?;
                    Ok(())
                }
            }
        };
        unless_an_agent_fails(agents, within("the moment", wait)).await
    }

    async fn kill(&mut self) -> Result<()> {
        let number = self.life.borrow().number;
        // Said first, so that the agents know why their sessions end.
        self.life.send_replace(Life { number: number + 1, open: false });
        self.kills += 1;
        within("its end", self.coordinator.kill()).await
    }

    fn start(&mut self, open: bool) -> Result<()> {
        self.coordinator = self.setting.start()?;
        let number = self.life.borrow().number;
        self.life.send_replace(Life { number: number + 1, open });
        Ok(())
    }

    /// Waits until every agent was welcomed in this life; each has checked what is held of it.
    async fn all_welcomed(&mut self) -> Result<()> {
        let number = self.life.borrow().number;
        let mut progress = self.progress.subscribe();
        let all = async {
            let all = |progress: &Progress| progress.welcomed.iter().all(|life| *life == number);
            progress.wait_for(all).await.map(drop).context("no agent is left")
        };
        let waited = unless_an_agent_fails(&mut self.agents, within("all agents", all)).await;
        waited.with_context(|| format!("the coordinator said last:\n{}", self.coordinator.said()))
    }

    /// With the agents waiting: all evidence, the tokens, a second coordinator.
    async fn look(&mut self) -> Result<()> {
        let exported = self.access.export().await.context("the bundle")?;
        for (name, ledger) in self.forest.dcs.iter().zip(&self.ledgers) {
            let found = exported.get(name).with_context(|| format!("{name} is not known"))?;
            let ledger = lock(ledger);
            ledger.check(&found.held).with_context(|| format!("the bundle of {name}"))?;
            ensure!(
                (ledger.acknowledged..=ledger.made).contains(&found.number),
                "the host of {name} is that of report {}, acknowledged is {}",
                found.number,
                ledger.acknowledged
            );
            self.checks += 1;
        }
        self.look_at_tokens().await.context("tokens")?;
        self.look_at_incidents().await.context("incidents")?;
        self.look_at_a_second().await.context("a second coordinator")
    }

    async fn look_at_tokens(&mut self) -> Result<()> {
        let Self { access, tokens, .. } = self;
        let Tokens { spare, used, fresh, revoked } = tokens;
        access.refused(used, spare, "is used up").await?;
        if revoked.is_none() {
            access.refused(fresh, spare, "is enrolled with another key").await?;
        }
        let enrolled = self.forest.dcs.first().context("an agent")?;
        let token = access.token(enrolled).await?;
        access.refused(&token, enrolled, "is enrolled with another key").await?;
        // Revoked in another life of the coordinator, if not before the first look.
        if let Some(revoked) = revoked.as_ref() {
            access.not_renewed(revoked, "was revoked").await?;
            access.refused(fresh, spare, "was revoked").await?;
        }
        access.release(spare).await?;
        access.refused(used, spare, "is used up").await?;
        let identity = access.enrol(fresh, spare).await?;
        access.refused(fresh, spare, "is used up").await?;
        access.revoke(spare).await?;
        *revoked = Some(identity);
        *used = std::mem::replace(fresh, access.token(spare).await?);
        self.checks += 1;
        Ok(())
    }

    /// What was acknowledged and silenced in an earlier life still is, and is not over: the domain
    /// controller that it is about answers as before, or nobody has said anything yet.
    async fn look_at_incidents(&mut self) -> Result<()> {
        let list = self.access.incidents().await?;
        let Some(before) = &self.looked_after else {
            let open = list.incidents.iter().find(|row| row.status == Status::Open);
            if let Some(row) = open {
                self.looked_after = Some(self.access.look_after(&row.id).await?);
            }
            return Ok(());
        };
        let row = list.incidents.iter().find(|row| row.id == before.row.id);
        let row = row.with_context(|| format!("{} is lost", before.row.id))?;
        ensure!(row.status == Status::Open, "it is over: {row:?}");
        ensure!(
            row.acknowledged == before.row.acknowledged && row.silenced == before.row.silenced,
            "it was {before:?}, and is {row:?}"
        );
        self.checks += 1;
        Ok(())
    }

    async fn look_at_a_second(&mut self) -> Result<()> {
        let before = self.access.read("operator.key")?;
        let said = self.setting.start_second().await?;
        let holder = format!("process {}", self.coordinator.pid());
        ensure!(said.contains("another coordinator") && said.contains(&holder), "it said {said:?}");
        ensure!(self.access.read("operator.key")? == before, "it replaced the operator's key");
        self.checks += 1;
        Ok(())
    }

    /// Kills the coordinator once more, checks everything in it, and prints the figures of the campaign.
    pub(crate) async fn end(mut self) -> Result<()> {
        self.kill().await?;
        self.start(false)?;
        within("its last start", self.coordinator.ready()).await?;
        within("looking", self.look()).await?;
        self.coordinator.check()?;
        let progress = self.progress.borrow();
        ensure!(progress.acknowledged > 0, "nothing was acknowledged");
        ensure!(self.looked_after.is_some(), "there was no incident to look after");
        println!(
            "killed {} times; {} reports acknowledged, {} sent again; held digests right in {} \
             welcomes, {} of them ahead of what was acknowledged; {} other checks; data directory \
             {} KiB",
            self.kills,
            progress.acknowledged,
            progress.resent,
            progress.welcomes,
            progress.ahead,
            self.checks,
            self.setting.size()? / 1024,
        );
        Ok(())
    }
}

async fn within<T>(what: &str, future: impl Future<Output = Result<T>>) -> Result<T> {
    let waited = tokio::time::timeout(PATIENCE, future).await;
    waited.with_context(|| format!("{what}: not within {} s", PATIENCE.as_secs()))?
}

async fn unless_an_agent_fails<T>(
    agents: &mut JoinSet<Result<()>>,
    future: impl Future<Output = Result<T>>,
) -> Result<T> {
    tokio::select! {
        done = future => done,
        Some(ended) = agents.join_next() => {
            ended??;
            anyhow::bail!("an agent ended")
        }
    }
}
