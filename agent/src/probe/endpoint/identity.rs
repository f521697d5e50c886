//! The identity of the host at an address, asked in four ways that need no credentials and log on
//! to nothing. One of them, the NTLM challenge, is noise for whoever removes NTLM, and is asked for last and rarely.

use std::net::IpAddr;

use epmesh_agent_host::rpc::{association::Association, errors::protocol, read_into::read_into};
use epmesh_common::{
    facts::{DnsName, Failure, IdentityMethod, IdentityProbe},
    identity::{
        Identity,
        ldap::{self, Control, ExtendedDnForm, Message, Op, SearchRequest, SearchResultEntry},
        nbstat,
        netlogon::{NtVersion, Ping, SamLogonResponseEx},
        ntlm::{Challenge, Negotiate},
        rootdse::{ATTRIBUTES, RootDse},
    },
    rpc::AuthVerifier,
};
use futures_util::future::join_all;
use tokio::{
    io::AsyncWriteExt as _,
    time::{Instant, timeout_at},
};

use crate::probe::{
    config, datagram,
    limits::budget::{Budget, Purpose, millis_since},
    net::{self, Missed},
};

/// The ways, strongest first.
const METHODS: [IdentityMethod; 4] = [
    IdentityMethod::RootDse,
    IdentityMethod::NtlmChallenge,
    IdentityMethod::LdapPing,
    IdentityMethod::NodeStatus,
];

/// The answers of an address to the question for its name.
#[derive(Debug)]
pub(in crate::probe) struct Answers(Vec<IdentityProbe>);

/// Asks beside the way to the interface: by LDAP and by NetBIOS at the same time, and for the NTLM challenge where LDAP
/// does not name `peer`. No answer in time is asked for once more, by NetBIOS not: most hosts of today are silent there,
/// and one that was is left alone for an hour, as long as LDAP names it.
pub(in crate::probe) async fn ask(
    budget: &Budget<'_>,
    address: IpAddr,
    peer: Option<&DnsName>,
) -> Answers {
    use IdentityMethod::{LdapPing, NodeStatus, NtlmChallenge, RootDse};
    let is_silent = budget.questions.silent.is_recent(address);
    let by_ldap = async {
        let mut told = join_all([RootDse, LdapPing].map(|by| ask_by(budget, address, by))).await;
        if !names(&told, peer) {
            let late = [
                (NtlmChallenge, budget.config.ntlm != config::NtlmChallenge::Never),
                (NodeStatus, is_silent),
            ];
            let late = late.into_iter().filter(|(_, is_asked)| *is_asked);
            told.extend(join_all(late.map(|(by, _)| ask_by(budget, address, by))).await);
        }
        told
    };
    let by_netbios =
        async { if is_silent { None } else { Some(ask_by(budget, address, NodeStatus).await) } };
    let (mut told, status) = tokio::join!(by_ldap, by_netbios);
    told.extend(status);
    if let Some(status) = told.iter().find(|probe| probe.method == NodeStatus) {
        match &status.outcome {
            Err(Failure::TimedOut) => budget.questions.silent.note(address),
            _ => budget.questions.silent.forget(address),
        }
    }
    Answers(told)
}

impl Answers {
    /// All answers, strongest first. What LDAP named is asked for its NTLM challenge last, where port 135 answers:
    /// if the look did not get through, since another host may answer there, or was not asked for an hour.
    pub(in crate::probe) async fn complete(
        self,
        budget: &Budget<'_>,
        address: IpAddr,
        is_open: bool,
        gets_through: bool,
    ) -> Vec<IdentityProbe> {
        let Self(mut told) = self;
        let by = IdentityMethod::NtlmChallenge;
        let asked = &budget.questions.challenged;
        let is_due = match budget.config.ntlm {
            config::NtlmChallenge::Always => true,
            config::NtlmChallenge::Never => false,
            config::NtlmChallenge::WhenNeeded => {
                is_open && (!gets_through || !asked.is_recent(address))
            }
        };
        if is_due && told.iter().all(|probe| probe.method != by) {
            told.push(ask_by(budget, address, by).await);
        }
        if told.iter().any(|probe| probe.method == by) {
            asked.note(address);
        }
        told.sort_by_key(|probe| METHODS.iter().position(|method| *method == probe.method));
        told
    }
}

