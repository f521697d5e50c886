//! The certificate authority: two files, and what is issued with them.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PublicKeyData, SanType, SerialNumber,
};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::digest::sha256_hex;
use super::identity::{PeerCertificate, PeerIdentity};
use super::name::{InvalidName, check_name};
use super::request::SigningRequest;
use crate::store::disk;

/// The validity of an agent's certificate, unless configured otherwise.
pub const AGENT_VALIDITY: Duration = days(90);

const AUTHORITY_VALIDITY: Duration = days(3653);

/// The longest that anything issued is valid, so that the end of it remains a date.
const MAX_VALIDITY: Duration = days(36_525);

/// Certificates begin to be valid this long before they are issued: domain controllers whose
/// clock is behind are exactly those that have to report. One that is valid for less is backdated by
/// its validity, so that it is never in its last third from the beginning.
const BACKDATED: Duration = Duration::from_secs(24 * 3600);

/// The latest time certificates are issued at (in the year 9892): what is added to it has to
/// remain a date.
const MAX_TIME: u64 = 250_000_000_000_000;

/// The certificate authority of a fleet.
#[derive(Debug)]
pub struct Authority {
    directory: PathBuf,
    certificate_pem: String,
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate that was issued for somebody else's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The certificate, PEM.
    pub certificate_pem: String,
    /// Its serial number in lower-case hex.
    pub serial: String,
    /// The end of its validity, in milliseconds since the Unix epoch.
    pub not_after: u64,
}

/// A certificate with a key of our making.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyedCertificate {
    /// The certificate and behind it that of the authority, PEM. A server must send both: an agent
    /// that joins knows the fingerprint of the second only.
    pub chain_pem: String,
    /// The private key, PKCS #8 in PEM.
    pub key_pem: String,
}

impl std::fmt::Debug for KeyedCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyedCertificate").finish_non_exhaustive()
    }
}

/// Why the authority cannot be opened or cannot issue.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// A file cannot be read or written.
    #[error("{operation} {}", path.display())]
    File {
        /// The operation that failed.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: io::Error,
    },
    /// The certificate is there and its key is not. A new authority in its place would lock out
    /// every agent, so it is not made unasked.
    #[error("the authority's key {} is missing, and its certificate is there: restore the key from a backup; or remove both files for a new authority, with which every agent has to be enrolled again", path.display())]
    KeyMissing {
        /// Where the key should be.
        path: PathBuf,
    },
    /// A file does not hold what it should.
    #[error("{} cannot be used: {what}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// The problem, in words.
        what: String,
    },
    /// Nobody can have this name.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// A certificate could not be made.
    #[error("making a certificate for {subject}")]
    Issue {
        /// The holder.
        subject: String,
        /// The library's error.
        #[source]
        source: rcgen::Error,
    },
}

impl Authority {
    /// Opens the authority in `directory` (`ca.pem` and `ca.key`, both private to their owner),
    /// or makes one. Blocks.
    ///
    /// # Errors
    ///
    /// [`AuthorityError`]; an authority that is there in part or cannot be read is never replaced.
    pub fn open_or_create(directory: &Path, now: u64) -> Result<Self, AuthorityError> {
        let (certificate_path, key_path) = (directory.join("ca.pem"), directory.join("ca.key"));
        disk::create_private_directory(directory).map_err(file("creating", directory))?;
        let certificate = read_if_there(&certificate_path)?;
        let key = match (read_if_there(&key_path)?, &certificate) {
            (Some(pem), _) => KeyPair::from_pem(&pem).map_err(|error| {
                AuthorityError::Unusable { path: key_path.clone(), what: error.to_string() }
            })?,
            (None, Some(_)) => return Err(AuthorityError::KeyMissing { path: key_path }),
            (None, None) => {
                let key = KeyPair::generate().map_err(issue("the authority"))?;
                write(&key_path, &key.serialize_pem())?;
                key
            }
        };
        let certificate_pem = match certificate {
            Some(pem) => pem,
            // A key alone is what a crash between the two writes leaves: nobody has seen it yet.
            None => {
                let pem = self_signed(&key, now)?;
                write(&certificate_path, &pem)?;
                pem
            }
        };
        let unusable =
            |what: String| AuthorityError::Unusable { path: certificate_path.clone(), what };
        let certificate = CertificateDer::from_pem_slice(certificate_pem.as_bytes())
            .map_err(|error| unusable(error.to_string()))?;
        let (_, parsed) = x509_parser::parse_x509_certificate(&certificate)
            .map_err(|error| unusable(error.to_string()))?;
        if parsed.public_key().raw != key.subject_public_key_info() {
            return Err(unusable("its key is not the one in ca.key".to_owned()));
        }
        if !parsed.is_ca() {
            return Err(unusable("it is not the certificate of an authority".to_owned()));
        }
        let issuer = Issuer::from_ca_cert_der(&certificate, key)
            .map_err(|error| unusable(error.to_string()))?;
        Ok(Self { directory: directory.to_path_buf(), certificate_pem, certificate, issuer })
    }

