//! The report of a self-test.

use serde::Serialize;

/// A row of the report: one thing that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Row {
    /// A fact by its path in `collect --output json`, or a part of the agent.
    pub what: String,
    /// How it went.
    pub outcome: Outcome,
    /// What was found, or why nothing was.
    pub said: Option<String>,
    /// What to do about it, where that can be told.
    pub advice: Option<String>,
}

/// The outcome of what was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// This platform has no such thing.
    NotApplicable,
    /// The fact was looked for and is not there, which is an answer.
    Absent,
    /// The fact was read, or is in order.
    Read,
    /// The agent does not read it, on any host of this kind; where it can be seen is said.
    Elsewhere,
    /// The fact could not be read, or is not in order.
    Failed,
}

impl Outcome {
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::NotApplicable => "does not apply here",
            Self::Absent => "read: there is none",
            Self::Read => "yes",
            Self::Elsewhere => "not by the agent",
            Self::Failed => "NO",
        }
    }
}

/// The report of a self-test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// The facts of this host.
    pub facts: Vec<Row>,
    /// The agent itself.
    pub agent: Vec<Row>,
}

impl Report {
    /// Whether all is in order.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.facts.iter().chain(&self.agent).all(|row| row.outcome != Outcome::Failed)
    }
}
