use rcgen::KeyPair;
use tempfile::TempDir;

use super::*;
use crate::pki::request::tests::request_pem;
use crate::pki::{AGENT_VALIDITY, PeerIdentity};
use crate::store::{MemoryStore, SledOptions, SledStore};

const NOW: u64 = 1_763_685_712_000;
const HOUR: u64 = 3_600_000;
const NAME: &str = "dc1.example.com";

struct Fixture {
    registry: Registry,
    _directory: TempDir,
}

fn over(store: Arc<dyn Store>) -> Fixture {
    let directory = tempfile::tempdir().unwrap();
    let authority = Arc::new(Authority::open_or_create(directory.path(), NOW).unwrap());
    let registry = Registry::new(store, authority, AGENT_VALIDITY);
    Fixture { registry, _directory: directory }
}

fn fixture() -> Fixture {
    over(Arc::new(MemoryStore::new()))
}

fn request() -> String {
    request_pem(&KeyPair::generate().unwrap())
}

async fn dc_token(registry: &Registry) -> JoinToken {
    let restriction = Restriction::Dc { name: NAME.to_owned() };
    registry.create_token(restriction, NOW + HOUR, NOW).await.unwrap().0
}

async fn domain_token(registry: &Registry, count: u32) -> JoinToken {
    let restriction = Restriction::Domain { domain: "example.com".to_owned(), count };
    registry.create_token(restriction, NOW + HOUR, NOW).await.unwrap().0
}

fn refused<T: std::fmt::Debug>(outcome: Result<T, RegistryError>) -> Refused {
    match outcome {
        Err(RegistryError::Refused(reason)) => reason,
        other => panic!("{other:?} is no refusal"),
    }
}

fn certificate(issued: &Issued) -> PeerCertificate {
    use rustls_pki_types::CertificateDer;
    use rustls_pki_types::pem::PemObject;
    let der = CertificateDer::from_pem_slice(issued.certificate_pem.as_bytes()).unwrap();
    PeerCertificate::from_der(&der).unwrap()
}

#[tokio::test]
async fn an_agent_enrols_and_the_token_is_used_up() {
    let Fixture { registry, _directory } = fixture();
    let token = dc_token(&registry).await;
    let parsed: JoinToken = token.to_string().parse().unwrap();
    let issued = registry.enrol(&parsed, NAME, &request(), NOW).await.unwrap();
    let certificate = certificate(&issued);
    assert_eq!(certificate.identity, PeerIdentity::Agent { name: NAME.to_owned() });
    let enrolment = registry.admits(NAME, &certificate).await.unwrap();
    assert_eq!(registry.enrolments().await.unwrap(), vec![enrolment.clone()]);
    assert_eq!((enrolment.serial, enrolment.enrolled_at), (issued.serial, NOW));
    let [(record, uses)] = registry.tokens().await.unwrap().try_into().unwrap();
    assert_eq!((record.remaining, record.id), (0, token.id()));
    assert_eq!(uses, [TokenUse { name: NAME.to_owned(), at: NOW }]);

    let second = registry.enrol(&token, NAME, &request(), NOW).await;
    assert_eq!(refused(second), Refused::UsedUp);
}

#[tokio::test]
async fn every_refusal_has_its_reason() {
    let Fixture { registry, _directory } = fixture();
    let dc = dc_token(&registry).await;
    let domain = domain_token(&registry, 2).await;
    let enrol = async |token: &JoinToken, name: &str, now| {
        refused(registry.enrol(token, name, &request(), now).await)
    };
    let stranger = JoinToken::generate(dc.fingerprint());
    assert_eq!(enrol(&stranger, NAME, NOW).await, Refused::Unknown);
    let at = NOW + HOUR;
    assert_eq!(enrol(&dc, NAME, at).await, Refused::Expired { at });
    let allowed = NAME.to_owned();
    assert_eq!(enrol(&dc, "dc2.example.com", NOW).await, Refused::OtherName { allowed });
    for other in ["dc1.other.com", "dc1.sub.example.com", "example.com", "dc1", "dc1xexample.com"] {
        let allowed = "example.com".to_owned();
        assert_eq!(enrol(&domain, other, NOW).await, Refused::OtherDomain { allowed }, "{other}");
    }
    registry.enrol(&dc, NAME, &request(), NOW).await.unwrap();
    let (name, since) = (NAME.to_owned(), NOW);
    assert_eq!(enrol(&domain, NAME, NOW + 1).await, Refused::AlreadyEnrolled { name, since });
    // No refusal has cost a use.
    for name in ["dc2.example.com", "dc3.example.com"] {
        registry.enrol(&domain, name, &request(), at - 1).await.unwrap();
    }
    assert_eq!(enrol(&domain, "dc4.example.com", NOW).await, Refused::UsedUp);
    // Not a question of the token at all.
    assert!(matches!(
        registry.enrol(&dc, "DC1", &request(), NOW).await,
        Err(RegistryError::Name(_))
    ));
    assert!(matches!(
        registry.enrol(&dc, NAME, "no request", NOW).await,
        Err(RegistryError::Request(_))
    ));
    let nonsense = Restriction::Dc { name: "a b".to_owned() };
    assert!(matches!(registry.create_token(nonsense, NOW, NOW).await, Err(RegistryError::Name(_))));
}

