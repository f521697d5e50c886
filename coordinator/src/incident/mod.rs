//! The life of incidents: opened, changed, resolved, reopened; acknowledged and silenced.
//!
//! Which faults there are is worked out in [`epmesh_common::incident`]. Here each gets a name that
//! stays, a timeline, and what operators say of it.
//!
//! [`Record`] is one incident, and `Record::advance` the rules of its life, without a clock and
//! without I/O. `IncidentBook` holds all of them. [`Incidents`] takes a snapshot of the fleet, has the
//! book work out the next steps from it, and writes each step down together with the alert that it
//! makes, in one transaction; only then does the step count.
//!
//! Three rules keep noise down. An incident that comes and goes is held down ([`Damping`]). An
//! incident whose links cannot be seen is not over: it resolves when each of them was *seen* to
//! work, is explained by another incident, or is no longer watched. And when later evidence makes the
//! fault another one on the same links (not a path, the whole domain controller), it stays the same
//! incident, as long as it is the same trouble: what comes after one of its links was seen to work is a new one.
//!
//! Every fault that stands has one incident, and an incident one fault: [`Record`] is present exactly
//! while `IncidentBook` has it under its fault.

mod advance;
mod book;
mod counted;
mod covers;
mod damping;
mod document;
mod entry;
mod error;
mod event;
mod incidents;
mod operate;
mod packed;
mod record;
mod steps;
mod stored;
#[cfg(test)]
mod tests;
mod told;

pub(crate) use self::counted::so_many;
pub use self::{
    damping::Damping,
    document::{Group, IncidentDocument, IncidentList, IncidentRow, LinkName},
    entry::{Entry, EntryKind},
    error::{IncidentError, SaveError},
    event::EventKind,
    incidents::Incidents,
    record::{Acknowledgement, Record, Silence, Status},
};
