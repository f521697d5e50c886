//! A simulated forest with real agents and a real coordinator, all in this process.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use epmesh::{
    config::ServeOptions,
    incident::{IncidentDocument, IncidentList},
    query::{Diagnosis, LinkRow, NewToken},
    serve::{Bound, serve},
};
use epmesh_agent::{
    app::config::{Config, Ports, Probe},
    app::run::{self, Parts},
    enrolment::enroll,
    probe::{self, Prober, WirePorts},
};
use epmesh_agent_host::os::clock::SystemClock;
use epmesh_common::{
    diagnosis::{State, Verdict},
    facts::{DnsName, Neighbour, NtdsSettings},
};
use epmesh_proto::v1::{
    CreateTokenRequest, DiagnoseRequest, Document, IncidentRequest, IncidentsRequest, LinksRequest,
    create_token_request::Scope, operate_client::OperateClient, query_client::QueryClient,
};
use serde::de::DeserializeOwned;
use tempfile::TempDir;
use tokio::{
    sync::oneshot,
    task::JoinSet,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

use super::{
    Network, Scenario, SimDc, SimHost, SimPorts, Who, Zone, dc::now, faults::Hosts, names::SITE,
};

/// The fewest domain controllers: destination, source, and a witness.
pub const FEWEST: u8 = 3;
/// The most.
pub const MOST: u8 = 32;

/// The time between two looks at the same peer.
const INTERVAL: Duration = Duration::from_secs(1);
/// How long the forest may take until a verdict is as awaited.
const PATIENCE: Duration = Duration::from_secs(30);
/// The pause between two questions to the coordinator while something is awaited.
const PAUSE: Duration = Duration::from_millis(100);

/// A running forest. Everything ends when it is dropped; [`Forest::stop`] waits for it.
pub struct Forest {
    hosts: Hosts,
    ports: SimPorts,
    query: QueryClient<Channel>,
    url: String,
    folder: TempDir,
    shutdown: CancellationToken,
    tasks: JoinSet<Result<()>>,
}

impl Drop for Forest {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

impl Forest {
    /// Starts `count` domain controllers, a member host, a coordinator on sled and an agent for
    /// each domain controller, enrolled by token; does not wait for them to have looked around.
    ///
    /// # Errors
    /// When `count` is not within [`FEWEST`] and [`MOST`], or anything does not start.
    pub async fn launch(count: u8) -> Result<Self> {
        if !(FEWEST..=MOST).contains(&count) {
            bail!("a simulated forest has {FEWEST} to {MOST} domain controllers, not {count}");
        }
        let (hosts, ports) = hosts(count).await?;
        let folder = tempfile::tempdir().context("a temporary folder")?;
        let shutdown = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let data = folder.path().join("coordinator");
        let mut options = ServeOptions::new(data.clone(), SocketAddr::from(([127, 0, 0, 1], 0)));
        options.interval = INTERVAL;
        options.incidents.open_after = Some(INTERVAL * 3);
        let (ready, bound) = oneshot::channel::<Bound>();
        tasks.spawn(serve(options, shutdown.clone(), ready));
        let bound = match bound.await {
            Ok(bound) => bound,
            Err(_) => match tasks.join_next().await {
                Some(Ok(Err(error))) => return Err(error.context("the coordinator")),
                _ => bail!("the coordinator ended before it listened"),
            },
        };
        let url = format!("https://{}", bound.listen);
        let channel = operator(&data.join("pki"), &url).await?;
        let mut forest = Self {
            hosts,
            ports,
            query: QueryClient::new(channel.clone()),
            url,
            folder,
            shutdown,
            tasks,
        };
        let mut operate = OperateClient::new(channel);
        for index in 0..forest.hosts.dcs.len() {
            forest.add_agent(index, ports, &mut operate).await?;
        }
        Ok(forest)
    }

    /// Asks for the incidents until they are as wanted.
    ///
    /// # Errors
    /// When the coordinator does not answer, or that takes longer than 30 s.
    pub async fn incidents_until(
        &mut self,
        wanted: impl Fn(&IncidentList) -> bool,
    ) -> Result<IncidentList> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let list: IncidentList =
                read(self.query.incidents(IncidentsRequest { all: true }).await?)?;
            if wanted(&list) {
                return Ok(list);
            }
            if Instant::now() >= deadline {
                bail!("the incidents are not as awaited after {PATIENCE:?}: {list:#?}");
            }
            sleep(PAUSE).await;
        }
    }

    /// All that is known of one incident.
    ///
    /// # Errors
    /// When the coordinator does not answer or does not know it.
    pub async fn incident(&mut self, id: &str) -> Result<IncidentDocument> {
        read(self.query.incident(IncidentRequest { id: id.to_owned() }).await?)
    }

    /// As [`Forest::launch`], and waits until every link is healthy.
    ///
    /// # Errors
    /// As there, and when that takes longer than 30 s.
    pub async fn start(count: u8) -> Result<Self> {
        let mut forest = Self::launch(count).await?;
        forest.all_healthy().await?;
        Ok(forest)
    }

    async fn add_agent(
        &mut self,
        index: usize,
        ports: SimPorts,
        operate: &mut OperateClient<Channel>,
    ) -> Result<()> {
        let dc = self.hosts.dc(index + 1)?;
        let name = dc.who().name.clone();
        let scope = Some(Scope::Dc(name.to_string()));
        let request = CreateTokenRequest { ttl_seconds: 600, scope };
        let token: NewToken = read(operate.create_token(request).await?)?;
        let config = Config {
            state_dir: self.folder.path().join(name.host()),
            probe: Probe { min_interval: INTERVAL / 2, ..Config::default().probe },
            ports: Ports {
                endpoint_mapper: ports.endpoint_mapper,
                dns: ports.dns,
                ldap: ports.ldap,
                netbios: ports.node_status,
            },
            ..Config::default()
        };
        let token = token.token.parse().context("the coordinator's own token")?;
        let identity = enroll(&(&config).into(), self.url.clone(), token, name.clone())
            .await
            .with_context(|| format!("enrolling {name}"))?;
        let parts = Parts {
            config,
            identity,
            platform: Arc::new(dc.platform()),
            peers: Some(Arc::new(Prober::new(prober(ports)))),
            clock: Arc::new(SystemClock),
        };
        let shutdown = self.shutdown.clone();
        self.tasks.spawn(async move { Ok(run::run(parts, shutdown).await?) });
        Ok(())
    }

    /// The hosts.
    #[must_use]
    pub const fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// The ports that every host of it has.
    #[must_use]
    pub const fn ports(&self) -> SimPorts {
        self.ports
    }

    /// The address on which the coordinator listens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The folder with the operator's identity, as `epmesh --identity` takes it.
    #[must_use]
    pub fn identity(&self) -> std::path::PathBuf {
        self.folder.path().join("coordinator").join("pki")
    }

    /// The link that scenarios break: destination and source.
    ///
    /// # Errors
    /// None: there are always three domain controllers.
    pub fn link(&self) -> Result<(DnsName, DnsName)> {
        Ok((self.hosts.dc(1)?.who().name.clone(), self.hosts.dc(2)?.who().name.clone()))
    }

    /// Breaks the link from dc2 to dc1.
    ///
    /// # Errors
    /// When a port that has to be opened cannot be bound, or the coordinator does not notice in
    /// 30 s that dc2 went down for its restart.
    pub async fn fault(&mut self, scenario: Scenario) -> Result<()> {
        if Hosts::restarts(scenario) {
            self.hosts.shut_down().await?;
            self.until("that dc2 is down", |verdict| verdict.state == State::Failing).await?;
        }
        self.hosts.fault(scenario).await
    }

    /// Takes every fault away.
    ///
    /// # Errors
    /// When a port that has to be opened cannot be bound.
    pub async fn heal(&self) -> Result<()> {
        self.hosts.heal().await
    }

    /// The verdict on a link, from the coordinator's Query service.
    ///
    /// # Errors
    /// When the coordinator does not answer, or not with a verdict.
    pub async fn diagnose(
        &mut self,
        destination: &DnsName,
        source: &DnsName,
        now: bool,
    ) -> Result<Verdict> {
        let request = DiagnoseRequest {
            destination: destination.to_string(),
            source: source.to_string(),
            interface: String::new(),
            now,
        };
        let diagnosis: Diagnosis = read(self.query.diagnose(request).await?)?;
        Ok(diagnosis.verdict)
    }

    /// Has the agents look again until the verdict on the broken link is the scenario's, and
    /// returns it; after 30 s, the last one whatever it says.
    ///
    /// # Errors
    /// As [`Forest::diagnose`].
    pub async fn broken(&mut self, scenario: Scenario) -> Result<Verdict> {
        self.verdict_when(|verdict| {
            (verdict.state, verdict.cause, verdict.side)
                == (scenario.state(), scenario.cause(), scenario.side())
        })
        .await
    }

    /// Has the agents look again until the link is healthy, and returns the verdict; after 30 s,
    /// the last one whatever it says.
    ///
    /// # Errors
    /// As [`Forest::diagnose`].
    pub async fn healed(&mut self) -> Result<Verdict> {
        self.verdict_when(|verdict| verdict.state == State::Healthy).await
    }

    async fn verdict_when(&mut self, is_right: impl Fn(&Verdict) -> bool) -> Result<Verdict> {
        let (destination, source) = self.link()?;
        let end = Instant::now() + PATIENCE;
        loop {
            let verdict = self.diagnose(&destination, &source, true).await?;
            if is_right(&verdict) || Instant::now() > end {
                return Ok(verdict);
            }
            sleep(PAUSE).await;
        }
    }

    async fn until(&mut self, what: &str, is_right: impl Fn(&Verdict) -> bool) -> Result<()> {
        let verdict = self.verdict_when(&is_right).await?;
        if !is_right(&verdict) {
            bail!("waiting for the word {what}: the verdict is still {verdict:?}");
        }
        Ok(())
    }

    /// Waits until every link between two domain controllers is healthy.
    ///
    /// # Errors
    /// When that takes longer than 30 s; says how the links stand then.
    pub async fn all_healthy(&mut self) -> Result<()> {
        let count = self.hosts.dcs.len();
        let end = Instant::now() + PATIENCE;
        loop {
            let links: Vec<LinkRow> =
                read(self.query.links(LinksRequest { failing: false }).await?)?;
            let healthy = links.iter().filter(|link| link.state == State::Healthy).count();
            if healthy == count * (count - 1) {
                return Ok(());
            }
            if Instant::now() > end {
                bail!("after {} s the links are not all healthy: {links:#?}", PATIENCE.as_secs());
            }
            if let Some(ended) = self.tasks.try_join_next() {
                ended??;
                bail!("an agent or the coordinator ended");
            }
            sleep(PAUSE).await;
        }
    }

    /// Stops agents and coordinator and waits for them.
    ///
    /// # Errors
    /// What one of them ended with.
    pub async fn stop(mut self) -> Result<()> {
        self.shutdown.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended??;
        }
        Ok(())
    }
}

