//! The entries of an incident's timeline.

use epmesh_common::facts::Timestamp;
use serde::{Deserialize, Serialize};

/// One entry of a timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When it happened.
    pub at: Timestamp,
    /// What sort of event it was.
    pub kind: EntryKind,
    /// What happened, in words.
    pub text: String,
    /// The operator who did it, where it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// The kind of an entry: what can happen to an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryKind {
    /// The incident was opened for the first time.
    Opened,
    /// Its state, cause, side or fault became another.
    Changed,
    /// The incident explains more links than before, or fewer.
    Links,
    /// There is no fresh evidence on some of its links any more.
    Unseen,
    /// Nothing was wrong any more for a moment, and then the same was.
    CameBack,
    /// The incident is over.
    Resolved,
    /// The incident was over and came back.
    Reopened,
    /// An operator takes care of it.
    Acknowledged,
    /// An operator silenced it.
    Silenced,
}

impl EntryKind {
    /// The name in JSON and on the screen.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Changed => "changed",
            Self::Links => "links",
            Self::Unseen => "unseen",
            Self::CameBack => "came-back",
            Self::Resolved => "resolved",
            Self::Reopened => "reopened",
            Self::Acknowledged => "acknowledged",
            Self::Silenced => "silenced",
        }
    }
}