#[tokio::test]
async fn a_withdrawn_token_is_unknown() {
    let Fixture { registry, _directory } = fixture();
    let token = dc_token(&registry).await;
    assert!(registry.revoke_token(&token.id()).await.unwrap());
    assert!(!registry.revoke_token(&token.id()).await.unwrap());
    let outcome = registry.enrol(&token, NAME, &request(), NOW).await;
    assert_eq!(refused(outcome), Refused::Unknown);
}

#[tokio::test]
async fn a_released_name_can_be_taken_and_its_old_certificate_is_worth_nothing() {
    let Fixture { registry, _directory } = fixture();
    let missing = Refused::NotEnrolled { name: NAME.to_owned() };
    assert_eq!(refused(registry.release(NAME).await), missing);
    let token = domain_token(&registry, 5).await;
    let key = request();
    let old = registry.enrol(&token, NAME, &key, NOW).await.unwrap();
    let old = certificate(&old);
    registry.release(NAME).await.unwrap();
    let released = Refused::Released { name: NAME.to_owned() };
    assert_eq!(refused(registry.admits(NAME, &old).await), released);
    assert_eq!(refused(registry.renew(NAME, &old, &key, NOW).await), released);
    let new = registry.enrol(&token, NAME, &request(), NOW).await.unwrap();
    registry.admits(NAME, &certificate(&new)).await.unwrap();
    let replaced = Refused::Replaced { name: NAME.to_owned() };
    assert_eq!(refused(registry.admits(NAME, &old).await), replaced);
    assert_eq!(refused(registry.renew(NAME, &old, &key, NOW).await), replaced);
    // The released one needs a use of a token like anybody else.
    registry.release(NAME).await.unwrap();
    registry.enrol(&token, NAME, &key, NOW).await.unwrap();
    assert_eq!(registry.tokens().await.unwrap()[0].0.remaining, 2);
}

#[tokio::test]
async fn a_lost_answer_costs_no_second_use() {
    let Fixture { registry, _directory } = fixture();
    let token = dc_token(&registry).await;
    let key = request();
    let late = NOW + HOUR - 1;
    let first = registry.enrol(&token, NAME, &key, late).await.unwrap();
    let again = registry.enrol(&token, NAME, &key, late + ANSWER_LOST - 1).await.unwrap();
    assert_ne!(first.serial, again.serial);
    // Whichever answer arrived, it is good.
    for issued in [first, again] {
        registry.admits(NAME, &certificate(&issued)).await.unwrap();
    }
    let [(record, uses)] = registry.tokens().await.unwrap().try_into().unwrap();
    assert_eq!((record.remaining, uses.len()), (0, 1));
    // An old token is no way to renew for ever.
    let much_later = registry.enrol(&token, NAME, &key, late + ANSWER_LOST).await;
    assert_eq!(refused(much_later), Refused::Expired { at: NOW + HOUR });
}

#[tokio::test]
async fn a_coordinator_that_dies_before_it_answers_knows_it_afterwards() {
    let directory = tempfile::tempdir().unwrap();
    let open = || SledStore::open(SledOptions::new(directory.path()), NOW).unwrap().0;
    let store = Arc::new(open());
    let mut fixture = over(store.clone());
    let token = dc_token(&fixture.registry).await;
    let key = request();
    // The answer is dropped, and nothing but what is on the disk goes on.
    drop(fixture.registry.enrol(&token, NAME, &key, NOW).await.unwrap());
    store.close().await;
    fixture.registry.store = Arc::new(open());
    let outcome = fixture.registry.enrol(&token, NAME, &request(), NOW).await;
    assert_eq!(refused(outcome), Refused::UsedUp);
    let issued = fixture.registry.enrol(&token, NAME, &key, NOW).await.unwrap();
    fixture.registry.admits(NAME, &certificate(&issued)).await.unwrap();
}

