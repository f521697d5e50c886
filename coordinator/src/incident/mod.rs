//! The life of incidents: opened, changed, resolved, reopened; acknowledged and silenced.
//!
//! What is an incident is said by [`epmesh_common::incident`]: one fault and the links that it
//! explains. Here it gets a name that stays, a timeline, and what operators say of it. [`Record`] is
//! one incident and `Record::advance` the rules of its life, without a clock and without I/O;
//! [`Incidents`] keeps all of them, writes each step down together with the alert that it makes, and
//! only then takes it for true.
//!
//! Three rules stand against noise. What comes and goes is held down ([`Damping`]). What nobody can
//! see any more is not over: an incident resolves when each link that it explained was *seen* to
//! work, is explained by another, or is watched no longer. And when a later word makes the fault
//! another one (not a path, the whole domain controller), it stays the same incident.

mod advance;
mod book;
mod damping;
mod document;
mod keeper;
mod packed;
mod record;
#[cfg(test)]
mod tests;

pub use self::{
    damping::Damping,
    document::{Group, IncidentDocument, IncidentList, IncidentRow, LinkName},
    keeper::{IncidentError, Incidents},
    record::{Acknowledgement, Entry, EntryKind, Record, Silence, Status},
};

/// So many of something, with the words for one and for any other number.
pub(crate) fn so_many(count: usize, one: &str, others: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { others })
}