    /// The authority's certificate, PEM: what agents and operators trust.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// SHA-256 of the authority's certificate in DER, in hex; what `openssl x509 -fingerprint
    /// -sha256` prints, in its own spelling.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        sha256_hex(&self.certificate)
    }

    /// The fingerprint as it is shown: `sha256:HEX`.
    #[must_use]
    pub fn printed_fingerprint(&self) -> String {
        format!("sha256:{}", self.fingerprint())
    }

    /// A certificate with a new key for a coordinator that is reached by these names and
    /// addresses. Kept nowhere: one is issued at every start.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::Name`], [`AuthorityError::Issue`].
    pub fn issue_server(
        &self,
        names: &[String],
        addresses: &[IpAddr],
        now: u64,
        validity: Duration,
    ) -> Result<KeyedCertificate, AuthorityError> {
        let mut params = leaf(&PeerIdentity::Coordinator, "epmesh coordinator", now, validity)?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        for name in names {
            check_name(name)?;
            params.subject_alt_names.push(SanType::DnsName(ia5(name)?));
        }
        params.subject_alt_names.extend(addresses.iter().copied().map(SanType::IpAddress));
        self.with_new_key(&params)
    }

    /// A certificate for the agent on the DC `name`. Nothing but the key comes from the request.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::Name`], [`AuthorityError::Issue`].
    pub fn issue_agent(
        &self,
        name: &str,
        request: &SigningRequest,
        now: u64,
        validity: Duration,
    ) -> Result<Issued, AuthorityError> {
        check_name(name)?;
        let identity = PeerIdentity::Agent { name: name.to_owned() };
        // A common name has at most 64 characters, a DC's name may have more.
        let mut params = leaf(&identity, "epmesh agent", now, validity)?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.subject_alt_names.push(SanType::DnsName(ia5(name)?));
        let certificate =
            params.signed_by(&request.public_key, &self.issuer).map_err(issue(name))?;
        let read = PeerCertificate::from_der(certificate.der()).map_err(|error| {
            AuthorityError::Unusable {
                path: self.directory.join("ca.pem"),
                what: error.to_string(),
            }
        })?;
        Ok(Issued {
            certificate_pem: certificate.pem(),
            serial: read.serial,
            not_after: read.not_after,
        })
    }

    /// A certificate with a new key for the operator `name`.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::Name`], [`AuthorityError::Issue`].
    pub fn issue_operator(
        &self,
        name: &str,
        now: u64,
        validity: Duration,
    ) -> Result<KeyedCertificate, AuthorityError> {
        check_name(name)?;
        let identity = PeerIdentity::Operator { name: name.to_owned() };
        let mut params = leaf(&identity, "epmesh operator", now, validity)?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.with_new_key(&params)
    }

    /// Issues an operator's certificate into `operator.pem` and `operator.key` beside the
    /// authority's files, where the command line on the same host finds it. Blocks.
    ///
    /// # Errors
    ///
    /// As [`Authority::issue_operator`]; [`AuthorityError::File`].
    pub fn write_operator(
        &self,
        name: &str,
        now: u64,
        validity: Duration,
    ) -> Result<(), AuthorityError> {
        let issued = self.issue_operator(name, now, validity)?;
        write(&self.directory.join("operator.key"), &issued.key_pem)?;
        write(&self.directory.join("operator.pem"), &issued.chain_pem)
    }

    fn with_new_key(&self, params: &CertificateParams) -> Result<KeyedCertificate, AuthorityError> {
        let key = KeyPair::generate().map_err(issue("a new key"))?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(issue("a new key"))?;
        Ok(KeyedCertificate {
            chain_pem: format!("{}{}", certificate.pem(), self.certificate_pem),
            key_pem: key.serialize_pem(),
        })
    }
}

fn self_signed(key: &KeyPair, now: u64) -> Result<String, AuthorityError> {
    let mut params = CertificateParams::default();
    // Two authorities must not have one name: clients with both would try the wrong key.
    let id = sha256_hex(&key.subject_public_key_info());
    let id: String = id.chars().take(16).collect();
    params.distinguished_name = common_name(&format!("epmesh authority {id}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_validity(&mut params, now, AUTHORITY_VALIDITY);
    params.serial_number = Some(random_serial());
    params.self_signed(key).map(|certificate| certificate.pem()).map_err(issue("the authority"))
}

fn leaf(
    identity: &PeerIdentity,
    subject: &str,
    now: u64,
    validity: Duration,
) -> Result<CertificateParams, AuthorityError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = common_name(subject);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    params.subject_alt_names = vec![SanType::URI(ia5(&identity.uri())?)];
    params.serial_number = Some(random_serial());
    set_validity(&mut params, now, validity);
    Ok(params)
}

fn set_validity(params: &mut CertificateParams, now: u64, validity: Duration) {
    let now = Duration::from_millis(now.min(MAX_TIME));
    // Certificates know whole seconds.
    let validity = validity.clamp(Duration::from_secs(1), MAX_VALIDITY);
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + now.saturating_sub(BACKDATED.min(validity));
    params.not_after = epoch + (now + validity);
}

/// So many days of 24 hours.
#[must_use]
pub const fn days(count: u32) -> Duration {
    Duration::from_secs(count as u64 * 24 * 3600)
}

fn random_serial() -> SerialNumber {
    let mut bytes: [u8; 16] = rand::random();
    // Positive, and of the same length always (RFC 5280 4.1.2.2).
    if let Some(first) = bytes.first_mut() {
        *first = (*first & 0x7f) | 0x40;
    }
    SerialNumber::from_slice(&bytes)
}

fn common_name(text: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, text);
    name
}

fn ia5(text: &str) -> Result<rcgen::string::Ia5String, AuthorityError> {
    text.try_into().map_err(issue(text))
}

fn issue(subject: &str) -> impl FnOnce(rcgen::Error) -> AuthorityError {
    let subject = subject.to_owned();
    move |source| AuthorityError::Issue { subject, source }
}

fn file(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> AuthorityError {
    let path = path.to_path_buf();
    move |source| AuthorityError::File { operation, path, source }
}

fn read_if_there(path: &Path) -> Result<Option<String>, AuthorityError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(file("reading", path)(error)),
    }
}

fn write(path: &Path, text: &str) -> Result<(), AuthorityError> {
    disk::replace_file(path, text.as_bytes()).map_err(file("writing", path))
}

#[cfg(test)]
mod tests;
