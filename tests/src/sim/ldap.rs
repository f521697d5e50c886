//! LDAP over TCP and UDP as far as an anonymous caller gets: bind, rootDSE, LDAP ping.

use std::{io, time::Duration};

use epmesh_common::{
    facts::Timestamp,
    identity::{
        ldap::{
            Attribute, Control, LdapResult, Message, Op, SearchRequest, SearchResultEntry,
            message_len,
        },
        netlogon::{DcFlags, NtVersion, Opcode, Ping, SamLogonResponseEx},
        rootdse::{CAP_ACTIVE_DIRECTORY, RootDse},
    },
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use uuid::{Uuid, uuid};

use super::names::{NETBIOS_DOMAIN, SITE, Who};

/// objectGUID of the domain.
const DOMAIN_GUID: Uuid = uuid!("5e1f0c1a-6a0e-4e0b-9c55-0b1d5f3a7e21");

/// How long a connection may be idle.
const IDLE: Duration = Duration::from_secs(30);
/// `operationsError`: what an anonymous search below the rootDSE gets.
const OPERATIONS_ERROR: u32 = 1;
/// `invalidCredentials`: nobody can log on to a simulated domain controller.
const INVALID_CREDENTIALS: u32 = 49;

/// The rootDSE of a domain controller, with the values of a Samba one where they do not name it.
#[must_use]
pub(super) fn root_dse(who: &Who, now: Timestamp) -> RootDse {
    let domain = who.domain_dn();
    let realm = who.domain.as_str().to_ascii_uppercase();
    let (name, host) = (who.domain.as_str(), who.name.host());
    let digits: String = now.to_string().chars().take(19).filter(char::is_ascii_digit).collect();
    RootDse {
        dns_host_name: Some(who.name.to_string()),
        ds_service_name: Some(format!("CN=NTDS Settings,{}", who.server_dn())),
        dsa_guid: Some(who.dsa_guid),
        server_name: Some(who.server_dn()),
        ldap_service_name: Some(format!("{name}:{host}$@{realm}")),
        default_naming_context: Some(domain.clone()),
        root_domain_naming_context: Some(domain),
        is_synchronized: Some(true),
        is_global_catalog_ready: Some(true),
        current_time: Some(format!("{digits}.0Z")),
        domain_functionality: Some(4),
        forest_functionality: Some(4),
        dc_functionality: Some(4),
        capabilities: [
            CAP_ACTIVE_DIRECTORY,
            "1.2.840.113556.1.4.1670",
            "1.2.840.113556.1.4.1791",
            "1.2.840.113556.1.4.1935",
            "1.2.840.113556.1.4.2080",
        ]
        .map(str::to_owned)
        .to_vec(),
        problems: Vec::new(),
    }
}

/// What the domain controller answers to an LDAP ping; `None` for a domain that is not its own.
fn ping(who: &Who, asked: &Ping) -> Option<SearchResultEntry> {
    let ours =
        |domain: &str| domain.trim_end_matches('.').eq_ignore_ascii_case(who.domain.as_str());
    if asked.dns_domain.as_deref().is_some_and(|domain| !ours(domain)) {
        return None;
    }
    let name = |text: &str| Some(text.to_owned());
    let response = SamLogonResponseEx {
        opcode: Opcode::Response,
        flags: DcFlags::from_bits_retain(0x0000_11bc),
        domain_guid: DOMAIN_GUID,
        forest: name(who.domain.as_str()),
        dns_domain: name(who.domain.as_str()),
        dns_host: name(who.name.as_str()),
        netbios_domain: name(NETBIOS_DOMAIN),
        netbios_computer: name(&who.netbios),
        user: None,
        dc_site: name(SITE),
        client_site: name(SITE),
        address: None,
        next_closest_site: None,
        nt_version: NtVersion::V1 | NtVersion::V5_EX,
    };
    let attribute =
        Attribute { name: "netlogon".to_owned(), values: vec![response.encode().ok()?] };
    Some(SearchResultEntry { dn: String::new(), attributes: vec![attribute] })
}

/// The messages that answer one message; `None` where the connection ends.
pub(super) fn answer(who: &Who, now: Timestamp, asked: &Message) -> Option<Vec<Message>> {
    let reply = |op| Message::new(asked.id, op);
    let code = |code| LdapResult { code, ..LdapResult::default() };
    match &asked.op {
        Op::BindRequest(bind) => {
            let result = if bind.anonymous { 0 } else { INVALID_CREDENTIALS };
            Some(vec![reply(Op::BindResponse(code(result)))])
        }
        Op::SearchRequest(search) => {
            let mut messages = Vec::new();
            let mut result = 0;
            if let Some(asked) = Ping::from_search(search) {
                messages.extend(ping(who, &asked).map(Op::SearchResultEntry).map(reply));
            } else if search.base.is_empty() {
                let form = asked.controls.iter().find_map(|c| Control::extended_dn_form(c).ok()?);
                let mut entry = root_dse(who, now).to_entry(form);
                select(search, &mut entry);
                messages.push(reply(Op::SearchResultEntry(entry)));
            } else {
                result = OPERATIONS_ERROR;
            }
            messages.push(reply(Op::SearchResultDone(code(result))));
            Some(messages)
        }
        _ => None,
    }
}

/// Leaves what was asked for: all without a selection or with `*`.
fn select(search: &SearchRequest, entry: &mut SearchResultEntry) {
    let asked = &search.attributes;
    if asked.is_empty() || asked.iter().any(|name| name == "*") {
        return;
    }
    let wanted =
        |attribute: &Attribute| asked.iter().any(|name| name.eq_ignore_ascii_case(&attribute.name));
    entry.attributes.retain(wanted);
}

/// The answer to one datagram (MS-ADTS 6.3.3): all messages in one.
pub(super) fn datagram(who: &Who, now: Timestamp, asked: &[u8]) -> Option<Vec<u8>> {
    let (message, _) = Message::decode(asked).ok()?;
    encoded(&answer(who, now, &message)?)
}

fn encoded(messages: &[Message]) -> Option<Vec<u8>> {
    let all: Result<Vec<_>, _> = messages.iter().map(Message::encode).collect();
    all.ok().map(|all| all.concat())
}

/// Serves one TCP connection.
pub(super) async fn serve(who: Who, now: fn() -> Timestamp, mut stream: TcpStream) {
    // Whatever ends a connection ends only that.
    let _ = timeout(IDLE, conversation(&who, now, &mut stream)).await;
}

async fn conversation(who: &Who, now: fn() -> Timestamp, stream: &mut TcpStream) -> io::Result<()> {
    let mut waiting: Vec<u8> = Vec::new();
    let mut buffer = vec![0; 4096];
    loop {
        let Ok(length) = message_len(&waiting) else { return Ok(()) };
        let Some(length) = length.filter(|length| *length <= waiting.len()) else {
            let count = stream.read(&mut buffer).await?;
            let came = buffer.get(..count).unwrap_or_default();
            if came.is_empty() {
                return Ok(());
            }
            waiting.extend_from_slice(came);
            continue;
        };
        let whole: Vec<u8> = waiting.drain(..length).collect();
        let Ok((message, _)) = Message::decode(&whole) else { return Ok(()) };
        let Some(replies) = answer(who, now(), &message) else { return Ok(()) };
        let Some(bytes) = encoded(&replies) else { return Ok(()) };
        stream.write_all(&bytes).await?;
    }
}