#[tokio::test]
async fn a_certificate_is_renewed_with_the_same_key_or_another() {
    let Fixture { registry, _directory } = fixture();
    let token = dc_token(&registry).await;
    let (key, other, third) = (request(), request(), request());
    let first = certificate(&registry.enrol(&token, NAME, &key, NOW).await.unwrap());
    let same = certificate(&registry.renew(NAME, &first, &key, NOW).await.unwrap());
    assert_ne!(same.serial, first.serial);
    let second = certificate(&registry.renew(NAME, &same, &other, NOW).await.unwrap());
    // The answer was lost: the old key may ask again, with yet another.
    registry.admits(NAME, &first).await.unwrap();
    let last = certificate(&registry.renew(NAME, &first, &third, NOW).await.unwrap());
    registry.admits(NAME, &last).await.unwrap();
    let replaced = Refused::Replaced { name: NAME.to_owned() };
    assert_eq!(refused(registry.admits(NAME, &second).await), replaced);
}

#[tokio::test]
async fn of_many_at_once_as_many_get_in_as_the_token_allows() {
    let Fixture { registry, _directory } = fixture();
    let token = domain_token(&registry, 3).await;
    let tasks: Vec<_> = (0..8)
        .map(|number| {
            let (registry, token) = (registry.clone(), token.clone());
            let name = format!("dc{number}.example.com");
            tokio::spawn(async move { registry.enrol(&token, &name, &request(), NOW).await })
        })
        .collect();
    let mut enrolled = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => enrolled += 1,
            outcome => assert_eq!(refused(outcome), Refused::UsedUp),
        }
    }
    assert_eq!(enrolled, 3);
    assert_eq!(registry.enrolments().await.unwrap().len(), 3);
}

#[tokio::test]
async fn the_key_before_is_good_until_the_new_one_was_used() {
    let Fixture { registry, _directory } = fixture();
    let token = dc_token(&registry).await;
    let first = certificate(&registry.enrol(&token, NAME, &request(), NOW).await.unwrap());
    registry.begin_session(NAME, &first).await.unwrap();
    let second = certificate(&registry.renew(NAME, &first, &request(), NOW).await.unwrap());
    // The agent died before it had the answer on its disk, however often it comes back.
    registry.begin_session(NAME, &first).await.unwrap();
    registry.begin_session(NAME, &first).await.unwrap();
    registry.begin_session(NAME, &second).await.unwrap();
    let replaced = Refused::Replaced { name: NAME.to_owned() };
    assert_eq!(refused(registry.begin_session(NAME, &first).await), replaced);
    assert_eq!(refused(registry.admits(NAME, &first).await), replaced);
    registry.begin_session(NAME, &second).await.unwrap();
}

#[tokio::test]
async fn a_revoked_name_is_barred_until_it_is_released() {
    let Fixture { registry, _directory } = fixture();
    let missing = Refused::NotEnrolled { name: NAME.to_owned() };
    assert_eq!(refused(registry.revoke(NAME, NOW).await), missing);
    let token = domain_token(&registry, 5).await;
    let key = request();
    let old = certificate(&registry.enrol(&token, NAME, &key, NOW).await.unwrap());
    assert_eq!(registry.revoke(NAME, NOW + 1).await.unwrap(), NOW + 1);
    assert_eq!(registry.revoke(NAME, NOW + 2).await.unwrap(), NOW + 1, "since the first time");
    let revoked = Refused::Revoked { name: NAME.to_owned(), since: NOW + 1 };
    assert!(revoked.to_string().contains("epmesh release dc1.example.com"));
    assert_eq!(refused(registry.admits(NAME, &old).await), revoked);
    assert_eq!(refused(registry.begin_session(NAME, &old).await), revoked);
    assert_eq!(refused(registry.renew(NAME, &old, &request(), NOW).await), revoked);
    // Neither the old key nor another gets in, although the token would let them.
    assert_eq!(refused(registry.enrol(&token, NAME, &key, NOW).await), revoked);
    assert_eq!(refused(registry.enrol(&token, NAME, &request(), NOW).await), revoked);
    registry.release(NAME).await.unwrap();
    registry.enrol(&token, NAME, &request(), NOW).await.unwrap();
    let replaced = Refused::Replaced { name: NAME.to_owned() };
    assert_eq!(refused(registry.admits(NAME, &old).await), replaced);
}

/// Records of before there was revocation are read.
#[test]
fn an_enrolment_of_an_earlier_version_is_read() {
    let text = format!(
        r#"{{"name":"{NAME}","serial":"4a","key_fingerprint":"b","previous_key_fingerprint":null,
        "token":"c","enrolled_at":1,"released":false}}"#
    );
    let enrolment: Enrolment = serde_json::from_str(&text).unwrap();
    assert!(enrolment.is_in_force() && enrolment.admits("b"));
}
