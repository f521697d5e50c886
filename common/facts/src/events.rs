//! Facts from the host's event logs.

use serde::{Deserialize, Serialize};

use super::{Blank, Reading, Timestamp};

/// The watched events of a Windows host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Events {
    /// From where on the logs are watched, by the host's clock.
    pub since: Reading<Timestamp>,
    /// The latest events of the watched ids since then, oldest first, of the logs that could be
    /// read.
    pub list: Reading<Vec<LoggedEvent>>,
    /// Each log by itself: one that cannot be read keeps nobody from the others.
    pub logs: Reading<Vec<WatchedLog>>,
    /// How many more were logged since then: older than the list reaches, or with a text that could
    /// not be read.
    #[serde(default = "Reading::untold")]
    pub left_out: Reading<u32>,
}

impl Events {
    /// Events of which nothing is known.
    #[must_use]
    pub fn blank(blank: &Blank) -> Self {
        Self {
            since: blank.reading(),
            list: blank.reading(),
            logs: blank.reading(),
            left_out: blank.reading(),
        }
    }
}

/// A log that is watched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct WatchedLog {
    /// Its name: `Directory Service`, `System`.
    pub log: String,
    /// From where on it is watched, by the host's clock. Absent where the host has no such log; one
    /// that cannot be read now is read on from where it was left, once it can.
    pub since: Reading<Timestamp>,
}

/// An event, in the form that has no language: provider, id and parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LoggedEvent {
    /// The log: `Directory Service`, `System`.
    pub log: String,
    /// Who wrote it.
    pub provider: String,
    /// Its id, without qualifiers.
    pub id: u32,
    /// Its record number in the log.
    pub record: u64,
    /// When it was written, by the host's clock.
    pub at: Timestamp,
    /// Its parameters, in order.
    pub parameters: Vec<String>,
}
