//! Statements: the unit in which agents report.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{DnsName, PeerObservation, Section, SectionKind, Stage, Timestamp};

/// A report: what an agent sends in one go, and what a coordinator acknowledges in one go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// Rises by one with every report of this agent's installation; acknowledgements name it.
    pub sequence: u64,
    /// When the report was put together, by the agent's clock.
    pub at: Timestamp,
    /// The statements.
    pub statements: Vec<Statement>,
    /// How many earlier reports the agent lost: its spool was full, or damaged.
    pub dropped: u64,
    /// What the agent has to say about its own state: a full disk, a plan cut to its limits.
    pub notes: Vec<String>,
}

/// A statement: one agent's word on one subject at one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Statement {
    /// What it is about.
    pub subject: StatementKey,
    /// When it was seen to be so, by the agent's clock.
    pub at: Timestamp,
    /// Digest of the body, leaving out what changes with every look.
    pub digest: Digest,
    /// The body; left out when it has the digest that the coordinator already holds.
    pub body: Option<Body>,
    /// What the sender calls the body, where its receiver comes to another digest: a sender of another
    /// version says more than the receiver understands, or less. `None` at the sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated: Option<Digest>,
}

/// The subject of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StatementKey {
    /// A section of the agent's own host.
    Own(SectionKind),
    /// A peer.
    Peer(DnsName),
}

impl fmt::Display for StatementKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own(kind) => write!(f, "own/{kind}"),
            Self::Peer(peer) => write!(f, "peer/{peer}"),
        }
    }
}

/// The body of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// A section of the agent's own host.
    Own(Box<Section>),
    /// What was seen of a peer.
    Peer(PeerObservation),
}

impl Body {
    /// The subject of this body.
    #[must_use]
    pub fn subject(&self) -> StatementKey {
        match self {
            Self::Own(section) => StatementKey::Own(section.kind()),
            Self::Peer(observation) => StatementKey::Peer(observation.peer.clone()),
        }
    }

    /// The digest of the body without durations, times to live and second tries, which change with
    /// every look and mean nothing.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let plain = match self {
            Self::Own(_) => serde_json::to_vec(self),
            Self::Peer(observation) => serde_json::to_vec(&Self::Peer(without_timing(observation))),
        };
        // These types have no map with keys other than strings, the only way this can fail; an
        // empty input then still digests to something, and is sent in full every time.
        Digest::of(&plain.unwrap_or_default())
    }

    /// This body as a statement made at `at`.
    #[must_use]
    pub fn stated(self, at: Timestamp) -> Statement {
        let (subject, digest) = (self.subject(), self.digest());
        Statement { subject, at, digest, body: Some(self), stated: None }
    }
}

/// The first 16 bytes of a SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Digest(pub [u8; 16]);

impl Digest {
    fn of(bytes: &[u8]) -> Self {
        let full = Sha256::digest(bytes);
        let mut short = [0; 16];
        for (to, from) in short.iter_mut().zip(full.iter()) {
            *to = *from;
        }
        Self(short)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The observation without what differs between two looks at the same: durations, retries, the time that
/// records have left.
fn without_timing(observation: &PeerObservation) -> PeerObservation {
    let mut plain = observation.clone();
    let clear = |stage: &mut Stage| {
        stage.took_ms = 0;
        stage.retried = false;
    };
    for lookup in &mut plain.lookups {
        lookup.took_ms = 0;
        lookup.retried = false;
        if let super::Answer::Records(records) = &mut lookup.answer {
            records.iter_mut().for_each(|record| record.ttl = None);
        }
    }
    for probe in &mut plain.addresses {
        clear(&mut probe.connect);
        probe.bind.iter_mut().for_each(clear);
        probe.map_took_ms = 0;
        probe.one_entry.iter_mut().for_each(clear);
        for interface in &mut probe.interfaces {
            interface.took_ms = 0;
            interface.retried = false;
            for port in &mut interface.ports {
                clear(&mut port.connect);
                port.bind.iter_mut().for_each(clear);
            }
        }
        for identity in &mut probe.identity {
            identity.took_ms = 0;
            identity.retried = false;
        }
        probe.well_known.iter_mut().for_each(|port| clear(&mut port.stage));
    }
    plain
}
