//! The gRPC services for operators.

use std::{sync::Arc, time::Duration};

use epmesh_common::{
    diagnosis::{Link, State, Verdict},
    error::chain,
    facts::{DnsName, Timestamp},
    reports::{
        self,
        netsetup::{self, Attempt},
    },
    rpc::names,
};
use epmesh_proto::v1::{
    AcknowledgeRequest, AlertsRequest, CreateTokenRequest, DcsRequest, DiagnoseJoinRequest,
    DiagnoseRequest, Document, EndpointsRequest, ExplainRequest, ExportBundleRequest, FactsRequest,
    IncidentRequest, IncidentsRequest, LinksRequest, ReleaseRequest, RevokeRequest, SilenceRequest,
    create_token_request::Scope, operate_server::Operate, query_server::Query,
};
use serde::Serialize;
use tokio_stream::{Iter, iter};
use tonic::{Request, Response, Status, async_trait};

use super::{
    AlertRow, Diagnosis, Endpoints, Explanation, JoinDiagnosis, LinkRow, NewToken, OwnFacts, join,
};
use crate::{
    alert::Alerts,
    clock,
    fleet::{FindError, Fleet},
    incident::{IncidentError, Incidents},
    ingest::{DEADLINE, Hub, LookOutcome, operator, refusal},
    pki::{Authority, Registry, Restriction},
};

/// Alerts that an answer lists, the latest.
pub(crate) const MOST_ALERTS: usize = 2_000;

/// Answers operators; every call needs an operator's certificate.
#[derive(Clone, Debug)]
pub struct Operator {
    hub: Arc<Hub>,
    registry: Arc<Registry>,
    authority: Arc<Authority>,
    alerts: Arc<Alerts>,
    incidents: Arc<Incidents>,
}

impl Operator {
    /// The operators' services over these.
    #[must_use]
    pub const fn new(
        hub: Arc<Hub>,
        registry: Arc<Registry>,
        authority: Arc<Authority>,
        alerts: Arc<Alerts>,
        incidents: Arc<Incidents>,
    ) -> Self {
        Self { hub, registry, authority, alerts, incidents }
    }

    fn fleet(&self) -> &Fleet {
        self.hub.fleet()
    }

    fn find(&self, text: &str) -> Result<DnsName, Status> {
        self.fleet().find(text).map_err(|error| match error {
            FindError::Unknown(_) => Status::not_found(format!("{error}; see `epmesh dcs`")),
            FindError::Ambiguous { .. } => {
                Status::invalid_argument(format!("{error}; give the full name"))
            }
        })
    }
}

fn document(value: &impl Serialize) -> Result<Response<Document>, Status> {
    serde_json::to_vec(value)
        .map(|json| Response::new(Document { json }))
        .map_err(|error| Status::internal(format!("the answer cannot be written as JSON: {error}")))
}

fn not_done(error: &IncidentError) -> Status {
    match error {
        IncidentError::Unknown(_) => Status::not_found(error.to_string()),
        IncidentError::Ambiguous { .. } => Status::invalid_argument(error.to_string()),
        IncidentError::NotOpen { .. } => Status::failed_precondition(error.to_string()),
        IncidentError::Store(_) => {
            tracing::error!("{}", chain(error));
            Status::unavailable(error.to_string())
        }
    }
}

fn name(text: &str) -> Result<DnsName, Status> {
    text.parse().map_err(|error| Status::invalid_argument(format!("{error}")))
}

/// The last attempt to join in a log.
fn join_in(log: &[u8]) -> Result<Attempt, String> {
    let text = reports::decode(log).map_err(|error| error.to_string())?;
    netsetup::last_join(&text).ok_or_else(|| {
        "it has no attempt to join a domain: give the one of the computer that was to join \
         (%systemroot%\\debug)"
            .to_owned()
    })
}

#[async_trait]
impl Query for Operator {
    async fn dcs(&self, request: Request<DcsRequest>) -> Result<Response<Document>, Status> {
        operator(&request)?;
        document(&self.fleet().statuses())
    }

    async fn links(&self, request: Request<LinksRequest>) -> Result<Response<Document>, Status> {
        operator(&request)?;
        let failing = request.into_inner().failing;
        // Of half a million verdicts mostly a few are wanted: none is copied to be thrown away, and
        // nobody's report waits while they are put in order.
        let wanted =
            |verdict: &Verdict| !failing || matches!(verdict.state, State::Failing | State::Latent);
        let mut rows: Vec<LinkRow> = self.fleet().read(|view| {
            let judged = view.judged().map(|(_, verdict)| verdict);
            judged.filter(|verdict| wanted(verdict)).map(LinkRow::from).collect()
        });
        rows.sort_by(|a, b| {
            (&a.destination, &a.source, &a.interface).cmp(&(
                &b.destination,
                &b.source,
                &b.interface,
            ))
        });
        document(&rows)
    }

