//! The parts of a certificate signing request that are used: the public key, and the proof that the sender
//! has the private one.

use rcgen::{PKCS_ECDSA_P256_SHA256, PublicKeyData, SubjectPublicKeyInfo};
use rustls_pki_types::CertificateSigningRequestDer;
use rustls_pki_types::pem::PemObject;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::FromDer;

use super::digest::sha256_hex;

/// The longest request in bytes of PEM; ours have about 500.
const MAX_REQUEST: usize = 16 * 1024;

/// A request whose signature was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningRequest {
    pub(super) public_key: SubjectPublicKeyInfo,
    fingerprint: String,
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The request is larger than any honest one.
    #[error("signing request has {length} bytes, the most is {MAX_REQUEST}")]
    TooLong {
        /// Its bytes.
        length: usize,
    },
    /// The text is not PEM, or no request.
    #[error("signing request cannot be read: {what}")]
    Malformed {
        /// The problem, in words.
        what: String,
    },
    /// The signature is not by the key in it.
    #[error("signing request is not signed by its own key")]
    Signature,
    /// The key is not of the one kind that is accepted.
    #[error("public key is not ECDSA P-256")]
    KeyKind,
}

impl SigningRequest {
    /// Reads a request in PEM and verifies its signature.
    ///
    /// # Errors
    ///
    /// [`RequestError`] says why it is refused.
    pub fn from_pem(pem: &str) -> Result<Self, RequestError> {
        if pem.len() > MAX_REQUEST {
            return Err(RequestError::TooLong { length: pem.len() });
        }
        let malformed = |what: String| RequestError::Malformed { what };
        let der = CertificateSigningRequestDer::from_pem_slice(pem.as_bytes())
            .map_err(|error| malformed(error.to_string()))?;
        let (rest, request) = X509CertificationRequest::from_der(der.as_ref())
            .map_err(|error| malformed(error.to_string()))?;
        if !rest.is_empty() {
            return Err(malformed(format!("{} bytes follow it", rest.len())));
        }
        let raw_key = request.certification_request_info.subject_pki.raw;
        let public_key =
            SubjectPublicKeyInfo::from_der(raw_key).map_err(|_| RequestError::KeyKind)?;
        if public_key.algorithm() != &PKCS_ECDSA_P256_SHA256 {
            return Err(RequestError::KeyKind);
        }
        request.verify_signature().map_err(|_| RequestError::Signature)?;
        Ok(Self { fingerprint: sha256_hex(raw_key), public_key })
    }

    /// SHA-256 of the key's SubjectPublicKeyInfo in DER, in hex.
    #[must_use]
    pub fn key_fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

#[cfg(test)]
pub(super) mod tests {
    use rcgen::{CertificateParams, KeyPair, PKCS_ED25519};

    use super::*;

    /// A request with a name in it that must be ignored.
    pub(in crate::pki) fn request_pem(key: &KeyPair) -> String {
        let params = CertificateParams::new(vec!["dc9.evil.example".to_owned()]).unwrap();
        params.serialize_request(key).unwrap().pem().unwrap()
    }

    #[test]
    fn a_good_request_gives_its_key() {
        let key = KeyPair::generate().unwrap();
        let request = SigningRequest::from_pem(&request_pem(&key)).unwrap();
        assert_eq!(request.key_fingerprint(), sha256_hex(&key.subject_public_key_info()));
    }

    #[test]
    fn a_request_signed_by_another_key_is_refused() {
        let key = KeyPair::generate().unwrap();
        let other = KeyPair::generate().unwrap();
        let pem = request_pem(&key);
        let mut der =
            CertificateSigningRequestDer::from_pem_slice(pem.as_bytes()).unwrap().as_ref().to_vec();
        let at = der
            .windows(other.public_key_raw().len())
            .position(|window| window == key.public_key_raw())
            .unwrap();
        der[at..at + other.public_key_raw().len()].copy_from_slice(other.public_key_raw());
        let pem = pem_of(&der);
        assert_eq!(SigningRequest::from_pem(&pem), Err(RequestError::Signature));
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let key = KeyPair::generate().unwrap();
        let pem = request_pem(&key);
        for bad in ["", "hello", &pem[..pem.len() / 2], &pem.replace("REQUEST", "X")] {
            assert!(
                matches!(SigningRequest::from_pem(bad), Err(RequestError::Malformed { .. })),
                "{bad}"
            );
        }
        let mut der =
            CertificateSigningRequestDer::from_pem_slice(pem.as_bytes()).unwrap().as_ref().to_vec();
        der.push(0);
        assert!(matches!(
            SigningRequest::from_pem(&pem_of(&der)),
            Err(RequestError::Malformed { .. })
        ));
        assert_eq!(
            SigningRequest::from_pem(&"x".repeat(MAX_REQUEST + 1)),
            Err(RequestError::TooLong { length: MAX_REQUEST + 1 })
        );
        let ed25519 = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        assert_eq!(SigningRequest::from_pem(&request_pem(&ed25519)), Err(RequestError::KeyKind));
    }

    fn pem_of(der: &[u8]) -> String {
        use base64::Engine as _;
        let text = base64::engine::general_purpose::STANDARD.encode(der);
        let lines: Vec<&str> =
            text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
        format!(
            "-----BEGIN CERTIFICATE REQUEST-----\n{}\n-----END CERTIFICATE REQUEST-----\n",
            lines.join("\n")
        )
    }
}
