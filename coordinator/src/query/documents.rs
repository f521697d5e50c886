//! The documents that answer an operator's questions: what `--output json` prints.
//!
//! Every list says whose view it is, because in a broken system the views differ.

use std::net::IpAddr;

use epmesh_common::{
    diagnosis::{Cause, Confidence, Observed, Remarks, Share, Side, State, Verdict},
    facts::{
        DcFacts, DnsName, EndpointMap, Failure, InterfaceProbe, MapAnswer, SectionKind, Stamped,
        Through, Timestamp,
    },
    rpc::{Binding, Endpoint, InterfaceId},
    windows::ProtocolMajority,
};
use serde::{Deserialize, Serialize};

use crate::{
    alert::{AttemptOutcome, OutboxRecord, Status},
    fleet::View,
};

/// A link in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkRow {
    /// The destination DC.
    pub destination: DnsName,
    /// The source DC.
    pub source: DnsName,
    /// The interface.
    pub interface: String,
    /// How it stands.
    pub state: State,
    /// Why.
    pub cause: Cause,
    /// Where.
    pub side: Side,
    /// How sure.
    pub confidence: Confidence,
    /// Which part of the attempts it hits, for a fault that does not hit all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intermittent: Option<Share>,
    /// The error a Windows destination reports, or would; 0 for none.
    pub error: i64,
}

impl From<&Verdict> for LinkRow {
    fn from(verdict: &Verdict) -> Self {
        Self {
            destination: verdict.destination.clone(),
            source: verdict.source.clone(),
            interface: verdict.interface.to_string(),
            state: verdict.state,
            cause: verdict.cause,
            side: verdict.side,
            confidence: verdict.confidence,
            intermittent: verdict.intermittent.clone(),
            error: verdict.error.code,
        }
    }
}

/// A verdict, and who did not answer when asked to look again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// The verdict.
    pub verdict: Verdict,
    /// Agents that were asked for a fresh look and did not give one in time, or are not connected.
    pub silent: Vec<DnsName>,
}

/// The own facts of one domain controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnFacts {
    /// Which.
    pub dc: DnsName,
    /// Every section that its agent sent, each with the time when it was last seen to be so.
    #[serde(flatten)]
    pub facts: DcFacts,
    /// Remarks on the facts: `notes` on its settings, and how the views of its endpoint
    /// map differ.
    #[serde(flatten)]
    pub remarks: Remarks,
}

impl OwnFacts {
    /// The document about one domain controller.
    #[must_use]
    pub fn of(dc: DnsName, facts: DcFacts) -> Self {
        let remarks = Remarks::of(&facts);
        Self { dc, facts, remarks }
    }

    /// The document about one domain controller of a fleet: its settings are measured by the
    /// operator's rule, and stand beside those of the others of its build.
    #[must_use]
    pub fn in_fleet(dc: DnsName, view: &View) -> Self {
        let facts = view.facts(&dc).unwrap_or_default();
        let version = facts.host.as_ref().and_then(|held| held.fact.version.value());
        let majority =
            version.and_then(|version| ProtocolMajority::of(view.every_facts(), version));
        let rule = &view.settings().client_protocols;
        let remarks = Remarks::beside(&facts, rule, majority.as_ref());
        Self { dc, facts: facts.into_inner(), remarks }
    }

    /// Leaves out every section but these, and the remarks, which are about the whole; with none
    /// named, nothing.
    pub fn keep(&mut self, kinds: &[SectionKind]) {
        if kinds.is_empty() {
            return;
        }
        let mut kept = DcFacts { clock_ahead_ms: self.facts.clock_ahead_ms, ..DcFacts::default() };
        for Stamped { at, fact } in self.facts.sections() {
            if kinds.contains(&fact.kind()) {
                kept.put(at, fact);
            }
        }
        if kinds.contains(&SectionKind::Services) {
            kept.lasting = std::mem::take(&mut self.facts.lasting);
        }
        self.facts = kept;
        self.remarks = Remarks::default();
    }
}

/// The endpoint map of one domain controller, from every place that sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// Whose map.
    pub dc: DnsName,
    /// As the domain controller itself sees it.
    pub own: Vec<OwnView>,
    /// As its peers see it.
    pub peers: Vec<PeerView>,
}

/// A map as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnView {
    /// The way in.
    pub through: Through,
    /// When.
    pub at: Timestamp,
    /// The endpoints, or why there is no list.
    pub endpoints: Result<Vec<Endpoint>, Failure>,
}