    async fn diagnose(
        &self,
        request: Request<DiagnoseRequest>,
    ) -> Result<Response<Document>, Status> {
        operator(&request)?;
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
            return Err(Status::invalid_argument(
                "destination and source are the same host: a link needs two domain controllers",
            ));
        }
        if !request.now {
            let verdict = self.fleet().diagnose(&link);
            return document(&Diagnosis { verdict, silent: Vec::new() });
        }
        let LookOutcome { verdict, mut silent, not_connected, .. } =
            self.hub.look(&link, DEADLINE).await;
        silent.extend(not_connected);
        document(&Diagnosis { verdict, silent })
    }

    async fn diagnose_join(
        &self,
        request: Request<DiagnoseJoinRequest>,
    ) -> Result<Response<Document>, Status> {
        operator(&request)?;
        let request = request.into_inner();
        let dc = self.find(&request.dc)?;
        // A computer that is to join need not be known; one that is may be called by its host name.
        let client = match self.fleet().find(&request.client) {
            Err(FindError::Unknown(_)) => name(&request.client)?,
            found => found.map_err(|error| Status::invalid_argument(error.to_string()))?,
        };
        if client == dc {
            return Err(Status::invalid_argument(
                "the computer and the domain controller are the same host",
            ));
        }
        let refused = |what: &str, why: String| Status::invalid_argument(format!("{what}: {why}"));
        let attempt = match request.netsetup_log.as_slice() {
            [] => None,
            log => Some(join_in(log).map_err(|why| refused("the NETSETUP.LOG", why))?),
        };
        let report = match request.client_report.as_slice() {
            [] => None,
            report => {
                let report = join::report_of(report, &dc)
                    .map_err(|why| refused("the client's report", why))?;
                Some((report, Timestamp::from_millis(request.client_report_at_ms)))
            }
        };
        let silent = match request.now {
            true => self.hub.look_for_join(&client, &dc, &join::interfaces(), DEADLINE).await,
            false => Vec::new(),
        };
        let now = clock::now();
        let answer = join::judge(self.fleet(), client, dc, attempt.as_ref(), report, now);
        document(&JoinDiagnosis { silent, ..answer })
    }

    async fn endpoints(
        &self,
        request: Request<EndpointsRequest>,
    ) -> Result<Response<Document>, Status> {
        operator(&request)?;
        let dc = self.find(&request.into_inner().dc)?;
        let (facts, seen) = self.fleet().read(|view| (view.facts(&dc), view.observations_of(&dc)));
        let own = facts.as_ref().and_then(|facts| facts.endpoint_map.as_ref());
        document(&Endpoints::of(dc, own, &seen))
    }

    async fn facts(&self, request: Request<FactsRequest>) -> Result<Response<Document>, Status> {
        operator(&request)?;
        let dc = self.find(&request.into_inner().dc)?;
        document(&self.fleet().read(|view| OwnFacts::in_fleet(dc, view)))
    }

    type ExportBundleStream = Iter<std::vec::IntoIter<Result<Document, Status>>>;

    async fn export_bundle(
        &self,
        request: Request<ExportBundleRequest>,
    ) -> Result<Response<Self::ExportBundleStream>, Status> {
        operator(&request)?;
        let lines = self.fleet().read(|view| view.export(clock::now()));
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

    async fn explain(
        &self,
        request: Request<ExplainRequest>,
    ) -> Result<Response<Document>, Status> {
        operator(&request)?;
        let hub = Arc::clone(&self.hub);
        // Sixteen megabytes of somebody's log take a while to read; others are not to wait for that.
        let answer = tokio::task::spawn_blocking(move || {
            let report = reports::read(&request.into_inner().report).map_err(|error| {
                Status::invalid_argument(format!("the report cannot be read: {error}"))
            })?;
            document(&Explanation::with(report, hub.fleet()))
        });
        answer
            .await
            .map_err(|error| Status::internal(format!("reading the report ended: {error}")))?
    }

    async fn alerts(&self, request: Request<AlertsRequest>) -> Result<Response<Document>, Status> {
        operator(&request)?;
        let records = self.alerts.list().await;
        // An answer has to fit into a message; what is older stays in the store.
        let rows: Vec<AlertRow> = records.iter().take(MOST_ALERTS).map(AlertRow::from).collect();
        document(&rows)
    }

    async fn incidents(
        &self,
        request: Request<IncidentsRequest>,
    ) -> Result<Response<Document>, Status> {
        operator(&request)?;
        document(&self.incidents.list(request.into_inner().all).await)
    }

    async fn incident(
        &self,
        request: Request<IncidentRequest>,
    ) -> Result<Response<Document>, Status> {
        operator(&request)?;
        let found = self.incidents.get(&request.into_inner().id).await;
        document(&found.map_err(|error| not_done(&error))?)
    }
}