/// Times for one machine: a host that does not answer here in half a second is one that was told
/// not to.
fn prober(ports: SimPorts) -> probe::Config {
    let brief = Duration::from_millis(500);
    probe::Config {
        dns: brief,
        connect: brief,
        identity: brief,
        pace: Duration::ZERO,
        system_resolver: false,
        ports: WirePorts {
            dns: ports.dns,
            endpoint_mapper: ports.endpoint_mapper,
            ldap: ports.ldap,
            cldap: ports.ldap,
            netbios: ports.node_status,
        },
        ..probe::Config::default()
    }
}

async fn hosts(count: u8) -> Result<(Hosts, SimPorts)> {
    let network = Network::pick();
    let numbers = 1..=count;
    let whos: Result<Vec<Who>> =
        numbers.map(|number| Who::new(&format!("dc{number}"), network.dc(number))).collect();
    let whos = whos?;
    let member = Who::new("srv", network.member())?;
    let mut addresses: Vec<_> = whos.iter().map(|who| who.address).collect();
    addresses.push(member.address);
    let ports = SimPorts::pick(&addresses)?;
    let mut zone = Zone::default();
    for who in &whos {
        zone.set_address(&who.name, who.address);
        zone.set_alias(&who.alias()?, &who.name);
    }
    zone.set_address(&member.name, member.address);
    let mut settings: Vec<NtdsSettings> = whos.iter().map(settings).collect();
    settings.sort_by_key(|row| row.dsa_guid);
    let servers: Vec<_> = whos.iter().take(2).map(Who::ip).collect();
    let mut dcs = Vec::new();
    for who in &whos {
        let dc = SimDc::start(who.clone(), ports, zone.clone()).await?;
        dc.use_dns(servers.clone());
        let neighbours = whos.iter().filter(|other| *other != who).map(neighbour).collect();
        let settings = settings.clone();
        let knows = |state: &mut super::State| {
            state.settings = settings;
            state.neighbours = neighbours;
        };
        dc.change(knows).await?;
        dcs.push(dc);
    }
    let member = SimHost::start(member, ports).await?;
    Ok((Hosts { dcs, member }, ports))
}

