//! The destination's own replication, which is refused or fails over a way that is open.

use std::fmt;

use epmesh_facts::{DnsName, Timestamp};
use epmesh_rpc::windows_error::symbol;

/// The replication of one naming context, as the destination recorded it. How often and when it was last
/// tried stands in the proof: it changes with each attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedReplication {
    /// Who pulls.
    pub destination: DnsName,
    /// From whom.
    pub source: DnsName,
    /// The distinguished name of the naming context.
    pub context: String,
    /// The error, as tools print it.
    pub error: i64,
    /// What it means.
    pub meaning: &'static str,
    /// When it last succeeded, if it ever did.
    pub since: Option<Timestamp>,
}

impl RefusedReplication {
    pub(super) fn name(&self) -> String {
        let Self { destination, source, context, .. } = self;
        format!("replication of {context} from {source}, by the word of {destination}")
    }
}

impl fmt::Display for RefusedReplication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error {}", self.error)?;
        if let Some(name) = symbol(self.error) {
            write!(f, " ({name})")?;
        }
        write!(f, ": {}; ", self.meaning)?;
        match self.since {
            Some(at) => write!(f, "the last success was at {at}"),
            None => f.write_str("no success is recorded"),
        }
    }
}
