//! What is asked of an event log: the calls, behind a trait, so that what they cost is counted in tests.

use epmesh_facts::{Reason, Timestamp};
use serde::{Deserialize, Serialize};

use super::watched_events::Query;

/// A record of a log, and how to find it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Mark {
    /// The bookmark of Windows that leads to it.
    pub bookmark: String,
    /// Its number in the log.
    pub record: u64,
    /// When it was written. A log that was cleared gives its numbers a second time.
    pub at: Timestamp,
}

/// The newest record of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Newest {
    /// There is no such log on this host.
    NoSuchLog,
    /// Nothing that is watched is written into it: the audit policy says so. It was not asked.
    NotWritten,
    /// The log is empty.
    Nothing,
    /// This one.
    Record(Mark),
}

/// Events that a query selected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The events, oldest first, as XML.
    pub events: Vec<String>,
    /// The last of them.
    pub last: Option<Mark>,
    /// Whether the log was read to its end. The service may need longer than it is given; what it had
    /// found by then is in `events`.
    pub done: bool,
}

/// The event logs of a host.
///
/// Each call but [`EventLog::from`] looks at one record, however long the log is. That one looks at
/// every record from the mark to the end of the log: the service has no index of them.
pub trait EventLog {
    /// Why a log could not be read.
    type Error: Into<Reason>;

    /// The newest record of the log.
    ///
    /// # Errors
    /// When the log cannot be read.
    fn newest(&mut self, log: &str) -> Result<Newest, Self::Error>;

    /// The record that stands `back` records before the newest; the oldest where the log has fewer.
    /// None where it has none.
    ///
    /// # Errors
    /// When the log cannot be read.
    fn before_newest(&mut self, log: &str, back: u64) -> Result<Option<Mark>, Self::Error>;

    /// The record to which the bookmark of `mark` leads now; none where the log no longer has it.
    ///
    /// # Errors
    /// When the log cannot be read.
    fn find(&mut self, log: &str, mark: &Mark) -> Result<Option<Mark>, Self::Error>;

    /// The events that the query selects, from `mark` on. Earlier ones may come first: where nothing is
    /// selected behind the mark, Windows gives the last one before it (`EVT_SEEK_FLAGS`, remarks).
    ///
    /// # Errors
    /// When the log cannot be read.
    fn from(&mut self, query: &Query, mark: &Mark) -> Result<Page, Self::Error>;

    /// Whether Windows writes event 5712: whether the audit policy has the subcategory *RPC Events* on,
    /// for success or for failure.
    ///
    /// # Errors
    /// When the audit policy cannot be read.
    fn audits_rpc(&mut self) -> Result<bool, Self::Error>;
}
