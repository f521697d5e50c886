//! The identity of a host, asked in four ways.

use epmesh_agent::probe::WirePorts;
use epmesh_common::{
    facts::{AddressProbe, Failure, IdentityMethod},
    identity::{
        Identity,
        ldap::{LdapResult, Message, Op, SearchResultEntry},
        nbstat,
        netlogon::Ping,
        rootdse::{CAP_ACTIVE_DIRECTORY, RootDse},
    },
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, UdpSocket},
};
use uuid::Uuid;

use crate::{
    fixture::{LOCALHOST, closed_ports, config, look_at_address},
    server::{Behaviour, start},
};

const GUID: Uuid = Uuid::from_u128(0x5678);

fn said_by(probe: &AddressProbe, method: IdentityMethod) -> &Result<Identity, Failure> {
    &probe.identity.iter().find(|one| one.method == method).unwrap().outcome
}

/// Answers every message on every connection with what `reply` makes of it.
async fn ldap(reply: fn(&Message) -> Vec<Vec<u8>>) -> u16 {
    let listener = TcpListener::bind((LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut buffer = [0; 4096];
                let count = stream.read(&mut buffer).await.unwrap();
                let (question, _) = Message::decode(&buffer[..count]).unwrap();
                for bytes in reply(&question) {
                    stream.write_all(&bytes).await.unwrap();
                    tokio::task::yield_now().await;
                }
                // Until the client has hung up.
                let _ = stream.read(&mut buffer).await;
            });
        }
    });
    port
}

async fn udp(reply: fn(&[u8]) -> Vec<Vec<u8>>) -> u16 {
    let socket = UdpSocket::bind((LOCALHOST, 0)).await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut buffer = [0; 4096];
        loop {
            let (count, from) = socket.recv_from(&mut buffer).await.unwrap();
            for answer in reply(&buffer[..count]) {
                socket.send_to(&answer, from).await.unwrap();
            }
        }
    });
    port
}

fn done(id: u32, code: u32) -> Vec<u8> {
    let result = LdapResult { code, diagnostic: "no".to_owned(), ..LdapResult::default() };
    Message::new(id, Op::SearchResultDone(result)).encode().unwrap()
}

pub(crate) fn root_dse(question: &Message) -> Vec<Vec<u8>> {
    let form = question.controls[0].extended_dn_form().unwrap();
    let dse = RootDse {
        dns_host_name: Some("dc2.lab.test".to_owned()),
        ds_service_name: Some(
            "CN=NTDS Settings,CN=DC2,CN=Servers,CN=Paris,CN=Sites,CN=Configuration,DC=lab,DC=test"
                .to_owned(),
        ),
        dsa_guid: Some(GUID),
        root_domain_naming_context: Some("DC=lab,DC=test".to_owned()),
        capabilities: vec![CAP_ACTIVE_DIRECTORY.to_owned()],
        ..RootDse::default()
    };
    let entry = Message::new(question.id, Op::SearchResultEntry(dse.to_entry(form)));
    // In two pieces, cut inside the entry.
    let mut bytes = entry.encode().unwrap();
    let rest = bytes.split_off(bytes.len() / 2);
    vec![bytes, rest, done(question.id, 0)]
}

