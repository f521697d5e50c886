//! Join tokens, and trust in the one certificate authority that a token names.

use std::{fmt, str::FromStr, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rustls::{
    CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use sha2::{Digest as _, Sha256};
use thiserror::Error as ThisError;

/// The SHA-256 of a certificate in DER.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of a certificate.
    #[must_use]
    pub fn of(certificate: &[u8]) -> Self {
        Self(Sha256::digest(certificate).into())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The text is not a fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
#[error("not a fingerprint: it must have 64 hex digits, with or without colons between them")]
pub struct FingerprintError;

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        // As openssl prints it: AB:CD:...
        let digits: String = text.trim().chars().take(128).filter(|c| *c != ':').collect();
        parse_hex(&digits).ok_or(FingerprintError)
    }
}

/// A join token, `epm1.SECRET.FINGERPRINT`: the secret in base64 without padding, for the
/// coordinator; the fingerprint of its certificate authority in hex, for the agent.
#[derive(Clone, PartialEq, Eq)]
pub struct JoinToken {
    text: String,
    authority: Fingerprint,
}

/// The text is not a join token. It does not say the text, which may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
#[error("not a join token (`epm1.SECRET.FINGERPRINT`): {0}")]
pub struct TokenError(&'static str);

impl JoinToken {
    /// The token as the coordinator takes it.
    #[must_use]
    pub fn secret_text(&self) -> &str {
        &self.text
    }

    /// The certificate authority to trust.
    #[must_use]
    pub const fn authority(&self) -> Fingerprint {
        self.authority
    }
}

impl fmt::Debug for JoinToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinToken({})", self.authority)
    }
}

impl FromStr for JoinToken {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        let mut parts = text.split('.');
        let (Some("epm1"), Some(secret), Some(fingerprint), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenError("it does not have these three parts"));
        };
        if secret.len() > 128 || URL_SAFE_NO_PAD.decode(secret).map_or(true, |s| s.len() < 16) {
            return Err(TokenError("its secret is damaged"));
        }
        let authority = parse_hex(fingerprint).ok_or(TokenError("its fingerprint is damaged"))?;
        Ok(Self { text: text.to_owned(), authority })
    }
}

fn parse_hex(text: &str) -> Option<Fingerprint> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(Fingerprint(bytes))
}

/// Accepts a server whose chain ends in the certificate with one fingerprint, and by that
/// certificate alone: name, dates and signatures are checked as always.
#[derive(Debug)]
pub struct PinnedCa {
    authority: Fingerprint,
    provider: Arc<CryptoProvider>,
}

impl PinnedCa {
    /// Trust in the authority with this fingerprint.
    #[must_use]
    pub const fn new(authority: Fingerprint, provider: Arc<CryptoProvider>) -> Self {
        Self { authority, provider }
    }
}

impl ServerCertVerifier for PinnedCa {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let pinned =
            |certificate: &&CertificateDer<'_>| Fingerprint::of(certificate) == self.authority;
        let authority = intermediates
            .iter()
            .find(pinned)
            .ok_or(Error::InvalidCertificate(CertificateError::UnknownIssuer))?;
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned())?;
        let verifier =
            WebPkiServerVerifier::builder_with_provider(roots.into(), Arc::clone(&self.provider))
                .build()
                .map_err(|error| Error::General(error.to_string()))?;
        verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            certificate,
            signed,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(
            message,
            certificate,
            signed,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_a_token_and_does_not_show_it() {
        let secret = URL_SAFE_NO_PAD.encode([7; 16]);
        let text = format!("epm1.{secret}.{}", "ab".repeat(32));
        let token: JoinToken = format!(" {text}\n").parse().expect("a token");
        assert_eq!(token.secret_text(), text);
        assert_eq!(token.authority().to_string(), "ab".repeat(32));
        assert!(!format!("{token:?}").contains(&secret));
        for bad in ["", "epm1", "epm2.a.b", "epm1.!.aa", &text[..text.len() - 1]] {
            assert!(bad.parse::<JoinToken>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn takes_any_text(text in any::<String>()) {
            let _ = text.parse::<JoinToken>();
            let _ = format!("epm1.{text}.{text}").parse::<JoinToken>();
        }
    }
}
