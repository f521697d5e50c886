//! The destination's own word on its replication from the source: the last attempt of each naming context.

use std::time::Duration;

use epmesh_facts::{Neighbour, Timestamp};

use super::fresh_evidence::Case;

/// For so long an attempt is the last word within a site: a destination pulls when it is told of a change,
/// and once an hour without.
const WITHIN_SITE: Duration = Duration::from_secs(75 * 60);

/// The time without an attempt between sites, whose links are scheduled every 180 minutes by default.
const BETWEEN_SITES: Duration = Duration::from_secs(195 * 60);

/// The last attempt to replicate one naming context from the source.
#[derive(Clone, Copy, Debug)]
pub(in crate::diagnosis) struct Attempt<'a> {
    pub(in crate::diagnosis) row: &'a Neighbour,
    /// When it was made, on the coordinator's clock. Of one that worked an agent tells the hour alone while
    /// its own look works too: it was made then or later.
    pub(in crate::diagnosis) tried: Option<Timestamp>,
    /// When one last succeeded, likewise.
    pub(in crate::diagnosis) success: Option<Timestamp>,
    /// The error, as tools print it; 0 for a success.
    pub(in crate::diagnosis) error: i64,
}

impl Attempt<'_> {
    /// When one last succeeded, in words; of one that worked, when it was made.
    pub(in crate::diagnosis) fn last_success(&self) -> Option<String> {
        let (success, stated) = match (self.success, self.row.last_success) {
            (None, _) if self.error == 0 => (self.tried?, self.row.last_attempt),
            (success, stated) => (success?, stated),
        };
        let is_hour = stated.is_some_and(|at| at == at.hour());
        let after = if is_hour { " or in the hour after" } else { "" };
        Some(format!("at {success}{after}"))
    }
}

/// An error number of 32 bits as tools print it: those of security and COM are negative.
fn as_signed(code: u32) -> i64 {
    match i32::try_from(code) {
        Ok(code) => i64::from(code),
        Err(_) => i64::from(code.cast_signed()),
    }
}

impl<'a> Case<'a> {
    /// The last attempts of the destination, one a naming context; none for an interface that replication
    /// does not use.
    pub(in crate::diagnosis) fn attempts(&self) -> impl Iterator<Item = Attempt<'a>> {
        self.attempts_where(|is_source| is_source)
    }

    /// The last attempts of the destination from other sources.
    pub(in crate::diagnosis) fn attempts_elsewhere(&self) -> impl Iterator<Item = Attempt<'a>> {
        self.attempts_where(|is_source| !is_source)
    }

    /// The attempts that are wanted, by whether they are from the source; none where it is not known which are.
    fn attempts_where(&self, wanted: fn(bool) -> bool) -> impl Iterator<Item = Attempt<'a>> {
        let rows = self.replicated();
        let source = if rows.is_empty() { None } else { self.source_guid() };
        let is_wanted =
            move |row: &&Neighbour| source.is_some_and(|source| wanted(row.source == source));
        rows.iter().filter(is_wanted).map(|row| self.attempt(row))
    }

    fn replicated(&self) -> &'a [Neighbour] {
        let told = self.destination_replication().filter(|_| self.is_replication());
        told.and_then(|held| held.neighbours.value()).map(Vec::as_slice).unwrap_or_default()
    }

    fn attempt(&self, row: &'a Neighbour) -> Attempt<'a> {
        Attempt {
            row,
            tried: row.last_attempt.map(|at| self.on_our_clock_there(at)),
            success: row.last_success.map(|at| self.on_our_clock_there(at)),
            error: as_signed(row.last_result),
        }
    }

    /// Whether an attempt made then is the last word still: the next was not due.
    pub(in crate::diagnosis) fn is_last_word(&self, tried: Timestamp) -> bool {
        let is_within_site = self.is_between_sites() == Some(false);
        tried.until(self.now) <= if is_within_site { WITHIN_SITE } else { BETWEEN_SITES }
    }
}
