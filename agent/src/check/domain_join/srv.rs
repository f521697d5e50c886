//! The domain controllers of a domain, as DNS names them: the SRV records that a joining computer
//! asks for (MS-ADTS 6.3.6), from each DNS server by itself.
//!
//! A question of its own, apart from the probe's: `check --join` is asked for by a person, and its
//! few questions are in no agent's budget.

use std::{collections::BTreeSet, net::IpAddr};

use epmesh_common::facts::{DnsName, Failure};
use hickory_resolver::proto::{
    op::{Message, Query, ResponseCode},
    rr::{Name, RData, RecordType},
};
use serde::Serialize;
use tokio::task::JoinSet;

use crate::probe;

/// A DNS server and what it said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct SrvLookup {
    pub(super) server: IpAddr,
    pub(super) name: String,
    pub(super) answer: SrvAnswer,
}

/// The answer of a DNS server. Silence is no answer, and no answer is not "there is none".
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "value", rename_all = "kebab-case")]
pub enum SrvAnswer {
    /// Its records, in order, each once.
    Records(Vec<Srv>),
    /// The name does not exist.
    NoSuchName,
    /// The name has no such records.
    NoData,
    /// Another response code: REFUSED, SERVFAIL.
    Code(String),
    /// No answer that can be used, and why.
    Failed(String),
}

/// An SRV record (RFC 2782).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Srv {
    /// Lower ones are asked first.
    pub priority: u16,
    /// Among those of one priority, heavier ones more often.
    pub weight: u16,
    /// The port of the service.
    pub port: u16,
    /// The host.
    pub target: DnsName,
}

impl SrvLookup {
    /// Whether the server said that there is no domain controller.
    pub(super) const fn denies(&self) -> bool {
        matches!(self.answer, SrvAnswer::NoSuchName | SrvAnswer::NoData)
    }

    /// Whether it named domain controllers.
    pub(super) const fn is_naming(&self) -> bool {
        matches!(self.answer, SrvAnswer::Records(_))
    }

    pub(super) fn names(&self, name: &DnsName) -> bool {
        self.targets().is_some_and(|all| all.contains(name))
    }

    /// The domain controllers that it names; `None` where it gave no answer.
    pub(super) fn targets(&self) -> Option<BTreeSet<&DnsName>> {
        match &self.answer {
            SrvAnswer::Records(records) => Some(records.iter().map(|one| &one.target).collect()),
            SrvAnswer::NoSuchName | SrvAnswer::NoData => Some(BTreeSet::new()),
            SrvAnswer::Code(_) | SrvAnswer::Failed(_) => None,
        }
    }
}

/// Every target of every answer once, by priority, the heavier ones first.
pub(super) fn in_order(lookups: &[SrvLookup]) -> Vec<DnsName> {
    let mut records: Vec<&Srv> = lookups
        .iter()
        .filter_map(|lookup| match &lookup.answer {
            SrvAnswer::Records(records) => Some(records),
            _ => None,
        })
        .flatten()
        .collect();
    records.sort_by_key(|one| (one.priority, std::cmp::Reverse(one.weight), &one.target));
    let mut names: Vec<DnsName> = Vec::new();
    for record in records {
        if !names.contains(&record.target) {
            names.push(record.target.clone());
        }
    }
    names
}

/// Asks every server at the same time, each twice where the first question is not answered.
pub(super) async fn ask(
    servers: &[IpAddr],
    domain: &DnsName,
    settings: &probe::Config,
) -> Vec<SrvLookup> {
    let name = format!("_ldap._tcp.dc._msdcs.{domain}");
    let mut asking = JoinSet::new();
    for (place, &server) in servers.iter().enumerate() {
        let (name, settings) = (name.clone(), settings.clone());
        asking.spawn(async move {
            let mut answer = one(server, &name, &settings).await;
            if matches!(answer, SrvAnswer::Failed(_)) {
                answer = one(server, &name, &settings).await;
            }
            (place, SrvLookup { server, name, answer })
        });
    }
    let mut all = asking.join_all().await;
    all.sort_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, lookup)| lookup).collect()
}

async fn one(server: IpAddr, name: &str, settings: &probe::Config) -> SrvAnswer {
    let Ok(full) = Name::from_ascii(format!("{name}.")) else {
        return SrvAnswer::Failed(format!("{name} cannot be asked for"));
    };
    let query = Query::query(full.clone(), RecordType::SRV);
    match probe::ask_apart(settings, server, query).await {
        Ok(message) => read(&message, &full),
        // The host is there and says so; a silent host may be gone.
        Err(Failure::Refused) => SrvAnswer::Failed("nothing listens on its DNS port".to_owned()),
        Err(Failure::TimedOut) => SrvAnswer::Failed("no answer in time".to_owned()),
        Err(failure) => SrvAnswer::Failed(failure.to_string()),
    }
}

/// What the bytes of a message say to a question for the SRV records of `name`; `None` where they are no message, or
/// `name` is none.
#[must_use]
pub fn answer(bytes: &[u8], name: &str) -> Option<SrvAnswer> {
    let name = Name::from_ascii(format!("{name}.")).ok()?;
    Some(read(&Message::from_vec(bytes).ok()?, &name))
}