/// Whether one of the answers gives this name. Where no name was wanted, none does.
fn names(told: &[IdentityProbe], peer: Option<&DnsName>) -> bool {
    let told = told.iter().filter_map(|probe| probe.outcome.as_ref().ok()?.dns_name.as_deref());
    let mut told = told.filter_map(|name| name.parse::<DnsName>().ok());
    peer.is_some_and(|peer| told.any(|name| name == *peer))
}

async fn ask_by(budget: &Budget<'_>, address: IpAddr, method: IdentityMethod) -> IdentityProbe {
    let turn = budget.socket(Purpose::Identity, budget.end).await;
    let mut start = Instant::now();
    let mut retried = false;
    let outcome = match turn {
        Err(failure) => Err(Missed::from(failure)),
        Ok(_turn) => {
            let mut outcome = once(budget, address, method).await;
            let late = matches!(
                &outcome,
                Err(Missed { failure: Failure::TimedOut | Failure::Unfinished, .. })
            );
            if late
                && method != IdentityMethod::NodeStatus
                && budget.has_time()
                && budget.open().is_ok()
            {
                (start, retried) = (Instant::now(), true);
                outcome = once(budget, address, method).await;
            }
            outcome
        }
    };
    let (outcome, code) = match outcome {
        // An answer that names nobody is not silence, and no identity either.
        Ok(identity) if identity == Identity::default() => {
            let why = format!("{method}: the answer does not say who answers");
            (Err(Failure::Protocol(why)), None)
        }
        Ok(identity) => (Ok(identity), None),
        Err(missed) => (Err(missed.failure), missed.code),
    };
    IdentityProbe { method, outcome, code, took_ms: millis_since(start), retried }
}

async fn once(
    budget: &Budget<'_>,
    address: IpAddr,
    method: IdentityMethod,
) -> Result<Identity, Missed> {
    match method {
        IdentityMethod::RootDse => root_dse(budget, address).await,
        IdentityMethod::NtlmChallenge => ntlm_challenge(budget, address).await,
        IdentityMethod::LdapPing => ldap_ping(budget, address).await,
        IdentityMethod::NodeStatus => node_status(budget, address).await,
    }
}

/// The server's CHALLENGE to a NEGOTIATE in a bind. The third message is never sent, and the
/// connection is closed.
async fn ntlm_challenge(budget: &Budget<'_>, address: IpAddr) -> Result<Identity, Missed> {
    let (port, until) = (budget.config.ports.endpoint_mapper, budget.stage(budget.config.identity));
    const STAGE: &str = "NTLM challenge";
    let stream = net::connect(budget, address, port, until).await?;
    let token = AuthVerifier::ntlm(Negotiate::probe().encode());
    let mut association = Association::new(stream);
    let bound = association.bind_with_token(token, STAGE, until).await;
    let bound = bound.map_err(|failure| Missed { failure, code: association.os_error() })?;
    let Some(auth) = bound.auth else {
        return Err(Failure::Protocol(format!("{STAGE}: the bind_ack carries no token")).into());
    };
    let challenge = Challenge::decode(&auth.token).map_err(|error| protocol(STAGE, &error))?;
    Ok(Identity::from(&challenge))
}

/// The rootDSE, read anonymously and without a bind, with the control that adds the DSA GUID.
async fn root_dse(budget: &Budget<'_>, address: IpAddr) -> Result<Identity, Missed> {
    let (port, until) = (budget.config.ports.ldap, budget.stage(budget.config.identity));
    const STAGE: &str = "rootDSE";
    let search = Op::SearchRequest(SearchRequest::root_dse(ATTRIBUTES));
    let control = Control::extended_dn(ExtendedDnForm::Dashed);
    let question = Message { controls: vec![control], ..Message::new(1, search) };
    let bytes = question.encode().map_err(|error| Failure::local(error.to_string()))?;
    let mut stream = net::connect(budget, address, port, until).await?;
    let mut began = false;
    let exchange = async {
        let failed = |error: std::io::Error| Missed::from(&error);
        stream.write_all(&bytes).await.map_err(failed)?;
        let mut received = Vec::new();
        let mut found = Found::default();
        loop {
            while let Some(length) =
                ldap::message_len(&received).map_err(|error| protocol(STAGE, &error))?
                && received.len() >= length
            {
                let (message, used) =
                    Message::decode(&received).map_err(|error| protocol(STAGE, &error))?;
                received.drain(..used.clamp(1, received.len()));
                if found.take(message, 1, STAGE)? {
                    return Ok(found.entry(STAGE)?);
                }
            }
            let before = received.len();
            let taken = read_into(&mut stream, |part| received.extend_from_slice(part));
            taken.await.map_err(failed)?;
            if received.len() == before {
                return Err(Missed::from(Failure::Reset));
            }
            began = true;
        }
    };
    let entry = match timeout_at(until, exchange).await {
        Ok(entry) => entry?,
        Err(_) if began => return Err(Failure::Unfinished.into()),
        Err(_) => return Err(Failure::TimedOut.into()),
    };
    if let Ok(unbind) = Message::new(2, Op::UnbindRequest).encode() {
        // A courtesy to the server.
        let _ = timeout_at(until, stream.write_all(&unbind)).await;
    }
    Ok(Identity::from(&RootDse::from_entry(&entry)))
}

