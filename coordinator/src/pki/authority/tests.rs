use x509_parser::prelude::*;

use super::*;
use crate::pki::IdentityError;
use crate::pki::request::tests::request_pem;

const NOW: u64 = 1_763_685_712_000;
const DAY: i64 = 24 * 3600;

fn der(pem: &str) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<_, _>>().unwrap()
}

fn create() -> (tempfile::TempDir, Authority) {
    let directory = tempfile::tempdir().unwrap();
    let authority = Authority::open_or_create(directory.path(), NOW).unwrap();
    (directory, authority)
}

#[test]
fn the_authority_stays_the_same_and_is_private() {
    let (directory, authority) = create();
    let again = Authority::open_or_create(directory.path(), NOW + 1).unwrap();
    assert_eq!(again.certificate_pem(), authority.certificate_pem());
    assert_eq!(
        authority.printed_fingerprint(),
        format!("sha256:{}", sha256_hex(&der(authority.certificate_pem())[0]))
    );
    #[cfg(unix)]
    for name in ["ca.pem", "ca.key"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(directory.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let (_other, other) = create();
    assert_ne!(other.fingerprint(), authority.fingerprint());
}

#[test]
fn an_authority_in_part_is_completed_or_refused_but_never_replaced() {
    let (directory, _) = create();
    let path = |name: &str| directory.path().join(name);
    // A crash after the key was written.
    let key = fs::read(path("ca.key")).unwrap();
    fs::remove_file(path("ca.pem")).unwrap();
    Authority::open_or_create(directory.path(), NOW).unwrap();
    assert_eq!(fs::read(path("ca.key")).unwrap(), key);
    // Another's key.
    let (other, _) = create();
    fs::copy(other.path().join("ca.key"), path("ca.key")).unwrap();
    let error = Authority::open_or_create(directory.path(), NOW).unwrap_err();
    assert!(matches!(error, AuthorityError::Unusable { .. }), "{error}");
    fs::write(path("ca.key"), "").unwrap();
    let error = Authority::open_or_create(directory.path(), NOW).unwrap_err();
    assert!(matches!(error, AuthorityError::Unusable { .. }), "{error}");
    fs::remove_file(path("ca.key")).unwrap();
    let error = Authority::open_or_create(directory.path(), NOW).unwrap_err();
    assert!(matches!(error, AuthorityError::KeyMissing { .. }), "{error}");
    assert!(!path("ca.key").exists());
}

#[test]
fn an_agents_certificate_has_our_name_and_nothing_from_the_request() {
    let (_directory, authority) = create();
    let key = KeyPair::generate().unwrap();
    let request = SigningRequest::from_pem(&request_pem(&key)).unwrap();
    let name = format!("{}.example.com", "d".repeat(63));
    let issued = authority.issue_agent(&name, &request, NOW, days(90)).unwrap();
    let der = der(&issued.certificate_pem);
    let (_, certificate) = X509Certificate::from_der(&der[0]).unwrap();
    assert_eq!(certificate.public_key().raw, key.subject_public_key_info());
    assert!(!issued.certificate_pem.contains("evil"));
    let uri = format!("epmesh:agent:{name}");
    let names = &certificate.subject_alternative_name().unwrap().unwrap().value.general_names;
    assert_eq!(names, &[GeneralName::URI(&uri), GeneralName::DNSName(&name)]);
    let usage = certificate.extended_key_usage().unwrap().unwrap().value;
    assert!(usage.client_auth && !usage.server_auth && !usage.any);
    assert!(!certificate.is_ca());
    let now = (NOW / 1000) as i64;
    assert_eq!(certificate.validity().not_before.timestamp(), now - DAY);
    assert_eq!(certificate.validity().not_after.timestamp(), now + 90 * DAY);
    assert_eq!(issued.not_after / 1000, (now + 90 * DAY) as u64);
    let (_, ca) = X509Certificate::from_der(&authority.certificate).unwrap();
    certificate.verify_signature(Some(ca.public_key())).unwrap();

    let read = PeerCertificate::from_der(&der[0]).unwrap();
    assert_eq!(read.identity, PeerIdentity::Agent { name });
    assert_eq!(read.key_fingerprint, request.key_fingerprint());
    assert_eq!(read.serial, issued.serial);
    let again = authority.issue_agent("dc1", &request, NOW, days(90)).unwrap();
    assert_ne!(again.serial, issued.serial);
    assert!(matches!(
        authority.issue_agent("dc1:x", &request, NOW, days(90)),
        Err(AuthorityError::Name(_))
    ));
}

#[test]
fn coordinators_and_operators_are_told_from_agents() {
    let (directory, authority) = create();
    let addresses = ["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()];
    let names = ["epmesh.example.com".to_owned()];
    let server = authority.issue_server(&names, &addresses, NOW, days(365)).unwrap();
    let chain = der(&server.chain_pem);
    assert_eq!(chain[1], authority.certificate);
    assert_eq!(PeerIdentity::from_certificate(&chain[0]), Ok(PeerIdentity::Coordinator));
    let (_, certificate) = X509Certificate::from_der(&chain[0]).unwrap();
    let names = &certificate.subject_alternative_name().unwrap().unwrap().value.general_names;
    assert!(names.contains(&GeneralName::DNSName("epmesh.example.com")));
    assert!(names.contains(&GeneralName::IPAddress(&[127, 0, 0, 1])));
    assert_eq!(names.len(), 4);
    KeyPair::from_pem(&server.key_pem).unwrap();

    authority.write_operator("alice", NOW, days(365)).unwrap();
    let pem = fs::read_to_string(directory.path().join("operator.pem")).unwrap();
    let identity = PeerIdentity::from_certificate(&der(&pem)[0]);
    assert_eq!(identity, Ok(PeerIdentity::Operator { name: "alice".to_owned() }));
    assert!(directory.path().join("operator.key").exists());
}

#[test]
fn a_certificate_without_one_good_name_names_nobody() {
    let (_directory, authority) = create();
    let make = |uris: &[&str], purpose: ExtendedKeyUsagePurpose| {
        let mut params = CertificateParams::default();
        params.subject_alt_names =
            uris.iter().map(|uri| SanType::URI((*uri).try_into().unwrap())).collect();
        params.extended_key_usages = vec![purpose];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &authority.issuer).unwrap();
        PeerIdentity::from_certificate(certificate.der())
    };
    let client = || ExtendedKeyUsagePurpose::ClientAuth;
    let agent = "epmesh:agent:dc1";
    assert_eq!(make(&[agent], client()), Ok(PeerIdentity::Agent { name: "dc1".to_owned() }));
    assert_eq!(make(&[], client()), Err(IdentityError::Names { count: 0 }));
    assert_eq!(make(&["https://dc1"], client()), Err(IdentityError::Names { count: 0 }));
    assert_eq!(make(&[agent, agent], client()), Err(IdentityError::Names { count: 2 }));
    for unknown in ["epmesh:", "epmesh:agent", "epmesh:agent:", "epmesh:agent:DC1", "epmesh:god:x"]
    {
        assert!(matches!(make(&[unknown], client()), Err(IdentityError::Unknown { .. })));
    }
    for (uri, purpose) in [
        (agent, ExtendedKeyUsagePurpose::ServerAuth),
        ("epmesh:coordinator", ExtendedKeyUsagePurpose::ClientAuth),
    ] {
        assert!(matches!(make(&[uri], purpose), Err(IdentityError::Purpose { .. })), "{uri}");
    }
    let ca = PeerIdentity::from_certificate(&authority.certificate);
    assert_eq!(ca, Err(IdentityError::Names { count: 0 }));
    for broken in [&b""[..], b"x", &authority.certificate[..100]] {
        let read = PeerIdentity::from_certificate(broken);
        assert!(matches!(read, Err(IdentityError::Malformed { .. })));
    }
}