#[async_trait]
impl Operate for Operator {
    async fn create_token(
        &self,
        request: Request<CreateTokenRequest>,
    ) -> Result<Response<Document>, Status> {
        let operator = operator(&request)?;
        let request = request.into_inner();
        let ttl = Duration::from_secs(request.ttl_seconds);
        if !(1..=366 * 86_400).contains(&request.ttl_seconds) {
            return Err(Status::invalid_argument(
                "a token can be used for 1 second to 366 days (--ttl)",
            ));
        }
        let (restriction, scope) = match request.scope {
            Some(Scope::Dc(dc)) => {
                let name = String::from(name(&dc)?);
                (Restriction::Dc { name: name.clone() }, format!("the domain controller {name}"))
            }
            Some(Scope::Domain(scope)) if (1..=10_000).contains(&scope.count) => {
                let (domain, count) = (String::from(name(&scope.domain)?), scope.count);
                let words = format!("{count} domain controllers of {domain}");
                (Restriction::Domain { domain, count }, words)
            }
            Some(Scope::Domain(_)) => {
                return Err(Status::invalid_argument(
                    "a token is for 1 to 10000 domain controllers (--count)",
                ));
            }
            None => {
                return Err(Status::invalid_argument(
                    "a token is for one domain controller (--dc) or for a domain (--domain)",
                ));
            }
        };
        let now = clock::now();
        let expires_at = now.plus(ttl);
        let made = self
            .registry
            .create_token(restriction, expires_at.as_millis(), now.as_millis())
            .await
            .map_err(|error| refusal(&error))?;
        tracing::info!(token = made.1.id, %scope, %operator, "join token created");
        document(&NewToken {
            token: made.0.to_string(),
            ca_fingerprint: self.authority.printed_fingerprint(),
            expires_at,
            scope,
        })
    }

    async fn release(
        &self,
        request: Request<ReleaseRequest>,
    ) -> Result<Response<Document>, Status> {
        let operator = operator(&request)?;
        let dc = name(&request.into_inner().dc)?;
        self.registry.release(dc.as_str()).await.map_err(|error| refusal(&error))?;
        self.hub.released(&dc);
        tracing::info!(%dc, %operator, "enrolment released");
        document(&dc)
    }

    async fn revoke(&self, request: Request<RevokeRequest>) -> Result<Response<Document>, Status> {
        let operator = operator(&request)?;
        let dc = name(&request.into_inner().dc)?;
        let now = clock::now().as_millis();
        let since =
            self.registry.revoke(dc.as_str(), now).await.map_err(|error| refusal(&error))?;
        self.hub.revoked(&dc, Timestamp::from_millis(since));
        tracing::info!(%dc, %operator, "agent revoked");
        document(&dc)
    }

    async fn acknowledge(
        &self,
        request: Request<AcknowledgeRequest>,
    ) -> Result<Response<Document>, Status> {
        let operator = operator(&request)?;
        let AcknowledgeRequest { id, note } = request.into_inner();
        let note = Some(note.as_str()).filter(|note| !note.is_empty());
        let done = self.incidents.acknowledge(&id, &operator, note).await;
        let incident = done.map_err(|error| not_done(&error))?;
        tracing::info!(incident = incident.row.id, %operator, "incident acknowledged");
        document(&incident)
    }

    async fn silence(
        &self,
        request: Request<SilenceRequest>,
    ) -> Result<Response<Document>, Status> {
        let operator = operator(&request)?;
        let SilenceRequest { id, seconds, why } = request.into_inner();
        if !(1..=366 * 86_400).contains(&seconds) {
            return Err(Status::invalid_argument(
                "a silence lasts from 1 second to 366 days (--for)",
            ));
        }
        if why.trim().is_empty() {
            return Err(Status::invalid_argument("a silence needs a reason (--why)"));
        }
        let done = self.incidents.silence(&id, &operator, Duration::from_secs(seconds), &why).await;
        let incident = done.map_err(|error| not_done(&error))?;
        tracing::info!(incident = incident.row.id, %operator, seconds, "incident silenced");
        document(&incident)
    }
}
