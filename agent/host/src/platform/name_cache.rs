//! The cache of names that a host has beside its DNS servers.

use epmesh_facts::{Answer, Question};

/// A cache of names that can be looked into without making it ask. Windows has one
/// (`DnsQuery` with `DNS_QUERY_NO_WIRE_QUERY`); what a Linux host caches is no part of the system.
pub trait NameCache: std::fmt::Debug + Send + Sync + 'static {
    /// What it holds, with the time to live that is left. May block for a moment.
    ///
    /// What it remembers as missing is [`Answer::NoSuchName`]; what it does not hold,
    /// [`Answer::NoData`]; and what could not be looked up in it, [`Answer::NotAsked`].
    fn look(&self, question: &Question) -> Answer;
}
