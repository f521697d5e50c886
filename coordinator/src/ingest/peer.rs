//! The identity of a caller, from its certificate.

use epmesh_common::{error::chain, facts::DnsName};
use tonic::{Request, Status};

use crate::pki::{PeerCertificate, PeerIdentity, Registry, RegistryError};

/// The verified client certificate of a call.
///
/// # Errors
/// `UNAUTHENTICATED` when there is none, or when it names neither an agent nor an operator.
pub(super) fn certificate<T>(request: &Request<T>) -> Result<PeerCertificate, Status> {
    let certificates = request.peer_certs();
    let Some(leaf) = certificates.as_ref().and_then(|chain| chain.first()) else {
        return Err(Status::unauthenticated("this call needs a client certificate"));
    };
    PeerCertificate::from_der(leaf).map_err(|error| Status::unauthenticated(error.to_string()))
}

/// The agent that calls, and its certificate, which its enrolment admits.
///
/// # Errors
/// `UNAUTHENTICATED` without a certificate, `PERMISSION_DENIED` when it is no agent's, or was released or
/// replaced; `UNAVAILABLE` when the store fails.
pub(super) async fn agent<T>(
    registry: &Registry,
    request: &Request<T>,
) -> Result<(DnsName, PeerCertificate), Status> {
    let certificate = certificate(request)?;
    let PeerIdentity::Agent { name } = &certificate.identity else {
        return Err(Status::permission_denied(format!(
            "{} is not an agent",
            certificate.identity.uri()
        )));
    };
    let name: DnsName =
        name.parse().map_err(|error| Status::permission_denied(format!("{error}")))?;
    if let Err(error) = registry.admits(name.as_str(), &certificate).await {
        tracing::warn!(dc = %name, serial = certificate.serial, %error, "agent refused");
        return Err(refusal(&error));
    }
    Ok((name, certificate))
}

/// The operator that calls.
///
/// # Errors
/// `UNAUTHENTICATED` without a certificate, `PERMISSION_DENIED` when it is no operator's.
pub fn operator<T>(request: &Request<T>) -> Result<String, Status> {
    match certificate(request)?.identity {
        PeerIdentity::Operator { name } => Ok(name),
        other => Err(Status::permission_denied(format!("{} is not an operator", other.uri()))),
    }
}

/// The status that a caller gets for an error of the registry: a refusal in full, and little of errors on
/// this side.
pub fn refusal(error: &RegistryError) -> Status {
    match error {
        RegistryError::Refused(refused) => Status::permission_denied(refused.to_string()),
        RegistryError::Name(error) => Status::invalid_argument(error.to_string()),
        RegistryError::Request(error) => Status::invalid_argument(error.to_string()),
        RegistryError::Contended { .. } => Status::unavailable(error.to_string()),
        RegistryError::Store(_) => Status::unavailable("the coordinator's store failed"),
        RegistryError::Authority(_) => {
            tracing::error!("{}", chain(error));
            Status::internal("the certificate could not be made")
        }
    }
}