/// A map as a peer sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerView {
    /// The witness.
    pub witness: DnsName,
    /// At which address.
    pub address: IpAddr,
    /// When.
    pub at: Timestamp,
    /// The whole map, where this peer's plan has it read.
    pub endpoints: Option<Result<Vec<Endpoint>, Failure>>,
    /// The answers of `ept_map` for each watched interface; empty when the mapper was not reached.
    pub interfaces: Vec<Asked>,
    /// Why the mapper was not reached, where it was not.
    pub failure: Option<Failure>,
}

/// The answer of `ept_map` for one interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The interface.
    pub interface: InterfaceId,
    /// Where it is to be found; empty when it is not registered.
    pub bindings: Vec<Binding>,
    /// The status of "not registered".
    pub not_registered: Option<u32>,
    /// Why there is no answer.
    pub failure: Option<Failure>,
}

impl Endpoints {
    /// All views of one map.
    #[must_use]
    pub fn of(dc: DnsName, own: Option<&Stamped<EndpointMap>>, seen: &[Observed]) -> Self {
        let own = own
            .into_iter()
            .flat_map(|map| map.fact.views.iter().map(|view| (map.at, view)))
            .map(|(at, view)| OwnView {
                through: view.through,
                at,
                endpoints: view.endpoints.clone(),
            })
            .collect();
        let peers = seen
            .iter()
            .flat_map(|observed| observed.seen.addresses.iter().map(move |probe| (observed, probe)))
            .map(|(observed, probe)| PeerView {
                witness: observed.witness.clone(),
                address: probe.address,
                at: observed.at,
                endpoints: probe.map.as_ref().map(|map| map.endpoints.clone()),
                interfaces: probe.interfaces.iter().map(Asked::from).collect(),
                failure: probe
                    .connect
                    .outcome
                    .as_ref()
                    .err()
                    .or_else(|| probe.bind.as_ref().and_then(|bind| bind.outcome.as_ref().err()))
                    .cloned(),
            })
            .collect();
        Self { dc, own, peers }
    }
}

impl From<&InterfaceProbe> for Asked {
    fn from(probe: &InterfaceProbe) -> Self {
        let mut asked = Self {
            interface: probe.interface,
            bindings: Vec::new(),
            not_registered: None,
            failure: None,
        };
        match &probe.answer {
            MapAnswer::Endpoints(bindings) => asked.bindings.clone_from(bindings),
            MapAnswer::NotRegistered(status) => asked.not_registered = Some(*status),
            MapAnswer::Failed(failure) => asked.failure = Some(failure.clone()),
        }
        asked
    }
}

/// A new join token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewToken {
    /// The token; it is shown this once.
    pub token: String,
    /// The fingerprint of the certificate authority, which is part of the token too.
    pub ca_fingerprint: String,
    /// The end of the time in which the token can be used.
    pub expires_at: Timestamp,
    /// The domain controllers that it is for, in words.
    pub scope: String,
}

/// An event on its way to one receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertRow {
    /// The event's id.
    pub id: String,
    /// The event's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The subject: the incident.
    pub subject: String,
    /// When it happened.
    pub at: Timestamp,
    /// The receiver.
    pub receiver: String,
    /// `pending`, `delivered` or `given-up`.
    pub status: String,
    /// When it was delivered or given up, or is tried next.
    pub status_at: Timestamp,
    /// How often it was tried.
    pub tries: u32,
    /// The result of the last try.
    pub last: Option<String>,
}

impl From<&OutboxRecord> for AlertRow {
    fn from(record: &OutboxRecord) -> Self {
        let (status, status_at) = match record.status {
            Status::Pending { next } => ("pending", next),
            Status::Delivered { at } => ("delivered", at),
            Status::GivenUp { at } => ("given-up", at),
        };
        let last = record.attempts.last().map(|attempt| match &attempt.outcome {
            AttemptOutcome::Answered(code) => format!("HTTP {code}"),
            AttemptOutcome::Failed(why) => why.clone(),
        });
        Self {
            id: record.id.clone(),
            kind: record.kind.clone(),
            subject: record.subject.clone(),
            at: record.at,
            receiver: record.receiver.clone(),
            status: status.to_owned(),
            status_at,
            tries: record.tries,
            last,
        }
    }
}
