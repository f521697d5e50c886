//! Whether a computer can join a domain at one domain controller: by the client's own look where there
//! is one, else by what the domain controller says of itself and what its witnesses see.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use epmesh_common::{
    diagnosis::{
        ClosedPort, Evidence, JOIN_INTERFACES, JoinVerdict, Link, Observed, State, Verdict,
        closed_everywhere, diagnose, judge_join,
    },
    facts::{DnsName, PeerObservation, Timestamp},
    reports::netsetup::Attempt,
    rpc::{InterfaceId, names},
};
use serde::{Deserialize, Serialize};

use crate::fleet::Fleet;

/// The age up to which a client's report decides anything: time enough to carry a file over.
pub const REPORT_FRESH: Duration = Duration::from_secs(15 * 60);

/// Whether a computer can join, by whose word, and what is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct JoinDiagnosis {
    /// The computer that is to join.
    pub client: DnsName,
    /// The domain controller.
    pub dc: DnsName,
    /// The one answer.
    pub verdict: JoinVerdict,
    /// The origin of the look: the client, or others in its place.
    pub seen_from: SeenFrom,
    /// The client's NETSETUP.LOG in words.
    pub log: Vec<String>,
    /// The verdict on each interface that a join needs.
    pub links: Vec<Verdict>,
    /// The ports that a join needs and that did not answer.
    pub closed_ports: Vec<ClosedPort>,
    /// The witnesses' view, which is not the client's.
    pub witnesses: Vec<String>,
    /// The evidence that is missing for a verdict, or for a better one.
    pub missing: Vec<String>,
    /// Agents that were asked for a fresh look and did not give one in time, or are not connected.
    pub silent: Vec<DnsName>,
}

/// The look by which a join is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeenFrom {
    /// The client's agent.
    ClientAgent,
    /// The output of `epmesh-agent check` on the client.
    ClientReport,
    /// Nobody on the client: the domain controller and its witnesses.
    Witnesses,
}

/// The interfaces that a join needs.
pub(super) fn interfaces() -> Vec<InterfaceId> {
    JOIN_INTERFACES.iter().filter_map(|name| names::find(name)).collect()
}

/// The output of `epmesh-agent check` on the client.
pub(super) struct ClientReport {
    /// Its look at the domain controller; none where it found none to look at.
    look: Option<PeerObservation>,
    /// Its DNS servers that know no domain controller of the domain, and that it asks before any that
    /// does.
    denying: Vec<IpAddr>,
    /// The DNS servers that know none and come after one that does.
    later: Vec<IpAddr>,
}

/// The look at `dc`, and the DNS servers that deny the domain, in what
/// `epmesh-agent check [--join] --output json` printed.
///
/// # Errors
/// In words, when it is something else, or about another host.
pub(super) fn report_of(report: &[u8], dc: &DnsName) -> Result<ClientReport, String> {
    #[derive(Deserialize)]
    struct One {
        observation: PeerObservation,
    }
    #[derive(Deserialize)]
    struct Controller {
        report: One,
    }
    #[derive(Deserialize)]
    #[serde(tag = "kind", rename_all = "kebab-case")]
    enum Answer {
        Records,
        NoSuchName,
        NoData,
        /// No answer to the question: another code, or silence.
        #[serde(other)]
        Other,
    }
    #[derive(Deserialize)]
    struct Asked {
        server: IpAddr,
        answer: Answer,
    }
    #[derive(Deserialize)]
    struct Join {
        controllers: Vec<Controller>,
        #[serde(default)]
        lookups: Vec<Asked>,
    }
    let other = |error: serde_json::Error| {
        format!("it is not what epmesh-agent check --output json prints: {error}")
    };
    let printed: serde_json::Value = serde_json::from_slice(report).map_err(other)?;
    let (looks, asked): (Vec<PeerObservation>, Vec<Asked>) = if printed.get("controllers").is_some()
    {
        let join: Join = serde_json::from_value(printed).map_err(other)?;
        let looks = join.controllers.into_iter().map(|one| one.report.observation);
        (looks.collect(), join.lookups)
    } else {
        let one: One = serde_json::from_value(printed).map_err(other)?;
        (vec![one.observation], Vec::new())
    };
    let denies = |asked: &&Asked| matches!(asked.answer, Answer::NoSuchName | Answer::NoData);
    // The first server that answers settles it; silent ones are passed over.
    let names = |asked: &Asked| matches!(asked.answer, Answer::Records);
    let (before, after) = asked.split_at(asked.iter().position(names).unwrap_or(asked.len()));
    let of = |all: &[Asked]| all.iter().filter(denies).map(|asked| asked.server).collect();
    let (denying, later): (Vec<IpAddr>, Vec<IpAddr>) = (of(before), of(after));
    let peers: Vec<String> = looks.iter().map(|look| look.peer.to_string()).collect();
    let look = looks.into_iter().find(|look| look.peer == *dc);
    if look.is_none() && denying.is_empty() && later.is_empty() {
        return Err(format!(
            "it holds no look at {dc}, only at {}: name one of these, or have the client check {dc}",
            peers.join(", ")
        ));
    }
    Ok(ClientReport { look, denying, later })
}

