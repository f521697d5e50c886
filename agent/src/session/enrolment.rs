//! Joining a mesh: a join token and a certificate request for a certificate.

use std::{sync::Arc, time::Duration};

use epmesh_common::facts::DnsName;
use epmesh_proto::v1::{EnrolRequest, RenewRequest, enrolment_client::EnrolmentClient};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls::crypto::ring;
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use thiserror::Error;
use tonic::{
    Code, Status,
    transport::{Channel, ClientTlsConfig, Endpoint},
};

use super::{
    identity::Identity,
    pinned_ca::{Fingerprint, JoinToken, PinnedCa},
};

/// How long connecting, and the answer, may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// The parts of an enrolment.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// The coordinator, as `https://HOST:PORT`.
    pub coordinator: String,
    /// The name that its certificate carries, where it is not the host of the address.
    pub server_name: Option<String>,
    /// The token.
    pub token: JoinToken,
    /// The domain controller to speak for.
    pub name: DnsName,
    /// The key to get a certificate for, PEM; without it, a new one. With the key of a try whose
    /// answer was lost, the coordinator takes the next one for the same and counts it once.
    pub key: Option<String>,
}

/// An enrolment or a renewal failed.
#[derive(Debug, Error)]
pub enum EnrolError {
    /// The key or the request could not be made.
    #[error("could not make a certificate request for {name}")]
    Request {
        /// The domain controller.
        name: DnsName,
        /// Why.
        #[source]
        source: rcgen::Error,
    },
    /// No connection that the token's fingerprint allows.
    #[error("could not connect to {coordinator} with the authority {authority} of the token")]
    Connect {
        /// The coordinator.
        coordinator: String,
        /// The fingerprint in the token.
        authority: Fingerprint,
        /// Why.
        #[source]
        source: tonic::transport::Error,
    },
    /// The coordinator did not answer.
    #[error("the coordinator gave no answer within {} ms", after.as_millis())]
    Silent {
        /// How long it had.
        after: Duration,
    },
    /// The coordinator could not be asked, or could not decide; another try may succeed.
    #[error("{coordinator} did not answer: {message}")]
    Unanswered {
        /// The coordinator.
        coordinator: String,
        /// Its words, or the transport's.
        message: String,
    },
    /// The coordinator refused.
    #[error("the coordinator refused: {message}")]
    Refused {
        /// Its words.
        message: String,
    },
    /// The coordinator's answer cannot be used.
    #[error("the coordinator's answer cannot be used: {0}")]
    Answer(&'static str),
}

/// Makes a key, asks for a certificate for it, and checks what comes back. Nothing is kept yet.
///
/// # Errors
/// When there is no trusted connection, the coordinator refuses, or its answer is not for this key
/// or this authority.
pub async fn enrol(enrolment: &Enrolment) -> Result<Identity, EnrolError> {
    let failed = |source| EnrolError::Request { name: enrolment.name.clone(), source };
    let key = match &enrolment.key {
        Some(pem) => KeyPair::from_pem(pem),
        None => KeyPair::generate(),
    };
    let key = key.map_err(failed)?;
    let request = request(&enrolment.name, &key).map_err(failed)?;
    let no_connection = |source| EnrolError::Connect {
        coordinator: enrolment.coordinator.clone(),
        authority: enrolment.token.authority(),
        source,
    };
    let mut tls = ClientTlsConfig::new();
    if let Some(name) = &enrolment.server_name {
        tls = tls.domain_name(name);
    }
    let pinned = PinnedCa::new(enrolment.token.authority(), Arc::new(ring::default_provider()));
    let channel = Endpoint::from_shared(enrolment.coordinator.clone())
        .and_then(|endpoint| endpoint.tls_config_with_verifier(tls, Arc::new(pinned)))
        .map_err(no_connection)?
        .connect_timeout(PATIENCE)
        .timeout(PATIENCE)
        .connect()
        .await
        .map_err(no_connection)?;
    let reply = EnrolmentClient::new(channel)
        .enrol(EnrolRequest {
            token: enrolment.token.secret_text().to_owned(),
            name: enrolment.name.to_string(),
            certificate_request: request,
        })
        .await
        .map_err(|status| answered(&status, &enrolment.coordinator))?
        .into_inner();
    check(&reply.certificate, &reply.authority, &key, enrolment.token.authority())?;
    Ok(Identity {
        name: enrolment.name.clone(),
        coordinators: vec![enrolment.coordinator.clone()],
        key: key.serialize_pem(),
        certificate: reply.certificate,
        authority: reply.authority,
    })
}

/// Makes a new key and has a certificate made for it, by the connection of the present identity.
/// Nothing is kept yet, and until the new certificate is used the present one is good too.
///
/// # Errors
/// When the coordinator refuses, or its answer is not for this key or of this authority.
pub(super) async fn renew(channel: Channel, identity: &Identity) -> Result<Identity, EnrolError> {
    let failed = |source| EnrolError::Request { name: identity.name.clone(), source };
    let key = KeyPair::generate().map_err(failed)?;
    let certificate_request = request(&identity.name, &key).map_err(failed)?;
    let reply = EnrolmentClient::new(channel)
        .renew(RenewRequest { certificate_request })
        .await
        .map_err(|status| refused(&status))?
        .into_inner();
    let authority = CertificateDer::from_pem_slice(identity.authority.as_bytes())
        .map_err(|_| EnrolError::Answer("this agent's own authority is no certificate"))?;
    check(&reply.certificate, &reply.authority, &key, Fingerprint::of(&authority))?;
    Ok(Identity {
        key: key.serialize_pem(),
        certificate: reply.certificate,
        authority: reply.authority,
        ..identity.clone()
    })
}

fn refused(status: &Status) -> EnrolError {
    EnrolError::Refused { message: status.message().chars().take(500).collect() }
}

/// Whether a status is the coordinator's word or only bad luck.
fn answered(status: &Status, coordinator: &str) -> EnrolError {
    let message = status.message().chars().take(500).collect();
    match status.code() {
        Code::InvalidArgument
        | Code::PermissionDenied
        | Code::Unauthenticated
        | Code::FailedPrecondition
        | Code::Unimplemented => EnrolError::Refused { message },
        _ => EnrolError::Unanswered { coordinator: coordinator.to_owned(), message },
    }
}

fn request(name: &DnsName, key: &KeyPair) -> Result<String, rcgen::Error> {
    let mut params = CertificateParams::new(vec![name.to_string()])?;
    params.distinguished_name = DistinguishedName::new();
    // A common name has at most 64 characters (RFC 5280); the alternative name has the whole.
    params
        .distinguished_name
        .push(DnType::CommonName, name.as_str().chars().take(64).collect::<String>());
    params.serialize_request(key)?.pem()
}

/// The authority is the token's, and the certificate is for this key.
fn check(
    certificate: &str,
    authority: &str,
    key: &KeyPair,
    expected: Fingerprint,
) -> Result<(), EnrolError> {
    let authority = CertificateDer::from_pem_slice(authority.as_bytes())
        .map_err(|_| EnrolError::Answer("its authority is no certificate"))?;
    if Fingerprint::of(&authority) != expected {
        return Err(EnrolError::Answer("its authority is not the one of the token"));
    }
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes())
        .map_err(|_| EnrolError::Answer("there is no certificate in it"))?;
    let (_, parsed) = x509_parser::parse_x509_certificate(&certificate)
        .map_err(|_| EnrolError::Answer("its certificate cannot be read"))?;
    if parsed.public_key().raw != rcgen::PublicKeyData::subject_public_key_info(key) {
        return Err(EnrolError::Answer("its certificate is for another key"));
    }
    Ok(())
}
