//! The result of a check, and the exit status that follows from it.

use std::process::ExitCode;

use epmesh_common::{
    diagnosis::{State, Verdict},
    facts::PeerObservation,
};
use serde::Serialize;

use crate::listing::Entry;

/// The exit status of `check` and of `endpoints`, the same as that of `epmesh`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The interface is reached, or listed, and nothing is wrong.
    Healthy = 0,
    /// Something is wrong.
    Failing = 1,
    /// Nothing can be said of the link, or of the map.
    Unknown = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        // The discriminants are the exit status.
        Self::from(exit as u8)
    }
}

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// What was asked for.
    pub host: String,
    /// What was seen, stage by stage.
    pub observation: PeerObservation,
    /// The endpoint map, of each address that has one.
    pub endpoints: Vec<Entry>,
    /// What is said of the first interface that is not healthy, else of the first.
    pub verdict: Verdict,
    /// What is said of every interface asked for.
    pub verdicts: Vec<Verdict>,
    /// What limits the verdict.
    pub notes: Vec<String>,
}

impl Report {
    /// The exit code of the check.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let has = |wanted| self.verdicts.iter().any(|verdict: &Verdict| verdict.state == wanted);
        if has(State::Failing) || has(State::Latent) {
            Exit::Failing
        } else if has(State::Unknown) {
            Exit::Unknown
        } else {
            Exit::Healthy
        }
    }
}