/// Judges a join. `report` is what the client printed, and when.
pub(super) fn judge(
    fleet: &Fleet,
    client: DnsName,
    dc: DnsName,
    attempt: Option<&Attempt>,
    report: Option<(ClientReport, Timestamp)>,
    now: Timestamp,
) -> JoinDiagnosis {
    let mut missing = Vec::new();
    let report = report.and_then(|(report, at)| match at.until(now) {
        age if age > REPORT_FRESH => {
            missing.push(format!(
                "a fresh report of {client}: this one is {} min old and was not used",
                age.as_secs() / 60
            ));
            None
        }
        _ => Some(report),
    });
    let denying = report.as_ref().map_or(&[][..], |report| &report.denying);
    let look = report.as_ref().and_then(|report| report.look.as_ref());
    let all: Vec<Evidence> = interfaces()
        .into_iter()
        .map(|interface| {
            let link = Link { destination: client.clone(), source: dc.clone(), interface };
            let mut evidence = fleet.evidence(&link);
            if let Some(seen) = look {
                evidence.observations.retain(|observed| observed.witness != client);
                let witness = client.clone();
                evidence.observations.insert(
                    0,
                    Observed { witness, at: now, since: None, seen: seen.clone().into() },
                );
            }
            evidence
        })
        .collect();
    let links: Vec<Verdict> = all.iter().map(|evidence| diagnose(evidence, now)).collect();
    let fresh = |evidence: &Evidence| {
        let since = now.minus(Duration::from_millis(evidence.fresh_for_ms));
        let fresh = evidence.observations.iter().filter(move |seen| seen.at >= since);
        fresh.cloned().collect::<Vec<_>>()
    };
    let observed = all.first().map(fresh).unwrap_or_default();
    let (own, others): (Vec<_>, Vec<_>) =
        observed.into_iter().partition(|observed| observed.witness == client);
    let seen_from = match (look, own.is_empty()) {
        (Some(_), _) => SeenFrom::ClientReport,
        (None, false) => SeenFrom::ClientAgent,
        (None, true) => SeenFrom::Witnesses,
    };
    let (tried, closed) = if own.is_empty() { by_all(&others) } else { by_any(&own) };
    // What no witness is kept from may be kept from the client.
    let ports = (tried && (!own.is_empty() || !closed.is_empty())).then_some(closed.as_slice());
    let stage = attempt.and_then(|attempt| attempt.decisive.as_ref()).map(|step| step.stage);
    let mut verdict = judge_join(&links, ports, stage, denying);
    for server in report.iter().flat_map(|report| &report.later) {
        verdict.words.push_str(&format!(
            "; DNS server {server}, which the client asks where those before it are silent, knows no \
             domain controller of the domain"
        ));
    }
    missing.extend(wanted(&client, &dc, &verdict, seen_from, attempt.is_some(), !tried));
    if all.first().is_some_and(|evidence| evidence.source.host.is_none()) {
        missing.push(format!("an agent on {dc}: what it says of itself"));
    }
    JoinDiagnosis {
        log: attempt.map(|attempt| attempt.words("the log")).unwrap_or_default(),
        witnesses: witnesses(fleet, &dc, &others),
        closed_ports: closed,
        client,
        dc,
        verdict,
        seen_from,
        links,
        missing,
        silent: Vec::new(),
    }
}

/// Whether a client tried the ports, and those that it got through to at no address.
fn by_any(own: &[Observed]) -> (bool, Vec<ClosedPort>) {
    let mut probes = own.iter().flat_map(|observed| &observed.seen.addresses);
    let tried = probes.any(|probe| !probe.well_known.is_empty());
    let looks: Vec<&PeerObservation> = own.iter().map(|observed| &*observed.seen).collect();
    (tried, closed_everywhere(&looks))
}

/// Whether witnesses tried the ports, and those that none of them got through to.
fn by_all(others: &[Observed]) -> (bool, Vec<ClosedPort>) {
    let each: Vec<Vec<ClosedPort>> = others
        .iter()
        .filter(|observed| observed.seen.addresses.iter().any(|probe| !probe.well_known.is_empty()))
        .map(|observed| by_any(std::slice::from_ref(observed)).1)
        .collect();
    let Some(first) = each.first() else { return (false, Vec::new()) };
    let by_every = |port: &&ClosedPort| {
        each.iter().all(|closed| closed.iter().any(|one| one.port == port.port))
    };
    (true, first.iter().filter(by_every).cloned().collect())
}

/// The evidence that is missing, and how to get it.
fn wanted(
    client: &DnsName,
    dc: &DnsName,
    verdict: &JoinVerdict,
    seen_from: SeenFrom,
    has_log: bool,
    no_ports: bool,
) -> Vec<String> {
    let mut missing = Vec::new();
    if seen_from == SeenFrom::Witnesses {
        let domain = dc.parent().map_or_else(|| "DOMAIN".to_owned(), |domain| domain.to_string());
        missing.push(format!(
            "a look from {client} itself: there, epmesh-agent check --join {domain} --output json > \
             client.json; then add --client-report client.json here"
        ));
    } else if no_ports {
        missing.push(format!("the well-known ports, as {client} finds them"));
    }
    if !has_log && verdict.state != State::Healthy {
        missing.push(format!(
            "at which step the join stopped: the file %systemroot%\\debug\\NETSETUP.LOG of {client}, as \
             --netsetup-log FILE"
        ));
    }
    missing
}

/// How the links from the witnesses to the domain controller stand.
fn witnesses(fleet: &Fleet, dc: &DnsName, others: &[Observed]) -> Vec<String> {
    let mut by_words: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for interface in interfaces() {
        for observed in others {
            let asked = observed.seen.addresses.iter().flat_map(|probe| &probe.interfaces);
            if !asked.clone().any(|probe| probe.interface == interface) {
                continue;
            }
            let destination = observed.witness.clone();
            let verdict = fleet.diagnose(&Link { destination, source: dc.clone(), interface });
            let words = match verdict.state {
                State::Healthy => "reached".to_owned(),
                state => format!("{state}, {}", verdict.cause),
            };
            by_words
                .entry(format!("{}: {words}", verdict.interface))
                .or_default()
                .push(observed.witness.host().to_owned());
        }
    }
    by_words
        .into_iter()
        .map(|(words, who)| format!("{words}, as {} sees it", who.join(", ")))
        .collect()
}