/// The LDAP ping over UDP, for the server's own domain.
async fn ldap_ping(budget: &Budget<'_>, address: IpAddr) -> Result<Identity, Missed> {
    let (port, until) = (budget.config.ports.cldap, budget.stage(budget.config.identity));
    const STAGE: &str = "LDAP ping";
    let id = u32::from(rand::random::<u16>()) + 1;
    let ping = Ping { dns_domain: None, host: None, nt_version: NtVersion::EX };
    let question = Message::new(id, Op::SearchRequest(ping.to_search()));
    let bytes = question.encode().map_err(|error| Failure::local(error.to_string()))?;
    let entry = datagram::ask(budget, address, port, &bytes, until, |datagram| {
        let messages = match Message::decode_all(datagram) {
            Ok(messages) => messages,
            Err(error) => return Some(Err(protocol(STAGE, &error))),
        };
        if messages.iter().all(|message| message.id != id) {
            return None;
        }
        let mut found = Found::default();
        let taken = messages.into_iter().try_for_each(|m| found.take(m, id, STAGE).map(|_| ()));
        Some(taken.and_then(|()| found.entry(STAGE)))
    })
    .await
    .outcome?;
    let blob = entry.values("netlogon").first();
    let blob = blob.ok_or_else(|| Failure::Protocol(format!("{STAGE}: no attribute netlogon")))?;
    let response = SamLogonResponseEx::decode(blob).map_err(|error| protocol(STAGE, &error))?;
    Ok(Identity::from(&response))
}

async fn node_status(budget: &Budget<'_>, address: IpAddr) -> Result<Identity, Missed> {
    let (port, until) = (budget.config.ports.netbios, budget.stage(budget.config.identity));
    let transaction: u16 = rand::random();
    let question = nbstat::Request { transaction }.encode();
    let reply = datagram::ask(budget, address, port, &question, until, |datagram| {
        if datagram.get(..2) != Some(&transaction.to_be_bytes()) {
            return None;
        }
        Some(nbstat::Reply::decode(datagram).map_err(|error| protocol("node status", &error)))
    })
    .await
    .outcome?;
    Ok(Identity::from(&reply))
}

/// What a search brought so far.
#[derive(Default)]
struct Found {
    entry: Option<SearchResultEntry>,
}

impl Found {
    /// Takes a message; true when it was the last.
    fn take(&mut self, message: Message, id: u32, stage: &str) -> Result<bool, Failure> {
        let refused = |why: String| Err(Failure::Protocol(format!("{stage}: {why}")));
        match message.op {
            // A server that hangs up says so without the id of a question.
            Op::Other { tag: 0x78 } => refused("the server closes the connection".to_owned()),
            _ if message.id != id => refused(format!("message id {} of nothing asked", message.id)),
            // A search of one object: a peer that sends more may go on for ever.
            Op::SearchResultEntry(_) if self.entry.is_some() => {
                refused("a second entry to a search of one object".to_owned())
            }
            Op::SearchResultEntry(entry) => {
                self.entry = Some(entry);
                Ok(false)
            }
            Op::SearchResultDone(result) if result.code == 0 => Ok(true),
            Op::SearchResultDone(result) => {
                let diagnostic: String = result.diagnostic.chars().take(200).collect();
                refused(format!("LDAP result {} ({diagnostic})", result.code))
            }
            other => {
                let what: String = format!("{other:?}").chars().take(80).collect();
                refused(format!("{what} to a search"))
            }
        }
    }

    fn entry(self, stage: &str) -> Result<SearchResultEntry, Failure> {
        self.entry.ok_or_else(|| Failure::Protocol(format!("{stage}: no entry in the answer")))
    }
}