#[tokio::test]
async fn root_dse_and_challenge_name_the_host() {
    let service = start(Behaviour::AnyInterface).await;
    let mapper = start(Behaviour::Mapper { port: service.port, page: 500 }).await;
    let ports =
        WirePorts { ldap: ldap(root_dse).await, endpoint_mapper: mapper.port, ..closed_ports() };
    let probe = look_at_address(config(ports)).await;
    let who = said_by(&probe, IdentityMethod::RootDse).as_ref().unwrap();
    assert_eq!((who.dsa_guid, who.site.as_deref()), (Some(GUID), Some("Paris")));
    assert_eq!(who.forest.as_deref(), Some("lab.test"));
    let who = said_by(&probe, IdentityMethod::NtlmChallenge).as_ref().unwrap();
    assert_eq!(who.dns_name.as_deref(), Some("dc2.lab.test"));
    // UDP without a listener: the host says so, and that is no silence.
    assert_eq!(said_by(&probe, IdentityMethod::LdapPing), &Err(Failure::Refused));
    // The system's own number for it stands beside each, and there is none for an answer.
    let refused = std::io::ErrorKind::ConnectionRefused;
    for one in &probe.identity {
        let kind = one.code.map(|code| std::io::Error::from_raw_os_error(code).kind());
        assert_eq!(kind, one.outcome.is_err().then_some(refused), "{one:?}");
    }
    assert_eq!(said_by(&probe, IdentityMethod::NodeStatus), &Err(Failure::Refused));
}

#[tokio::test]
async fn a_refused_or_empty_answer_is_no_identity() {
    let refused = ldap(|question| vec![done(question.id, 1)]).await;
    let probe = look_at_address(config(WirePorts { ldap: refused, ..closed_ports() })).await;
    let Err(Failure::Protocol(what)) = said_by(&probe, IdentityMethod::RootDse) else { panic!() };
    assert!(what.contains("LDAP result 1 (no)"), "{what}");

    let empty = ldap(|question| {
        let entry = Op::SearchResultEntry(SearchResultEntry::default());
        vec![Message::new(question.id, entry).encode().unwrap(), done(question.id, 0)]
    })
    .await;
    let probe = look_at_address(config(WirePorts { ldap: empty, ..closed_ports() })).await;
    let Err(Failure::Protocol(what)) = said_by(&probe, IdentityMethod::RootDse) else { panic!() };
    assert!(what.contains("does not say who answers"), "{what}");

    let garbage = ldap(|_| vec![b"HTTP/1.1 400".to_vec()]).await;
    let probe = look_at_address(config(WirePorts { ldap: garbage, ..closed_ports() })).await;
    let Err(Failure::Protocol(what)) = said_by(&probe, IdentityMethod::RootDse) else { panic!() };
    assert!(what.starts_with("rootDSE: "), "{what}");
}

#[tokio::test]
async fn node_status_takes_only_the_answer_to_its_question() {
    let netbios = udp(|question| {
        let request = nbstat::Request::decode(question).unwrap();
        let reply = |transaction, name: &str| {
            let flags = nbstat::NameFlags::ACTIVE;
            let names = vec![nbstat::Name { name: name.to_owned(), suffix: 0, flags }];
            nbstat::Reply { transaction, names, mac: None }.encode().unwrap()
        };
        vec![
            reply(request.transaction.wrapping_add(1), "FORGED"),
            reply(request.transaction, "DC2"),
        ]
    })
    .await;
    let probe = look_at_address(config(WirePorts { netbios, ..closed_ports() })).await;
    let who = said_by(&probe, IdentityMethod::NodeStatus).as_ref().unwrap();
    assert_eq!(who.netbios_name.as_deref(), Some("DC2"));
}

#[tokio::test]
async fn a_ping_without_an_answer_times_out_and_an_empty_one_is_named() {
    let cldap = udp(|_| Vec::new()).await;
    let probe = look_at_address(config(WirePorts { cldap, ..closed_ports() })).await;
    assert_eq!(said_by(&probe, IdentityMethod::LdapPing), &Err(Failure::TimedOut));

    let cldap = udp(|question| {
        let (message, _) = Message::decode(question).unwrap();
        let Op::SearchRequest(search) = &message.op else { panic!("no search") };
        assert!(Ping::from_search(search).is_some());
        vec![done(message.id, 0)]
    })
    .await;
    let probe = look_at_address(config(WirePorts { cldap, ..closed_ports() })).await;
    let Err(Failure::Protocol(what)) = said_by(&probe, IdentityMethod::LdapPing) else { panic!() };
    assert!(what.contains("no entry in the answer"), "{what}");
}
