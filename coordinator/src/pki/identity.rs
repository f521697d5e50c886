//! The holder that a certificate names.

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

use super::digest::{hex, sha256_hex};
use super::name::check_name;

/// How the names in our certificates begin.
const SCHEME: &str = "epmesh:";

/// The holder of a certificate.
///
/// The name is in a URI among the subject's alternative names: `epmesh:agent:DC`,
/// `epmesh:operator:NAME` or `epmesh:coordinator`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PeerIdentity {
    /// The agent on a domain controller.
    Agent {
        /// The DC's fully qualified name.
        name: String,
    },
    /// A person, at the command line.
    Operator {
        /// The name the certificate was issued for.
        name: String,
    },
    /// A coordinator.
    Coordinator,
}

/// A certificate, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerCertificate {
    /// The holder.
    pub identity: PeerIdentity,
    /// Its serial number in lower-case hex.
    pub serial: String,
    /// SHA-256 of its SubjectPublicKeyInfo in DER, in hex.
    pub key_fingerprint: String,
    /// The end of its validity, in milliseconds since the Unix epoch.
    pub not_after: u64,
}

/// Why a certificate names nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// The bytes are no certificate.
    #[error("certificate cannot be read: {what}")]
    Malformed {
        /// The problem, in words.
        what: String,
    },
    /// The certificate has no name of ours, or more than one.
    #[error("certificate has {count} names beginning with {SCHEME}, not one")]
    Names {
        /// How many it has.
        count: usize,
    },
    /// Its name is none that is given out.
    #[error("certificate has the unknown name {uri:?}")]
    Unknown {
        /// The name, shortened.
        uri: String,
    },
    /// The certificate may not be used for the role of its holder.
    #[error("certificate of {uri:?} is not for {purpose} authentication")]
    Purpose {
        /// The name.
        uri: String,
        /// Client or server.
        purpose: &'static str,
    },
}

impl PeerIdentity {
    /// The holder that the certificate `der` names.
    ///
    /// Only reads: that the certificate is valid and from our authority is checked by TLS before.
    ///
    /// # Errors
    ///
    /// [`IdentityError`] when it names nobody.
    pub fn from_certificate(der: &[u8]) -> Result<Self, IdentityError> {
        PeerCertificate::from_der(der).map(|certificate| certificate.identity)
    }

    /// The name as it stands in a certificate.
    #[must_use]
    pub fn uri(&self) -> String {
        match self {
            Self::Agent { name } => format!("{SCHEME}agent:{name}"),
            Self::Operator { name } => format!("{SCHEME}operator:{name}"),
            Self::Coordinator => format!("{SCHEME}coordinator"),
        }
    }

    fn from_uri(uri: &str) -> Option<Self> {
        let path = uri.strip_prefix(SCHEME)?;
        if path == "coordinator" {
            return Some(Self::Coordinator);
        }
        let (kind, name) = path.split_once(':')?;
        check_name(name).ok()?;
        let name = name.to_owned();
        match kind {
            "agent" => Some(Self::Agent { name }),
            "operator" => Some(Self::Operator { name }),
            _ => None,
        }
    }
}

impl PeerCertificate {
    /// Reads the certificate `der`, see [`PeerIdentity::from_certificate`].
    ///
    /// # Errors
    ///
    /// [`IdentityError`] when it names nobody.
    pub fn from_der(der: &[u8]) -> Result<Self, IdentityError> {
        let malformed = |what: String| IdentityError::Malformed { what };
        let (rest, certificate) =
            X509Certificate::from_der(der).map_err(|error| malformed(error.to_string()))?;
        if !rest.is_empty() {
            return Err(malformed(format!("{} bytes follow it", rest.len())));
        }
        let names = certificate
            .subject_alternative_name()
            .map_err(|error| malformed(error.to_string()))?
            .map(|extension| extension.value.general_names.as_slice())
            .unwrap_or_default();
        let uris: Vec<&str> = names
            .iter()
            .filter_map(|name| match name {
                GeneralName::URI(uri) if uri.starts_with(SCHEME) => Some(*uri),
                _ => None,
            })
            .collect();
        let [uri] = uris.as_slice() else {
            return Err(IdentityError::Names { count: uris.len() });
        };
        let shown: String = uri.chars().take(300).collect();
        let Some(identity) = PeerIdentity::from_uri(uri) else {
            return Err(IdentityError::Unknown { uri: shown });
        };
        let usage = certificate
            .extended_key_usage()
            .map_err(|error| malformed(error.to_string()))?
            .map(|extension| extension.value);
        let (allowed, purpose) = match identity {
            PeerIdentity::Coordinator => (usage.is_some_and(|usage| usage.server_auth), "server"),
            _ => (usage.is_some_and(|usage| usage.client_auth), "client"),
        };
        if !allowed {
            return Err(IdentityError::Purpose { uri: shown, purpose });
        }
        let not_after = certificate.validity().not_after.timestamp();
        Ok(Self {
            identity,
            serial: hex(certificate.raw_serial()),
            key_fingerprint: sha256_hex(certificate.public_key().raw),
            not_after: u64::try_from(not_after).unwrap_or_default().saturating_mul(1000),
        })
    }
}
