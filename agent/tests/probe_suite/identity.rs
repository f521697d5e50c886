//! The identity of a host, asked in four ways.

use std::time::Duration;

use epmesh_agent::probe::{Config, NtlmChallenge, Peers as _, Prober, WirePorts};
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
    fixture::{LOCALHOST, closed_ports, config, drsuapi, look_at_address, resolver, target},
    server::{Behaviour, Server, start},
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

/// The looks of one prober at one address, and whether each asked for the NTLM challenge.
async fn asked_in(prober: &Prober, looks: usize) -> Vec<bool> {
    let mut asked = Vec::new();
    for _ in 0..looks {
        let seen = prober.look(&target(), &[drsuapi()], &resolver(Vec::new())).await;
        let probe = seen.addresses.first().expect("an address");
        let mut methods = probe.identity.iter().map(|one| one.method);
        asked.push(methods.any(|method| method == IdentityMethod::NtlmChallenge));
    }
    asked
}

/// A server whose LDAP names the peer, with this endpoint mapper.
async fn named(mapper: &Server, ntlm: NtlmChallenge) -> Prober {
    let ports =
        WirePorts { ldap: ldap(root_dse).await, endpoint_mapper: mapper.port, ..closed_ports() };
    Prober::new(Config { ntlm, pace: Duration::ZERO, ..config(ports) })
}

#[tokio::test]
async fn the_challenge_is_asked_for_once_while_all_is_well() {
    let service = start(Behaviour::AnyInterface).await;
    let mapper = start(Behaviour::Mapper { port: service.port, page: 500 }).await;
    let prober = named(&mapper, NtlmChallenge::WhenNeeded).await;
    assert_eq!(asked_in(&prober, 4).await, [true, false, false, false]);
    let prober = named(&mapper, NtlmChallenge::Always).await;
    assert_eq!(asked_in(&prober, 2).await, [true, true]);
    let prober = named(&mapper, NtlmChallenge::Never).await;
    assert_eq!(asked_in(&prober, 2).await, [false, false]);
}

#[tokio::test]
async fn the_challenge_is_asked_for_where_the_interface_is_not_registered() {
    let mapper = start(Behaviour::NotRegistered(0x16C9_A0D6)).await;
    let prober = named(&mapper, NtlmChallenge::WhenNeeded).await;
    assert_eq!(asked_in(&prober, 3).await, [true, true, true]);
    // Behind a port that nobody answers there is no challenge to be had.
    let gone = named(&mapper, NtlmChallenge::WhenNeeded).await;
    drop(mapper);
    tokio::task::yield_now().await;
    assert_eq!(asked_in(&gone, 2).await, [false, false]);
}

#[tokio::test]
async fn the_challenge_is_asked_for_where_ldap_names_nobody() {
    let service = start(Behaviour::AnyInterface).await;
    let mapper = start(Behaviour::Mapper { port: service.port, page: 500 }).await;
    let ports = WirePorts { endpoint_mapper: mapper.port, ..closed_ports() };
    let prober = Prober::new(Config { pace: Duration::ZERO, ..config(ports) });
    assert_eq!(asked_in(&prober, 2).await, [true, true]);
}

/// Most hosts of today do not answer NetBIOS: one that was silent is not asked again for an hour.
#[tokio::test]
async fn silence_on_netbios_is_remembered() {
    let service = start(Behaviour::AnyInterface).await;
    let mapper = start(Behaviour::Mapper { port: service.port, page: 500 }).await;
    let silent = udp(|_| Vec::new()).await;
    let ports = WirePorts {
        ldap: ldap(root_dse).await,
        endpoint_mapper: mapper.port,
        netbios: silent,
        ..closed_ports()
    };
    let prober = Prober::new(Config { pace: Duration::ZERO, ..config(ports) });
    let mut asked = Vec::new();
    for _ in 0..3 {
        let seen = prober.look(&target(), &[drsuapi()], &resolver(Vec::new())).await;
        let identity = &seen.addresses.first().expect("an address").identity;
        let status = identity.iter().find(|one| one.method == IdentityMethod::NodeStatus);
        asked.push(status.map(|one| (one.outcome.clone(), one.retried)));
    }
    assert_eq!(asked, [Some((Err(Failure::TimedOut), false)), None, None]);
}
