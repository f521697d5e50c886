//! Bundles: all evidence as lines of JSON, to be judged elsewhere and later.
//!
//! The first line is a header, every other one is a domain controller. A bundle that is read back gives
//! the same verdicts for the same moment, because it goes through the same view.

use std::{io::BufRead, time::Duration};

use epmesh_common::{
    diagnosis::Observed,
    facts::{DcFacts, DnsName, Timestamp},
    rpc::InterfaceId,
    shared::Shared,
    windows::ClientProtocolRule,
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{HISTORY, History, Settings, View, dc::Dc};

/// The version of the form.
const VERSION: u32 = 1;

/// The longest line that is read, in bytes.
const LONGEST: u64 = 64 * 1024 * 1024;

/// The most lines that are read: a header and the most domain controllers a fleet may have.
const MOST_LINES: usize = super::limits::MOST_DCS + 1;

/// One line of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BundleLine {
    /// The header.
    Bundle(Header),
    /// One domain controller.
    Dc(Box<Member>),
}

/// The first line of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Header {
    /// The version of the form.
    pub version: u32,
    /// When the bundle was written; this is the moment for which links are judged.
    pub at: Timestamp,
    /// The interval between looks, in milliseconds.
    pub interval_ms: u64,
    /// The watched interfaces.
    pub interfaces: Vec<InterfaceId>,
}

/// All that is known of one domain controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Member {
    /// Its name.
    pub name: DnsName,
    /// Whether an agent is enrolled for it.
    #[serde(default)]
    pub enrolled: bool,
    /// Its own facts.
    #[serde(default)]
    pub facts: Shared<DcFacts>,
    /// Its observations of others.
    #[serde(default)]
    pub observations: Vec<Observed>,
    /// When its own endpoint map held the watched interfaces.
    #[serde(default)]
    pub registrations: History,
}

/// Why a file is not a bundle.
#[derive(Debug, Error)]
pub enum BundleError {
    /// A line could not be read.
    #[error("line {line} cannot be read")]
    Read {
        /// The line, from 1.
        line: usize,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// A line is not valid.
    #[error("line {line} is no line of a bundle")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// The first line is not the header of a bundle of this version.
    #[error("not a bundle of version {VERSION}: {0}")]
    NotABundle(&'static str),
    /// The bundle is larger than any fleet.
    #[error("the bundle is too large: {0}")]
    TooLarge(&'static str),
}

impl View {
    /// The view as the lines of a bundle.
    #[must_use]
    pub fn export(&self, now: Timestamp) -> Vec<BundleLine> {
        let header = Header {
            version: VERSION,
            at: now,
            interval_ms: u64::try_from(self.settings.interval.as_millis()).unwrap_or(u64::MAX),
            interfaces: self.settings.interfaces.clone(),
        };
        let member = |(name, dc): (&DnsName, &Dc)| {
            let peers = dc.observations.keys();
            BundleLine::Dc(Box::new(Member {
                name: name.clone(),
                enrolled: dc.enrolled,
                facts: self.facts(name).unwrap_or_default(),
                observations: peers.filter_map(|peer| self.observed(name, peer)).collect(),
                registrations: dc.history.clone(),
            }))
        };
        std::iter::once(BundleLine::Bundle(header)).chain(self.dcs.iter().map(member)).collect()
    }

    /// The view in a bundle, and the moment for which it holds.
    ///
    /// # Errors
    /// When it cannot be read or is no bundle of this version.
    pub fn import(mut file: impl BufRead) -> Result<(Self, Timestamp), BundleError> {
        let mut view: Option<(Self, Timestamp)> = None;
        let mut text = Vec::new();
        for line in 1.. {
            if line > MOST_LINES {
                return Err(BundleError::TooLarge("too many lines"));
            }
            text.clear();
            let read = std::io::Read::take(&mut file, LONGEST)
                .read_until(b'\n', &mut text)
                .map_err(|source| BundleError::Read { line, source })?;
            if read == 0 {
                break;
            }
            if u64::try_from(read).unwrap_or(u64::MAX) >= LONGEST {
                return Err(BundleError::TooLarge("a line is longer than 64 MiB"));
            }
            let parsed = serde_json::from_slice(&text)
                .map_err(|source| BundleError::Line { line, source })?;
            match (&mut view, parsed) {
                (None, BundleLine::Bundle(header)) => view = Some(opened(header)?),
                (None, BundleLine::Dc(_)) => {
                    return Err(BundleError::NotABundle("its first line is not a header"));
                }
                (Some(_), BundleLine::Bundle(_)) => {
                    return Err(BundleError::NotABundle("it has a second header"));
                }
                (Some((view, _)), BundleLine::Dc(member)) => view.admit(*member),
            }
        }
        let (mut view, at) = view.ok_or(BundleError::NotABundle("it is empty"))?;
        view.rearrange(at);
        Ok((view, at))
    }

    fn admit(&mut self, member: Member) {
        let mut dc = self.dcs.remove(&member.name).unwrap_or_default();
        dc.enrolled = member.enrolled;
        let host = member.facts.host.as_ref().map(|host| (&host.fact, host.at));
        self.owners.change(&member.name, dc.own_host(), host);
        dc.facts = member.facts;
        dc.history = member.registrations;
        for mut observed in member.observations {
            self.names.share(&mut observed.seen);
            let peer = observed.seen.peer.clone();
            // Two looks make a stretch of time: the first and the last of it.
            let gap = Duration::MAX;
            if let Some(since) = observed.since {
                dc.see(peer.clone(), since, gap, observed.seen.clone());
            }
            dc.see(peer.clone(), observed.at, gap, observed.seen);
            self.seen(&member.name, &dc, &peer);
        }
        self.dcs.insert(member.name, dc);
        self.moved = true;
    }
}

fn opened(header: Header) -> Result<(View, Timestamp), BundleError> {
    if header.version != VERSION {
        return Err(BundleError::NotABundle("it is of another version"));
    }
    let settings = Settings {
        interval: Duration::from_millis(header.interval_ms),
        interfaces: header.interfaces,
        client_protocols: ClientProtocolRule::default(),
        history: HISTORY,
    };
    Ok((View::new(settings), header.at))
}