/// What the message says to a question for the SRV records of `name`: all of them. A forest has more than a
/// report would hold, who is missing would count as not named, and 64 KiB of a message are bound enough.
fn read(message: &Message, name: &Name) -> SrvAnswer {
    if !message.queries.is_empty() && message.queries.iter().all(|asked| asked.name() != name) {
        return SrvAnswer::Failed("the answer belongs to another question".to_owned());
    }
    match message.metadata.response_code {
        ResponseCode::NoError => {}
        ResponseCode::NXDomain => return SrvAnswer::NoSuchName,
        other => return SrvAnswer::Code(format!("{other:?}")),
    }
    let mut records = Vec::new();
    for record in &message.answers {
        if let RData::SRV(srv) = &record.data
            && record.name == *name
        {
            match srv.target.to_ascii().parse() {
                Ok(target) => records.push(Srv {
                    priority: srv.priority,
                    weight: srv.weight,
                    port: srv.port,
                    target,
                }),
                Err(_) => {
                    let target: String = srv.target.to_ascii().chars().take(80).collect();
                    return SrvAnswer::Failed(format!("a target is no host name: {target:?}"));
                }
            }
        }
    }
    if records.is_empty() {
        return SrvAnswer::NoData;
    }
    records.sort();
    records.dedup();
    SrvAnswer::Records(records)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hickory_resolver::proto::{
        op::MessageType,
        rr::{Record, rdata::SRV},
    };

    use super::*;

    fn name(text: &str) -> Name {
        Name::from_ascii(text).unwrap()
    }

    fn message(code: ResponseCode, records: &[(&str, u16, &str)]) -> Message {
        let query = Query::query(name("_ldap.test."), RecordType::SRV);
        let mut message = Message::query();
        message.add_query(query);
        message.metadata.message_type = MessageType::Response;
        message.metadata.response_code = code;
        for (owner, priority, target) in records {
            let data = RData::SRV(SRV::new(*priority, 100, 389, name(target)));
            message.add_answer(Record::from_rdata(name(owner), 900, data));
        }
        message
    }

    // Wine's server takes the peer's "port unreachable" off the socket itself while it sends, and nobody who
    // waits for the socket hears of it.
    #[tokio::test]
    #[cfg_attr(windows, ignore = "Wine loses the answer of a closed UDP port")]
    async fn a_closed_port_is_not_silence() {
        // Two sockets on one port: UDP to find one that is free, TCP so that nobody takes it.
        let taken = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let at = taken.local_addr().expect("its address");
        let mut settings = probe::Config { dns: Duration::from_secs(20), ..Default::default() };
        settings.ports.dns = at.port();
        let domain = "lab.test".parse().expect("a name");
        let said = ask(&[at.ip()], &domain, &settings).await;
        let [SrvLookup { answer: SrvAnswer::Failed(why), .. }] = &said[..] else {
            panic!("{said:?}")
        };
        assert_eq!(why, "nothing listens on its DNS port");

        let silent = tokio::net::UdpSocket::bind(("127.0.0.1", 0)).await.expect("a port");
        settings.ports.dns = silent.local_addr().expect("its address").port();
        settings.dns = Duration::from_millis(20);
        let said = ask(&[at.ip()], &domain, &settings).await;
        assert!(
            matches!(&said[..], [SrvLookup { answer: SrvAnswer::Failed(why), .. }]
                if why == "no answer in time"),
            "{said:?}"
        );
    }

    fn heard(code: ResponseCode, records: &[(&str, u16, &str)]) -> SrvAnswer {
        read(&message(code, records), &name("_ldap.test."))
    }

    #[test]
    fn three_answers() {
        assert_eq!(heard(ResponseCode::NXDomain, &[]), SrvAnswer::NoSuchName);
        assert_eq!(heard(ResponseCode::NoError, &[]), SrvAnswer::NoData);
        assert!(matches!(heard(ResponseCode::Refused, &[]), SrvAnswer::Code(_)));
        let strange = [("_ldap.test.", 0, "."), ("other.test.", 0, "x.test.")];
        assert!(matches!(heard(ResponseCode::NoError, &strange), SrvAnswer::Failed(_)));
        assert_eq!(heard(ResponseCode::NoError, &strange[1..]), SrvAnswer::NoData);
    }

    #[test]
    fn a_large_domain_is_named_whole() {
        let names: Vec<String> = (0..1_000).map(|number| format!("dc{number}.test.")).collect();
        let records: Vec<(&str, u16, &str)> =
            names.iter().map(|name| ("_ldap.test.", 0, name.as_str())).collect();
        let SrvAnswer::Records(heard) = heard(ResponseCode::NoError, &records) else {
            panic!("the records")
        };
        assert_eq!(heard.len(), names.len());
    }

    #[test]
    fn targets_stand_in_order_and_once() {
        let first = [("_ldap.test.", 5, "DC3.test."), ("_ldap.test.", 0, "dc2.test.")];
        let second = [("_ldap.test.", 0, "dc1.test."), ("_ldap.test.", 0, "dc2.test.")];
        let lookup = |records: &[(&str, u16, &str)]| SrvLookup {
            server: [10, 0, 0, 1].into(),
            name: "_ldap.test".to_owned(),
            answer: heard(ResponseCode::NoError, records),
        };
        let all = [lookup(&first), lookup(&second)];
        let names: Vec<String> = in_order(&all).iter().map(ToString::to_string).collect();
        assert_eq!(names, ["dc1.test", "dc2.test", "dc3.test"]);
    }
}