fn settings(who: &Who) -> NtdsSettings {
    NtdsSettings {
        server: who.netbios.clone(),
        host: Some(who.name.clone()),
        dsa_guid: who.dsa_guid,
        site: Some(SITE.to_owned()),
        created: Some(now().minus(Duration::from_secs(30 * 86_400))),
    }
}

fn neighbour(source: &Who) -> Neighbour {
    Neighbour {
        naming_context: source.domain_dn(),
        source: source.dsa_guid,
        last_result: 0,
        last_attempt: Some(now()),
        last_success: Some(now()),
        failures: 0,
    }
}

async fn operator(pki: &std::path::Path, url: &str) -> Result<Channel> {
    let read = |name: &str| {
        let path = pki.join(name);
        std::fs::read(&path).with_context(|| format!("reading {}", path.display()))
    };
    let tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(read("ca.pem")?))
        .identity(Identity::from_pem(read("operator.pem")?, read("operator.key")?));
    let endpoint = Endpoint::from_shared(url.to_owned())?.tls_config(tls)?;
    endpoint.connect().await.with_context(|| format!("connecting to {url}"))
}

fn read<T: DeserializeOwned>(answer: tonic::Response<Document>) -> Result<T> {
    serde_json::from_slice(&answer.into_inner().json).context("the coordinator's answer")
}
