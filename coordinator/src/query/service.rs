//! The gRPC services for operators.

use std::{fmt, sync::Arc, time::Duration};

use epmesh_common::{
    diagnosis::{Link, State},
    facts::{DnsName, Timestamp},
    rpc::names,
};
use epmesh_proto::v1::{
    AlertsRequest, CreateTokenRequest, DcsRequest, DiagnoseRequest, Document, EndpointsRequest,
    ExportBundleRequest, LinksRequest, ReleaseRequest, create_token_request::Scope,
    operate_server::Operate, query_server::Query,
};
use serde::Serialize;
use tokio_stream::{Iter, iter};
use tonic::{Request, Response, Status, async_trait};

use super::{AlertRow, Diagnosis, Endpoints, LinkRow, NewToken};
use crate::{
    alert::Alerts,
    clock,
    fleet::{FindError, Fleet},
};

/// Agents can be asked to look again.
#[async_trait]
pub trait LookAgain: Send + Sync + fmt::Debug {
    /// Has everyone who can say something about `link` look again; returns when all have, or when
    /// the time for it is over. Who did not is returned.
    async fn look(&self, link: &Link) -> Vec<DnsName>;
}

/// Join tokens and enrolments.
#[async_trait]
pub trait Tokens: Send + Sync + fmt::Debug {
    /// A new token.
    async fn create(
        &self,
        scope: TokenScope,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<NewToken, Status>;
    /// Lets a name be enrolled again.
    async fn release(&self, dc: &DnsName, now: Timestamp) -> Result<(), Status>;
}

/// For whom a join token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenScope {
    /// One domain controller.
    Dc(DnsName),
    /// So many domain controllers of a domain.
    Domain(DnsName, u32),
}

/// Answers operators. Who may ask is decided before a call comes here.
#[derive(Clone, Debug)]
pub struct Operator {
    fleet: Arc<Fleet>,
    alerts: Arc<Alerts>,
    agents: Arc<dyn LookAgain>,
    tokens: Arc<dyn Tokens>,
}

impl Operator {
    /// An operator's services over these.
    #[must_use]
    pub fn new(
        fleet: Arc<Fleet>,
        alerts: Arc<Alerts>,
        agents: Arc<dyn LookAgain>,
        tokens: Arc<dyn Tokens>,
    ) -> Self {
        Self { fleet, alerts, agents, tokens }
    }

    fn find(&self, text: &str) -> Result<DnsName, Status> {
        self.fleet.find(text).map_err(|error| match error {
            FindError::Unknown(_) => Status::not_found(format!("{error}; see `epmesh dcs`")),
            FindError::Ambiguous { .. } => Status::invalid_argument(error.to_string()),
        })
    }
}

fn document(value: &impl Serialize) -> Result<Response<Document>, Status> {
    serde_json::to_vec(value)
        .map(|json| Response::new(Document { json }))
        .map_err(|error| Status::internal(format!("the answer cannot be written as JSON: {error}")))
}

fn name(text: &str) -> Result<DnsName, Status> {
    text.parse().map_err(|error| Status::invalid_argument(format!("{error}")))
}

#[async_trait]
impl Query for Operator {
    async fn dcs(&self, _: Request<DcsRequest>) -> Result<Response<Document>, Status> {
        document(&self.fleet.statuses())
    }

    async fn links(&self, request: Request<LinksRequest>) -> Result<Response<Document>, Status> {
        let failing = request.into_inner().failing;
        let verdicts = self.fleet.with(|view| view.verdicts());
        let rows: Vec<LinkRow> = verdicts
            .iter()
            .filter(|(_, verdict)| {
                !failing || matches!(verdict.state, State::Failing | State::Latent)
            })
            .map(|(_, verdict)| LinkRow::from(verdict))
            .collect();
        document(&rows)
    }

    async fn diagnose(
        &self,
        request: Request<DiagnoseRequest>,
    ) -> Result<Response<Document>, Status> {
        let request = request.into_inner();
        let interface = if request.interface.is_empty() { "drsuapi" } else { &request.interface };
        let interface = names::find(interface).ok_or_else(|| {
            let shown: String = interface.chars().take(80).collect();
            Status::invalid_argument(format!(
                "no interface {shown:?} is known; give a name such as drsuapi or netlogon, or UUID vMAJOR.MINOR"
            ))
        })?;
        let link = Link {
            destination: self.find(&request.destination)?,
            source: self.find(&request.source)?,
            interface,
        };
        if link.destination == link.source {
            return Err(Status::invalid_argument("a link needs two domain controllers"));
        }
        let silent = if request.now { self.agents.look(&link).await } else { Vec::new() };
        document(&Diagnosis { verdict: self.fleet.diagnose(&link), silent })
    }

    async fn endpoints(
        &self,
        request: Request<EndpointsRequest>,
    ) -> Result<Response<Document>, Status> {
        let dc = self.find(&request.into_inner().dc)?;
        let (facts, seen) = self.fleet.with(|view| (view.facts(&dc), view.observations_of(&dc)));
        let own = facts.and_then(|facts| facts.endpoint_map);
        document(&Endpoints::of(dc, own.as_ref(), &seen))
    }

    type ExportBundleStream = Iter<std::vec::IntoIter<Result<Document, Status>>>;

    async fn export_bundle(
        &self,
        _: Request<ExportBundleRequest>,
    ) -> Result<Response<Self::ExportBundleStream>, Status> {
        let lines = self.fleet.with(|view| view.export(clock::now()));
        let lines: Vec<_> = lines
            .iter()
            .map(|line| {
                let json = serde_json::to_vec(line).map_err(|error| {
                    Status::internal(format!("the evidence cannot be written as JSON: {error}"))
                })?;
                Ok(Document { json })
            })
            .collect();
        Ok(Response::new(iter(lines)))
    }

    async fn alerts(&self, _: Request<AlertsRequest>) -> Result<Response<Document>, Status> {
        let records = self.alerts.list().await;
        // An answer has to fit into a message; what is older stays in the store.
        let rows: Vec<AlertRow> = records.iter().take(2_000).map(AlertRow::from).collect();
        document(&rows)
    }
}

#[async_trait]
impl Operate for Operator {
    async fn create_token(
        &self,
        request: Request<CreateTokenRequest>,
    ) -> Result<Response<Document>, Status> {
        let request = request.into_inner();
        let ttl = Duration::from_secs(request.ttl_seconds);
        if !(1..=366 * 86_400).contains(&request.ttl_seconds) {
            return Err(Status::invalid_argument("a token lives from one second to 366 days"));
        }
        let scope = match request.scope {
            Some(Scope::Dc(dc)) => TokenScope::Dc(name(&dc)?),
            Some(Scope::Domain(scope)) if (1..=10_000).contains(&scope.count) => {
                TokenScope::Domain(name(&scope.domain)?, scope.count)
            }
            Some(Scope::Domain(_)) => {
                return Err(Status::invalid_argument(
                    "a token is for 1 to 10000 domain controllers",
                ));
            }
            None => return Err(Status::invalid_argument("a token is for a DC or for a domain")),
        };
        document(&self.tokens.create(scope, ttl, clock::now()).await?)
    }

    async fn release(
        &self,
        request: Request<ReleaseRequest>,
    ) -> Result<Response<Document>, Status> {
        let dc = name(&request.into_inner().dc)?;
        self.tokens.release(&dc, clock::now()).await?;
        document(&dc)
    }
}
