//! Enrolment of agents, and renewal of their certificates.

use std::sync::Arc;

use epmesh_common::{error::chain, facts::DnsName};
use epmesh_proto::v1::{self as proto, enrolment_server::Enrolment};
use tonic::{Request, Response, Status};

use super::{
    hub::Hub,
    peer::{self, refusal},
};
use crate::{
    clock,
    pki::{Authority, JoinToken, Registry},
};

/// The most bytes of a token, a name or a certificate request.
const LONGEST: usize = 16 * 1024;

/// The service that turns join tokens into certificates.
#[derive(Debug, Clone)]
pub struct EnrolmentService {
    hub: Arc<Hub>,
    registry: Arc<Registry>,
    authority: Arc<Authority>,
}

impl EnrolmentService {
    /// A service that enrols with `registry` and makes each enrolled agent known to `hub`.
    #[must_use]
    pub const fn new(hub: Arc<Hub>, registry: Arc<Registry>, authority: Arc<Authority>) -> Self {
        Self { hub, registry, authority }
    }
}

#[tonic::async_trait]
impl Enrolment for EnrolmentService {
    async fn enrol(
        &self,
        request: Request<proto::EnrolRequest>,
    ) -> Result<Response<proto::EnrolReply>, Status> {
        let from = request.remote_addr();
        let proto::EnrolRequest { token, name, certificate_request } = request.into_inner();
        if [&token, &name, &certificate_request].iter().any(|text| text.len() > LONGEST) {
            return Err(Status::invalid_argument("a field is too long"));
        }
        let name: DnsName =
            name.parse().map_err(|error| Status::invalid_argument(format!("{error}")))?;
        let now = clock::now().as_millis();
        let token: JoinToken =
            token.parse().map_err(|error| Status::permission_denied(format!("{error}")))?;
        let enrolled = self.registry.enrol(&token, name.as_str(), &certificate_request, now).await;
        let issued = enrolled.map_err(|error| {
            tracing::warn!(dc = %name, ?from, "enrolment refused: {}", chain(&error));
            refusal(&error)
        })?;
        self.hub.enrolled(&name).await.map_err(|error| {
            tracing::error!(dc = %name, "enrolled, but: {}", chain(&error));
            Status::unavailable("the coordinator's store failed")
        })?;
        tracing::info!(dc = %name, ?from, serial = issued.serial, "agent enrolled");
        Ok(Response::new(self.reply(issued.certificate_pem)))
    }

    async fn renew(
        &self,
        request: Request<proto::RenewRequest>,
    ) -> Result<Response<proto::EnrolReply>, Status> {
        let (name, certificate) = peer::agent(&self.registry, &request).await?;
        let csr = request.into_inner().certificate_request;
        if csr.len() > LONGEST {
            return Err(Status::invalid_argument("the certificate request is too long"));
        }
        let now = clock::now().as_millis();
        let issued =
            self.registry.renew(name.as_str(), &certificate, &csr, now).await.map_err(|error| {
                tracing::warn!(dc = %name, "renewal refused: {}", chain(&error));
                refusal(&error)
            })?;
        tracing::info!(dc = %name, serial = issued.serial, "certificate renewed");
        Ok(Response::new(self.reply(issued.certificate_pem)))
    }
}

impl EnrolmentService {
    fn reply(&self, certificate: String) -> proto::EnrolReply {
        let authority = self.authority.certificate_pem().to_owned();
        proto::EnrolReply { certificate, authority }
    }
}
